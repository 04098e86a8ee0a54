"""A Google Cloud Storage server for the tests, on a free port of 127.0.0.1, until its standard input ends.

Prints the port. It serves those parts of the XML and JSON APIs that object_store, truthound-store and Python's
google-cloud-storage use, over the same objects and as Google documents them; each behavior names the page. It also has
requests for tests:

- `PUT /_bucket/NAME` creates a bucket (`?payer=PROJECT` for one with requester pays).
- `GET /_requests/BUCKET` returns the requests for the bucket since the last call, and clears them.
- `POST /_multiply/BUCKET/TIMES/NAME` stores TIMES copies of an object, each with another number in place of 00000
  in its name.
- `POST /_copy/BUCKET/NEW` creates the bucket NEW with the same objects and generations.

It does not support permissions, customer-supplied keys, retention, soft deletion and eventual billing. Of encryption,
it supports only the name of an object's key. Credentials and faults are scripted in tests/clouds/gcs.
"""

import base64
import gzip
import hashlib
import json
import re
import sys
import threading
import time
import uuid
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

from whole_requests import WholeRequests

# The size of a page of a list: https://cloud.google.com/storage/docs/xml-api/get-bucket-list, `max-keys`.
PAGE = 1000
# The server keeps a multiple of this: https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload
GRAIN = 256 * 1024
# Bytes per rewrite request, so that small objects need several requests; Google rewrites far more:
# https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite, `maxBytesRewrittenPerCall`.
REWRITTEN_PER_CALL = 256
CLASSES = {"STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE"}
# https://cloud.google.com/storage/docs/json_api/v1/objects#resource-representations, the writable fields.
WRITABLE = ("cacheControl", "contentDisposition", "contentEncoding", "contentLanguage", "contentType", "customTime", "metadata",
            "storageClass")
HEADERS = {"cacheControl": "Cache-Control", "contentDisposition": "Content-Disposition", "contentEncoding": "Content-Encoding",
           "contentLanguage": "Content-Language", "contentType": "Content-Type"}


