"""cordboard export: calls, the ledger or answers as CSV or JSON, however many there are."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Unpack

import click

from engine.accounts.exporting import EXPORTS, Export, Format
from engine.accounts.exporting import export as exported
from engine.accounts.reporting import check_names
from engine.cli.options import db_option, stop, with_store
from engine.cli.report import Narrowed, asked_span, narrowing
from engine.store.private_files import written_privately
from engine.store.store import Store


@click.command()
@click.argument("what", type=click.Choice(list(EXPORTS)))
@narrowing
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write. Default: stdout."
)
@db_option
def export(what: Export, form: Format, out: Path | None, db: str, **narrowed: Unpack[Narrowed]) -> None:
    """Export WHAT of these days, oldest first. Times are UTC, amounts are decimals.

    Calls and answers belong to the day on which the call began; entries of the ledger, corrections too, to
    the day on which they were posted. A call has a line for each buyer that talked in it or owes for it.
    """

    async def write(store: Store) -> None:
        span, _ = await asked_span(store, narrowed)
        await check_names(store, span)
        # newline="": the lines of CSV end by CRLF, whatever the system's own are
        opened = nullcontext(sys.stdout) if out is None else written_privately(out, newline="")
        with opened as file:
            async for text in exported(store, EXPORTS[what], span, form):
                file.write(text)

    try:
        with_store(db, write)
    except OSError as error:
        stop(f"can't write {out or 'stdout'}: {error.strerror or error}")
