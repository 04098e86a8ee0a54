#!/usr/bin/env python3
"""Computes histories and differences of stored results with DuckDB, which reads the stored documents itself.

  history_oracle.py generate --seed 1 --runs 40 > results.ndjson
  history_oracle.py history --last 30 STORE          # the checks of the newest 30 runs
  history_oracle.py diff BEFORE AFTER STORE          # the verdicts between two runs

STORE is the directory of the documents. A history and a difference are printed as JSON, a row per check.
"""
import argparse
import json
import random
import sys

import duckdb

# A check of a tool whose checks have arguments: each has a row in each run, and a character of its own.
CHARACTERS = ["steady", "broken", "flaky", "erratic", "sparse", "warning", "mended", "rare"]

# The chances of an outcome, by the character of the check.
CHANCES = {
    "steady": {"passed": 1.0},
    "broken": {"passed": 1.0},
    "flaky": {"passed": 0.6, "failed": 0.4},
    "erratic": {"passed": 0.4, "failed": 0.2, "warned": 0.1, "errored": 0.15, "skipped": 0.1, None: 0.05},
    "sparse": {"passed": 0.4, "failed": 0.1, None: 0.5},
    "warning": {"passed": 0.7, "warned": 0.3},
    "mended": {"failed": 0.9, "errored": 0.1},
    "rare": {"passed": 0.95, "failed": 0.05},
}


def outcome_of(rng, character, place, turn):
    if character == "broken" and place >= turn:
        return rng.choices(["failed", "errored", "skipped", None], [0.85, 0.05, 0.05, 0.05])[0]
    if character == "mended" and place >= turn:
        return "passed"
    chances = CHANCES[character]
    return rng.choices(list(chances), list(chances.values()))[0]


def row(name, column, issue_type, outcome, count, kwargs=None):
    details = {}
    if kwargs is not None:
        details["kwargs"] = kwargs
    if outcome in ("warned", "errored", "skipped"):
        details["outcome"] = outcome
    return {"validator_name": name, "success": outcome == "passed", "column": column, "issue_type": issue_type,
            "count": count, "severity": None if outcome == "passed" else "high", "message": None, "details": details}


def truthound_rows(rng, name):
    """The rows of a truthound validator: one if it passed or raised, or one for each column in which it failed."""
    kind = rng.random()
    if kind < 0.5:
        return [row(name, None, name, "passed", 0)]
    if kind < 0.6:
        return [{**row(name, "*", "validator_error", "failed", 0), "details": {}}]
    columns = rng.sample(["id", "email", "age"], rng.randrange(1, 4))
    return [row(name, column, name + "_found", "failed", rng.randrange(1, 50)) for column in columns]