class Refused(Exception):
    """An error response: https://cloud.google.com/storage/docs/xml-api/reference-status."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class Storage:
    """Buckets and objects. One lock protects everything, because Google's storage is strongly consistent:
    https://cloud.google.com/storage/docs/consistency."""

    def __init__(self):
        self.lock = threading.RLock()
        self.buckets, self.payers, self.uploads, self.rewrites, self.requests = {}, {}, {}, {}, []
        self.clock = time.time_ns() // 1000

    def bucket(self, name):
        if name not in self.buckets:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist.")
        return self.buckets[name]

    def get(self, bucket, name, generation=None):
        found = self.bucket(bucket).get(name)
        if found is None or generation not in (None, found["generation"]):
            raise Refused(404, "NoSuchKey", f"No such object: {bucket}/{name}")
        return found

    def check(self, bucket, name, conditions):
        """https://cloud.google.com/storage/docs/request-preconditions: generation 0 means that no object exists."""
        found = self.bucket(bucket).get(name)
        now = found["generation"] if found else "0"
        meta = found["metageneration"] if found else "0"
        wanted, unwanted, metageneration = conditions
        if wanted not in (None, now) or (unwanted is not None and unwanted == now) or metageneration not in (None, meta):
            raise Refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")

    def put(self, bucket, name, resource, data, conditions=(None, None, None), key=None):
        self.check(bucket, name, conditions)
        kept = {key: resource[key] for key in WRITABLE if resource.get(key)}
        kept.setdefault("storageClass", "STANDARD")
        if kept["storageClass"] not in CLASSES:
            raise Refused(400, "InvalidArgument", f"Invalid argument: storage class {kept['storageClass']}")
        if len(name.encode()) > 1024:  # https://cloud.google.com/storage/docs/objects#naming
            raise Refused(400, "InvalidArgument", "The maximum object length is 1024 characters.")
        self.clock += 1
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
        md5 = hashlib.md5(data)
        kept.setdefault("contentType", "application/octet-stream")
        found = kept | {
            "kind": "storage#object", "id": f"{bucket}/{name}/{self.clock}", "bucket": bucket, "name": name,
            "generation": str(self.clock), "metageneration": "1", "size": str(len(data)), "timeCreated": now, "updated": now,
            "md5Hash": base64.b64encode(md5.digest()).decode(), "etag": base64.b64encode(str(self.clock).encode()).decode(),
        }
        if key:  # https://cloud.google.com/storage/docs/encryption/customer-managed-keys: returned with its version
            found["kmsKeyName"] = key + "/cryptoKeyVersions/1"
        self.buckets[bucket][name] = found | {"data": data}
        return found

    def delete(self, bucket, name, conditions):
        self.get(bucket, name)
        self.check(bucket, name, conditions)
        del self.buckets[bucket][name]

    def page(self, bucket, prefix, delimiter, after, most, start="", end=""):
        """Names in the order of their bytes: https://cloud.google.com/storage/docs/listing-objects. If given, `start`
        (inclusive) and `end` (exclusive) limit them; prefixes are compared with both, too."""
        names, prefixes, last = [], [], ""
        for name in sorted(self.bucket(bucket), key=str.encode):
            if not name.startswith(prefix) or name.encode() <= after.encode():
                continue
            if name.encode() < start.encode() or (end and name.encode() >= end.encode()):
                continue
            rest = name[len(prefix):]
            shown = prefix + rest.split(delimiter)[0] + delimiter if delimiter and delimiter in rest else name
            if shown in prefixes or (shown != name and shown.encode() <= after.encode()):
                continue
            if len(names) + len(prefixes) == most:
                return names, prefixes, last
            (names if shown == name else prefixes).append(shown)
            # Every name with the prefix comes before the next name.
            last = name if shown == name else shown + "\U0010ffff"
        return names, prefixes, None

    def rewrite(self, bucket, name, query, resource):
        """https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite: a body replaces all attributes of the
        source; without one, the new object has the source's attributes. The client repeats the same call with the token
        until the rewrite is done."""
        source = self.get(bucket, name)
        if query.get("ifSourceGenerationMatch") not in (None, source["generation"]):
            raise Refused(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold.")
        conditions = (query.get("ifGenerationMatch"), query.get("ifGenerationNotMatch"), query.get("ifMetagenerationMatch"))
        self.check(bucket, name, conditions)
        token, size = query.get("rewriteToken"), int(source["size"])
        done = min(size, self.rewrites.pop(token, 0) + REWRITTEN_PER_CALL)
        if done < size:
            token = uuid.uuid4().hex
            self.rewrites[token] = done
            return {"kind": "storage#rewriteResponse", "totalBytesRewritten": str(done), "objectSize": str(size),
                    "done": False, "rewriteToken": token}
        carried = resource if set(resource) & set(WRITABLE) else source
        made = self.put(bucket, name, carried, source["data"], conditions, query.get("destinationKmsKeyName"))
        return {"kind": "storage#rewriteResponse", "totalBytesRewritten": str(size), "objectSize": str(size), "done": True,
                "resource": made}


def shown(found):
    return {key: value for key, value in found.items() if key != "data"}


def partial(answer, fields):
    """https://cloud.google.com/storage/docs/json_api#partial-response: names, with nested names in parentheses."""
    if isinstance(answer, list):
        return [partial(item, fields) for item in answer]
    names = re.findall(r"(\w+)(?:\(([^()]*)\))?", fields)
    return {name: partial(answer[name], within) if within else answer[name] for name, within in names if name in answer}


storage = Storage()


class Handler(WholeRequests, BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without this, a response in two writes waits for the acknowledgement of the first.
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle_all(self):
        length = self.headers.get("Content-Length")
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = self.chunks()
        else:
            body = self.rfile.read(int(length or 0))
        if len(body) < int(length or 0):
            # The request was cut off, so it is not executed.
            self.close_connection = True
            return
        address = urlsplit(self.path)
        self.query = dict(parse_qsl(address.query, keep_blank_values=True))
        self.is_json = address.path.startswith(("/storage/v1/", "/upload/", "/download/"))
        with storage.lock:
            if not self.path.startswith("/_"):
                storage.requests.append(f"{self.command} {unquote(self.path)}")
            try:
                status, headers, answer = self.route(address.path, body)
            except Refused as refused:
                status, headers, answer = self.refuse(refused)
        self.send_response(status)
        headers.setdefault("Content-Length", str(len(answer)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = handle_all

    def chunks(self):
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def refuse(self, refused):
        if self.is_json:  # https://cloud.google.com/storage/docs/json_api/v1/status-codes#errorformat
            reason = {404: "notFound", 412: "conditionNotMet", 400: "invalid"}.get(refused.status, "error")
            error = {"code": refused.status, "message": refused.message,
                     "errors": [{"message": refused.message, "domain": "global", "reason": reason}]}
            return refused.status, {"Content-Type": "application/json"}, json.dumps({"error": error}).encode()
        text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{refused.code}</Code><Message>{escape(refused.message)}</Message></Error>"
        return refused.status, {"Content-Type": "application/xml"}, text.encode()

    def route(self, path, body):
        if match := re.fullmatch("/_requests/([^/]+)", path):
            taken = [request for request in storage.requests if match[1] in request]
            storage.requests = [request for request in storage.requests if match[1] not in request]
            return 200, {}, json.dumps(taken).encode()
        if match := re.fullmatch(r"/_multiply/([^/]+)/(\d+)/(.+)", path):
            name = unquote(match[3])
            found = storage.get(match[1], name)
            for number in range(1, int(match[2]) + 1):
                storage.put(match[1], name.replace("00000", f"{number:05}"), found, found["data"])
            return 200, {}, b""
        if match := re.fullmatch("/_copy/([^/]+)/([^/]+)", path):
            copied = {name: found | {"bucket": match[2]} for name, found in storage.bucket(match[1]).items()}
            storage.buckets[match[2]] = copied
            return 200, {}, b""
        if match := re.fullmatch("/_stored/([^/]+)", path):
            objects = storage.bucket(match[1]).values()
            stored = [[repr(found | {"data": None}), found["data"].hex()] for found in objects]
            return 200, {}, json.dumps(stored).encode()
        if match := re.fullmatch("/_bucket/([^/]+)", path):
            storage.buckets[match[1]] = {}
            storage.payers[match[1]] = self.query.get("payer")
            return 200, {}, b""
        if match := re.fullmatch("(?:/(upload|download))?/storage/v1/b/([^/]+)(/o(?:/([^/]+)(/rewriteTo/.*)?)?)?", path):
            kind, bucket, objects, name, rewrite = match.groups()
            bucket, name = unquote(bucket), unquote(name or "")
            self.pays(bucket)
            if kind == "upload":
                return self.json_upload(bucket, body)
            if not objects:
                storage.bucket(bucket)
                return self.json({"kind": "storage#bucket", "name": bucket, "id": bucket})
            if not name:
                return self.json_list(bucket)
            if rewrite:
                return self.json(storage.rewrite(bucket, name, self.query, json.loads(body or b"{}")))
            return self.json_object(bucket, name, kind == "download" or self.query.get("alt") == "media", body)
        bucket, _, name = path[1:].partition("/")
        bucket, name = unquote(bucket), unquote(name)
        self.pays(bucket)
        return self.xml_object(bucket, name, body) if name else self.xml_list(bucket)

    def pays(self, bucket):
        """https://cloud.google.com/storage/docs/requester-pays: a request without a project is refused."""
        payer = storage.payers.get(bucket)
        if payer and (self.headers.get("x-goog-user-project") or self.query.get("userProject")) != payer:
            raise Refused(400, "UserProjectMissing", "Bucket is a requester pays bucket but no user project provided.")

    # --- The XML API: https://cloud.google.com/storage/docs/xml-api/overview -----------------------------------------

    def conditions(self):
        header = self.headers.get
        return header("x-goog-if-generation-match"), None, header("x-goog-if-metageneration-match")

    def xml_object(self, bucket, name, body):
        if self.command == "PUT":  # https://cloud.google.com/storage/docs/xml-api/put-object-upload
            resource = {key: self.headers[header] for key, header in HEADERS.items() if self.headers.get(header)}
            resource["storageClass"] = self.headers.get("x-goog-storage-class", "").upper()
            prefix = "x-goog-meta-"
            resource["metadata"] = {
                key[len(prefix):].lower(): value for key, value in self.headers.items() if key.lower().startswith(prefix)
            }
            made = storage.put(bucket, name, resource, body, self.conditions())
            return 200, {"ETag": f'"{self.hex(made)}"', "x-goog-generation": made["generation"]}, b""
        if self.command == "DELETE":  # https://cloud.google.com/storage/docs/xml-api/delete-object
            storage.delete(bucket, name, self.conditions())
            return 204, {}, b""
        storage.check(bucket, name, self.conditions())
        return self.content(storage.get(bucket, name, self.query.get("generation")))

    def hex(self, found):
        return base64.b64decode(found["md5Hash"]).hex()

    def content(self, found, has_metadata=True):
        """https://cloud.google.com/storage/docs/xml-api/get-object-download and
        https://cloud.google.com/storage/docs/transcoding: content stored as gzip is decoded, without length and ETag,
        unless the reader accepts gzip."""
        data, encoding = found["data"], found.get("contentEncoding")
        headers = {HEADERS[key]: found[key] for key in HEADERS if key in found}
        if has_metadata:
            headers |= {f"x-goog-meta-{key}": value for key, value in found.get("metadata", {}).items()}
        headers |= {
            "ETag": f'"{self.hex(found)}"', "Last-Modified": formatdate(usegmt=True), "x-goog-generation": found["generation"],
            "x-goog-metageneration": found["metageneration"], "x-goog-storage-class": found["storageClass"],
            "x-goog-stored-content-length": found["size"], "x-goog-stored-content-encoding": encoding or "identity",
            "x-goog-hash": f"md5={found['md5Hash']}",
        }
        if encoding == "gzip" and "gzip" not in self.headers.get("Accept-Encoding", ""):
            data = gzip.decompress(data)
            headers = {key: value for key, value in headers.items() if key not in ("Content-Encoding", "ETag", "x-goog-hash")}
            headers |= {"Warning": "214 UploadServer gunzipped", "Transfer-Encoding": "chunked", "Connection": "close"}
            if self.command == "HEAD":
                return 200, headers | {"Content-Length": ""}, b""
            chunk = b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data) if data else b"0\r\n\r\n"
            return 200, headers | {"Content-Length": ""}, chunk
        if match := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            first, last = int(match[1]), min(int(match[2] or len(data) - 1), len(data) - 1)
            if first >= len(data):
                raise Refused(416, "InvalidRange", "The requested range cannot be satisfied.")
            headers["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
            return 206, headers, data[first:last + 1]
        return 200, headers | {"Content-Length": str(len(data))}, data

    def send_header(self, keyword, value):
        # An empty length means no header.
        if (keyword, value) != ("Content-Length", ""):
            super().send_header(keyword, value)

    def xml_list(self, bucket):  # https://cloud.google.com/storage/docs/xml-api/get-bucket-list, `list-type=2`
        prefix, delimiter = self.query.get("prefix", ""), self.query.get("delimiter", "")
        after = self.query.get("continuation-token", "") or self.query.get("start-after", "")
        most = min(int(self.query.get("max-keys", PAGE)), PAGE)
        names, prefixes, next_token = storage.page(bucket, prefix, delimiter, after, most)
        text = [f"<ListBucketResult><Name>{bucket}</Name><Prefix>{escape(prefix)}</Prefix>"]
        text.append(f"<IsTruncated>{'true' if next_token else 'false'}</IsTruncated>")
        if next_token:
            text.append(f"<NextContinuationToken>{escape(next_token)}</NextContinuationToken>")
        for name in names:
            found = storage.get(bucket, name)
            text.append(f"<Contents><Key>{escape(name)}</Key><Generation>{found['generation']}</Generation><LastModified>"
                        f"{found['updated']}</LastModified><ETag>\"{self.hex(found)}\"</ETag><Size>{found['size']}</Size></Contents>")
        text += [f"<CommonPrefixes><Prefix>{escape(shown)}</Prefix></CommonPrefixes>" for shown in prefixes]
        return 200, {"Content-Type": "application/xml"}, ("".join(text) + "</ListBucketResult>").encode()

    # --- The JSON API: https://cloud.google.com/storage/docs/json_api/v1 ---------------------------------------------

    def json(self, answer, status=200, **headers):
        if "fields" in self.query:
            answer = partial(answer, self.query["fields"])
        return status, {"Content-Type": "application/json; charset=UTF-8"} | headers, json.dumps(answer).encode()

    def asked(self):
        return tuple(self.query.get(name) for name in ("ifGenerationMatch", "ifGenerationNotMatch", "ifMetagenerationMatch"))

    def json_object(self, bucket, name, is_media, body):
        if self.command == "DELETE":
            storage.delete(bucket, name, self.asked())
            return 204, {}, b""
        found = storage.get(bucket, name, self.query.get("generation"))
        storage.check(bucket, name, self.asked())
        if self.command == "PATCH":
            # https://cloud.google.com/storage/docs/json_api/v1/objects/patch; null removes. (The class cannot be
            # patched.)
            for key, value in json.loads(body).items():
                found[key] = value if key in WRITABLE + ("kmsKeyName",) and key != "storageClass" else found.get(key)
            found["metageneration"] = str(int(found["metageneration"]) + 1)
        # https://cloud.google.com/storage/docs/json_api/v1/objects/get#response: its headers have no metadata.
        return self.content(found, has_metadata=False) if is_media else self.json(shown(found))

    def json_list(self, bucket):  # https://cloud.google.com/storage/docs/json_api/v1/objects/list
        query = self.query.get
        names, prefixes, token = storage.page(
            bucket, query("prefix", ""), query("delimiter", ""), query("pageToken", ""), min(int(query("maxResults", PAGE)), PAGE),
            query("startOffset", ""), query("endOffset", ""))
        answer = {"kind": "storage#objects", "items": [shown(storage.get(bucket, name)) for name in names], "prefixes": prefixes,
                  "nextPageToken": token}
        # Empty fields are omitted.
        return self.json({key: value for key, value in answer.items() if value})

    def json_upload(self, bucket, body):
        """https://cloud.google.com/storage/docs/uploads-downloads#uploads: in one request or resumable."""
        storage.bucket(bucket)
        if upload := self.query.get("upload_id"):
            return self.resumed(upload, body)
        kind = self.query.get("uploadType")
        if kind == "media":
            resource = {"contentType": self.headers.get("Content-Type")}
            return self.json(storage.put(bucket, self.query["name"], resource, body, self.asked()))
        if kind == "multipart":  # https://cloud.google.com/storage/docs/json_api/v1/how-tos/multipart-upload
            mark = re.search('boundary="?([^";]+)', self.headers["Content-Type"])[1].encode()
            _, first, second, _ = re.split(rb"(?:^|\r\n)--" + re.escape(mark) + rb"(?:--)?\r\n|\r\n--" + re.escape(mark) + b"--", body)
            resource = json.loads(first.partition(b"\r\n\r\n")[2])
            head, _, data = second.partition(b"\r\n\r\n")
            resource.setdefault("contentType", re.search(rb"(?i)content-type: *([^\r\n]+)", head)[1].decode())
            name = resource.get("name") or self.query["name"]
            return self.json(storage.put(bucket, name, resource, data, self.asked(), self.query.get("kmsKeyName")))
        # https://cloud.google.com/storage/docs/performing-resumable-uploads#initiate-session
        resource = json.loads(body or b"{}")
        name = self.query.get("name") or resource["name"]
        resource.setdefault("contentType", self.headers.get("X-Upload-Content-Type"))
        storage.check(bucket, name, self.asked())
        upload = uuid.uuid4().hex
        storage.uploads[upload] = {"bucket": bucket, "name": name, "resource": resource, "conditions": self.asked(),
                                   "data": bytearray(), "made": None}
        address = f"http://{self.headers['Host']}/upload/storage/v1/b/{bucket}/o?uploadType=resumable&upload_id={upload}"
        return 200, {"Location": address, "X-GUploader-UploadID": upload}, b""

    def resumed(self, upload, body):
        """https://cloud.google.com/storage/docs/performing-resumable-uploads#chunked-upload: 308 with the stored length,
        until the total length is known and stored."""
        going = storage.uploads.get(upload)
        if going is None:
            raise Refused(404, "NoSuchUpload", "The upload session is not known.")
        if self.command == "DELETE":  # https://cloud.google.com/storage/docs/performing-resumable-uploads#cancel-upload
            del storage.uploads[upload]
            return 499, {}, b""
        if going["made"]:
            return self.json(going["made"])
        data = going["data"]
        match = re.fullmatch(r"bytes (?:\*|(\d+)-(\d+))/(\*|\d+)", self.headers.get("Content-Range", ""))
        first = int(match[1]) if match and match[1] else (len(data) if match else 0)
        total = None if match and match[3] == "*" else int(match[3]) if match else len(body)
        if first > len(data):
            raise Refused(503, "ServiceUnavailable", "A part is missing.")
        # Bytes that are already stored are ignored. The stored length is a multiple of 256 KiB until the end.
        fresh = body[len(data) - first:]
        if total is None or len(data) + len(fresh) < total:
            fresh = fresh[:(len(data) + len(fresh)) // GRAIN * GRAIN - len(data)]
        data += fresh
        if total is None or len(data) < total:
            return 308, {"Range": f"bytes=0-{len(data) - 1}"} if data else {}, b""
        going["made"] = storage.put(going["bucket"], going["name"], going["resource"], bytes(data), going["conditions"])
        return self.json(going["made"])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
