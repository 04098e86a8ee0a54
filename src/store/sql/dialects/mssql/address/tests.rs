use super::*;

fn address(url: &str) -> Result<Address> {
    Address::from_url(&DatabaseUrl::parse(url).unwrap())
}

#[test]
fn a_url_of_pyodbc_is_taken_apart() {
    let Address { host, port, database, user, password, encryption, trust, timeout, .. } = address(
        "mssql+pyodbc://me:s%40cret@db.example.com/results?driver=ODBC+Driver+18+for+SQL+Server&Encrypt=yes\
         &TrustServerCertificate=no&timeout=9",
    )
    .unwrap();
    assert_eq!((host.as_str(), port, database.as_deref()), ("db.example.com", 1433, Some("results")));
    assert_eq!((user.as_str(), password.expose()), ("me", "s@cret"));
    assert_eq!((encryption, trust.anybody, timeout), (Encryption::Negotiated, false, Duration::from_secs(9)));
}

#[test]
fn the_other_drivers_mean_the_same() {
    for url in ["mssql+pymssql://u:p@h:1444/d", "mssql://u:p@h:1444/d", "mssql+aioodbc://u:p@h:1444/d"] {
        let address = address(url).unwrap();
        assert_eq!(address.name(), "mssql://u@h:1444/d", "{url}");
        assert!(!address.trust.anybody);
    }
}

#[test]
fn a_whole_odbc_connection_string_is_taken() {
    let Address { host, port, database, user, password, timeout, .. } = address(
        "mssql+pyodbc:///?odbc_connect=Driver%3D%7BODBC+Driver+18+for+SQL+Server%7D%3BServer%3Dtcp%3Ax.database.windows.net\
         %2C1434%3BDatabase%3Dd%3BUid%3Du%3BPwd%3D%7Bp%7D%7D%3B1%7D%3BEncrypt%3Dyes%3BTrustServerCertificate%3Dno\
         %3BConnection+Timeout%3D30%3B",
    )
    .unwrap();
    assert_eq!((host.as_str(), port, database.as_deref()), ("x.database.windows.net", 1434, Some("d")));
    assert_eq!((user.as_str(), password.expose(), timeout.as_secs()), ("u", "p};1", 30));
}

#[test]
fn the_modes_of_encryption_decide_whose_certificate_is_taken() {
    for (query, encryption, anybody) in [
        ("", Encryption::Negotiated, false),
        ("?Encrypt=mandatory", Encryption::Negotiated, false),
        ("?encrypt=TRUE&TrustServerCertificate=yes", Encryption::Negotiated, true),
        ("?Encrypt=no", Encryption::Negotiated, true),
        ("?Encrypt=optional&sslrootcert=/ca.pem", Encryption::Negotiated, false),
        ("?Encrypt=strict", Encryption::Strict, false),
        ("?Encrypt=strict&TrustServerCertificate=yes", Encryption::Strict, false),
    ] {
        let address = address(&format!("mssql+pyodbc://u:p@h/d{query}")).unwrap();
        assert_eq!((address.encryption, address.trust.anybody), (encryption, anybody), "{query}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    for (url, words) in [
        ("mssql+pyodbc://h/d?Trusted_Connection=yes", "Windows' own sign-in"),
        ("mssql+pyodbc://h/d", "names no user"),
        ("mssql+pyodbc://u:p@h%5CSQLEXPRESS/d", "instance"),
        ("mssql+pyodbc:///?odbc_connect=SERVER%3Dh%5CSQLEXPRESS%3BUID%3Du%3BPWD%3Dp", "instance"),
        ("mssql+pyodbc://u:p@my_source", "data source"),
        ("mssql+pyodbc://u:p@h/d?Authentication=ActiveDirectoryMsi", "`Authentication`"),
        ("mssql+pyodbc://u:p@h/d?Encrypt=perhaps", "`Encrypt`"),
        ("mssql+pyodbc:///?odbc_connect=UID%3Du%3BPWD%3Dp", "names no server"),
        ("mssql+pyodbc:///?odbc_connect=SERVER%3D%28localdb%29%3BUID%3Du", "`Server`"),
    ] {
        let error = address(url).unwrap_err();
        assert!(error.to_string().contains(words) && error.hint().is_some(), "{url}: {error}");
    }
}

#[test]
fn what_is_not_understood_is_refused_without_repeating_it() {
    for url in [
        "mssql://u:p@h/d?Encript=hunter2",
        "mssql://u:p@h/d?hunter2=x",
        "mssql://u:p@h/d?timeout=hunter2",
        "mssql://u:p@h/d?TrustServerCertificate=hunter2",
        "mssql:///?odbc_connect=SERVER%3Dh%3BUID%3Du%3BPWD%3Dp%3Bhunter2",
        "mssql:///?odbc_connect=SERVER%3Dh%3BUID%3Du%3BPWD%3D%7Bhunter2",
    ] {
        let error = address(url).unwrap_err();
        assert!(error.hint().is_some() && !format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[test]
fn a_debug_form_shows_no_password() {
    for url in ["mssql://u:hunter2@h/d", "mssql:///?odbc_connect=SERVER%3Dh%3BUID%3Du%3BPWD%3Dhunter2"] {
        let address = address(url).unwrap();
        let shown = format!("{address:?} {}", address.name());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
