//! AWS's environment and shared configuration files, as far as they say where the server is and whose certificates it has:
//! <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>. Credentials and regions are read by
//! [`credential_provider`](super::credential_provider).

use std::path::PathBuf;

use aws_config::profile::ProfileSet;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_runtime::env_config::property::PropertiesKey;
use aws_types::os_shim_internal::{Env, Fs};
use futures_util::FutureExt as _;

use crate::error::{Error, ErrorKind, Result};
use crate::secret::shown_name;

/// A value and the setting that it comes from, for messages.
pub(super) type Setting = (String, &'static str);

/// The settings of AWS for one profile.
#[derive(Debug, Default)]
pub(super) struct SharedConfig {
    /// The address of the server.
    pub(super) endpoint: Option<Setting>,
    /// A file of issuers to trust instead of the system's.
    pub(super) ca_bundle: Option<(PathBuf, &'static str)>,
}

impl SharedConfig {
    /// The settings of the environment and of `profile`, or of the profile that the environment selects. With
    /// `needs_profile`, a profile that the environment names must be there.
    ///
    /// # Errors
    /// [`Usage`](ErrorKind::Usage) if the files cannot be parsed, [`Denied`](ErrorKind::Denied) for a missing profile.
    pub(super) fn load(profile: Option<&str>, needs_profile: bool) -> Result<Self> {
        let files = files(profile)?;
        let of_profile = |name: &str| files.get(name).filter(|value| !value.is_empty()).map(str::to_owned);
        let named = variable("AWS_PROFILE").filter(|_| profile.is_none() && needs_profile);
        if let Some(name) = named.filter(|name| files.get_profile(name).is_none()) {
            let name = shown_name(&name);
            let message =
                format!("AWS_PROFILE names the profile `{name}`, which AWS's configuration files do not have");
            return Err(Error::new(ErrorKind::Denied, message)
                .with_hint("correct or unset AWS_PROFILE, or make the profile with `aws configure --profile`"));
        }
        let is_true = |text: String| text.eq_ignore_ascii_case("true");
        let ignores = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
            .or_else(|| of_profile("ignore_configured_endpoint_urls"))
            .is_some_and(is_true);
        let endpoint = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]
            .into_iter()
            .find_map(|name| Some((variable(name)?, name)))
            .or_else(|| Some((endpoint_of_service(&files)?, "endpoint_url in the `services` of the AWS profile")))
            .or_else(|| Some((of_profile("endpoint_url")?, "endpoint_url of the AWS profile")));
        let ca_bundle = variable("AWS_CA_BUNDLE")
            .map(|path| (path, "AWS_CA_BUNDLE"))
            .or_else(|| Some((of_profile("ca_bundle")?, "ca_bundle of the AWS profile")));
        Ok(Self {
            endpoint: endpoint.filter(|_| !ignores),
            ca_bundle: ca_bundle.map(|(path, setting)| (in_home(&path), setting)),
        })
    }
}

/// The parsed files, with `profile` or the environment's profile selected.
fn files(profile: Option<&str>) -> Result<ProfileSet> {
    let unreadable = || Error::usage("cannot read the shared configuration files of AWS");
    let (fs, env, files) = (Fs::real(), Env::real(), EnvConfigFiles::default());
    let load = aws_config::profile::load(&fs, &env, &files, profile.map(|name| name.to_owned().into()));
    // It reads its files without waiting.
    let files = load.now_or_never().ok_or_else(unreadable)?;
    files.map_err(|error| unreadable().with_source(error))
}

/// `endpoint_url` of S3 in the section that `services` of the profile names.
fn endpoint_of_service(files: &ProfileSet) -> Option<String> {
    let key = PropertiesKey::builder()
        .section_key("services")
        .section_name(files.get("services")?)
        .property_name("s3")
        .sub_property_name("endpoint_url");
    files.other_sections().get(&key.build().ok()?).filter(|value| !value.is_empty()).cloned()
}

/// A path in which `~` stands for the home directory.
fn in_home(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => PathBuf::from(path),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
