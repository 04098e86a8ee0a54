//! The password file of libpq: `~/.pgpass`.
//! <https://www.postgresql.org/docs/current/libpq-pgpass.html>

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::secret::{Secret, read_text, shown_path};
use crate::store::contract::Notices;
use crate::store::sql::dialects::server::Variables;

/// The directory of a local server's socket on Debian and similar systems. In a password file it is `localhost`.
pub(super) const SOCKETS: &str = "/var/run/postgresql";

/// The port of a server that names none.
const PORT: u16 = 5432;

/// A file of passwords, one server and user a line. It is read when the first connection needs it.
#[derive(Clone, Debug)]
pub(super) struct PasswordFile {
    path: PathBuf,
    /// The user that the driver takes if the URL names none.
    system_user: Option<String>,
    found: Arc<OnceLock<Option<Secret>>>,
}

impl PasswordFile {
    /// The file that the parameter `passfile` names, or `PGPASSFILE`, or the one in the user's home.
    pub(super) fn find(parameter: Option<&str>, variables: &Variables<'_>) -> Option<Self> {
        let path = |name: &str| variables(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let in_home = || match cfg!(windows) {
            true => Some(path("APPDATA")?.join("postgresql").join("pgpass.conf")),
            false => Some(path("HOME")?.join(".pgpass")),
        };
        let file = parameter.map(PathBuf::from).or_else(|| path("PGPASSFILE")).or_else(in_home)?;
        let system_user = variables(if cfg!(windows) { "USERNAME" } else { "USER" });
        Some(Self {
            path: file,
            system_user: system_user.and_then(|user| user.into_string().ok()),
            found: Arc::default(),
        })
    }

    /// The password for the server and the user of `config`, if the file has one. A file that others can read is ignored,
    /// and so is one that has another password for each of several servers: no server is sent that of another. Both is
    /// said in a warning.
    pub(super) fn password(&self, config: &Config, notices: &Notices) -> Option<&Secret> {
        let read = || {
            let found = self.read().and_then(|text| text.map_or(Ok(None), |text| self.choose(&text, config)));
            let shown = self.shown();
            if let Ok(Some(_)) = &found {
                notices.source("password", &format!("the password file {shown}"));
            }
            found.unwrap_or_else(|reason| {
                notices.warn(&format!("the password file {shown} is ignored: {reason}"));
                None
            })
        };
        self.found.get_or_init(read).as_ref()
    }

    /// The path, for messages, if the file has the password.
    pub(super) fn source(&self) -> Option<String> {
        self.found.get().is_some_and(Option::is_some).then(|| self.shown())
    }

    fn shown(&self) -> String {
        shown_path(&self.path.to_string_lossy())
    }

    /// The text of the file; `None` without one.
    fn read(&self) -> Result<Option<String>, String> {
        let Ok(metadata) = self.path.metadata() else { return Ok(None) };
        if !metadata.is_file() {
            return Err("it is not a plain file".to_owned());
        }
        if is_open_to_others(&metadata) {
            return Err("others can read it: take their rights away with `chmod 600`".to_owned());
        }
        read_text(&self.path).map(Some).map_err(|error| error.to_string())
    }

    fn choose(&self, text: &str, config: &Config) -> Result<Option<Secret>, String> {
        let user = config.get_user().or(self.system_user.as_deref()).unwrap_or_default();
        let database = config.get_dbname().unwrap_or(user);
        let mut passwords = servers(config).map(|(host, port)| find(text, [&host, &port.to_string(), database, user]));
        let first = passwords.next().flatten();
        if passwords.any(|password| password != first) {
            return Err("it has different passwords for the servers of the URL".to_owned());
        }
        Ok(first.map(Secret::from))
    }
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

/// The servers of `config`, as the file names them.
fn servers(config: &Config) -> impl Iterator<Item = (String, u16)> {
    let ports = config.get_ports();
    config.get_hosts().iter().enumerate().map(move |(index, host)| {
        let port = ports.get(index).or_else(|| ports.first()).copied().unwrap_or(PORT);
        let name = match host {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(directory) if directory.as_os_str() == SOCKETS => "localhost".to_owned(),
            #[cfg(unix)]
            Host::Unix(directory) => directory.to_string_lossy().into_owned(),
        };
        (name, port)
    })
}

/// The password of the first line with the four fields `wanted`, or `*`.
fn find(text: &str, wanted: [&str; 4]) -> Option<String> {
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut rest = line;
        for value in wanted {
            let (field, after) = field(rest)?;
            if field != value && !rest.starts_with("*:") {
                return None;
            }
            rest = after;
        }
        Some(unescaped(rest)).filter(|password| !password.is_empty())
    })
}

