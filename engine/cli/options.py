"""What several commands share: a network's folder, a database, JSON on stdout, ends that say why."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click
from msgspec import to_builtins

from engine.core.json_values import JsonObject
from engine.core.money import parse_money
from engine.core.printable import printable_json, printable_lines

if TYPE_CHECKING:  # the store brings SQLAlchemy: only a command that opens it waits for it
    from engine.accounts.shown import Shown
    from engine.store.seal import Seal
    from engine.store.store import Store

Result = TypeVar("Result")
Decorated = TypeVar("Decorated", bound=Callable[..., object])

NEWEST = "last"
SWITCH_S = 0.0005
"""So long a thread keeps the interpreter while the loop wants it: a tenth of Python's own, for uvloop asks
for it at every callback, and each time a call may wait for the database's thread."""

folder_argument = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document on stdout.")
db_option = click.option(
    "--db",
    default="sqlite:///cordboard.db",
    envvar="CORDBOARD_DB",
    show_default=True,
    help="Database URL.",
)


practice_option = click.option("--practice", is_flag=True, help="Practice calls, and no others.")


def _recordings_option(help_: str) -> Callable[[Decorated], Decorated]:
    return click.option(
        "--recordings-dir",
        "--dir",
        "folder",
        type=click.Path(path_type=Path),
        envvar="CORDBOARD_RECORDINGS_DIR",
        help=help_,
    )


recordings_option = _recordings_option("The recordings folder. Default: 'recordings' next to the database.")
given_recordings_option = _recordings_option("Check the recordings in this folder against their digests.")

by_option = click.option(
    "--by",
    default=lambda: os.environ.get("USER") or "operator",
    show_default="your login",
    metavar="NAME",
    help="Who does this; stored with the change.",
)


def stop(message: str, code: int = 2) -> NoReturn:
    """End the command with a reason on stderr."""
    click.echo(printable_lines(message), err=True)
    sys.exit(code)


def network_folder(folder: Path) -> Path:
    """The folder, or an end that says what was expected."""
    if not folder.is_dir():
        stop(f"folder '{folder}' doesn't exist; pass one that contains network.yaml")
    return folder


def print_json(document: JsonObject | list[JsonObject] | Shown | Sequence[Shown]) -> None:
    click.echo(printable_json(json.dumps(to_builtins(document), indent=2, ensure_ascii=False)))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def with_store(db: str, work: Callable[[Store], Awaitable[Result]]) -> Result:
    """Work with a database that exists."""
    from engine.store.errors import StoreError
    from engine.store.store import Store

    async def reading() -> Result:
        async with await Store.open(db, "reader", now_ms, seal=_given_seal(), must_exist=True) as store:
            return await work(store)

    try:
        return run(reading())
    except StoreError as error:
        stop(str(error))


def _given_seal() -> Seal | None:
    """The journal's key from its setting; None where it lies in a file beside the database."""
    from engine.store.seal import SETTING, Seal

    key = os.environ.get(SETTING)
    return Seal(Path(), key) if key else None


async def named_call(store: Store, name: str) -> str:
    """The call that `name` is, or begins; `last` is the newest."""
    from engine.store.errors import AmbiguousCall

    if name == NEWEST:
        newest = await store.calls(1, practice=None)
        if not newest:
            stop("no calls yet")
        return newest[0].record.call
    try:
        found = await store.find(name)
    except AmbiguousCall as several:
        stop(str(several))
    if found is None:
        stop(f"call '{name}' doesn't exist; `cordboard calls` lists them")
    return found


def run(work: Coroutine[object, object, Result]) -> Result:
    """Run on uvloop where there is one."""
    import asyncio

    sys.setswitchinterval(SWITCH_S)

    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def money(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    """40.00 as micros."""
    if value is None:
        return None
    try:
        return parse_money(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def duration_s(context: click.Context, parameter: click.Parameter, value: str) -> float:
    """95s, 1m, 1500ms as seconds."""
    from engine.language.yaml.units import duration_ms

    found = duration_ms(value)
    if found is None:
        raise click.BadParameter(f"found {value!r}; expected a duration such as 95s or 2m")
    return found / 1000
