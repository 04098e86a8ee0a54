//! The permissions in docs/azure.md are exactly those that the commands need.

use std::collections::BTreeSet;
use std::path::Path;

use super::scripted::{Request, Scripted};
use crate::server::every_command;

crate::cases![the_page_names_what_the_commands_need_and_nothing_else,];

/// The permission that a request needs: an action of a role, and a permission of a shared access signature.
/// <https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory#permissions-for-blob-service-operations>,
/// <https://learn.microsoft.com/rest/api/storageservices/create-service-sas#permissions-for-a-directory-container-or-blob>.
fn needed(request: &Request) -> (&'static str, char) {
    let query = request.target.split_once('?').map_or("", |(_, query)| query);
    match request.method.as_str() {
        "GET" if query.contains("comp=list") => ("containers/blobs/read", 'l'),
        "GET" | "HEAD" => ("containers/blobs/read", 'r'),
        "PUT" => ("containers/blobs/write", 'w'),
        "DELETE" => ("containers/blobs/delete", 'd'),
        _ => panic!("no permission is documented for {request:?}"),
    }
}

fn the_page_names_what_the_commands_need_and_nothing_else() {
    let server = Scripted::plain();
    let room = server.room_with_key("");
    every_command(&room);
    let needed: BTreeSet<_> =
        server.take().iter().map(needed).map(|(action, letter)| (action.to_owned(), letter)).collect();

    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/azure.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows = page.split_once("## Permissions").unwrap().1.split_once("\n## ").unwrap().0.to_owned();
    let documented: BTreeSet<_> = rows
        .lines()
        .filter_map(|row| {
            let mut words = row.split('`').skip(1).step_by(2);
            let action = words.next().filter(|word| word.starts_with("containers/"))?;
            Some((action.to_owned(), words.next()?.chars().next()?))
        })
        .collect();
    assert_eq!(documented, needed);
}
