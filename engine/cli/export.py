"""cordboard export: calls, the ledger or answers as CSV or JSON, however many there are."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from engine.accounts.exporting import EXPORTS, Export, Format
from engine.accounts.exporting import export as exported
from engine.accounts.reporting import network_zone, span_of
from engine.cli.options import db_option, stop, with_store
from engine.cli.report import campaign_option, day, from_option, to_option, zone_option
from engine.store.store import Store


@click.command()
@click.argument("what", type=click.Choice(list(EXPORTS)))
@from_option
@to_option
@campaign_option
@zone_option
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write. Default: stdout."
)
@db_option
def export(
    what: Export,
    first: datetime | None,
    last: datetime | None,
    campaign: str | None,
    zone: str | None,
    form: Format,
    out: Path | None,
    db: str,
) -> None:
    """Export WHAT from the calls of these days, oldest first. Times are UTC, amounts are decimals."""

    async def write(store: Store) -> None:
        chosen = ZoneInfo(zone) if zone else await network_zone(store)
        span = span_of(day(first), day(last), campaign, chosen)
        # newline="": the lines of CSV end by CRLF, whatever the system's own are
        opened = nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8", newline="")
        with opened as file:
            async for text in exported(store, EXPORTS[what], span, form):
                file.write(text)

    try:
        with_store(db, write)
    except OSError as error:
        stop(f"can't write {out or 'stdout'}: {error.strerror or error}")
