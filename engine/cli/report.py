"""cordboard report: what became of calls, by campaign, publisher, buyer, node, reason or day."""

from __future__ import annotations

import sys
from datetime import date, datetime
from zoneinfo import ZoneInfo

import click

from engine.accounts.csv_tables import csv_line, csv_row
from engine.accounts.report_rows import Rows
from engine.accounts.reporting import REPORTS, ReportBy, network_zone, report, span_of
from engine.accounts.shown import members
from engine.cli.options import db_option, json_option, print_json, with_store
from engine.core.json_values import Json, JsonObject
from engine.core.printable import printable
from engine.language.hours import zones
from engine.store.store import Store

from_option = click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first day.")
to_option = click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="The last day, included.")
campaign_option = click.option("--campaign", metavar="NAME", help="Only this campaign's calls.")


def _zone(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in zones():
        raise click.BadParameter(f"found {value!r}; expected a zone such as America/Chicago")
    return value


zone_option = click.option(
    "--zone", callback=_zone, metavar="ZONE", help="The time zone of the days. Default: the network's."
)


def day(value: datetime | None) -> date | None:
    return None if value is None else value.date()


@click.command(name="report")
@click.option("--by", type=click.Choice(REPORTS), required=True)
@from_option
@to_option
@campaign_option
@zone_option
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@db_option
@json_option
def report_command(
    by: ReportBy,
    first: datetime | None,
    last: datetime | None,
    campaign: str | None,
    zone: str | None,
    as_csv: bool,
    db: str,
    as_json: bool,
) -> None:
    """Report calls, billing, payouts, talk time and reasons; by node, the funnel of each flow."""

    async def read(store: Store) -> Rows:
        chosen = ZoneInfo(zone) if zone else await network_zone(store)
        return await report(store, by, span_of(day(first), day(last), campaign, chosen), chosen)

    found = with_store(db, read)
    rows = [members(row) for row in found]
    if as_json:
        print_json(found)
    elif not rows:
        click.echo("no calls", err=True)
    elif as_csv:
        sys.stdout.write(csv_line(list(rows[0])))
        for row in rows:
            sys.stdout.write(csv_row(list(rows[0]), row))
    else:
        _table(rows)


def _table(rows: list[JsonObject]) -> None:
    columns = list(rows[0])
    lines = [columns, *([_shown(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
    for line in lines:
        told = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo(printable(told.rstrip()))


def _shown(value: Json) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {held}" for name, held in value.items())
    return "-" if value is None else str(value)
