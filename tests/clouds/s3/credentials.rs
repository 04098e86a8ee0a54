//! Credential sources, one test for each, and the errors when none has a credential.

use super::scripted::{Answer, Request, Scripted, alone, error, text};
use crate::support::{Room, Run, stored};
use crate::tls::Terminator;

crate::cases![
    options_of_the_profile,
    the_environment,
    a_profile_of_the_shared_files,
    a_credential_process,
    a_role_that_another_profile_assumes,
    a_web_identity,
    the_token_cache_of_sso,
    a_container_role,
    an_instance_role_by_imds_version_two,
    without_any_nothing_is_asked_and_it_is_said_what_to_do,
    an_sso_session_that_has_ended_is_renewed_by_the_user,
    the_region_is_that_of_the_option_the_environment_or_the_files,
    the_address_of_the_server_may_come_from_the_environment,
    the_address_of_the_server_may_come_from_the_shared_files,
    a_profile_of_the_environment_that_does_not_exist_is_named,
    an_empty_session_token_is_none,
    the_messages_of_a_failing_credential_process_are_not_shown,
    certificates_are_verified_with_the_ca_bundle,
    doctor_tells_whose_the_keys_are_and_when_they_end,
];

const FOREVER: &str = "2099-01-01T00:00:00Z";

/// Returns the access key id and the session token of the last request.
fn signer(requests: &[Request]) -> (String, String) {
    let request = requests.last().expect("S3 is asked");
    let authorization = request.header("authorization");
    let key = authorization.split_once("Credential=").and_then(|(_, rest)| rest.split_once('/')).unwrap().0;
    (key.to_owned(), request.header("x-amz-security-token").to_owned())
}