def generate(seed, count):
    rng = random.Random(seed)
    turns = {character: rng.randrange(count // 4, count) for character in CHARACTERS}
    for place in range(count):
        rows = []
        for character in CHARACTERS:
            for variant in range(2):
                outcome = outcome_of(rng, character, place, turns[character] - variant)
                if outcome is not None:
                    found = 0 if outcome in ("passed", "skipped") else rng.randrange(0, 9)
                    rows.append(row(character, "id", character, outcome, found, {"variant": variant}))
        for name in ["null", "range"]:
            if rng.random() < 0.9:
                rows.extend(truthound_rows(rng, name))
        rng.shuffle(rows)
        print(json.dumps({
            "run_id": f"run-{rng.randrange(10**9):09}", "run_time": f"2026-{1 + place // 28:02}-{1 + place % 28:02}T12:00:00+00:00",
            "data_asset": "orders", "status": rng.choice(["success", "failure", "error", "warning"]),
            "results": rows, "tags": {}, "metadata": {}, "suite_name": "nightly"}))


# Each document as it is stored. `read_json` is told the columns, so that it does not guess.
RUNS = """
create table documents as
    select run_id, run_time::timestamptz as run_time, results
    from read_json(?, columns = {run_id: 'VARCHAR', run_time: 'VARCHAR', results: 'JSON[]'});
"""

# What each run says of each check, explicitly. A check has several rows if it has been written several times.
ROWS = """
create table found as
with unnested as (select run_id, run_time, unnest(results) as result from documents),
members as (
    select run_id, run_time,
        result ->> 'validator_name' as name, result ->> 'column' as "column", result ->> 'issue_type' as issue_type,
        cast(result ->> 'count' as ubigint) as count, result ->> '$.details.kwargs' as kwargs,
        coalesce(result ->> '$.details.outcome',
            case when result ->> 'issue_type' = 'validator_error' then 'errored'
                when result ->> 'success' = 'true' then 'passed' else 'failed' end) as outcome
    from unnested)
select * exclude issue_type, coalesce(kwargs, issue_type) as condition from members;
"""

# The checks. The single row of a validator is not one, if any run has rows for its columns.
KEYS = """
create table keys as
select distinct name, "column", condition, kwargs from found as one
where kwargs is not null or "column" is not null or not exists (
    select 1 from found as other where other.name = one.name and other."column" is not null and other.kwargs is null);
"""

# What each run says of each check. A validator without arguments that ran says it of the columns that it does not name.
POINTS = """
create table points as
with validators as (
    select run_id, name, bool_or(outcome = 'errored') as has_raised from found where kwargs is null group by all)
select row_number() over (partition by k.name, k."column", k.condition order by d.run_time) - 1 as place,
    d.run_id, d.run_time, k.name, k."column", k.condition, k.kwargs,
    case when f.outcome is not null then f.outcome
        when k.kwargs is null and v.has_raised then 'errored'
        when k.kwargs is null and v.name is not null then 'passed' end as outcome,
    case when f.outcome is not null then f.count when k.kwargs is null and v.name is not null then 0 end as count
from keys as k cross join documents as d
left join found as f on f.run_id = d.run_id and f.name = k.name and f."column" is not distinct from k."column"
    and f.condition = k.condition
left join validators as v on v.run_id = d.run_id and v.name = k.name;
"""

STANDINGS = """
create table standings as
select *, case outcome when 'passed' then 'passing' when 'failed' then 'failing' when 'warned' then 'failing'
    when 'errored' then 'errored' when 'skipped' then 'skipped' else 'gone' end as standing
from points;
"""

# For each check: the last place with another standing, among decided runs if the newest is decided, else among all; the
# streak is what follows it.
SUMMARIES = """
with newest as (
    select name, "column", condition, arg_max(standing, place) as standing from standings group by all),
relevant as (
    select s.*, n.standing as newest, n.standing in ('passing', 'failing') as is_decided
    from standings as s join newest as n on s.name = n.name and s."column" is not distinct from n."column"
        and s.condition = n.condition
    where n.standing not in ('passing', 'failing') or s.standing in ('passing', 'failing')),
ends as (
    select name, "column", condition, newest, max(place) filter (standing <> newest) as before
    from relevant group by all),
streaks as (
    select e.name, e."column", e.condition, e.newest, min(r.place) as first, count(*) as runs
    from ends as e join relevant as r on r.name = e.name and r."column" is not distinct from e."column"
        and r.condition = e.condition and r.place > coalesce(e.before, -1)
    group by all),
changes as (
    select name, "column", condition, count(*) as decided, count(*) filter (standing <> previous) as changes
    from (select *, lag(standing) over (partition by name, "column", condition order by place) as previous
        from standings where standing in ('passing', 'failing'))
    group by all)
select s.name, s."column", s.condition, any_value(s.kwargs) is not null as has_kwargs, k.newest, k.first, k.runs,
    coalesce(any_value(c.changes), 0) as changes, coalesce(any_value(c.decided), 0) as decided,
    count(*) filter (s.outcome = 'passed') as passed,
    count(*) filter (s.outcome in ('passed', 'failed', 'warned', 'errored')) as total,
    bool_or(s.place < k.first and (case when k.newest in ('passing', 'failing')
        then s.standing in ('passing', 'failing', 'gone') else true end)) as is_known_to_begin,
    arg_min(s.run_id, s.place) filter (s.place = k.first) as since,
    list(coalesce(s.outcome, '') order by s.place) as outcomes, list(s.run_id order by s.place) as run_ids,
    list(coalesce(s.count, 0) order by s.place) as counts
from standings as s
join streaks as k on k.name = s.name and k."column" is not distinct from s."column" and k.condition = s.condition
left join changes as c on c.name = s.name and c."column" is not distinct from s."column" and c.condition = s.condition
group by s.name, s."column", s.condition, k.newest, k.first, k.runs
"""


def key_of(name, column, condition, has_kwargs):
    return {"name": name, "column": column, **({"kwargs": json.loads(condition)} if has_kwargs else
                                               {"issue_type": condition})}


def connected(store):
    # No extension is looked for on the network: that for JSON is built in.
    database = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
    database.execute(RUNS, [store + "/*.json"])
    return database


def prepared(database):
    for statement in [ROWS, KEYS, POINTS, STANDINGS]:
        database.execute(statement)
    return database


def history(store, last):
    database = connected(store)
    older = database.execute("select count(*) from documents").fetchone()[0] > last
    database.execute("delete from documents where run_time not in "
                     "(select run_time from documents order by run_time desc limit ?)", [last])
    cursor = prepared(database).execute(SUMMARIES)
    names = [column[0] for column in cursor.description]
    for values in cursor.fetchall():
        found = dict(zip(names, values))
        is_steady = found["newest"] == "failing" and found["runs"] >= 5
        is_flaky = (found["newest"] in ("passing", "failing") and found["changes"] >= 3 and not is_steady
                    and found["changes"] * 10 >= found["decided"] - 1)
        yield {
            "key": key_of(found["name"], found["column"], found["condition"], found["has_kwargs"]),
            "verdict": "flaky" if is_flaky else found["newest"],
            "pass_rate": found["passed"] / found["total"] if found["total"] else None,
            "changes": found["changes"],
            "since": {"run_id": found["since"], "runs": found["runs"],
                      "or_before": older and not found["is_known_to_begin"]},
            "runs": [{"run_id": run_id, "outcome": outcome or None, "count": count if outcome else None}
                     for run_id, outcome, count in zip(found["run_ids"], found["outcomes"], found["counts"])],
        }


DIFF = """
with pair as (
    select name, "column", condition, kwargs,
        max(outcome) filter (run_id = $before) as was, max(outcome) filter (run_id = $after) as now,
        max(count) filter (run_id = $before) as had, max(count) filter (run_id = $after) as has
    from points group by all)
select name, "column", condition, kwargs is not null, case
    when now is null then case when was is not null then 'gone' end
    when now = 'errored' then 'errored'
    when now in ('failed', 'warned') and coalesce(was, '') not in ('failed', 'warned') then 'new_failure'
    when now in ('failed', 'warned') and (was = 'warned' and now = 'failed' or has > had) then 'worse'
    when now in ('failed', 'warned') then 'still_failing'
    when now = 'skipped' and was is not null and was <> 'skipped' then 'skipped'
    when now = 'passed' and was is null then 'new_check'
    when now = 'passed' and was in ('failed', 'warned', 'errored') then 'fixed' end as verdict
from pair where verdict is not null
"""


def diff(store, before, after):
    database = connected(store)
    database.execute("delete from documents where run_id not in (?, ?)", [before, after])
    cursor = prepared(database).execute(DIFF, {"before": before, "after": after})
    for name, column, condition, has_kwargs, verdict in cursor.fetchall():
        yield {"key": key_of(name, column, condition, has_kwargs), "verdict": verdict}


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    generated = commands.add_parser("generate")
    generated.add_argument("--seed", type=int, required=True)
    generated.add_argument("--runs", type=int, required=True)
    computed = commands.add_parser("history")
    computed.add_argument("--last", type=int, required=True)
    computed.add_argument("store")
    compared = commands.add_parser("diff")
    compared.add_argument("before")
    compared.add_argument("after")
    compared.add_argument("store")
    arguments = parser.parse_args()
    if arguments.command == "generate":
        generate(arguments.seed, arguments.runs)
    elif arguments.command == "history":
        json.dump(list(history(arguments.store, arguments.last)), sys.stdout)
    else:
        json.dump(list(diff(arguments.store, arguments.before, arguments.after)), sys.stdout)


if __name__ == "__main__":
    main()
