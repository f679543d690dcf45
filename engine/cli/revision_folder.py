"""A network as a folder or as a git revision: `flows`, `HEAD~1`, `v2:networks/acme`."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.cli.options import stop
from engine.media.child_environment import child_environment

_GIT = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_CEILING_DIRECTORIES", "GIT_CONFIG_GLOBAL"})
_GIT_TAKES_S = 60


@contextmanager
def folder_of(named: str, beside: Path) -> Iterator[Path]:
    """The folder that `named` stands for: a folder; a git revision of the folder `beside`; or REV:PATH.

    What git has is unpacked for as long as it is used. Anything else ends the command with what was found.
    """
    if Path(named).is_dir():
        yield Path(named)
        return
    revision, colon, path = named.partition(":")
    where = beside if beside.is_dir() else Path()
    top = _git(where, "rev-parse", "--show-toplevel")
    if top is None:
        stop(f"folder '{named}' doesn't exist, and there is no git repository at {where.resolve()}")
    commit = _git(where, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        stop(
            f"'{named}' isn't a folder or a git revision; expected a folder with network.yaml, "
            "a revision such as HEAD~1, or REVISION:FOLDER"
        )
    here = _text(_git(where, "rev-parse", "--show-prefix"))
    if not colon:
        path = here
    elif path == "." or path.startswith("./"):
        path = here + path.removeprefix(".").lstrip("/")
    # From the top: below it, git would look for its own folder inside the one that is asked for.
    tree = _git(Path(_text(top)), "archive", "--format=tar", f"{_text(commit)}:{path.strip('/')}")
    if tree is None:
        stop(f"git revision '{revision}' has no folder '{path}'")
    with TemporaryDirectory(prefix="cordboard-") as unpacked:
        with tarfile.open(fileobj=io.BytesIO(tree)) as archive:
            archive.extractall(unpacked, filter="data")
        yield Path(unpacked)


def _git(where: Path, *words: str) -> bytes | None:
    """What git says; None where it refuses, or is not installed."""
    try:
        done = subprocess.run(  # noqa: S603  no shell; a revision cannot be an option: it ends in ^{commit}
            ["git", "-C", str(where), *words],  # noqa: S607
            capture_output=True,
            timeout=_GIT_TAKES_S,
            check=False,
            env=child_environment() | {name: value for name, value in os.environ.items() if name in _GIT},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _text(said: bytes | None) -> str:
    return (said or b"").decode("utf-8", "replace").strip()
