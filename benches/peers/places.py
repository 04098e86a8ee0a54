"""Where the measured commands work: the corpus, the servers, the profiles, and stores with many results."""
import contextlib
import glob
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from common import PROGRAM, ROOT  # noqa: E402
from measuring import RUN, SHM, WORK, quiet  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TOOLS = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "truthound-store"
BUILT, OURS = os.environ.get("TRUTHOUND_STORE_BIN", str(PROGRAM)), str(WORK / "truthound-store")
PYTHON = os.environ.get("TRUTHOUND_STORE_TEST_PYTHON", str(ROOT / ".venv/bin/python"))
S3S_FS = os.environ.get("TRUTHOUND_STORE_TEST_S3S_FS") or next(iter(glob.glob(str(TOOLS / "s3s-fs-*/bin/s3s-fs"))), "s3s-fs")
S5CMD = os.environ.get("S5CMD") or shutil.which("s5cmd") or "s5cmd"
PG = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]  # not Debian's wrapper in Perl
CORPUS, S3DATA, SEED = SHM / "corpus", SHM / "s3", WORK / "seed"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


S3PORT, PGPORT, MYPORT, PROXY = (free_port() for _ in range(4))
URL = f"http://127.0.0.1:{S3PORT}"
SIZES = {"0": 0, "1k": 1_000, "100k": 100_000}


def documents(first, count):
    """Files of the documents `first`, `first + 1`, ...; made once."""
    directory = CORPUS / f"d{first}-{count}"
    if not directory.exists():
        quiet("python3", f"{HERE}/gen_corpus.py", "--out", directory, "--size", "small", "--count", count, "--first", first)
    return sorted(directory.iterdir())


def ndjson(count):
    path = CORPUS / f"seed{count}.ndjson"
    if not path.exists():
        quiet("python3", f"{HERE}/gen_corpus.py", "--out", path, "--size", "small", "--count", count, "--layout", "ndjson")
    return path


def fresh(count, prefix):
    """Files of `count` documents with run ids of their own, in one directory on tmpfs."""
    directory = CORPUS / "fresh" / f"{prefix}-{time.time_ns()}"
    directory.mkdir(parents=True)
    for number, path in enumerate(documents(200_000, 1_000)[:count]):
        text = path.read_text()
        (directory / f"{prefix}{number:04}.json").write_text(
            text.replace(path.stem, f"{path.stem}_{directory.name.rsplit('-')[-1]}"))
    return sorted(directory.iterdir())


COLUMNS = "run_id,data_asset,run_time,status,namespace,tags_json,data_json,created_at,updated_at"


def insert(path, dialect):
    """The statement that stores a document as truthound's DatabaseStore would."""
    text = path.read_text().strip()
    r = json.loads(text)
    when = r["run_time"].replace("T", " ")
    values = [r["run_id"], r["data_asset"], when, r["status"], "default", json.dumps(r["tags"]), text, when, when]
    quote = lambda s: "'" + (s.replace("\\", "\\\\") if dialect == "mysql" else s).replace("'", "''") + "'"
    return f"INSERT INTO validation_results({COLUMNS}) VALUES({','.join(map(quote, values))});\n"


def script(paths, dialect):
    """An SQL file with these documents, in one transaction if they are several."""
    target = paths[0].parent / f"{paths[0].stem}-{len(paths)}.{dialect}.sql"
    body = "".join(insert(path, dialect) for path in paths)
    target.write_text(f"BEGIN;\n{body}COMMIT;\n" if len(paths) > 1 else body)
    return target


def run_id(path):
    return json.loads(path.read_text())["run_id"]


@contextlib.contextmanager
def server(command, port, **options):
    with open(RUN / f"server-{port}.log", "ab") as log:
        process = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, **options)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended: {(RUN / f'server-{port}.log').read_text()[-1000:]}")
            time.sleep(0.1)
        time.sleep(0.5)
        yield process
    finally:
        process.send_signal(signal.SIGINT if "postgres" in str(command) else signal.SIGTERM)
        process.wait()


