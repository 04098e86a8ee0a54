//! From the process's arguments to its exit code.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::panic;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anstream::ColorChoice;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, ValueEnum as _};

use super::arguments::{Cli, ColorMode, Command, GlobalOptions};
use super::call::{Call, name_variable};
use super::complete;
use super::copy_stores::copy_stores;
use super::exit::{Exit, at_panic, is_closed_pipe};
use super::help::command;
use super::parse::matches;
use super::prune_profiles::prune_profiles;
use super::rule_profiles::tier_profiles;
use super::version::detailed_version;
use crate::commands::doctor::DoctorProfile;
use crate::commands::{
    completions, copy, delete, diff, doctor, export, gate, get, history, list, pool_status, profiles, prune, reindex,
    report, save, set_tier, verify,
};
use crate::config::{Environment, Profile};
use crate::error::{Error, ErrorKind, Result};
use crate::output::{CallOptions, Output, OutputFormat, OutputOptions, Terminal, Verbosity, is_unicode_locale};
use crate::secret::excerpt;
use crate::signals::interrupted;
use crate::store::contract::ResultStore;

/// Runs the command in the arguments of the process.
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(|panic| at_panic(panic, OutputOptions::default())));
    let parsed = matches().and_then(|matches| Ok((chosen(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return usage(error),
    };
    let call = Call::of(&cli.global, Some(&matches));
    let options = output_options(&cli.global);
    panic::set_hook(Box::new(move |panic| at_panic(panic, options)));
    let mut out = Output::new(options);
    out.set_call(CallOptions { options: call.options(), is_command: Some(is_command), address: call.address() });
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            out.failure(&Error::new(ErrorKind::Other, "cannot start").with_source(error));
            return Exit::Failure.into();
        }
    };
    let ends_itself = matches!(cli.command, Command::Doctor(_));
    let outcome = runtime.block_on(async {
        // Listened to before anything is done, so that no signal is missed.
        let interruption = (!ends_itself).then(interruption);
        let interruption = async {
            match interruption {
                Some(interruption) => interruption.await,
                // Its checks end before it does.
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // Ctrl-C ends the program before this one in a pipeline, too, and so the input.
            biased;
            interruption = interruption => Err(interruption),
            outcome = dispatch(cli, &call, &mut out) => outcome,
        }
    });
    // A thread that waits for standard input would keep the process alive. A thread that writes a temporary file needs
    // a moment to remove it.
    runtime.shutdown_timeout(Duration::from_millis(500));
    let outcome = outcome.map_err(|error| match error.kind() {
        ErrorKind::Interrupted => out.interrupted(),
        _ => error,
    });
    let ended = out.end();
    match outcome.and(ended) {
        Err(error) if is_closed_pipe(&error) => {}
        Err(error) => out.failure(&error),
        Ok(()) => {}
    }
    out.first_failure().map_or(Exit::Success, Exit::from).into()
}

/// The arguments, with one choice of a store: the command line wins over the environment.
fn chosen(matches: &ArgMatches) -> Result<Cli, clap::Error> {
    let mut cli = Cli::from_arg_matches(matches)?;
    let is_typed = |option| matches.value_source(option) == Some(ValueSource::CommandLine);
    let conflict = |text: String| Err(command().error(clap::error::ErrorKind::ArgumentConflict, text));
    let GlobalOptions { store, profile, config, .. } = &mut cli.global;
    match (is_typed("store"), ["profile", "config"].into_iter().find(|option| is_typed(option))) {
        (true, Some(option)) => return conflict(format!("the argument '--store' cannot be used with '--{option}'")),
        (true, None) => (*profile, *config) = (None, None),
        (false, Some(_)) => *store = None,
        (false, None) if store.is_some() && profile.is_some() => {
            let both = "the variables TRUTHOUND_STORE_STORE and TRUTHOUND_STORE_PROFILE are both set";
            return conflict(both.to_owned());
        }
        (false, None) => {}
    }
    Ok(cli)
}

/// Whether `word` is the name of a command.
fn is_command(word: &str) -> bool {
    Cli::command().find_subcommand(word).is_some()
}

/// Characters of each end of a mistake in the arguments that are shown. An argument in it may be longer.
const SHOWN: usize = 2_000;

/// Prints help, the version, or the mistake in the arguments.
fn usage(mut error: clap::Error) -> ExitCode {
    name_variable(&mut error);
    if !error.use_stderr() {
        let is_detailed = error.kind() == clap::error::ErrorKind::DisplayVersion && is_verbose();
        let printed = if is_detailed { io::stdout().write_all(detailed_version().as_bytes()) } else { error.print() };
        return match printed {
            // A closed pipe is not a failure of the help.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Failure.into(),
            _ => Exit::Success.into(),
        };
    }
    match asked_for_json() {
        Some(format) => {
            let text = error.to_string();
            let message = text.lines().next().unwrap_or_default();
            let failure = Error::usage(message.strip_prefix("error: ").unwrap_or(message));
            let tip = text.lines().find_map(|line| line.trim_start().strip_prefix("tip: "));
            let failure = failure.with_hint(tip.unwrap_or("try '--help'"));
            Output::new(OutputOptions { format: Some(format), ..OutputOptions::default() }).failure(&failure);
        }
        None => {
            let text = error.to_string();
            let printed = match excerpt(&text, SHOWN, SHOWN) {
                Cow::Borrowed(_) => error.print(),
                Cow::Owned(cut) => writeln!(io::stderr(), "{cut}"),
            };
            // A failure to write to stderr cannot be reported.
            drop(printed);
        }
    }
    Exit::Usage.into()
}

/// The JSON format that arguments with a mistake ask for, if they do.
fn asked_for_json() -> Option<OutputFormat> {
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let option = arguments.iter().zip(arguments.iter().skip(1)).find_map(|(option, value)| {
        let follows = matches!(option.as_str(), "-f" | "--format").then_some(value.as_str());
        let joined = value.strip_prefix("--format=").or_else(|| value.strip_prefix("-f"));
        follows.or(joined.filter(|name| !name.is_empty()))
    });
    let named = option.map(str::to_owned).or_else(|| std::env::var("TRUTHOUND_STORE_FORMAT").ok())?;
    OutputFormat::from_str(&named, false).ok().filter(|format| format.is_json())
}

/// Whether the arguments, which were not parsed to their end, have `--verbose` or `-v`.
fn is_verbose() -> bool {
    let is_short = |argument: &str| argument.starts_with('-') && !argument.starts_with("--") && argument.contains('v');
    std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .any(|argument| argument == "--verbose" || is_short(&argument))
}

fn output_options(global: &GlobalOptions) -> OutputOptions {
    let choice = match global.color {
        ColorMode::Auto => ColorChoice::Auto,
        ColorMode::Always => ColorChoice::Always,
        ColorMode::Never => ColorChoice::Never,
    };
    choice.write_global();
    OutputOptions {
        format: global.format,
        verbosity: match (global.quiet, global.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, 0) => Verbosity::Normal,
            (false, 1) => Verbosity::Verbose,
            (false, _) => Verbosity::Detailed,
        },
        color_stdout: anstream::AutoStream::choice(&io::stdout()) != ColorChoice::Never,
        color_stderr: anstream::AutoStream::choice(&io::stderr()) != ColorChoice::Never,
        unicode: is_unicode_locale(|name| std::env::var(name).ok()),
        progress: !global.no_progress && io::stderr().is_terminal(),
        terminal: Terminal::of_stdout(),
        pager: !global.no_pager,
    }
}

