"""What the benchmarks share: the release binary, and timing whole processes."""
import os
import pathlib
import statistics
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "truthound-store"


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
