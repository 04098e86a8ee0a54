"""The other client of our stores: truthound itself, controlled by the interop tests.

Reads one JSON request per line and answers each with one line: {"answer": ...} or {"error": "Type: message"}. Documents
are sent as text, so that NaN and lone surrogates arrive unchanged.
"""

import json
import os
import sys

os.environ["GX_ANALYTICS_ENABLED"] = "false"
# moto accepts any credentials. These replace the user's own.
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")


def open_store(where):
    """Opens the store, as a new Python process would."""
    kind, options = where["kind"], {key: value for key, value in where.items() if key != "kind"}
    if kind == "database":
        from truthound.stores.backends.database import DatabaseStore

        return DatabaseStore(**options)
    if kind == "s3":
        from truthound.stores.backends.s3 import S3Store

        return S3Store(**options)
    if kind == "azure":
        from truthound.stores.backends.azure_blob import AzureBlobStore

        return AzureBlobStore(**options)
    if kind == "gcs":
        # With this variable, Google's library sends no credentials.
        os.environ["STORAGE_EMULATOR_HOST"] = options.pop("endpoint_url")
        from truthound.stores.backends.gcs import GCSStore

        return GCSStore(project="test", **options)
    from truthound.stores.backends.filesystem import FileSystemStore

    return FileSystemStore(**options)


def result_of(text):
    from truthound.stores.results import ValidationResult

    return ValidationResult.from_dict(json.loads(text))


def query_of(options):
    from truthound.stores.base import StoreQuery

    return StoreQuery(**options)


# --- What can be asked -----------------------------------------------------------------------------------------------


def save(where, documents):
    """Saves each document with one call, in one store."""
    with open_store(where) as store:
        return [store.save(result_of(text)) for text in documents]


def ids(where, query=None):
    with open_store(where) as store:
        return store.list_ids(query_of(query) if query is not None else None)


def get(where, run_id):
    with open_store(where) as store:
        return json.dumps(store.get(run_id).to_dict())


def delete(where, run_id):
    with open_store(where) as store:
        return store.delete(run_id)


def stored_text(url, run_id):
    """The exact text that Python's DatabaseStore has written to its table."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        query = sqlalchemy.text("SELECT data_json FROM validation_results WHERE run_id = :run_id")
        return connection.execute(query, {"run_id": run_id}).scalar_one()


def s3_objects(bucket, endpoint_url):
    """The objects on the server: every key with its attributes."""
    import boto3

    client = boto3.client("s3", endpoint_url=endpoint_url)
    objects = {}
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for found in page.get("Contents", []):
            key = found["Key"]
            head = client.head_object(Bucket=bucket, Key=key)
            tags = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
            known = ("ContentType", "ContentEncoding", "ServerSideEncryption", "SSEKMSKeyId", "Metadata")
            objects[key] = {name: head[name] for name in known if name in head}
            objects[key]["StorageClass"] = found["StorageClass"]
            objects[key]["Tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    return objects


def azure_blobs(container, connection_string):
    """The objects on the server: every name with its attributes."""
    from azure.storage.blob import ContainerClient

    client = ContainerClient.from_connection_string(connection_string, container)
    return {
        blob.name: {
            "content_type": blob.content_settings.content_type,
            "content_encoding": blob.content_settings.content_encoding,
            "tier": blob.blob_tier,
            "metadata": dict(blob.metadata or {}),
            "size": blob.size,
        }
        for blob in client.list_blobs(include=["metadata"])
    }


def azure_sas(container, connection_string, permission, minutes):
    """A shared access signature for a container that is valid for this many minutes."""
    import datetime
    from azure.storage.blob import BlobServiceClient, generate_container_sas

    account = BlobServiceClient.from_connection_string(connection_string)
    now = datetime.datetime.now(datetime.timezone.utc)
    return generate_container_sas(
        account.account_name,
        container,
        account_key=account.credential.account_key,
        permission=permission,
        start=now - datetime.timedelta(hours=1),
        expiry=now + datetime.timedelta(minutes=minutes),
    )


def gcs_objects(bucket, endpoint_url):
    """The objects on the server: every name with its attributes."""
    os.environ["STORAGE_EMULATOR_HOST"] = endpoint_url
    from google.cloud import storage

    known = ("contentType", "contentEncoding", "storageClass", "metadata", "generation", "kmsKeyName")
    return {
        blob.name: {name: blob._properties[name] for name in known if name in blob._properties}
        for blob in storage.Client(project="test").list_blobs(bucket)
    }


def gcs_encrypt(bucket, name, key, endpoint_url):
    """Encrypts an object with a customer-managed key."""
    os.environ["STORAGE_EMULATOR_HOST"] = endpoint_url
    from google.cloud import storage

    old = storage.Client(project="test").bucket(bucket).get_blob(name)
    new = storage.Client(project="test").bucket(bucket).blob(name, kms_key_name=key)
    new.metadata = old.metadata
    new.upload_from_string(old.download_as_bytes(raw_download=True), content_type=old.content_type)


def make_key():
    """The private key of a service account, and the public key to verify its signatures."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return {"private": private.decode(), "public": public.decode()}