async fn dispatch(cli: Cli, call: &Call, out: &mut Output) -> Result<()> {
    let global = cli.global;
    if let Some((name, hint)) = global.format.and_then(|format| Some((format.name(), cli.command.lacks(format)?))) {
        let error = Error::usage(format!("this command has no format `{name}`: its formats are table, json and jsonl"));
        return Err(call.explain_format(error.with_hint(hint)));
    }
    let open = |out: &mut Output| open(call, out);
    match cli.command {
        Command::Save(args) => save::run(args, &*open(out)?, out).await,
        Command::Get(args) => get::run(args, &*open(out)?, out).await,
        Command::List(args) => list::run(args, &*open(out)?, out).await,
        Command::Delete(args) => delete::run(args, &*open(out)?, out).await,
        Command::SetTier(args) if args.by_rules() => {
            let profiles = tier_profiles(call, &args, out)?;
            set_tier::run_by_rules(args, profiles, out).await
        }
        Command::SetTier(args) => {
            let (profile, store) = open_profile(call, out)?;
            set_tier::run(args, profile.tiers, &*store, out).await
        }
        Command::Prune(args) => {
            let profiles = prune_profiles(call, &args, out)?;
            prune::run(args, profiles, out).await
        }
        Command::Copy(args) => {
            let stores = copy_stores(call, &args, out)?;
            copy::run(args, stores, out).await
        }
        Command::PoolStatus(args) => pool_status::run(args, &*open(out)?, out).await,
        Command::Diff(args) => diff::run(args, &*open(out)?, out).await,
        Command::Gate(args) => {
            let (profile, store) = open_profile(call, out)?;
            gate::run(args, profile.gate, &*store, out).await
        }
        Command::History(args) => history::run(args, &*open(out)?, out).await,
        Command::Export(args) => export::run(args, call.typed_format(), &*open(out)?, out).await,
        Command::Report(args) => report::run(args, &*open(out)?, out).await,
        Command::Reindex(args) => reindex::run(args, &*open(out)?, out).await,
        Command::Doctor(args) => {
            let profiles = doctor_profiles(&global, call, args.all(), out)?;
            doctor::run(args, profiles, interruption(), out).await
        }
        Command::Verify(args) => verify::run(args, &*open(out)?, out).await,
        Command::Profiles(args) => {
            let environment = Environment::from_process()?;
            let configuration = call.configuration(&environment)?;
            profiles::run(&args, &configuration, &environment, out)
        }
        Command::Completions(args) => completions::run(&args, Cli::command(), out),
        Command::Complete(args) => complete::run(args, out).await,
    }
}

