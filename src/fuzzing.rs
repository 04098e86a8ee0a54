//! The targets of the fuzzer in `fuzz/`: one function for each kind of input that others write.
//!
//! A target panics if the input breaks a promise. `cargo test` runs each on its corpus and on mutations of it.

use crate::store::sql::{DatabaseUrl, masked_url};

/// A target of the fuzzer.
#[derive(Clone, Copy, Debug)]
pub struct FuzzTarget {
    /// Its name, which is that of the directory of its corpus and of its file in `fuzz/fuzz_targets/`.
    pub name: &'static str,
    /// Reads one input.
    pub run: fn(&[u8]),
}

/// All targets that this build has.
pub const TARGETS: &[FuzzTarget] = &[
    FuzzTarget { name: "documents", run: crate::result::fuzzing::documents },
    FuzzTarget { name: "gzip", run: crate::result::fuzzing::gzip },
    FuzzTarget { name: "configuration", run: crate::config::fuzzing::configuration },
    FuzzTarget { name: "catalog_names", run: crate::store::objects::fuzzing::catalog_names },
    FuzzTarget { name: "python_index", run: crate::store::objects::fuzzing::python_index },
    #[cfg(feature = "gcs")]
    FuzzTarget { name: "answers", run: crate::store::objects::fuzzing::answers },
    FuzzTarget { name: "urls", run: urls },
];

/// A connection URL as SQLAlchemy writes it.
fn urls(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let masked = masked_url(text);
    if let Ok(url) = DatabaseUrl::parse(text) {
        assert_eq!(masked, url.masked());
        drop(format!("{:?} {:?}", url, url.dialect()));
    }
}

/// Runs the target called `name`; for the programs in `fuzz/fuzz_targets/`.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    assert!(target.is_some(), "this build has no target `{name}`");
    if let Some(target) = target {
        (target.run)(input);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn names_in(directory: &str) -> Vec<PathBuf> {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(directory);
        let mut names: Vec<_> = fs::read_dir(directory).unwrap().map(|item| item.unwrap().path()).collect();
        names.sort();
        names
    }

    /// Number of mutations of each input. The fuzzer itself tries millions.
    const MUTATIONS: usize = 8;

    /// A sequence of numbers that is the same in every run (xorshift).
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % limit.max(1) as u64).unwrap()
        }
    }

    /// Truncates, repeats, or changes a part of the input.
    fn mutated(input: &[u8], numbers: &mut Numbers) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=numbers.below(3) {
            let at = numbers.below(bytes.len());
            match numbers.below(5) {
                0 => bytes.truncate(at),
                1 => bytes.extend_from_slice(&input[at.min(input.len())..]),
                2 => bytes.insert(at, b"\0\"\\{}[],:0\xff\n"[numbers.below(12)]),
                3 if !bytes.is_empty() => drop(bytes.remove(at)),
                _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << numbers.below(8)),
            }
        }
        bytes
    }

    #[test]
    fn the_corpus_and_mutations_of_it_break_no_promise() {
        let (mut inputs, mut numbers) = (0, Numbers(20_261_127));
        for target in TARGETS {
            let corpus = names_in(&format!("corpus/{}", target.name));
            assert!(!corpus.is_empty(), "{} has no corpus", target.name);
            for path in corpus {
                let input = fs::read(&path).unwrap();
                (target.run)(&input);
                for _ in 0..MUTATIONS {
                    (target.run)(&mutated(&input, &mut numbers));
                }
                inputs += 1 + MUTATIONS;
            }
        }
        println!("{inputs} inputs");
    }

    #[cfg(feature = "gcs")]
    #[test]
    fn every_target_has_a_program_and_a_corpus() {
        let targets: BTreeSet<String> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
        let stems = |directory| -> BTreeSet<String> {
            names_in(directory).iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(stems("fuzz_targets"), targets);
        assert_eq!(stems("corpus"), targets);
    }
}
