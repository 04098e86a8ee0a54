"""The program ``truthound-store``, as a store of truthound.

    import truthound_store
    from truthound.stores import get_store

    store = get_store("truthound-store", profile="prod")

Importing this package registers the store. Without truthound, only :func:`find_program` is there.
"""

from importlib.util import find_spec

from truthound_store.program import find_program

__all__ = ["find_program"]

if find_spec("truthound") is not None:
    from truthound_store.store import TruthoundStore, TruthoundStoreConfig

    __all__ += ["TruthoundStore", "TruthoundStoreConfig"]
