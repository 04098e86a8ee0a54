//! The policy in docs/s3.md allows exactly the actions that the commands need.

use std::collections::BTreeSet;
use std::path::Path;

use super::scripted::{Request, Scripted, error, large};
use crate::server::every_command;

crate::cases![the_policy_allows_what_the_commands_do_and_nothing_else,];

/// The actions that a request needs, from
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html>.
fn actions(request: &Request) -> Vec<&'static str> {
    let is_copy = !request.header("x-amz-copy-source").is_empty();
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    match request.method.as_str() {
        "GET" if query.contains("list-type=2") => vec!["s3:ListBucket"],
        "GET" | "HEAD" if query.is_empty() => vec!["s3:GetObject"],
        "PUT" if is_copy => vec!["s3:GetObject", "s3:PutObject"],
        "PUT" | "POST" => vec!["s3:PutObject"],
        "DELETE" if query.contains("uploadId=") => vec!["s3:AbortMultipartUpload"],
        "DELETE" => vec!["s3:DeleteObject"],
        _ => panic!("no permission is documented for {request:?}"),
    }
}

fn the_policy_allows_what_the_commands_do_and_nothing_else() {
    let mut needed = BTreeSet::from(["s3:ListBucket"]);
    let server = Scripted::plain();
    let room = server.room_with_keys("");
    every_command(&room);
    needed.extend(server.take().iter().flat_map(actions));
    let failing = Scripted::start(|request, _| request.is("PUT", "partNumber=2").then(|| error(403, "AccessDenied")));
    let room = failing.room_with_keys("use_compression = false");
    room.write("large.json", large());
    room.run(["save", "large.json"]).fails_with(8);
    needed.extend(failing.take().iter().flat_map(actions));

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/s3.md");
    let page = std::fs::read_to_string(page).unwrap();
    let policy = page.split_once("```json\n").unwrap().1.split_once("```").unwrap().0;
    let policy: serde_json::Value = serde_json::from_str(policy).unwrap();
    let mut allowed = BTreeSet::new();
    for statement in policy["Statement"].as_array().unwrap() {
        match &statement["Action"] {
            serde_json::Value::Array(actions) => allowed.extend(actions.iter().map(|action| action.as_str().unwrap())),
            action => drop(allowed.insert(action.as_str().unwrap())),
        }
    }
    assert_eq!(allowed, needed);
}
