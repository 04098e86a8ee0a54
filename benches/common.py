"""What the benchmarks share: the release binary, timing whole processes, and documents."""
import json
import os
import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "truthound-store"
DOCUMENT = ROOT / "tests/fixtures/truthound/dirty-basic.stored.json"


def sealed(directory):
    """The environment of a command: nothing of the user's own takes part."""
    return {"PATH": os.environ["PATH"], "HOME": str(directory)}


def seconds(command, directory):
    start = time.perf_counter()
    words = [str(word) for word in command]
    subprocess.run(words, cwd=directory, check=True, stdout=subprocess.DEVNULL, env=sealed(directory))
    return time.perf_counter() - start


def compare(title, repetitions, directory, contenders):
    """Runs the contenders in turn; each is a function from the repetition to a command."""
    times = {name: [] for name in contenders}
    for repetition in range(repetitions):
        for name, command in contenders.items():
            times[name].append(seconds(command(repetition), directory))
    print(f"\n{title}")
    for name, values in times.items():
        print(f"  {name:<42} {statistics.median(values) * 1000:9.2f} ms   (best {min(values) * 1000:.2f})")


def peak_megabytes(command, directory):
    """The peak of resident memory, as the kernel counts it for the child."""
    code = "import resource,subprocess,sys; subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL); " \
           "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    words = ["python3", "-c", code, *map(str, command)]
    output = subprocess.run(words, cwd=directory, check=True, capture_output=True, text=True, env=sealed(directory))
    return int(output.stdout) / 1024


def show_peaks(title, directory, commands):
    """Time and peak memory of each command, once."""
    print(f"\n{title}")
    for name, command in commands.items():
        start = time.perf_counter()
        peak = peak_megabytes(command, directory)
        print(f"  {name:<42} {peak:9.1f} MB   in {time.perf_counter() - start:.1f} s")


def large_document(path, megabytes):
    """A stored result of that size, written without holding it."""
    row = json.dumps({"validator_name": "null", "success": False, "column": "amount", "issue_type": "null", "count": 7,
                      "severity": "high", "message": "7 values are null", "details": {"sample_values": list(range(40))},
                      "execution_time_ms": 0.5})
    with open(path, "w") as file:
        file.write('{"run_id": "large", "run_time": "2026-11-23T00:00:00", "data_asset": "large.csv", '
                   '"status": "failure", "results": [' + row)
        for _ in range(megabytes * 1_000_000 // (len(row) + 2)):
            file.write(", " + row)
        file.write("]}")


def small_documents(directory, count):
    """As many copies of a small stored result, each with a run id of its own."""
    directory.mkdir()
    document = json.loads(DOCUMENT.read_text())
    for number in range(count):
        (directory / f"{number}.json").write_text(json.dumps({**document, "run_id": f"bulk-{number:05}"}))
