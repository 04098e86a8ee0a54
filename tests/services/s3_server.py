"""An S3 server for the tests: moto, on a free port of 127.0.0.1, until its standard input ends.

Prints the port. With the files of a certificate and of its key as arguments, it speaks TLS. In addition to S3, it has requests for tests:

- `GET /_requests/BUCKET` returns the requests for the bucket since the last call, and clears them.
- `POST /_multiply/BUCKET/TIMES/NAME` stores TIMES copies of an object, each with another number in place of 00000
  in its name.
- `POST /_copy/BUCKET/NEW` creates the bucket NEW with the same objects, times and ETags.
- `GET /_stored/BUCKET` returns all that is stored: pairs of what is known of an object, and its bytes in hexadecimal.

moto does not support credentials and permissions (it accepts any), regions, and throttling. These are scripted in
tests/clouds/s3. Requests are processed one after another, because moto checks a condition and writes in two steps; S3
does both atomically. The condition of a DELETE, which moto ignores, is checked here:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html.
"""

import copy
import functools
import json
import sys
import threading

from moto.core import DEFAULT_ACCOUNT_ID, serialize
from moto.s3.models import s3_backends
from moto.server import create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from whole_requests import WholeRequests


class Quiet(WholeRequests, WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_):
        pass


class Server:
    def __init__(self):
        # Not moto's application for all services, which lists the directories of its modules for each request.
        self.s3 = create_backend_app("s3")
        self.lock = threading.Lock()
        self.requests = []

    def __call__(self, environ, start_response):
        with self.lock:
            if environ["PATH_INFO"].startswith("/_"):
                answer = json.dumps(self.aside(*environ["PATH_INFO"][1:].split("/", 3))).encode()
                start_response("200 OK", [("Content-Length", str(len(answer)))])
                return [answer]
            query = environ["QUERY_STRING"]
            self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}{'?' if query else ''}{query}")
            if environ["REQUEST_METHOD"] == "DELETE" and "HTTP_IF_MATCH" in environ:
                status, e_tag = self.e_tag(environ)
                if e_tag != environ["HTTP_IF_MATCH"]:
                    start_response("412 Precondition Failed" if status == "200" else "404 Not Found", [])
                    return [b"<Error><Code>PreconditionFailed</Code></Error>" if status == "200" else b""]
            return list(self.s3(environ, start_response))

    def aside(self, ask, bucket, times=0, name=""):
        """The requests for tests."""
        if ask == "_requests":
            taken = [request for request in self.requests if bucket in request]
            self.requests = [request for request in self.requests if bucket not in request]
            return taken
        backend = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        if ask == "_copy":
            made = backend.create_bucket(times, "us-east-1")
            kept = backend.buckets[bucket].keys
            for name in list(kept):
                made.keys[name] = copy.copy(kept[name])
                made.keys[name].bucket_name = times
            return None
        if ask == "_stored":
            known = ("name", "storage_class", "metadata", "tags", "website_redirect_location")
            return [[repr([getattr(key, fact, None) for fact in known]), key.value.hex()]
                    for key in backend.buckets[bucket].keys.values()]
        found = backend.get_object(bucket, name)
        for number in range(1, int(times) + 1):
            backend.put_object(bucket, name.replace("00000", f"{number:05}"), found.value)

    def e_tag(self, environ):
        """The status and the ETag that HEAD returns for the same object."""
        found = []

        def start_response(status, headers, *_):
            found.append((status.split()[0], {name.lower(): value for name, value in headers}.get("etag")))

        asked = {**environ, "REQUEST_METHOD": "HEAD", "CONTENT_LENGTH": "0"}
        # In a HEAD request, moto would check the condition.
        del asked["HTTP_IF_MATCH"]
        list(self.s3(asked, start_response))
        return found[0]


# For each listed object, moto parses its time from text: a fifth of the time of a listing.
serialize.parse_to_aware_datetime = functools.lru_cache(maxsize=None)(serialize.parse_to_aware_datetime)

tls = tuple(sys.argv[1:3]) or None
server = make_server("127.0.0.1", 0, Server(), threaded=True, request_handler=Quiet, ssl_context=tls)
print(server.port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
