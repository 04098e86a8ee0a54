//! Token sources, one test for each, and the errors when none has a token.

use std::fs;

use serde_json::json;

use super::scripted::{Answer, Request, Scripted, error, is_list, text};
use crate::support::Room;

crate::cases![
    an_emulator_on_this_machine_is_shown_no_token_of_the_user,
    the_emulator_of_the_environment_is_asked,
    a_user_by_option_and_by_environment,
    a_user_who_has_signed_out_is_told_to_sign_in,
    workload_identity_federation_from_a_file_and_from_an_address,
    what_is_no_credential_of_google_is_refused,
    the_metadata_server_and_nobody,
    the_source_of_each_token_is_told,
];

/// Writes a file to the home directory. Returns its path, for the profile or the environment.
fn put(room: &Room, name: &str, content: &str) -> String {
    let path = room.home().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// A server that is bucket, token server and identity provider in one.
fn google() -> Scripted {
    Scripted::start(|request, _| match request.target.split('?').next().unwrap() {
        "/token" if request.text().contains("refresh_token=REVOKED") => {
            let body = json!({"error": "invalid_grant", "error_description": "gone"}).to_string();
            Some(Answer::Respond(400, Vec::new(), body.into_bytes()))
        }
        "/token" => Some(text(json!({"access_token": "USER", "expires_in": 3599}).to_string())),
        "/sts" => Some(text(json!({"access_token": "FEDERATED", "expires_in": 3599}).to_string())),
        "/impersonate" => {
            Some(text(json!({"accessToken": "IMPERSONATED", "expireTime": "2099-01-01T00:00:00Z"}).to_string()))
        }
        "/oidc" => Some(text(json!({"value": "OIDC"}).to_string())),
        "/computeMetadata/v1/instance/service-accounts/default/token" => {
            assert_eq!(request.header("metadata-flavor"), "Google");
            Some(text(json!({"access_token": "MACHINE", "expires_in": 3599}).to_string()))
        }
        _ => None,
    })
}

/// Returns the authorization header of the last listing.
fn shown(requests: &[Request]) -> String {
    let listing = requests.iter().rfind(|request| is_list(request)).expect("a listing");
    listing.header("authorization").to_owned()
}

fn user(server: &Scripted, token: &str) -> String {
    json!({
        "type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": token,
        "token_uri": format!("{}/token", server.address()),
    })
    .to_string()
}

fn an_emulator_on_this_machine_is_shown_no_token_of_the_user() {
    let server = google();
    let room = server.room("");
    put(&room, ".config/gcloud/application_default_credentials.json", &user(&server, "R"));
    room.run(["list"]).succeeds();
    assert_eq!(shown(&server.take()), "");
}

fn the_emulator_of_the_environment_is_asked() {
    let server = google();
    let room = Room::new();
    room.write("truthound-store.toml", "default_profile = 'g'\n[profiles.g]\nbackend = 'gcs'\nbucket = 'bucket'\n");
    let host = server.address().trim_start_matches("http://").to_owned();
    room.start(["list"]).env("STORAGE_EMULATOR_HOST", &host).run().succeeds();
    assert!(!server.take().is_empty());
    room.start(["list"]).env("STORAGE_EMULATOR_HOST", "http://192.0.2.1:1").run().fails_with(2);
}

fn a_user_by_option_and_by_environment() {
    let server = google();
    let room = server.room("credentials_path = 'missing.json'");
    let path = put(&room, "user.json", &user(&server, "R"));
    let message = room.run(["list"]).fails_with(8);
    assert!(message.contains("missing.json") && message.contains("hint: "), "{message}");

    let by_option = server.room(&format!("credentials_path = '{path}'"));
    by_option.run(["list"]).succeeds();
    assert_eq!(shown(&server.take()), "Bearer USER");
    server.room("").start(["list"]).env("GOOGLE_APPLICATION_CREDENTIALS", &path).run().succeeds();
    assert_eq!(shown(&server.take()), "Bearer USER");
}

fn a_user_who_has_signed_out_is_told_to_sign_in() {
    let server = google();
    let room = server.room("");
    let path = put(&room, "user.json", &user(&server, "REVOKED"));
    let message = room.start(["list"]).env("GOOGLE_APPLICATION_CREDENTIALS", &path).run().fails_with(8);
    assert!(message.contains("gcloud auth application-default login"), "{message}");
    assert!(!message.contains("REVOKED"), "{message}");
}

fn workload_identity_federation_from_a_file_and_from_an_address() {
    let server = google();
    let room = server.room("");
    let here = server.address();
    let subject = put(&room, "subject.txt", "SUBJECT\n");
    let file = json!({
        "type": "external_account", "audience": "//iam.googleapis.com/p", "token_url": format!("{here}/sts"),
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "credential_source": {"file": subject},
    });
    let path = put(&room, "file.json", &file.to_string());
    room.start(["list"]).env("GOOGLE_APPLICATION_CREDENTIALS", &path).run().succeeds();
    let requests = server.take();
    assert_eq!(shown(&requests), "Bearer FEDERATED");
    let exchange = requests.iter().find(|request| request.target == "/sts").unwrap();
    assert!(exchange.text().contains("subject_token=SUBJECT&") || exchange.text().ends_with("subject_token=SUBJECT"));

    let mut file = file;
    file["service_account_impersonation_url"] = format!("{here}/impersonate").into();
    file["credential_source"] = json!({
        "url": format!("{here}/oidc"), "headers": {"Authorization": "bearer CI"},
        "format": {"type": "json", "subject_token_field_name": "value"},
    });
    let path = put(&room, "url.json", &file.to_string());
    room.start(["list"]).env("GOOGLE_APPLICATION_CREDENTIALS", &path).run().succeeds();
    let requests = server.take();
    assert_eq!(shown(&requests), "Bearer IMPERSONATED");
    let asked = requests.iter().find(|request| request.target == "/oidc").unwrap();
    assert_eq!(asked.header("authorization"), "bearer CI");

    for (source, word) in [(json!({"environment_id": "aws1"}), "AWS"), (json!({"executable": {}}), "a program")] {
        file["credential_source"] = source;
        let path = put(&room, "other.json", &file.to_string());
        let message = room.start(["list"]).env("GOOGLE_APPLICATION_CREDENTIALS", &path).run().fails_with(8);
        assert!(message.contains(word) && message.contains("not supported"), "{message}");
    }
    file["credential_source"] = json!({"file": subject});
    file["token_url"] = "http://192.0.2.1/sts".into();
    let path = put(&room, "clear.json", &file.to_string());
    let message = room.start(["list"]).env("GOOGLE_APPLICATION_CREDENTIALS", &path).run().fails_with(8);
    assert!(message.contains("refusing to send credentials"), "{message}");
}

fn what_is_no_credential_of_google_is_refused() {
    let server = google();
    let room = server.room("");
    for (content, word) in [("{}", "`type`"), ("[", "EOF"), (r#"{"type":"gdch_service_account"}"#, "not supported")] {
        let path = put(&room, "strange.json", content);
        let message = room.start(["list"]).env("GOOGLE_APPLICATION_CREDENTIALS", &path).run().fails_with(8);
        assert!(message.contains(word), "{message}");
    }
}

fn the_metadata_server_and_nobody() {
    // The program sends this token only to Google's own endpoint. The test needs no network: it only checks that the
    // token is requested.
    let server = Scripted::start(|_, _| Some(refusal()));
    let room = Room::new();
    room.write("truthound-store.toml", "default_profile = 'g'\n[profiles.g]\nbackend = 'gcs'\nbucket = 'bucket'\n");
    let host = server.address().trim_start_matches("http://").to_owned();
    let message = room.start(["list"]).env("GCE_METADATA_HOST", &host).run().fails_with(8);
    assert!(message.contains("metadata server") && message.contains("hint: "), "{message}");
    assert_eq!(server.take()[0].header("metadata-flavor"), "Google");
    let message = room.start(["list"]).env("NO_GCE_CHECK", "true").run().fails_with(8);
    assert!(message.contains("cannot find Google credentials"), "{message}");
}

fn the_source_of_each_token_is_told() {
    let server = google();
    // Only Google's own endpoint is shown the tokens of the user and of the machine: a proxy that is not there keeps them.
    let room = Room::new();
    let profile = "default_profile = 'g'\n[profiles.g]\nbackend = 'gcs'\nbucket = 'bucket'\nretry_timeout = 1\n";
    room.write("truthound-store.toml", profile);
    let told = |name: &str, value: &str, source: &str| {
        let run = room.start(["list", "-vv"]).env("HTTPS_PROXY", "http://127.0.0.1:1").env(name, value).run();
        let shown = run.stderr();
        run.fails_with(4);
        assert!(shown.contains(&format!("\nsource: credentials: {source}\n")), "{source}: {shown}");
    };
    let host = server.address().trim_start_matches("http://").to_owned();
    for variable in ["GCE_METADATA_HOST", "GCE_METADATA_ROOT"] {
        told(variable, &host, &format!("the metadata server (environment variable {variable})"));
    }
    let path = put(&room, "user.json", &user(&server, "R"));
    told("GOOGLE_APPLICATION_CREDENTIALS", &path, &format!("{path}, which GOOGLE_APPLICATION_CREDENTIALS names"));
    let path = put(&room, ".config/gcloud/application_default_credentials.json", &user(&server, "R"));
    told("GCE_METADATA_HOST", &host, &format!("{path}, of `gcloud auth application-default login`"));
    assert!(!server.take().iter().any(is_list));
}

fn refusal() -> Answer {
    error(404, "NotFound")
}