fn open(call: &Call, out: &mut Output) -> Result<Box<dyn ResultStore>> {
    open_profile(call, out).map(|(_, store)| store)
}

fn open_profile(call: &Call, out: &mut Output) -> Result<(Profile, Box<dyn ResultStore>)> {
    let environment = Environment::from_process()?;
    let profile = call.profile(&environment)?;
    if !call.has_address() {
        out.set_profile(profile.name.as_str());
    }
    let store = call.open_store(&profile, &environment, out.notices())?;
    let origin = profile.file.as_deref().map_or_else(|| "built in".into(), Path::to_string_lossy);
    out.detail(&match call.has_address() {
        true => format!("--store: {}", store.location()),
        false => format!("profile {} ({origin}): {}", profile.name, store.location()),
    });
    Ok((profile, store))
}

/// Opens the profiles that `doctor` checks. One that cannot be opened is a finding.
fn doctor_profiles(global: &GlobalOptions, call: &Call, all: bool, out: &Output) -> Result<Vec<DoctorProfile>> {
    let environment = Environment::from_process()?;
    if call.has_address() {
        let profile = call.profile(&environment);
        let name = profile.as_ref().map_or_else(|_| "--store".to_owned(), |profile| profile.name.clone());
        let store = profile.and_then(|profile| call.open_store(&profile, &environment, out.notices()));
        return Ok(vec![DoctorProfile { name, origin: "command line".to_owned(), store }]);
    }
    let configuration = call.configuration(&environment)?;
    let names: Vec<Option<String>> = match all {
        true => configuration.names(&environment).into_iter().map(Some).collect(),
        false => vec![global.profile.clone()],
    };
    let open = |name: Option<String>| {
        let loaded = configuration.profile(&environment, name.as_deref(), global.namespace.as_deref());
        let name = loaded.as_ref().map_or_else(|_| name.unwrap_or_default(), |profile| profile.name.clone());
        let file = configuration.file().map_or_else(|| "built in".into(), Path::to_string_lossy);
        let origin = match configuration.lines_of(&name) {
            Some(lines) => format!("{file}, lines {} to {}", lines.start(), lines.end()),
            None => file.into_owned(),
        };
        let store = loaded.and_then(|profile| call.open_store(&profile, &environment, out.notices()));
        DoctorProfile { name, origin, store }
    };
    Ok(names.into_iter().map(open).collect())
}

/// Waits for a signal that ends this process. Listens from this call on.
fn interruption() -> impl Future<Output = Error> {
    let interrupted = interrupted();
    async {
        interrupted.await;
        Error::new(ErrorKind::Interrupted, "interrupted")
    }
}
