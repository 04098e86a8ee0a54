"""The store of truthound that calls the program."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from truthound.stores.base import (
    StoreConfig,
    StoreConnectionError,
    StoreError,
    StoreNotFoundError,
    StoreQuery,
    StoreReadError,
    StoreWriteError,
    ValidationStore,
)
from truthound.stores.factory import register_store
from truthound.stores.results import ValidationResult

from truthound_store.program import NAME, NOT_FOUND, Program, ProgramError, json_lines

CANNOT_CONNECT = 4
CANNOT_READ = 5


@dataclass
class TruthoundStoreConfig(StoreConfig):
    """Which store the program opens.

    Attributes:
        profile: Profile of the configuration file. None means ``TRUTHOUND_STORE_PROFILE``, or else the default profile.
        config: Configuration file. None means the one that the program finds by itself.
        store: Address of a store to use instead of a profile's, such as ``s3://BUCKET/PREFIX`` or ``sqlite:FILE``.
        program: Path of the program. None means the one that was installed with this package.
    """

    profile: str | None = None
    config: str | os.PathLike[str] | None = None
    store: str | None = None
    program: str | os.PathLike[str] | None = None


@register_store(NAME)
class TruthoundStore(ValidationStore[TruthoundStoreConfig]):
    """Keeps validation results wherever a profile of truthound-store says.

    Each call runs the program once or twice, so that what holds for the program holds here: several processes may save
    at the same time, and a saved result is durable.

    Args:
        namespace: Namespace to use instead of the profile's.

    The other arguments are those of :class:`TruthoundStoreConfig`.

    Raises:
        FileNotFoundError: The program is not installed.
    """

    def __init__(
        self,
        profile: str | None = None,
        namespace: str | None = None,
        config: str | os.PathLike[str] | None = None,
        store: str | None = None,
        program: str | os.PathLike[str] | None = None,
    ) -> None:
        values = TruthoundStoreConfig(profile=profile, config=config, store=store, program=program)
        if namespace is not None:
            values.namespace = namespace
        super().__init__(values)
        self._program = Program(profile=profile, namespace=namespace, config=config, store=store, path=program)

    @classmethod
    def _default_config(cls) -> TruthoundStoreConfig:
        return TruthoundStoreConfig()

    def _do_initialize(self) -> None:
        """Do nothing: the program makes what is missing with the first save."""

    def save(self, item: ValidationResult) -> str:
        """Save a result. One that has the same run id is overwritten.

        Raises:
            StoreWriteError: It could not be saved.
        """
        document = json.dumps(item.to_dict(), default=str)
        try:
            self._program.run("save", "-", "--format=json", text=document)
        except ProgramError as error:
            raise _store_error(error, StoreWriteError) from error
        return item.run_id

    def get(self, item_id: str) -> ValidationResult:
        """Return the result with this run id.

        Raises:
            StoreNotFoundError: There is none.
            StoreReadError: It could not be read.
        """
        try:
            (document,) = json_lines(self._program.run("get", "--format=jsonl", run_ids=[item_id]))
        except ProgramError as error:
            raise _store_error(error, StoreReadError) from error
        return _result(document)

    def exists(self, item_id: str) -> bool:
        """Return whether there is a result with this run id, readable or not."""
        try:
            self._program.run("get", "--format=json", run_ids=[item_id])
        except ProgramError as error:
            if error.exit_code in (NOT_FOUND, CANNOT_READ):
                return error.exit_code == CANNOT_READ
            raise _store_error(error, StoreReadError) from error
        return True

    def delete(self, item_id: str) -> bool:
        """Delete a result. Return whether there was one.

        Raises:
            StoreWriteError: It could not be deleted.
        """
        try:
            self._program.run("delete", "--yes", "--format=json", run_ids=[item_id])
        except ProgramError as error:
            if error.exit_code == NOT_FOUND:
                return False
            raise _store_error(error, StoreWriteError) from error
        return True

    def list_ids(self, query: StoreQuery | None = None) -> list[str]:
        """Return the run ids of the results that match, newest first unless the query says otherwise."""
        return [entry["run_id"] for entry in json_lines(self._list("--format=jsonl", query=query))]

    def query(self, query: StoreQuery) -> list[ValidationResult]:
        """Return the results that match. One that is deleted meanwhile is left out.

        Raises:
            StoreReadError: One of them could not be read.
        """
        return list(self.iter_query(query))

    def iter_query(self, query: StoreQuery, batch_size: int = 100) -> Iterator[ValidationResult]:
        """Return the results that match, one after the other. At most ``batch_size`` of them are in memory.

        Results that are saved meanwhile are not among them, and one that is deleted meanwhile is left out.

        Raises:
            StoreReadError: One of them could not be read.
        """
        for batch in _batches(self.list_ids(query), batch_size):
            yield from self._get_all(batch)

    def count(self, query: StoreQuery | None = None) -> int:
        """Return the number of results that match."""
        if query is not None and (query.limit or query.offset):
            return len(self.list_ids(query))
        counted = json.loads(self._list("--count", "--format=json", query=query))
        return int(counted["count"])

    def clear(self, query: StoreQuery | None = None) -> int:
        """Delete the results that match, or all of them. Return how many there were.

        Raises:
            StoreWriteError: One of them could not be deleted.
        """
        deleted = 0
        for batch in _batches(self.list_ids(query), 1_000):
            try:
                output = self._program.run("delete", "--yes", "--if-exists", "--format=jsonl", run_ids=batch)
            except ProgramError as error:
                raise _store_error(error, StoreWriteError) from error
            deleted += sum(1 for _ in json_lines(output))
        return deleted

    def _list(self, *arguments: str, query: StoreQuery | None) -> bytes:
        try:
            return self._program.run("list", *arguments, *_options(query))
        except ProgramError as error:
            raise _store_error(error, StoreReadError) from error

    def _get_all(self, run_ids: list[str]) -> list[ValidationResult]:
        try:
            documents = self._program.run("get", "--format=jsonl", run_ids=run_ids)
        except ProgramError as error:
            if error.exit_code != NOT_FOUND:
                raise _store_error(error, StoreReadError) from error
            # One was deleted after it was listed.
            if len(run_ids) == 1:
                return []
            half = len(run_ids) // 2
            return self._get_all(run_ids[:half]) + self._get_all(run_ids[half:])
        return [_result(document) for document in json_lines(documents)]


def _batches(run_ids: list[str], size: int) -> Iterator[list[str]]:
    return (run_ids[start : start + size] for start in range(0, len(run_ids), size))


def _options(query: StoreQuery | None) -> list[str]:
    """Return a query as options of ``list``."""
    if query is None:
        return []
    options = [f"--order-by={query.order_by}", f"--offset={query.offset}"]
    if query.ascending:
        options.append("--ascending")
    # As in truthound's own stores, a limit of 0 is none.
    if query.limit:
        options.append(f"--limit={query.limit}")
    if query.data_asset:
        # The name itself, not a pattern.
        options.append("--asset=" + query.data_asset.replace("*", "[*]"))
    if query.status:
        options.append(f"--status={query.status}")
    if query.start_time:
        options.append(f"--since={query.start_time.isoformat()}")
    if query.end_time:
        options.append(f"--until={query.end_time.isoformat()}")
    options.extend(f"--tag={key}={value}" for key, value in (query.tags or {}).items())
    return options


def _result(document: Any) -> ValidationResult:
    try:
        return ValidationResult.from_dict(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        run_id = document.get("run_id") if isinstance(document, dict) else None
        raise StoreReadError(f"result {run_id} is not a document of truthound: {error!r}") from error


def _store_error(error: ProgramError, otherwise: type[StoreError]) -> StoreError:
    """Return a failure of the program as the exception that truthound's own stores raise for it."""
    if error.exit_code == NOT_FOUND and error.run_id is not None:
        return StoreNotFoundError("ValidationResult", error.run_id)
    if error.exit_code == CANNOT_CONNECT:
        return StoreConnectionError(NAME, str(error))
    return otherwise(str(error))