@contextlib.contextmanager
def s3():
    for bucket in ["ours0", "ours1k", "ours10k", "ours100k", "peer", "peer10k"]:
        (S3DATA / bucket).mkdir(parents=True, exist_ok=True)
    with server([S3S_FS, "--host", "127.0.0.1", "--port", S3PORT, "--access-key", "testkey", "--secret-key", "testsecret",
                 S3DATA], S3PORT, env={**os.environ, "LD_PRELOAD": str(SHM / "shim.so"), "RUST_LOG": "error"}):
        yield


@contextlib.contextmanager
def postgresql():
    data, user = RUN / "pg", ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    if not data.exists():
        data.mkdir()
        shutil.chown(data, "postgres", "postgres")
        quiet(*user, f"{PG}/initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
    with server([*user, f"{PG}/postgres", "-D", data, "-h", "127.0.0.1", "-p", PGPORT, "-k", "", "-c", "fsync=on",
                 "-c", "synchronous_commit=on"], PGPORT, cwd=data):
        for name in ["ours", "peer", "sametime", "distinct"]:
            if name not in quiet(f"{PG}/psql", "-XAtc", "SELECT datname FROM pg_database", pg("postgres")).split():
                quiet(f"{PG}/psql", "-Xc", f'CREATE DATABASE "{name}"', pg("postgres"))
                quiet(f"{PG}/psql", "-Xq", pg(name), input=schema("pg")) if name == "peer" else None
        yield


@contextlib.contextmanager
def mariadb():
    data = RUN / "my"
    if not data.exists():
        quiet("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--user=root", "--skip-test-db",
              "--auth-root-authentication-method=normal")
    with server(["mariadbd", "--no-defaults", "--user=root", f"--datadir={data}", "--bind-address=127.0.0.1",
                 f"--port={MYPORT}", f"--socket={RUN}/my.sock", f"--pid-file={RUN}/my.pid", "--skip-name-resolve",
                 "--character-set-server=utf8mb4", "--max-allowed-packet=256M"], MYPORT):
        quiet("mariadb", "--no-defaults", f"--socket={RUN}/my.sock", "-uroot", "-e",
              "".join(f"CREATE DATABASE IF NOT EXISTS `{name}`; " for name in ["ours", "peer", "sametime", "distinct"])
              + "CREATE USER IF NOT EXISTS t@'127.0.0.1'; GRANT ALL ON *.* TO t@'127.0.0.1'")
        if not quiet(*my("peer"), "-e", "SHOW TABLES"):
            quiet(*my("peer"), input=schema("mysql"))
        yield


def pg(database):
    return f"postgresql://postgres@127.0.0.1:{PGPORT}/{database}"


def my(database):
    return ["mariadb", "--no-defaults", "-h127.0.0.1", f"-P{MYPORT}", "-ut", database]


def schema(dialect):
    """DatabaseStore's table and indexes, what a user would insert into."""
    return subprocess.run(["python3", f"{HERE}/gen_sql.py", "--dialect", dialect, "--what", "schema"], check=True,
                          capture_output=True, text=True).stdout


def profiles():
    text = ""
    for size in ["0", "1k", "10k", "100k"]:
        text += f"[profiles.sqlite{size}]\nbackend = 'database'\nconnection_url = 'sqlite:///{RUN}/ours-{size}.db'\n"
        text += f"[profiles.disk{size}]\nbackend = 'filesystem'\nbase_path = '{RUN}/disk-{size}'\n"
        for name, index in [("s3", "auto"), ("s3never", "never")]:
            text += (f"[profiles.{name}-{size}]\nbackend = 's3'\nbucket = 'ours{size}'\nendpoint_url = '{URL}'\n"
                     f"python_index = '{index}'\n")
    text += f"[profiles.s3proxy]\nbackend = 's3'\nbucket = 'ours100k'\nendpoint_url = 'http://127.0.0.1:{PROXY}'\n"
    text += f"[profiles.seeddisk]\nbackend = 'filesystem'\nbase_path = '{SHM}/seeddisk'\n"
    for name in ["sametime", "distinct"]:
        text += f"[profiles.sqlite-{name}]\nbackend = 'database'\nconnection_url = 'sqlite:///{RUN}/{name}.db'\n"
        text += f"[profiles.pg-{name}]\nbackend = 'database'\nconnection_url = '{pg(name)}'\n"
        text += f"[profiles.my-{name}]\nbackend = 'database'\nconnection_url = 'mysql://t@127.0.0.1:{MYPORT}/{name}'\n"
    text += f"[profiles.python]\nbackend = 'filesystem'\nbase_path = '{RUN}/python-ours'\n"
    text += f"[profiles.pg]\nbackend = 'database'\nconnection_url = '{pg('ours')}'\n"
    text += f"[profiles.my]\nbackend = 'database'\nconnection_url = 'mysql://t@127.0.0.1:{MYPORT}/ours'\n"
    (RUN / "truthound-store.toml").write_text(text)


def ours(profile, *words):
    return [OURS, "-p", profile, *words]


def made(name):
    """Whether a seed is there; to be marked with `.touch()` when it is."""
    SEED.mkdir(exist_ok=True)
    return SEED / f"{name}.done"


def seed_sqlite():
    for size, count in SIZES.items():
        if not made(f"sqlite{size}").exists():
            for side in ["ours", "peer"]:
                for path in RUN.glob(f"{side}-{size}.db*"):
                    path.unlink()
            quiet(*ours(f"sqlite{size}", "save", ndjson(count or 1)))
            quiet("sqlite3", RUN / f"peer-{size}.db", input="PRAGMA journal_mode=WAL;\n" + schema("sqlite")
                  + f"ATTACH '{RUN}/ours-{size}.db' AS o; INSERT INTO validation_results({COLUMNS}) "
                    f"SELECT {COLUMNS} FROM o.validation_results ORDER BY id;")
            made(f"sqlite{size}").touch()


def seed_disk():
    for size, count in {**SIZES, "10k": 10_000}.items():
        if not made(f"disk{size}").exists():
            shutil.rmtree(SHM / "seeddisk", ignore_errors=True)
            shutil.rmtree(RUN / f"disk-{size}", ignore_errors=True)
            quiet(*ours("seeddisk", "save", ndjson(count or 1)))  # on tmpfs, where a sync costs nothing
            quiet("cp", "-r", SHM / "seeddisk", RUN / f"disk-{size}")
            shutil.rmtree(SHM / "seeddisk")
            quiet("sync", "-f", RUN)
            made(f"disk{size}").touch()


def seed_s3():
    for size, count in {**SIZES, "10k": 10_000}.items():
        if not made(f"s3-{size}").exists() or not (S3DATA / f"ours{size}/truthound").exists():
            shutil.rmtree(S3DATA / f"ours{size}", ignore_errors=True)
            (S3DATA / f"ours{size}").mkdir()
            quiet(*ours(f"s3never-{size}", "save", ndjson(count or 1)))
            made(f"s3-{size}").touch()
    if not (S3DATA / "peer10k/results").exists():
        (S3DATA / "peer10k/results").mkdir()
        for number in range(10_000):
            (S3DATA / f"peer10k/results/run_20260101_000000_{number:08}.json.gz").write_bytes(b"x" * 900)


CURL = ["curl", "-sf", "--aws-sigv4", "aws:amz:us-east-1:s3", "-u", "testkey:testsecret", "-H",
        "x-amz-content-sha256: UNSIGNED-PAYLOAD"]


def s5(*words):
    return [S5CMD, "--endpoint-url", URL, *words]


