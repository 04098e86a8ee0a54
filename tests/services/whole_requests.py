"""For the servers of the tests: a request whose header was cut off is not executed.

Python takes the end of the stream for the end of the header. A PUT without the rest of its header would be one without a
condition and without content, and would empty an object. The services themselves refuse it, because its signature lacks
the headers that it names.
"""


class HeaderLines:
    """The lines of a header, of which the last is remembered."""

    def __init__(self, stream):
        self.stream, self.last = stream, b""

    def readline(self, *limit):
        self.last = self.stream.readline(*limit)
        return self.last


class WholeRequests:
    """Mixed into a handler of requests, before its class."""

    def parse_request(self):
        stream, self.rfile = self.rfile, HeaderLines(self.rfile)
        try:
            is_request = super().parse_request()
            is_whole = self.rfile.last.endswith(b"\n")
        finally:
            self.rfile = stream
        if is_request and not is_whole:
            self.close_connection = True
        return is_request and is_whole
