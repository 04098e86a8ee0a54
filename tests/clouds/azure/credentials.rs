//! Token sources, one test for each, and the errors when none has a token.

use std::fs;

use serde_json::json;

use super::scripted::{Answer, Request, Scripted, text};
use crate::support::{Room, Run};

crate::cases![
    a_managed_identity_of_the_machine,
    a_managed_identity_of_a_service,
    a_workload_identity_from_a_file,
    the_secret_of_an_application,
    #[cfg(unix)]
    the_azure_cli,
    #[cfg(unix)]
    an_azure_cli_that_hangs_is_not_waited_for,
    nobody_at_all,
    a_token_that_is_refused_is_replaced_once,
    a_credential_of_the_profile_goes_before_those_of_the_environment,
    what_is_no_key_and_no_signature_is_refused_without_showing_it,
];

/// Disables the token sources of the machine that runs the tests.
fn alone(run: Run<'_>) -> Run<'_> {
    run.env("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:1").env("PATH", "/nowhere")
}

/// A server that is container, token service and identity endpoint in one.
fn azure() -> Scripted {
    Scripted::start(|request, _| {
        let given = |token: &str| {
            let answer = json!({
                "access_token": token, "token_type": "Bearer", "expires_in": 3599, "expires_on": "4070908800",
                "resource": "https://storage.azure.com",
            });
            Some(text(answer.to_string()))
        };
        match request.target.split('?').next().unwrap() {
            "/tenant/oauth2/v2.0/token" if request.text().contains("client_secret=WRONG") => {
                let refused =
                    json!({"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret"});
                Some(Answer::Respond(401, Vec::new(), refused.to_string().into_bytes()))
            }
            "/tenant/oauth2/v2.0/token" if request.text().contains("client_secret=") => given("SECRET"),
            "/tenant/oauth2/v2.0/token" if request.text().contains("client_assertion=SUBJECT") => given("WORKLOAD"),
            "/metadata/identity/oauth2/token" => given("MACHINE"),
            "/service/token" => given("SERVICE"),
            _ => None,
        }
    })
}

/// Returns the authorization header of the last listing.
fn shown(requests: &[Request]) -> String {
    let listing = requests.iter().rfind(|request| request.target.contains("comp=list")).expect("a listing");
    listing.header("authorization").to_owned()
}

/// Writes a program `az` to its own directory. Returns the directory.
#[cfg(unix)]
fn az(room: &Room, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = room.home().join("bin");
    fs::create_dir_all(&directory).unwrap();
    let program = directory.join("az");
    // A file that is open for writing cannot be executed, and a process forked by another test may have inherited the
    // handle.
    let writer = std::process::Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(&program)
        .stdin(std::process::Stdio::piped())
        .spawn();
    let mut writer = writer.unwrap();
    std::io::Write::write_all(&mut writer.stdin.take().unwrap(), format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    assert!(writer.wait().unwrap().success());
    assert!(fs::metadata(&program).unwrap().permissions().mode() & 0o111 != 0);
    directory.to_str().unwrap().to_owned()
}

/// Checks that `-vv` says which link of the chain the token comes from.
fn assert_source(run: Run<'_>, link: &str) {
    let run = run.run();
    let shown = run.stderr();
    run.succeeds();
    assert!(shown.contains(&format!("\nsource: credentials: {link}\n")), "{link}: {shown}");
}

fn a_managed_identity_of_the_machine() {
    let server = azure();
    let room = server.room("");
    let run = || {
        room.start(["list", "-vv"]).env("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.address()).env("PATH", "/nowhere")
    };
    assert_source(run(), "managed identity (environment variable AZURE_POD_IDENTITY_AUTHORITY_HOST)");
    let requests = server.take();
    assert_eq!(shown(&requests), "Bearer MACHINE");
    assert_eq!(requests[0].header("metadata"), "true");
    assert!(requests[0].target.contains("resource=https%3A%2F%2Fstorage.azure.com"), "{requests:?}");
    // One of several identities.
    run().env("AZURE_CLIENT_ID", "one-of-them").run().succeeds();
    assert!(server.take()[0].target.contains("client_id=one-of-them"));
}

fn a_managed_identity_of_a_service() {
    let server = azure();
    let room = server.room("");
    let endpoint = format!("{}/service/token", server.address());
    let run = alone(room.start(["list", "-vv"])).env("IDENTITY_ENDPOINT", endpoint).env("IDENTITY_HEADER", "H");
    assert_source(run, "managed identity (environment variable IDENTITY_ENDPOINT)");
    let requests = server.take();
    assert_eq!(shown(&requests), "Bearer SERVICE");
    assert_eq!(requests[0].header("x-identity-header"), "H");
}

fn a_workload_identity_from_a_file() {
    let server = azure();
    let room = server.room("");
    room.write("subject.txt", "SUBJECT");
    let run = |file: &str| {
        alone(room.start(["list", "-vv"]))
            .env("AZURE_AUTHORITY_HOST", server.address())
            .env("AZURE_TENANT_ID", "tenant")
            .env("AZURE_CLIENT_ID", "client")
            .env("AZURE_FEDERATED_TOKEN_FILE", file)
    };
    assert_source(run("subject.txt"), "workload identity (environment variable AZURE_FEDERATED_TOKEN_FILE)");
    let requests = server.take();
    assert_eq!(shown(&requests), "Bearer WORKLOAD");
    let asked = requests[0].text();
    assert!(asked.contains("grant_type=client_credentials") && asked.contains("client_id=client"), "{asked}");
    let message = run("missing.txt").run().fails_with(8);
    assert!(message.contains("AZURE_FEDERATED_TOKEN_FILE"), "{message}");
}

fn the_secret_of_an_application() {
    let server = azure();
    let room = server.room("");
    let run = |host: &str, secret: &str| {
        alone(room.start(["list"]))
            .env("AZURE_AUTHORITY_HOST", host)
            .env("AZURE_TENANT_ID", "tenant")
            .env("AZURE_CLIENT_ID", "client")
            .env("AZURE_CLIENT_SECRET", secret)
            .run()
    };
    run(&server.address(), "GOOD").succeeds();
    assert_eq!(shown(&server.take()), "Bearer SECRET");
    let message = run(&server.address(), "WRONG").fails_with(8);
    assert!(message.contains("AADSTS7000215") && message.contains("check AZURE_TENANT_ID"), "{message}");
    assert!(!message.contains("WRONG"), "{message}");
    let message = run("http://192.0.2.1", "GOOD").fails_with(8);
    assert!(message.contains("refusing to send credentials"), "{message}");
    // An unreachable endpoint is not a refusal.
    run("http://127.0.0.1:1", "GOOD").fails_with(4);
}

#[cfg(unix)]
fn the_azure_cli() {
    let server = azure();
    let room = server.room("");
    let good = "echo \"$@\" > \"$HOME/asked\"\n\
        echo '{\"accessToken\": \"CLI\", \"expires_on\": 4070908800, \"tokenType\": \"Bearer\"}'";
    let start =
        |script: &str| alone(room.start(["list", "-vv"])).env("PATH", format!("{}:/usr/bin:/bin", az(&room, script)));
    assert_source(start(good), "Azure CLI (the session of `az login`)");
    let run = |script: &str| start(script).run();
    assert_eq!(shown(&server.take()), "Bearer CLI");
    let asked = fs::read_to_string(room.home().join("asked")).unwrap();
    assert_eq!(asked.trim(), "account get-access-token --output json --resource https://storage.azure.com/");

    // The messages of `az` for a user who has never signed in, and for an expired sign-in.
    for says in ["ERROR: Please run 'az login' to setup account.", "ERROR: AADSTS700082: The refresh token has expired"]
    {
        let message = run(&format!("echo \"{says}\" >&2; exit 1")).fails_with(8);
        assert!(message.contains(says) && message.contains("az login"), "{message}");
    }
    let message = run("echo '{\"accessToken\": \"a b\"}'").fails_with(8);
    assert!(message.contains("holds a space") && !message.contains("a b\""), "{message}");
    let message = run("echo nonsense").fails_with(8);
    assert!(message.contains("prints no token") && !message.contains("nonsense"), "{message}");
}

#[cfg(unix)]
fn an_azure_cli_that_hangs_is_not_waited_for() {
    let server = azure();
    let room = server.room("retry_timeout = 1.0");
    let path = format!("{}:/usr/bin:/bin", az(&room, "exec sleep 60"));
    let began = std::time::Instant::now();
    let run = alone(room.start(["list"])).env("PATH", path).env("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential");
    let message = run.run().fails_with(4);
    assert!(message.contains("takes longer") && began.elapsed().as_secs() < 30, "{message}");
}

fn nobody_at_all() {
    let server = azure();
    let room = server.room("");
    let message = alone(room.start(["list"])).run().fails_with(8);
    for part in ["cannot find Azure credentials", "managed identity: ", "Azure CLI: the program `az` is not installed"]
    {
        assert!(message.contains(part), "{message}");
    }
    assert!(message.contains("hint: give `account_key`"), "{message}");
    let run = |wanted: &str| alone(room.start(["list"])).env("AZURE_TOKEN_CREDENTIALS", wanted).run();
    let message = run("AzureCliCredential").fails_with(8);
    assert!(message.contains("az login") && !message.contains("managed identity"), "{message}");
    let message = run("AzurePowerShellCredential").fails_with(8);
    assert!(message.contains("AZURE_TOKEN_CREDENTIALS"), "{message}");
    assert!(server.take().is_empty());
}

fn a_token_that_is_refused_is_replaced_once() {
    let mut given = 0;
    let server = Scripted::start(move |request, _| {
        if request.target.starts_with("/metadata") {
            given += 1;
            return Some(text(json!({"access_token": format!("T{given}"), "expires_on": "4070908800"}).to_string()));
        }
        let is_good = request.header("authorization") == "Bearer T2";
        (!is_good).then(|| super::scripted::error(401, "InvalidAuthenticationInfo"))
    });
    let room = server.room("");
    let run = || room.start(["list"]).env("AZURE_POD_IDENTITY_AUTHORITY_HOST", server.address()).run();
    run().succeeds();
    // From here on, the server refuses every token.
    server.take();
    let message = run().fails_with(8);
    assert!(message.contains("InvalidAuthenticationInfo") && message.contains("hint: "), "{message}");
    assert_eq!(server.take().iter().filter(|request| request.target.starts_with("/metadata")).count(), 2);
}

fn a_credential_of_the_profile_goes_before_those_of_the_environment() {
    let server = azure();
    for (options, header, query) in [
        ("account_key = 'c2VjcmV0'", "SharedKey acc:", ""),
        ("sas_token = '?sv=2023-11-03&sp=rl&sig=a%2Bb%3D'", "", "sig=a%2Bb%3D"),
    ] {
        server.room(options).start(["list"]).env("AZURE_CLIENT_ID", "x").run().succeeds();
        let requests = server.take();
        assert!(shown(&requests).starts_with(header));
        assert!(requests[0].target.contains(query), "{requests:?}");
    }
}

fn what_is_no_key_and_no_signature_is_refused_without_showing_it() {
    let server = azure();
    for (options, says) in [("account_key = 'hunter2!'", "not base64"), ("sas_token = 'hunter2'", "no `sig=`")] {
        let message = server.room(options).run(["list"]).fails_with(8);
        assert!(message.contains(says) && message.contains("hint: ") && !message.contains("hunter2"), "{message}");
    }
    assert!(server.take().is_empty());
}
