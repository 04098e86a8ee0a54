"""Where the program is, and how it is run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from typing import Any

NAME = "truthound-store"

NOT_FOUND = 3
"""Exit code of a command whose result does not exist."""


class ProgramError(Exception):
    """A command failed. ``exit_code`` is one of those in the README of truthound-store."""

    def __init__(self, exit_code: int, message: str, run_id: str | None = None) -> None:
        self.exit_code = exit_code
        self.run_id = run_id
        super().__init__(message)


def find_program() -> str:
    """Return the path of the program that was installed with this package, or else of the one on the ``PATH``.

    Raises:
        FileNotFoundError: There is neither.
    """
    file = NAME + (".exe" if sys.platform == "win32" else "")
    # Where pip puts programs: in the environment, in the user's own, and beside a package that has a target of its own.
    beside = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "bin")
    scheme = sysconfig.get_preferred_scheme("user") if sys.version_info >= (3, 10) else f"{os.name}_user"
    for directory in (beside, sysconfig.get_path("scripts"), sysconfig.get_path("scripts", scheme)):
        path = os.path.join(directory, file)
        if os.path.isfile(path):
            return path
    found = shutil.which(file)
    if found is None:
        raise FileNotFoundError(f"the program {NAME} is not installed; install it with: pip install {NAME}")
    return found


class Program:
    """The program, with the options that pick a store."""

    def __init__(
        self,
        profile: str | None = None,
        namespace: str | None = None,
        config: str | os.PathLike[str] | None = None,
        store: str | None = None,
        path: str | os.PathLike[str] | None = None,
    ) -> None:
        options = {"--profile": profile, "--namespace": namespace, "--config": config, "--store": store}
        given = [f"{option}={os.fspath(value)}" for option, value in options.items() if value is not None]
        self._command = [os.fspath(path or find_program()), "--quiet", *given]

    def run(self, *arguments: str, run_ids: Sequence[str] = (), text: str = "") -> bytes:
        """Run a command on these run ids, with ``text`` as its standard input, and return what it prints.

        Raises:
            ProgramError: The command failed.
        """
        if run_ids:
            arguments = (*arguments, "--", *run_ids)
        if "-" in run_ids:
            # It stands for the run ids on standard input; there it stands for itself.
            text = "-\n"
        done = subprocess.run(
            [*self._command, *arguments],
            input=text.encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise _failure(done.returncode, done.stderr)
        return done.stdout


def json_lines(output: bytes) -> Iterator[Any]:
    """Return the values of a command's JSON Lines."""
    return (json.loads(line) for line in output.splitlines() if line)


def _failure(exit_code: int, stderr: bytes) -> ProgramError:
    """Return the first error that a command with ``--format json`` reported."""
    for line in stderr.decode(errors="replace").splitlines():
        try:
            error = json.loads(line)["error"]
        except (ValueError, KeyError, TypeError):
            continue
        hint = error.get("hint")
        message = error["message"] + (f" ({hint})" if hint else "")
        return ProgramError(exit_code, message, error.get("run_id"))
    return ProgramError(
        exit_code, stderr.decode(errors="replace").strip() or f"{NAME} ended with exit code {exit_code}"
    )
