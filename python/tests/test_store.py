"""The store of truthound that the wheel brings."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from truthound.stores import get_store
from truthound.stores.base import (
    StoreConnectionError,
    StoreError,
    StoreNotFoundError,
    StoreQuery,
    StoreReadError,
    StoreWriteError,
)
from truthound.stores.results import ResultStatus, ValidationResult, ValidatorResult

import truthound_store

NOON = datetime(2026, 3, 1, 12)


def result(run_id, hours=0, asset="customers", status=ResultStatus.SUCCESS, **tags):
    return ValidationResult(
        run_id=run_id, run_time=NOON + timedelta(hours=hours), data_asset=asset, status=status, tags=tags
    )


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A directory with a configuration file, in which the test runs."""
    monkeypatch.chdir(tmp_path)
    for name in ["PROFILE", "CONFIG", "STORE", "NAMESPACE", "FORMAT"]:
        monkeypatch.delenv(f"TRUTHOUND_STORE_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "truthound-store.toml").write_text("""
[profiles.default]
backend = "filesystem"
base_path = "results"

[profiles.prod]
backend = "database"
connection_url = "sqlite:///prod.db"
""")
    return tmp_path


@pytest.fixture
def store(place):
    return get_store("truthound-store")


def test_a_result_comes_back_as_it_was_saved(store):
    saved = result("run-1", env="prod")
    saved.results = [ValidatorResult("not_null", False, column="email", count=3, details={"sample": ["é", None, 1.5]})]
    assert store.save(saved) == "run-1"
    assert store.get("run-1") == saved


def test_a_profile_picks_the_store(store, place):
    prod = get_store("truthound-store", profile="prod")
    prod.save(result("run-1"))
    assert (place / "prod.db").exists()
    assert prod.exists("run-1") and not store.exists("run-1")


def test_a_namespace_an_address_and_a_file_of_configuration_pick_the_store(store, place):
    get_store("truthound-store", namespace="staging").save(result("run-1"))
    get_store("truthound-store", store="sqlite:other.db").save(result("run-2"))
    (place / "other.toml").write_text('[profiles.default]\nbackend = "filesystem"\nbase_path = "elsewhere"\n')
    get_store("truthound-store", config=place / "other.toml").save(result("run-3"))
    assert (place / "other.db").exists() and (place / "elsewhere").exists()
    assert store.list_ids() == []


def test_the_program_sees_what_the_store_saved(store):
    store.save(result("run-1"))
    listed = subprocess.run(
        [truthound_store.find_program(), "list", "--ids"], capture_output=True, text=True, check=True
    )
    assert listed.stdout == "run-1\n"


def test_a_query_filters_orders_and_limits(store):
    store.save(result("run-1", 1, env="prod"))
    store.save(result("run-2", 2, status=ResultStatus.FAILURE, env="prod"))
    store.save(result("run-3", 3, asset="orders*"))
    store.save(result("run-4", 4, asset="orders_2026"))
    assert store.list_ids() == ["run-4", "run-3", "run-2", "run-1"]
    assert store.list_ids(StoreQuery(ascending=True, limit=2)) == ["run-1", "run-2"]
    assert store.list_ids(StoreQuery(offset=3)) == ["run-1"]
    assert store.list_ids(StoreQuery(order_by="data_asset", ascending=True, limit=1, offset=2)) == ["run-3"]
    assert store.list_ids(StoreQuery(data_asset="orders*")) == ["run-3"]
    assert store.list_ids(StoreQuery(status="failure")) == ["run-2"]
    assert store.list_ids(StoreQuery(tags={"env": "prod"})) == ["run-2", "run-1"]
    between = StoreQuery(start_time=NOON + timedelta(hours=2), end_time=NOON + timedelta(hours=3))
    assert store.list_ids(between) == ["run-3", "run-2"]
    assert [found.run_id for found in store.query(between)] == ["run-3", "run-2"]
    assert store.count() == 4
    assert store.count(StoreQuery(data_asset="customers")) == 2
    assert store.count(StoreQuery(limit=3)) == 3


def test_results_are_read_batch_by_batch_in_order(store):
    for number in range(7):
        store.save(result(f"run-{number}", number))
    found = store.iter_query(StoreQuery(ascending=True, limit=6), batch_size=4)
    assert [each.run_id for each in found] == [f"run-{number}" for number in range(6)]


def test_a_result_that_is_deleted_after_it_was_listed_is_left_out(store):
    for number in range(6):
        store.save(result(f"run-{number}", number))
    found = store.iter_query(StoreQuery(ascending=True), batch_size=3)
    assert next(found).run_id == "run-0"
    assert store.delete("run-4")
    assert [each.run_id for each in found] == ["run-1", "run-2", "run-3", "run-5"]


def test_the_newest_results_and_the_failures_of_an_asset_are_found(store):
    store.save(result("run-1", 1, status=ResultStatus.FAILURE))
    store.save(result("run-2", 2))
    store.save(result("run-3", 3, asset="orders"))
    assert store.get_latest("customers").run_id == "run-2"
    assert [each.run_id for each in store.get_history("customers")] == ["run-2", "run-1"]
    assert [each.run_id for each in store.get_failures()] == ["run-1"]
    assert store.list_runs("customers") == ["run-2", "run-1"]


def test_a_result_is_deleted_once(store):
    store.save(result("run-1"))
    assert store.delete("run-1") is True
    assert store.delete("run-1") is False
    assert not store.exists("run-1")


def test_what_matches_is_cleared(store):
    for number in range(3):
        store.save(result(f"run-{number}", number))
    store.save(result("other", asset="orders"))
    assert store.clear(StoreQuery(data_asset="customers")) == 3
    assert store.clear() == 1
    assert store.clear() == 0


def test_the_beginning_of_a_run_id_is_no_run_id(store):
    store.save(result("run-1"))
    assert not store.exists("run")
    with pytest.raises(StoreNotFoundError):
        store.get("run")
    assert store.delete("run") is False


@pytest.mark.parametrize("run_id", ["-", "--all", "-x", "a b", "ü/*", "two\nlines"])
def test_an_odd_run_id_is_a_run_id_or_refused(store, run_id):
    try:
        store.save(result(run_id))
    except StoreWriteError:
        assert store.list_ids() == []
        return
    assert store.list_ids() == [run_id]
    assert [each.run_id for each in store.query(StoreQuery())] == [run_id]
    assert store.get(run_id).run_id == run_id
    assert store.delete(run_id)


def test_errors_are_those_of_truthound(store):
    with pytest.raises(StoreNotFoundError) as missing:
        store.get("nope")
    assert (missing.value.item_type, missing.value.identifier) == ("ValidationResult", "nope")
    refused = get_store("truthound-store", store="postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(StoreConnectionError, match="Failed to connect to truthound-store: "):
        refused.list_ids()
    with pytest.raises(StoreReadError, match="profile `nope` not found"):
        get_store("truthound-store", profile="nope").list_ids()
    with pytest.raises(StoreWriteError, match="run_id"):
        store.save(result(""))
    assert issubclass(StoreConnectionError, StoreError)


def test_a_corrupt_result_exists_but_cannot_be_read(store, place):
    store.save(result("run-1"))
    (path,) = (path for path in (place / "results").rglob("run-1*") if path.is_file() and path.stat().st_size)
    path.write_bytes(b"{")
    assert store.exists("run-1")
    with pytest.raises(StoreReadError):
        store.get("run-1")
    with pytest.raises(StoreReadError):
        store.query(StoreQuery())


def test_a_number_that_only_python_writes_comes_back(store):
    saved = result("run-1")
    saved.metadata = {"largest": float("inf")}
    store.save(saved)
    assert store.get("run-1") == saved


def test_many_saves_at_once_lose_nothing(store):
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: store.save(result(f"run-{number:02}", number)), range(32)))
    assert store.count() == 32
    assert len(store.query(StoreQuery())) == 32


def test_a_missing_program_is_named(tmp_path):
    with pytest.raises(FileNotFoundError):
        get_store("truthound-store", program=tmp_path / "missing").list_ids()