def claims_of(token, public):
    """The claims of a signed token, once Google's library has verified it."""
    from google.auth import crypt, jwt

    return jwt.decode(token, certs={"1": public}, verify=True)


def accept(document):
    """A document that we stored, as ValidationResult.from_dict reads it."""
    return json.dumps(result_of(document).to_dict())


def same(one, other):
    """Compares two JSON texts. The order of keys is ignored, 1 differs from 1.0, and NaN equals NaN."""
    one, other = (json.dumps(json.loads(text), sort_keys=True) for text in (one, other))
    return None if one == other else difference(one, other)


def difference(one, other):
    at = next((place for place, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    return f"...{one[max(at - 200, 0):at + 200]}\n but \n...{other[max(at - 200, 0):at + 200]}"


def compare_lines(ours, theirs):
    """The differences between the documents of two NDJSON texts, and those that only theirs has, by run id."""
    ours, theirs = (
        {document["run_id"]: document for line in text.split("\n") if line and (document := json.loads(line)) is not None}
        for text in (ours, theirs)
    )
    differences = (same(json.dumps(ours[run_id]), json.dumps(theirs[run_id])) for run_id in theirs if run_id in ours)
    return {
        "differences": [difference for difference in differences if difference is not None],
        "missing": [run_id for run_id in theirs if run_id not in ours],
    }


def outcome(run):
    """A run as `truthound check -f json` prints it, the JSON reporter's report, and the result that Python stores."""
    from truthound.stores.results import ValidationResult

    return {
        "run": run.to_json(),
        "report": run.render("json"),
        "stored": json.dumps(ValidationResult.from_validation_run_result(run).to_dict(), default=str),
    }


def validate(data, **options):
    """Validates a file in its directory, because truthound writes its own files to the working directory."""
    import truthound

    os.chdir(os.path.dirname(data))
    return truthound.check(os.path.basename(data), **options)


def check(data, result_format):
    return outcome(validate(data, result_format=result_format))


def check_closely(data, options):
    """With every available detail of failing rows."""
    from truthound.types import ResultFormat, ResultFormatConfig

    config = ResultFormatConfig(format=ResultFormat.COMPLETE, **options)
    return outcome(validate(data, result_format=config))


def check_that_breaks(data, message):
    """With a check that raises an exception."""
    from truthound.validators.base import Validator

    class Broken(Validator):
        name = "broken"
        category = "general"

        def validate(self, _):
            raise RuntimeError(message)

    return outcome(validate(data, validators=["null", Broken()]))


def check_with_tags(data, source, tags):
    """With the fields that a pipeline adds to a run."""
    import dataclasses

    environment = {"python": "3.11", "nested": {"deep": [1, 2.5, None, True]}}
    run = validate(data)
    metadata = {**run.metadata, "tags": tags, "runtime_environment": environment, "rate": float("nan")}
    return outcome(dataclasses.replace(run, metadata=metadata, source=source))


def expect(rows, expectations):
    """Validates rows with Great Expectations: the result, and the number of met expectations in it."""
    import great_expectations
    import pandas

    context = great_expectations.get_context(mode="ephemeral")
    suite = great_expectations.ExpectationSuite(name="orders_suite")
    for name, arguments in expectations:
        suite.add_expectation(getattr(great_expectations.expectations, name)(**arguments))
    asset = context.data_sources.add_pandas("warehouse").add_dataframe_asset("orders")
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": pandas.DataFrame(rows)})
    result = batch.validate(context.suites.add(suite))
    return {"result": json.dumps(result.to_json_dict()), "printed": str(result), "statistics": result.statistics}


def checkpoint(document):
    """What Python stores of the validation in a checkpoint's result."""
    from truthound.checkpoint.adapters import validation_run_to_persistence_dict
    from truthound.checkpoint.checkpoint import CheckpointResult

    run = CheckpointResult.from_dict(json.loads(document)).validation_run
    return json.dumps(validation_run_to_persistence_dict(run), default=str)


# Functions of T-SQL that sqlglot, which supports many dialects, has no class for.
FUNCTIONS = {"DATALENGTH", "DB_ID", "ISJSON", "OBJECT_ID"}


def parse_tsql(batches):
    """The parts of each batch that are not T-SQL, according to sqlglot."""
    import sqlglot
    from sqlglot import exp

    def problem(batch):
        try:
            trees = sqlglot.parse(batch, read="tsql", error_level=sqlglot.ErrorLevel.RAISE)
        except sqlglot.errors.SqlglotError as error:
            return str(error)
        for tree in trees:
            for node in tree.walk() if tree else []:
                # Expressions of other dialects, and text that sqlglot keeps unparsed.
                foreign = isinstance(node, (exp.Command, exp.Limit, exp.Boolean, exp.Placeholder))
                if foreign or (isinstance(node, exp.Anonymous) and node.name.upper() not in FUNCTIONS):
                    return f"{type(node).__name__}: {node.sql('tsql')}"
        return None

    return [problem(batch) for batch in batches]


def junit_suites(report):
    """The suites of a JUnit report as junitparser reads them: their counts and their cases."""
    from junitparser import JUnitXml

    def case(it):
        results = [[type(result).__name__, result.type, result.message, result.text] for result in it.result]
        return {"class": it.classname, "name": it.name, "results": results}

    def suite(it):
        counts = {"tests": it.tests, "failures": it.failures, "errors": it.errors, "skipped": it.skipped}
        facts = {fact.name: fact.value for fact in it.properties()}
        return {"name": it.name, "counts": counts, "facts": facts, "cases": [case(each) for each in it]}

    return [suite(each) for each in JUnitXml.fromstring(report.encode())]


def exported_rows(reader, path):
    """The rows of an export as another program reads them: by column, with an empty text for a missing value."""
    import csv

    import duckdb
    import pandas
    import polars

    def in_duckdb():
        rows = duckdb.read_csv(path, header=True, all_varchar=True)
        return [dict(zip(rows.columns, row)) for row in rows.fetchall()]

    def in_duckdb_lines():
        rows = duckdb.read_json(path, format="newline_delimited")
        rows = rows.select("CAST(COLUMNS(* EXCLUDE (tags, check_key)) AS VARCHAR)")
        return [dict(zip(rows.columns, row)) for row in rows.fetchall()]

    readers = {
        "csv": lambda: list(csv.DictReader(open(path, newline="", encoding="utf-8"), strict=True)),
        "duckdb": in_duckdb,
        "pandas": lambda: pandas.read_csv(path, dtype=str, keep_default_na=False).to_dict("records"),
        "polars": lambda: polars.read_csv(path, infer_schema=False).to_dicts(),
        "duckdb of lines": in_duckdb_lines,
        "polars of lines": lambda: polars.read_ndjson(path, infer_schema_length=None).to_dicts(),
    }
    text = lambda value: "" if value is None else value
    return [{name: text(value) for name, value in row.items()} for row in readers[reader]()]


def parquet_rows(reader, path):
    """The rows of a Parquet file as another program reads them; times are microseconds since 1970."""
    import duckdb
    import pandas
    import polars

    def in_duckdb():
        rows = duckdb.read_parquet(path).select("* REPLACE (epoch_us(run_time) AS run_time)")
        return [dict(zip(rows.columns, row)) for row in rows.fetchall()]

    def in_pandas():
        rows = pandas.read_parquet(path, dtype_backend="numpy_nullable")
        rows["run_time"] = rows["run_time"].dt.as_unit("us").astype("int64")
        return [{name: None if pandas.isna(it) else it for name, it in row.items()} for row in rows.to_dict("records")]

    def in_polars():
        return polars.read_parquet(path).with_columns(polars.col("run_time").dt.timestamp("us")).to_dicts()

    return {"duckdb": in_duckdb, "pandas": in_pandas, "polars": in_polars}[reader]()


def prometheus_samples(text):
    """The families of Prometheus's own parser: their types, and their samples by labels."""
    from prometheus_client.parser import text_string_to_metric_families

    families = list(text_string_to_metric_families(text))
    samples = lambda family: [[sample.name, sample.labels, sample.value] for sample in family.samples]
    return [{"name": it.name, "type": it.type, "help": it.documentation, "samples": samples(it)} for it in families]


def github_markdown(text):
    """What GitHub's own parser makes of Markdown, HTML in it included: the names of the elements, and the cells."""
    from html.parser import HTMLParser

    import cmarkgfm
    from cmarkgfm.cmark import Options

    class Reader(HTMLParser):
        def __init__(self):
            super().__init__()
            self.elements, self.rows = [], []

        def handle_starttag(self, tag, attrs):
            self.elements.append(tag)
            if tag == "tr":
                self.rows.append([])
            elif tag in ("td", "th"):
                self.rows[-1].append("")
            elif tag == "br":
                self.rows[-1][-1] += "\n"

        def handle_data(self, data):
            if self.rows and self.rows[-1]:
                self.rows[-1][-1] += data.strip("\n")

    reader = Reader()
    reader.feed(cmarkgfm.github_flavored_markdown_to_html(text, options=Options.CMARK_OPT_UNSAFE))
    return {"elements": sorted(set(reader.elements)), "rows": reader.rows}


def ask_with_freetds(port, user, password, database, batch):
    """The result of a batch through another implementation of the protocol."""
    import pymssql

    connection = pymssql.connect(
        server="127.0.0.1", port=str(port), user=user, password=password, database=database, encryption="require",
        autocommit=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(batch)
        return [[str(value) for value in row] for row in cursor.fetchall()]


ANSWERS = (
    save,
    ids,
    get,
    delete,
    stored_text,
    azure_blobs,
    azure_sas,
    gcs_encrypt,
    gcs_objects,
    s3_objects,
    make_key,
    claims_of,
    accept,
    same,
    compare_lines,
    check,
    check_closely,
    check_that_breaks,
    check_with_tags,
    expect,
    checkpoint,
    parse_tsql,
    junit_suites,
    exported_rows,
    parquet_rows,
    prometheus_samples,
    github_markdown,
    ask_with_freetds,
)


def main():
    answers = {function.__name__: function for function in ANSWERS}
    # Output of libraries must not be mixed with the answers.
    out, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"answer": answers[request.pop("ask")](**request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
