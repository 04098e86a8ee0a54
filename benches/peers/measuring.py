"""Runs commands in turns, and prints a row of the table for each pair."""
import collections
import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

WORK = pathlib.Path(os.environ.get("BENCH_WORK", pathlib.Path.home() / ".cache/truthound-bench"))  # on the real disk
SHM, RUN = pathlib.Path(os.environ.get("BENCH_SHM", "/dev/shm/truthound-bench")), WORK / "run"
MB = 1024.0

ENV = {"PATH": os.environ["PATH"], "HOME": str(RUN / "home"), "XDG_CONFIG_HOME": str(RUN / "home/config"),
       "XDG_STATE_HOME": str(RUN / "home/state"), "AWS_ACCESS_KEY_ID": "testkey", "AWS_SECRET_ACCESS_KEY": "testsecret",
       "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "LANG": "C.UTF-8"}

LAUNCH = r"""
// launch STDIN STDOUT cmd args [;; cmd args]...: starts all at once; prints wall ns, CPU us, peak KiB, first bad status
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
int main(int n, char **v) {
    char **c[256]; int k = 0, bad = 0; struct timespec a, b; struct rusage u; long cpu = 0, rss = 0;
    c[k++] = v + 3;
    for (int i = 3; i < n; i++) if (!strcmp(v[i], ";;")) { v[i] = 0; c[k++] = v + i + 1; }
    clock_gettime(CLOCK_MONOTONIC, &a);
    for (int i = 0; i < k; i++) if (!fork()) {
        dup2(open(v[1], O_RDONLY), 0); dup2(open(v[2], O_WRONLY | O_CREAT | O_TRUNC, 0644), 1);
        execvp(c[i][0], c[i]); perror(c[i][0]); _exit(127);
    }
    for (int i = 0; i < k; i++) {
        int s; if (wait4(-1, &s, 0, &u) < 0) break;
        clock_gettime(CLOCK_MONOTONIC, &b);
        cpu += (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000L + u.ru_utime.tv_usec + u.ru_stime.tv_usec;
        if (u.ru_maxrss > rss) rss = u.ru_maxrss;
        if (s && !bad) bad = s;
    }
    dprintf(1, "%ld %ld %ld %d\n", (b.tv_sec - a.tv_sec) * 1000000000L + b.tv_nsec - a.tv_nsec, cpu, rss, bad);
}
"""
Ran = collections.namedtuple("Ran", "wall cpu rss")


def launch(*commands, stdin="/dev/null", stdout="/dev/null"):
    """Runs these commands at once; seconds of wall and CPU, peak MB of the largest."""
    words = []
    for command in commands:
        words += ([";;"] if words else []) + [str(word) for word in command]
    done = subprocess.run([SHM / "launch", str(stdin), str(stdout), *words], cwd=RUN, env=ENV, text=True,
                          capture_output=True)
    wall, cpu, rss, bad = map(int, done.stdout.split())
    if bad:
        raise SystemExit(f"status {bad}: {' '.join(words)[:300]}\n{done.stderr[-2000:]}")
    return Ran(wall / 1e9, cpu / 1e6, rss / MB)


def sh(text):
    return ["sh", "-c", text]


def quiet(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=RUN,
                          env={**ENV, **options.pop("env", {})}, **options)
    if done.returncode:
        raise SystemExit(f"status {done.returncode}: {' '.join(map(str, command))[:300]}\n{done.stderr[-2000:]}")
    return done.stdout


Row = collections.namedtuple("Row", "name peer ours ratio low high goal reached pairs note")


class Settings:
    """What the command line asks for."""
    quick = False
    out = sys.stdout


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def show(runs):
    wall, cpu = (statistics.median(getattr(run, what) for run in runs) for what in ("wall", "cpu"))
    return f"{seconds(wall)} / {cpu:.3f} / {max(run.rss for run in runs):.1f}"


def say(line):
    print(line, flush=True)
    if Settings.out is not sys.stdout:
        print(line, file=Settings.out, flush=True)


def compare(name, peer, us, pairs, goal, memory=None, cpu_goal=None, extra=None, difference=None, note=""):
    """One row: `peer(i)` and `us(i)` run once and are what `launch` returns. `goal` bounds the median of the ratios of
    wall time (or, with `difference`, of the difference in seconds), `memory` our peak in MB, `cpu_goal` the CPU ratio."""
    pairs = min(pairs, 2) if Settings.quick else pairs
    peer(-1), us(-1)  # warm
    runs = [(peer(i), us(i)) for i in range(pairs)]
    theirs, mine = [pair[0] for pair in runs], [pair[1] for pair in runs]
    ratios = sorted(b.wall / a.wall for a, b in runs)
    ratio, peak = statistics.median(ratios), max(run.rss for run in mine)
    cpu = statistics.median(b.cpu / max(a.cpu, 1e-4) for a, b in runs)
    reached, wanted = (ratio <= goal if goal else True), (f"{goal}x" if goal else "")
    if difference is not None:
        gap = statistics.median(b.wall - a.wall for a, b in runs)
        reached, wanted = gap <= difference, f"+{difference * 1000:.0f} ms"
        note = f"difference {gap * 1000:+.1f} ms. {note}"
    if memory:
        reached, wanted = reached and peak < memory, f"{wanted} <{memory} MB"
    if cpu_goal:
        reached, wanted = reached and cpu <= cpu_goal, f"{wanted} CPU {cpu_goal}x"
    notes = [f"CPU {cpu:.2f}x"] + ([note] if note else [])
    if extra:
        notes.append(extra())
    row = Row(name, show(theirs), show(mine), ratio, ratios[0], ratios[-1], wanted.strip(), reached, pairs, "; ".join(notes))
    mark = "yes" if reached else "**NO**"
    say(f"| {row.name} | {row.peer} | {row.ours} | {ratio:.2f} ({row.low:.2f}-{row.high:.2f}) | {row.goal} | {mark} | "
        f"{pairs} | {row.note} |")
    with open(WORK / "table.jsonl", "a") as log:
        raw = [[list(a), list(b)] for a, b in runs]
        log.write(json.dumps({"at": time.strftime("%H:%M:%S"), "load": os.getloadavg()[0], **row._asdict(), "raw": raw}) + "\n")
    return row


