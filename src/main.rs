//! The `truthound-store` binary: everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    truthound_store::cli::main()
}