/// Checks the access key id and the session token of a profile with these options, in a room with these files in its
/// home directory, and that `-vv` says which step of the chain they come from.
fn assert_signed(
    options: &str,
    files: &[(&str, &str)],
    environment: &[(&str, &str)],
    (key, token): (&str, &str),
    step: &str,
) {
    let server = Scripted::plain();
    let room = server.room(options);
    for (name, content) in files {
        let path = room.home().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    let run = environment.iter().fold(room.start(["list", "-vv"]), |run: Run<'_>, (name, value)| run.env(name, *value));
    let disabled = !environment.iter().any(|(name, _)| *name == "AWS_EC2_METADATA_SERVICE_ENDPOINT");
    let run = if disabled { alone(run) } else { run };
    let run = run.run();
    let shown = run.stderr();
    run.succeeds();
    assert_eq!(signer(&server.take()), (key.to_owned(), token.to_owned()));
    assert!(shown.contains(&format!("\nsource: credentials: {step}\n")), "{step}: {shown}");
}

fn options_of_the_profile() {
    let options = "access_key_id = 'OPT'\nsecret_access_key = 's'\nsession_token = 't'";
    assert_signed(
        options,
        &[],
        &[("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "s")],
        ("OPT", "t"),
        "the options access_key_id and secret_access_key",
    );
}

fn the_environment() {
    let environment = [("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_SESSION_TOKEN", "token")];
    assert_signed(
        "",
        &[],
        &environment,
        ("ENV", "token"),
        "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    );
}

fn a_profile_of_the_shared_files() {
    let files = [(
        ".aws/credentials",
        "[default]\naws_access_key_id = D\naws_secret_access_key = s\n\
        [ci]\naws_access_key_id = CI\naws_secret_access_key = s\naws_session_token = t\n",
    )];
    assert_signed("", &files, &[], ("D", ""), "the profile `default` of AWS's configuration files");
    assert_signed("", &files, &[("AWS_PROFILE", "ci")], ("CI", "t"), "the profile `ci` of AWS's configuration files");
    let environment = [("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "s")];
    assert_signed(
        "aws_profile = 'ci'",
        &files,
        &environment,
        ("CI", "t"),
        "the profile `ci` of AWS's configuration files",
    );
}

fn a_credential_process() {
    let process = "printf '{\"Version\":1,\"AccessKeyId\":\"PROC\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}'";
    let config = format!("[default]\ncredential_process = {process}\n");
    assert_signed(
        "",
        &[(".aws/config", &config)],
        &[],
        ("PROC", "t"),
        "`credential_process`, the profile `default` of AWS's configuration files",
    );
}

fn sts(action: &'static str, key: &'static str) -> Scripted {
    Scripted::start(move |request, _| {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        let asked = request.method == "POST" && body.contains(&format!("Action={action}&"));
        assert!(asked, "{request:?}");
        Some(text(format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
             <AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
             <Expiration>{FOREVER}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>i</AssumedRoleId>\
             <Arn>arn:aws:sts::1:assumed-role/r/s</Arn></AssumedRoleUser></{action}Result></{action}Response>"
        )))
    })
}

fn a_role_that_another_profile_assumes() {
    let sts = sts("AssumeRole", "ROLE");
    let config = "[profile base]\naws_access_key_id = B\naws_secret_access_key = s\n\
        [profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = base\nregion = eu-west-1\n";
    let environment = [("AWS_ENDPOINT_URL_STS", &*sts.address())];
    assert_signed(
        "aws_profile = 'role'",
        &[(".aws/config", config)],
        &environment,
        ("ROLE", "t"),
        "the profile `role` of AWS's configuration files",
    );
    assert!(sts.take()[0].header("authorization").contains("Credential=B/"));
}

fn a_web_identity() {
    let sts = sts("AssumeRoleWithWebIdentity", "WEB");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "oidc").unwrap();
    let environment = [
        ("AWS_ENDPOINT_URL_STS", &*sts.address()),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", file.path().to_str().unwrap()),
    ];
    assert_signed("", &[], &environment, ("WEB", "t"), "a web identity token");
    assert!(String::from_utf8_lossy(&sts.take()[0].body).contains("WebIdentityToken=oidc"));
}

const SSO_CONFIG: &str = "[default]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n\
    sso_account_id = 1\nsso_role_name = r\n";

/// The file in the cache is named by the SHA-1 of the start URL.
const SSO_FILE: &str = ".aws/sso/cache/e8be5486177c5b5392bd9aa76563515b29358e6e.json";

fn the_token_cache_of_sso() {
    let portal = Scripted::start(|request, _| {
        assert!(request.is("GET", "/federation/credentials"), "{request:?}");
        assert_eq!(request.header("x-amz-sso_bearer_token"), "bearer");
        Some(text(
            "{\"roleCredentials\":{\"accessKeyId\":\"SSO\",\"secretAccessKey\":\"s\",\"sessionToken\":\"t\",\
             \"expiration\":4070908800000}}",
        ))
    });
    let token = format!("{{\"accessToken\":\"bearer\",\"expiresAt\":\"{FOREVER}\"}}");
    let environment = [("AWS_ENDPOINT_URL_SSO", &*portal.address())];
    assert_signed(
        "",
        &[(".aws/config", SSO_CONFIG), (SSO_FILE, &token)],
        &environment,
        ("SSO", "t"),
        "the session of `aws sso login`, the profile `default` of AWS's configuration files",
    );
}

fn a_container_role() {
    let agent = Scripted::start(|request, _| {
        assert_eq!(request.header("authorization"), "agent");
        Some(text(format!(
            "{{\"AccessKeyId\":\"ECS\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\"Expiration\":\"{FOREVER}\"}}"
        )))
    });
    let uri = format!("{}/role", agent.address());
    let environment = [("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*uri), ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "agent")];
    assert_signed("", &[], &environment, ("ECS", "t"), "the credential endpoint of the container");
}

fn an_instance_role_by_imds_version_two() {
    let imds = Scripted::start(|request, _| {
        if request.is("PUT", "/latest/api/token") {
            let headers = vec![("x-aws-ec2-metadata-token-ttl-seconds", "21600".to_owned())];
            return Some(Answer::Respond(200, headers, b"session".to_vec()));
        }
        assert_eq!(request.header("x-aws-ec2-metadata-token"), "session");
        Some(match request.target.rsplit('/').next().unwrap() {
            "" | "security-credentials" => text("role"),
            "role" => text(format!(
                "{{\"Code\":\"Success\",\"AccessKeyId\":\"EC2\",\"SecretAccessKey\":\"s\",\"Token\":\"t\",\
                 \"LastUpdated\":\"2026-01-01T00:00:00Z\",\"Type\":\"AWS-HMAC\",\"Expiration\":\"{FOREVER}\"}}"
            )),
            _ => error(404, ""),
        })
    });
    assert_signed(
        "",
        &[],
        &[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*imds.address())],
        ("EC2", "t"),
        "the instance metadata service",
    );
}

fn without_any_nothing_is_asked_and_it_is_said_what_to_do() {
    let server = Scripted::plain();
    let message = alone(server.room("").start(["list"])).run().fails_with(8);
    assert!(message.contains("cannot find AWS credentials") && message.contains("hint: give `access"), "{message}");
    assert!(server.take().is_empty());
}

fn an_sso_session_that_has_ended_is_renewed_by_the_user() {
    let portal = Scripted::start(|_, _| {
        let kind = vec![("x-amzn-errortype", "UnauthorizedException".to_owned())];
        Some(Answer::Respond(401, kind, b"{\"message\":\"Session token not found or invalid\"}".to_vec()))
    });
    let server = Scripted::plain();
    let room = server.room("");
    std::fs::create_dir_all(room.home().join(".aws/sso/cache")).unwrap();
    std::fs::write(room.home().join(".aws/config"), SSO_CONFIG).unwrap();
    std::fs::write(room.home().join(SSO_FILE), "{\"accessToken\":\"bearer\",\"expiresAt\":\"2020-01-01T00:00:00Z\"}")
        .unwrap();
    let message = alone(room.start(["list"]).env("AWS_ENDPOINT_URL_SSO", portal.address())).run().fails_with(8);
    assert!(message.contains("hint: sign in with `aws sso login`"), "{message}");
}

fn the_region_is_that_of_the_option_the_environment_or_the_files() {
    let scope = |server: &Scripted| {
        let requests = server.take();
        let request = requests.last().unwrap().header("authorization").to_owned();
        request.split('/').nth(2).unwrap().to_owned()
    };
    let server = Scripted::plain();
    server.room_with_keys("region = 'eu-north-1'").run(["list"]).succeeds();
    assert_eq!(scope(&server), "eu-north-1");
    let room = server.room_with_keys("");
    room.start(["list"]).env("AWS_REGION", "ap-south-1").run().succeeds();
    assert_eq!(scope(&server), "ap-south-1");
    std::fs::create_dir_all(room.home().join(".aws")).unwrap();
    std::fs::write(room.home().join(".aws/config"), "[default]\nregion = sa-east-1\n").unwrap();
    room.run(["list"]).succeeds();
    assert_eq!(scope(&server), "sa-east-1");
    server.room_with_keys("").run(["list"]).succeeds();
    assert_eq!(scope(&server), "us-east-1");
    // One save, to check that writes are signed too.
    server.room_with_keys("region = 'x'").save(&stored("run-1"));
}

fn the_address_of_the_server_may_come_from_the_environment() {
    let server = Scripted::plain();
    let room = server.room_with_keys("");
    let text = String::from_utf8(room.read("truthound-store.toml")).unwrap();
    let line = format!("endpoint_url = \"{}\"\n", server.address());
    room.write("truthound-store.toml", text.replace(&line, ""));
    room.start(["list"]).env("AWS_ENDPOINT_URL_S3", server.address()).run().succeeds();
    assert!(server.take()[0].target.starts_with("/bucket"));
    room.start(["list"]).env("AWS_ENDPOINT_URL", "http://192.0.2.1").run().fails_with(2);
}

/// A room with keys in the environment's files, and without an address in the profile.
fn room_with_files(config: &str) -> Room {
    let room = Room::new();
    room.write("truthound-store.toml", "[profiles.s3]\nbackend = 's3'\nbucket = 'bucket'\nretry_timeout = 1\n");
    std::fs::create_dir_all(room.home().join(".aws")).unwrap();
    let keys = "aws_access_key_id = K\naws_secret_access_key = s\naws_session_token =\n";
    std::fs::write(room.home().join(".aws/credentials"), format!("[default]\n{keys}[minio]\n{keys}")).unwrap();
    std::fs::write(room.home().join(".aws/config"), config).unwrap();
    room
}

fn the_address_of_the_server_may_come_from_the_shared_files() {
    let (one, two) = (Scripted::plain(), Scripted::plain());
    let config = format!(
        "[default]\nregion = us-east-1\nendpoint_url = {}\n[profile minio]\nservices = of-minio\nendpoint_url = http://127.0.0.1:1\n\
         [services of-minio]\ns3 =\n  endpoint_url = {}\n",
        one.address(),
        two.address()
    );
    let room = room_with_files(&config);
    room.run(["list"]).succeeds();
    assert!(one.take()[0].target.starts_with("/bucket") && two.take().is_empty());
    room.start(["list"]).env("AWS_PROFILE", "minio").run().succeeds();
    assert!(one.take().is_empty() && !two.take().is_empty());
    // The environment goes first, and can switch all of them off: then Amazon is asked, here through a proxy.
    room.start(["list"]).env("AWS_PROFILE", "minio").env("AWS_ENDPOINT_URL", one.address()).run().succeeds();
    assert!(!one.take().is_empty() && two.take().is_empty());
    let run = room.start(["list"]).env("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true");
    let message = run.env("HTTPS_PROXY", "http://127.0.0.1:1").run().fails_with(4);
    assert!(message.contains("HTTPS_PROXY") && one.take().is_empty(), "{message}");
    std::fs::write(room.home().join(".aws/config"), "[default]\nendpoint_url = http://192.0.2.1\n").unwrap();
    let message = room.run(["list"]).fails_with(2);
    assert!(message.contains("endpoint_url of the AWS profile"), "{message}");
}

fn a_profile_of_the_environment_that_does_not_exist_is_named() {
    let server = Scripted::plain();
    let room = server.room("");
    let message = alone(room.start(["list"]).env("AWS_PROFILE", "nosuch")).run().fails_with(8);
    assert!(message.contains("AWS_PROFILE names the profile `nosuch`"), "{message}");
    server.room_with_keys("").start(["list"]).env("AWS_PROFILE", "nosuch").run().succeeds();
}

fn an_empty_session_token_is_none() {
    let server = Scripted::plain();
    let room = room_with_files(&format!("[default]\nendpoint_url = {}\n", server.address()));
    room.run(["list"]).succeeds();
    assert_eq!(signer(&server.take()), ("K".to_owned(), String::new()));
}

fn the_messages_of_a_failing_credential_process_are_not_shown() {
    let server = Scripted::plain();
    let room = server.room("");
    std::fs::create_dir_all(room.home().join(".aws")).unwrap();
    let config = "[default]\ncredential_process = sh -c 'echo PLANTED-SECRET >&2; exit 3'\n";
    std::fs::write(room.home().join(".aws/config"), config).unwrap();
    let message = alone(room.start(["list", "-vv"])).run().fails_with(8);
    assert!(!message.contains("PLANTED"), "{message}");
}

fn certificates_are_verified_with_the_ca_bundle() {
    let server = Scripted::plain();
    let tls = Terminator::start(&server.address());
    let room = room_with_files(&format!("[default]\nendpoint_url = {}\n", tls.address()));
    room.write("ca.pem", tls.certificate());
    room.run(["list"]).fails_with(4);
    room.start(["list"]).env("AWS_CA_BUNDLE", "ca.pem").run().succeeds();
    let message = room.start(["list"]).env("AWS_CA_BUNDLE", "missing.pem").run().fails_with(2);
    assert!(message.contains("AWS_CA_BUNDLE missing.pem"), "{message}");
    let bundle = room.work().join("ca.pem");
    let config = format!("[default]\nendpoint_url = {}\nca_bundle = {}\n", tls.address(), bundle.display());
    std::fs::write(room.home().join(".aws/config"), config).unwrap();
    room.run(["list"]).succeeds();
}

/// What `doctor` says of the credentials, with its level.
fn diagnosed(room: &Room) -> (String, String) {
    let outcome = alone(room.start(["doctor", "--read-only", "-f", "jsonl"])).run();
    let rows = outcome.stdout();
    let mut rows = rows.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let row = rows.find(|row| row["check"] == "credentials").unwrap_or_else(|| panic!("{outcome}"));
    (row["level"].as_str().unwrap().to_owned(), row["message"].as_str().unwrap().to_owned())
}

fn doctor_tells_whose_the_keys_are_and_when_they_end() {
    let identity = |answer: fn() -> Answer| {
        Scripted::start(move |request, _| {
            if !request.target.contains("Action=GetCallerIdentity") {
                return None;
            }
            let authorization = request.header("authorization");
            assert!(authorization.contains("Credential=AKID/") && authorization.contains("/us-east-1/sts/"));
            Some(answer())
        })
    };
    let known = identity(|| {
        text(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::123456789012:user/ci</Arn><UserId>AIDA</UserId><Account>123456789012</Account>\
             </GetCallerIdentityResult></GetCallerIdentityResponse>",
        )
    });
    let region = "region = 'us-east-1'";
    let owned = "access key AKID in region us-east-1, of arn:aws:iam::123456789012:user/ci";
    assert_eq!(diagnosed(&known.room_with_keys(region)), ("ok".to_owned(), owned.to_owned()));
    // A server without this service, and one that answers with something else.
    for answer in [|| error(404, "NoSuchKey"), || error(403, "AccessDenied"), || text("<html>Arn</html>")] {
        let unknown = identity(answer);
        let found = diagnosed(&unknown.room_with_keys(region));
        assert_eq!(found, ("ok".to_owned(), "access key AKID in region us-east-1".to_owned()));
    }
    // Credentials of a program tell their end.
    for (end, level) in [(FOREVER, "ok"), ("2020-01-01T00:00:00Z", "warning")] {
        let room = known.room(region);
        let program = format!(
            "printf '{{\"Version\":1,\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\
             \"Expiration\":\"{end}\"}}'"
        );
        std::fs::create_dir_all(room.home().join(".aws")).unwrap();
        std::fs::write(room.home().join(".aws/config"), format!("[default]\ncredential_process = {program}\n"))
            .unwrap();
        let (found, message) = diagnosed(&room);
        assert_eq!(found, level, "{message}");
        assert!(level != "ok" || message.ends_with(", until 2099-01-01T00:00:00Z"), "{message}");
    }
}