/// The first field of a line, and what follows its colon. A backslash takes the next character literally.
fn field(line: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut letters = line.char_indices();
    while let Some((position, letter)) = letters.next() {
        match letter {
            ':' => return Some((field, line.get(position + 1..).unwrap_or_default())),
            '\\' => field.extend(letters.next().map(|(_, next)| next)),
            _ => field.push(letter),
        }
    }
    None
}

fn unescaped(text: &str) -> String {
    let mut letters = text.chars();
    let mut plain = String::new();
    while let Some(letter) = letters.next() {
        plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
    }
    plain
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::store::contract::Notice;

    fn config(url: &str) -> Config {
        url.parse().unwrap()
    }

    fn chosen(text: &str, url: &str) -> Result<Option<String>, String> {
        let file = PasswordFile { path: PathBuf::new(), system_user: Some("me".to_owned()), found: Arc::default() };
        file.choose(text, &config(url)).map(|password| password.map(|password| password.expose().to_owned()))
    }

    #[test]
    fn the_first_line_that_matches_has_the_password() {
        let text = "# a comment\nbroken\ndb:5432:results:app:one\ndb:*:*:app:two\n*:*:*:*:s\\:e\\\\c:t\r\n";
        for (url, password) in [
            ("postgresql://app@db/results", "one"),
            ("postgresql://app@db:5433/results", "two"),
            ("postgresql://app@db", "two"),
            ("postgresql://other@db/results", "s:e\\c:t"),
        ] {
            assert_eq!(chosen(text, url), Ok(Some(password.to_owned())), "{url}");
        }
        let none = "db:5432:results:app:one\n";
        assert_eq!(chosen(none, "postgresql://app@DB/results"), Ok(None));
        assert_eq!(chosen(none, "postgresql://ap@db/results"), Ok(None));
        assert_eq!(chosen("a\\:b:5432:d:u:x", "host='a:b' user=u dbname=d"), Ok(Some("x".to_owned())));
    }

    #[cfg(unix)]
    #[test]
    fn what_the_url_leaves_out_is_as_libpq_takes_it() {
        assert_eq!(chosen("localhost:5432:me:me:x", &format!("host={SOCKETS}")), Ok(Some("x".to_owned())));
        assert_eq!(chosen("/tmp/x:5432:me:me:x", "host=/tmp/x"), Ok(Some("x".to_owned())));
    }

    #[test]
    fn no_server_is_sent_the_password_of_another() {
        let text = "one:*:*:*:x\ntwo:*:*:*:y\nthree:*:*:*:x\n";
        assert_eq!(chosen(text, "host=one,three user=u"), Ok(Some("x".to_owned())));
        assert!(chosen(text, "host=one,two user=u").is_err());
        assert!(chosen(text, "host=one,four user=u").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_ignored_with_one_warning() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("pgpass.conf");
        std::fs::write(&path, "*:*:*:*:hunter2").unwrap();
        for (mode, warnings) in [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let told = Arc::new(Mutex::new(Vec::new()));
            let listener = Arc::clone(&told);
            let notices = Notices::new(move |notice| {
                if let Notice::Warning(text) = notice {
                    listener.lock().unwrap().push(text.to_owned());
                }
            });
            let file = PasswordFile::find(path.to_str(), &|_| None).unwrap();
            for _ in 0..2 {
                let password = file.password(&config("host=h user=u"), &notices).map(Secret::expose);
                assert_eq!(password, (warnings == 0).then_some("hunter2"));
            }
            let told = told.lock().unwrap();
            assert_eq!(told.len(), warnings, "{told:?}");
            assert!(told.iter().all(|text| text.contains("pgpass.conf is ignored: others can read it")), "{told:?}");
        }
    }
}
