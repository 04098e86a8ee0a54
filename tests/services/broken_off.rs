//! Answers that break off: the same tests for every cloud, which says how it is reached and how it lists.

use crate::server::{Answer, Keeps, Request, Scripted, broken_off, text};
use crate::support::{Outcome, Room};

/// How a cloud is reached and how it lists.
pub(crate) struct Cloud<State> {
    /// A room whose profile is the server's, without Python's index and with more options.
    pub(crate) room: fn(&Scripted<State>, &str) -> Room,
    /// Whether a request asks for a list.
    pub(crate) lists: fn(&Request) -> bool,
    /// A whole answer to one.
    pub(crate) whole_list: &'static str,
    /// What the head of a document needs beyond ETag and time, each line with its end.
    pub(crate) head: &'static str,
}

impl<State: Keeps> Cloud<State> {
    fn run_list(&self, server: &Scripted<State>, more: &str) -> Outcome {
        (self.room)(server, more).run(["list"])
    }

    fn count_lists(&self, server: &Scripted<State>) -> usize {
        server.take().iter().filter(|request| (self.lists)(request)).count()
    }

    pub(crate) fn asks_again_for_a_list_that_breaks_off(&self) {
        let lists = |server: &Scripted<State>| {
            self.run_list(server, "").succeeds();
            self.count_lists(server)
        };
        let untroubled = lists(&Scripted::plain());
        for broken in broken_off(self.whole_list) {
            let server = Scripted::troubled(2, self.lists, broken.clone());
            assert_eq!(lists(&server), untroubled + 2, "{broken:?}");
        }
    }

    pub(crate) fn ends_in_time_where_every_list_breaks_off(&self) {
        for broken in broken_off(self.whole_list) {
            let server = Scripted::troubled(usize::MAX, self.lists, broken.clone());
            let message = self.run_list(&server, "retry_timeout = 0.8").fails_with(4);
            assert!(message.contains("hint: "), "{message}");
            assert!(server.take().len() > 1, "{broken:?}: {message}");
        }
    }

    pub(crate) fn asks_once_for_a_list_that_is_none(&self) {
        let page = text("<!DOCTYPE html><html>sign in</html>");
        let server = Scripted::troubled(usize::MAX, self.lists, page);
        self.run_list(&server, "").fails_with(4);
        assert_eq!(self.count_lists(&server), 1);
    }

    pub(crate) fn asks_again_where_an_error_breaks_off(&self) {
        let refused = Answer::Raw(b"HTTP/1.1 403 Scripted\r\ncontent-length: 100\r\n\r\n<Error><Code>Acc".to_vec());
        let server = Scripted::troubled(2, self.lists, refused);
        self.run_list(&server, "").succeeds();
    }

    pub(crate) fn cannot_read_a_document_that_is_reset_again_and_again(&self) {
        let server = self.never_whole();
        let message = (self.room)(&server, "retry_timeout = 5.0").run(["get", "run-1"]).fails_with(5);
        assert!(message.contains("cannot read result `run-1`") && message.contains("hint: "), "{message}");
        // It went on from where the last one ended.
        let ranges =
            server.take().iter().filter(|request| request.headers.keys().any(|name| name.ends_with("range"))).count();
        assert!(ranges > 1, "{ranges}");
    }

    /// A server that sends a document in good order and never to its end, wherever it is asked to go on from.
    fn never_whole(&self) -> Scripted<State> {
        let more = self.head;
        Scripted::start(move |request, _| {
            if !request.is("GET", "results") {
                return None;
            }
            let range = [request.header("range"), request.header("x-ms-range")].concat();
            let from = range.trim_start_matches("bytes=").split('-').next().unwrap_or_default().parse().unwrap_or(0);
            let (status, range) = match from {
                0 => ("200", String::new()),
                from => ("206", format!("content-range: bytes {from}-999/1000\r\n")),
            };
            let length = 1000 - from;
            let head = format!(
                "HTTP/1.1 {status} Scripted\r\ncontent-length: {length}\r\n{range}etag: \"1\"\r\n{more}\
                 last-modified: Mon, 02 Mar 2026 10:00:00 GMT\r\n\r\n \n \n"
            );
            Some(Answer::Reset(head.into_bytes()))
        })
    }
}
