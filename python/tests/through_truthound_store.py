"""A plugin of pytest that sends truthound's own tests of stores through ours: `-p through_truthound_store`.

Each store that those tests open in memory or in a directory becomes one of truthound-store in a directory of its own.
Tests of what only those classes have are left out.
"""

import tempfile

import pytest

from truthound_store import TruthoundStore

OF_THOSE_CLASSES_ALONE = {
    "test_max_items_limit": "an option of the store in memory",
    "test_clear_all": "a method of the store in memory",
    "test_rebuild_index": "the index of the store on disk",
    "test_get_memory_store": "the class of the store in memory",
    "test_get_filesystem_store": "the class of the store on disk",
}


def in_a_directory(base_path=None, compression=None):
    """A store in `base_path`, which compresses in any case."""
    return TruthoundStore(store=f"{base_path or tempfile.mkdtemp()}/", namespace="default")


def pytest_collection_modifyitems(items, config):
    kept = [item for item in items if item.name not in OF_THOSE_CLASSES_ALONE]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


@pytest.fixture(autouse=True)
def ours(request, monkeypatch):
    for name in ["MemoryStore", "FileSystemStore"]:
        monkeypatch.setattr(request.module, name, in_a_directory)
