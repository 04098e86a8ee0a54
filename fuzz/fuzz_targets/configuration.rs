#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| truthound_store::fuzzing::run("configuration", input));
