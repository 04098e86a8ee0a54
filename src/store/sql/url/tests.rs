//! Valid and invalid URLs, and their masked forms.

use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;

fn parse(text: &str) -> DatabaseUrl {
    DatabaseUrl::parse(text).unwrap()
}

#[test]
fn sqlite_paths_are_relative_absolute_or_memory() {
    for (text, path) in [
        ("sqlite:///rel.db", Some("rel.db")),
        ("sqlite:///.truthound/store.db", Some(".truthound/store.db")),
        ("sqlite:////abs/x.db", Some("/abs/x.db")),
        ("sqlite+pysqlite:////abs/x.db", Some("/abs/x.db")),
        ("sqlite:///:memory:", Some(":memory:")),
        ("sqlite://", None),
        ("sqlite:///", None),
        ("sqlite:///a%20b.db?timeout=5&x=y", Some("a b.db")),
        ("sqlite:///a@b:c.db", Some("a@b:c.db")),
    ] {
        let url = parse(text);
        assert_eq!((url.dialect(), url.database()), (Dialect::Sqlite, path), "{text}");
    }
    assert_eq!(parse("sqlite:///x?timeout=5&a=b+c").parameter("a"), Some("b c"));
    assert_eq!(DatabaseUrl::parse("sqlite://host/x.db").unwrap_err().kind(), ErrorKind::Usage);
}

#[test]
fn server_urls_are_taken_apart() {
    let url = parse("postgresql+psycopg2://me:s%40c:r@db.example.com:5433/results?sslmode=require");
    assert_eq!(url.dialect(), Dialect::Postgresql);
    assert_eq!((url.username(), url.password().unwrap().expose()), (Some("me"), "s@c:r"));
    assert_eq!((url.host(), url.port(), url.database()), (Some("db.example.com"), Some(5433), Some("results")));
    assert_eq!(url.parameter("sslmode"), Some("require"));
    let url = parse("mysql+pymysql://u:p@[fe80::1]:3307/db");
    assert_eq!((url.host(), url.port()), (Some("fe80::1"), Some(3307)));
    let url = parse("mssql+pyodbc://sa:p@host/db?driver=ODBC+Driver+18+for+SQL+Server");
    assert_eq!(url.parameter("driver"), Some("ODBC Driver 18 for SQL Server"));
    let url = parse("mariadb://host:3306/db?user=a%40b");
    assert_eq!((url.host(), url.port(), url.database()), (Some("host"), Some(3306), Some("db")));
    let url = parse("postgresql://only@host");
    assert_eq!((url.username(), url.host(), url.database()), (Some("only"), Some("host"), None));
    assert!(url.password().is_none());
}

#[test]
fn a_password_may_hold_an_at_sign_a_colon_and_a_slash() {
    for password in ["p@ss", "p:ss", "p/ss", "@@", "a:b@c/d", "p%2Fs"] {
        let url = parse(&format!("postgresql://me:{password}@host:5432/db"));
        let decoded = percent_encoding::percent_decode_str(password).decode_utf8().unwrap();
        assert_eq!(url.password().unwrap().expose(), decoded);
        assert_eq!((url.host(), url.port(), url.database()), (Some("host"), Some(5432), Some("db")));
        assert_eq!(url.masked(), "postgresql://me:******@host:5432/db");
    }
}

#[test]
fn secrets_in_the_query_are_masked() {
    let url = parse("postgresql://u@h/d?password=tops3cret&sslmode=require&sslpassword=x9x9&token=abcabc");
    assert_eq!(url.masked(), "postgresql://******@h/d?password=******&sslmode=require&sslpassword=******&token=******");
    assert_eq!(parse("sqlite:///x.db?key=tops3cret").masked(), "sqlite:///x.db?key=******");
}

#[test]
fn a_path_to_a_certificate_is_shown_and_a_key_is_not() {
    let url = parse("postgresql://me:x9x9@h/d?sslrootcert=/etc/ca.pem&sslkey=/home/me/key.pem&unknown=x9x9");
    assert_eq!(url.masked(), "postgresql://me:******@h/d?sslrootcert=/etc/ca.pem&sslkey=******&******");
}

