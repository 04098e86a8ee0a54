#!/usr/bin/env python3
"""Counts how plainly the comments are written, and how many types share their name.

    benches/language.py                 figures for src/
    benches/language.py tests docs      figures for other directories or files
    benches/language.py --lines src/x   each sentence and each type that is counted, with its place
    benches/language.py --check         exit status 1 when src/ exceeds a limit

Rates are per 1,000 lines of comments. The limits are those of object_store and jj, the projects that this code is
compared with, rounded up.
"""

import argparse
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Name of a habit, its pattern in the joined text of a comment, and the highest rate that --check accepts in src/.
HABITS = [
    ("sentences that open with What", r"(?:^|[.:;?!]\s+)What\b(?![^.?!]*\?)", 0.5),
    ("whoever, nobody, somebody", r"\b(?:[Ww]hoever|[Nn]obody|[Ss]omebody)\b", 0.0),
    ("whose, of which, by which", r"\b(?:[Ww]hose|[Oo]f which|[Bb]y which)\b", 3.0),
    ("is no X", r"\b(?:is|are|was|were) no [a-z`]", 5.0),
]
# The highest share of types whose name another type has, in percent.
SHARED_NAMES = 5.0

TYPE = re.compile(r"^\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|trait|union|type)\s+([A-Z]\w*)")


def files(paths):
    for path in paths:
        found = sorted(path.rglob("*")) if path.is_dir() else [path]
        yield from (file for file in found if file.suffix in (".rs", ".md"))


def comments(file):
    """Yields (first line, text, number of lines) of each block of comment lines; of a page in Markdown, each paragraph."""
    block, start = [], 0
    for number, line in enumerate(file.read_text().splitlines() + [""], 1):
        if file.suffix == ".md":
            text = line.strip() or None
        else:
            match = re.match(r"\s*//[/!]?\s?(.*)", line) or re.search(r"\s// (.*)", line)
            text = match.group(1) if match else None
        if text is None:
            if block:
                yield start, block
            block = []
        else:
            if not block:
                start = number
            block.append(text)


def types(file):
    """Yields (line, name) of each type; associated types are no names of their own and stay out."""
    text = file.read_text().splitlines()
    inside = None
    for number, line in enumerate(text, 1):
        indent = len(line) - len(line.lstrip())
        if inside is not None and line.startswith(" " * inside + "}"):
            inside = None
        if inside is None and re.match(r"\s*(?:unsafe )?impl\b|\s*(?:pub(?:\([^)]*\))? )?trait\b", line):
            if not line.rstrip().endswith("}"):
                inside = indent
        match = TYPE.match(line)
        if match and not (inside is not None and indent > inside and re.match(r"\s*type\b", line)):
            yield number, match.group(1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=pathlib.Path, default=[ROOT / "src"])
    parser.add_argument("--lines", action="store_true", help="print each place that is counted")
    parser.add_argument("--check", action="store_true", help="fail when a limit is exceeded")
    arguments = parser.parse_args()

    lines, failed = 0, False
    places = {habit: [] for habit, _, _ in HABITS}
    names = collections.defaultdict(list)
    for file in files(arguments.paths):
        for start, block in comments(file):
            lines += len(block)
            text = " ".join(block)
            for habit, pattern, _ in HABITS:
                for match in re.finditer(pattern, text):
                    before = len(text[: match.start()])
                    offset = number = 0
                    for number, line in enumerate(block):
                        offset += len(line) + 1
                        if offset > before:
                            break
                    places[habit].append(f"{file}:{start + number}: {text[max(0, before - 20) : match.end() + 50]}")
        if file.suffix == ".rs":
            for number, name in types(file):
                names[name].append(f"{file}:{number}: {name}")

    print(f"{lines} lines of comments; per 1,000 of them:")
    for habit, _, limit in HABITS:
        rate = 1000 * len(places[habit]) / max(lines, 1)
        failed |= rate > limit
        print(f"{rate:8.1f}  {habit} ({len(places[habit])}; at most {limit})")
        if arguments.lines:
            print(*places[habit], sep="\n")
    total = sum(map(len, names.values()))
    shared = [place for found in names.values() if len(found) > 1 for place in found]
    share = 100 * len(shared) / max(total, 1)
    failed |= share > SHARED_NAMES
    print(f"{share:7.1f}%  types whose name another type has ({len(shared)} of {total}; at most {SHARED_NAMES}%)")
    if arguments.lines:
        print(*shared, sep="\n")
    sys.exit(arguments.check and failed)


if __name__ == "__main__":
    main()
