#!/usr/bin/env python3
"""Converts run documents to stored results with truthound itself.

Reads documents from standard input, one per line, as `truthound check -f json` prints them. Prints the stored result of
each, one per line and in the same order; `null` for a document that Python refuses.

  convert_oracle.py < runs.ndjson > stored.ndjson
  convert_oracle.py --random 500 --seed 1 > runs.ndjson     # generates run documents instead
"""
import argparse
import json
import random
import sys

NAMES = ["null", "range", "unique", "schéma", "类型", "", "a", "Z", "_x", "regex", "\ud800", "\U0001f600", "\uffff"]
SEVERITIES = ["critical", "high", "medium", "low", "LOW", "High"]
MODES = ["sequential", "threadpool", "parallel", "pushdown", "Parallel", "other", ""]
FORMATS = ["boolean_only", "basic", "summary", "complete"]


def scalar(rng):
    return rng.choice([
        None, True, False, 0, -5, 2**70, 1.5, 1e300, 1e-7, 1e16, float("nan"), float("inf"), -float("inf"), 25.0, "",
        "text", "ü\n\"\\", "\udcff", "2026-01-01", 10**25 + 0.5,
    ])


def value(rng, depth=0):
    kind = rng.random()
    if depth > 2 or kind < 0.6:
        return scalar(rng)
    if kind < 0.8:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {f"k{i}": value(rng, depth + 1) for i in range(rng.randrange(4))}


def sometimes(rng, chance, document, key, make):
    if rng.random() < chance:
        document[key] = make()


def issue(rng):
    made = {}
    sometimes(rng, 0.95, made, "column", lambda: rng.choice(NAMES))
    sometimes(rng, 0.95, made, "issue_type", lambda: rng.choice(NAMES))
    sometimes(rng, 0.95, made, "count", lambda: rng.choice([0, 1, 12, 2**66, 3.7, True, "7"]))
    sometimes(rng, 0.95, made, "severity", lambda: rng.choice(SEVERITIES))
    made["success"] = False
    sometimes(rng, 0.6, made, "details", lambda: rng.choice(NAMES))
    sometimes(rng, 0.4, made, "expected", lambda: value(rng))
    sometimes(rng, 0.4, made, "actual", lambda: value(rng))
    sometimes(rng, 0.6, made, "sample_values", lambda: [value(rng) for _ in range(rng.randrange(12))])
    sometimes(rng, 0.7, made, "validator_name", lambda: rng.choice(NAMES + [None]))
    sometimes(rng, 0.3, made, "result", lambda: {"unexpected_list": [scalar(rng) for _ in range(rng.randrange(30))]})
    return made


def check(rng):
    made = {"name": rng.choice(NAMES)}
    sometimes(rng, 0.9, made, "category", lambda: rng.choice(NAMES))
    sometimes(rng, 0.95, made, "success", lambda: rng.choice([True, True, False]))
    sometimes(rng, 0.8, made, "issue_count", lambda: rng.randrange(9))
    sometimes(rng, 0.9, made, "issues", lambda: [issue(rng) for _ in range(rng.randrange(3))])
    sometimes(rng, 0.9, made, "metadata", lambda: {"config": value(rng), "x": value(rng)})
    return made


def execution_issue(rng):
    made = {"check_name": rng.choice(NAMES), "message": rng.choice(NAMES)}
    sometimes(rng, 0.5, made, "exception_type", lambda: rng.choice(["ValueError", None]))
    sometimes(rng, 0.5, made, "failure_category", lambda: "transient")
    sometimes(rng, 0.5, made, "retry_count", lambda: rng.randrange(4))
    sometimes(rng, 0.2, made, "unknown", lambda: 1)
    return made


def run(rng):
    made = {"run_id": f"run_{rng.getrandbits(32):08x}", "run_time": rng.choice(
        ["2026-11-23T00:56:54.188086", "2026-11-23T00:56:54", "2026-11-23T00:56:54.5+01:00", "2026-11-23T00:56:54Z"])}
    sometimes(rng, 0.9, made, "suite_name", lambda: rng.choice(NAMES))
    made["source"] = rng.choice(["/data/a.csv", "ü", "s3://bucket/key", ""])
    sometimes(rng, 0.9, made, "row_count", lambda: rng.choice([0, 1, 3, 40, 7_000_000, 2**60]))
    sometimes(rng, 0.9, made, "column_count", lambda: rng.randrange(30))
    sometimes(rng, 0.9, made, "result_format", lambda: rng.choice(FORMATS))
    sometimes(rng, 0.9, made, "execution_mode", lambda: rng.choice(MODES))
    sometimes(rng, 0.9, made, "planned_execution_mode", lambda: rng.choice(MODES + [None]))
    made["checks"] = [check(rng) for _ in range(rng.randrange(6))]
    sometimes(rng, 0.9, made, "issues", lambda: [issue(rng) for _ in range(rng.choice([0, 0, 1, 3, 30]))])
    sometimes(rng, 0.3, made, "execution_issues", lambda: [execution_issue(rng) for _ in range(rng.randrange(3))])
    metadata = {"planner": "x"}
    sometimes(rng, 0.3, metadata, "tags", lambda: {"env": "prod", "n": rng.choice([1, "ü", None])})
    sometimes(rng, 0.3, metadata, "runtime_environment", lambda: {"python": "3.11", "x": value(rng)})
    sometimes(rng, 0.3, metadata, "execution_time_ms", lambda: rng.choice([5, 12.25, 1e-9, True, None, "x", 2**70]))
    sometimes(rng, 0.3, metadata, "statistics", lambda: rng.choice([{"execution_time_ms": 3.5}, {}, [], {"execution_time_ms": 7}]))
    for key in ("_execution_mode", "_planned_execution_mode", "_result_format", "_validation_run_contract"):
        sometimes(rng, 0.1, metadata, key, lambda: rng.choice(["given", None]))
    sometimes(rng, 0.95, made, "metadata", lambda: metadata)
    return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--random", type=int, help="print so many made-up run documents")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if arguments.random is not None:
        rng = random.Random(arguments.seed)
        for _ in range(arguments.random):
            print(json.dumps(run(rng)))
        return

    # Imported here, because generating documents does not need truthound.
    from truthound.core.results import ValidationRunResult
    from truthound.stores.results import ValidationResult

    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            stored = ValidationResult.from_validation_run_result(ValidationRunResult.from_dict(json.loads(line)))
            print(json.dumps(stored.to_dict()))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            print(f"refused: {error!r}", file=sys.stderr)
            print("null")


if __name__ == "__main__":
    main()