#[test]
fn a_url_that_is_masked_as_a_text_is_masked_as_when_it_is_parsed() {
    for (url, masked) in [
        ("sqlite:///.truthound/store.db", "sqlite:///.truthound/store.db"),
        ("sqlite:////data/env=prod/store.db", "sqlite:////data/env=prod/store.db"),
        ("postgresql://app:hunter2@db:5432/x", "postgresql://app:******@db:5432/x"),
        ("postgresql://app:hun@ter:2@db/x", "postgresql://app:******@db/x"),
        ("postgresql://app:hun/ter2@db/x?sslmode=require", "postgresql://app:******@db/x?sslmode=require"),
        ("postgresql://app:hun?ter2@db/x", "postgresql://******"),
        ("mysql+pymysql://db/x?password=hunter2&charset=utf8", "mysql+pymysql://db/x?password=******&charset=utf8"),
        ("postgresql://db/x?hunter2", "postgresql://db/x?******"),
        ("postgresql://app:hunter2db/x", "postgresql://******"),
        ("postgresql://app@db/password=hunter2", "postgresql://******@db/******"),
        ("postgresql://app:hunter2@[::1]:5432/x", "postgresql://app:******@[::1]:5432/x"),
        ("postgresql://apphunter2@db/x", "postgresql://******@db/x"),
        ("postgresql://app'hunter2:@db/x", "postgresql://******@db/x"),
        ("postgresql://ap[hunter2[db/x", "postgresql://******"),
        ("postgresql://app:${PASSWORD}@db/x", "postgresql://app:******@db/x"),
        ("postgresql://db:${PORT}/x", "postgresql://******"),
        ("${DATABASE_URL}", "${DATABASE_URL}"),
        ("app:hunter2", "******"),
    ] {
        assert_eq!(masked_url(url), masked, "{url}");
        if let Ok(parsed) = DatabaseUrl::parse(url) {
            assert_eq!(parsed.masked(), masked, "{url}");
        }
    }
}

#[test]
fn an_unknown_database_is_told_with_the_nearest_name() {
    let error = DatabaseUrl::parse("postgre://u:tops3cret@h/d").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.hint().unwrap().contains("did you mean `postgres`?"), "{error:?}");
    assert!(DatabaseUrl::parse("oracle://h/d").unwrap_err().hint().unwrap().starts_with("Databases"));
    assert!(DatabaseUrl::parse("postgresql://me:12/x?@host/db").unwrap_err().hint().unwrap().contains("%40"));
    assert_eq!(DatabaseUrl::parse("just text").unwrap_err().kind(), ErrorKind::Usage);
}

proptest! {
    #[test]
    fn a_planted_secret_never_survives(
        before in "[a-z0-9@:/?#&=%+. ]{0,8}",
        after in "[a-z0-9@:/?#&=%+. ]{0,8}",
        scheme in "(postgresql|postgresql\\+psycopg2|mysql\\+pymysql|mssql\\+pyodbc|postgrse|sqlite|x y|)",
        place in 0..5,
    ) {
        let secret = format!("{before}hunterTWO{after}");
        let encoded = percent_encoding::utf8_percent_encode(&secret, percent_encoding::NON_ALPHANUMERIC).to_string();
        let text = match place {
            0 => format!("{scheme}://me:{secret}@host:5432/db"),
            1 => format!("{scheme}://me:{encoded}@host/db?sslmode=require"),
            2 => format!("{scheme}://me@host/db?password={encoded}"),
            3 => format!("{scheme}:///db?sslpassword={encoded}&mode=ro"),
            _ => format!("{scheme}:me:{secret}@host/db"),
        };
        // A password with `://` may look like the end of a scheme, but no input is repeated.
        let shown = match DatabaseUrl::parse(&text) {
            Ok(url) => format!("{} {url} {url:?}", url.masked()),
            Err(error) => format!("{error} {error:?}"),
        };
        let shown = format!("{shown} {}", masked_url(&text));
        prop_assert!(!shown.contains("hunterTWO"), "{text} shows {shown}");
    }
}
