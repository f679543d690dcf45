"""cordboard report: what became of calls, by campaign, publisher, buyer, node, reason, day or tag."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypedDict, TypeVar, Unpack, cast
from zoneinfo import ZoneInfo

import click

from engine.accounts.csv_tables import csv_line, csv_row
from engine.accounts.report_rows import Rows
from engine.accounts.reporting import REPORTS, Asked, ReportBy, network_zone, report, span_of
from engine.accounts.shown import members
from engine.cli.options import db_option, json_option, practice_option, print_json, with_store
from engine.core.json_values import Json, JsonObject
from engine.core.printable import printable
from engine.language.hours import zones
from engine.store.reports.spans import Span
from engine.store.store import Store

from_option = click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="The first day.")
to_option = click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="The last day, included.")
campaign_option = click.option("--campaign", metavar="NAME", help="Only this campaign's calls.")
publisher_option = click.option("--publisher", metavar="NAME", help="Only this publisher's calls.")
buyer_option = click.option("--buyer", metavar="NAME", help="Only what came to this buyer.")
tag_option = click.option(
    "--tag", metavar="NAME[=VALUE]", help="Only calls whose tag has this value; the tag of a report by tag."
)


_MONEY = ("revenue", "payout", "margin", "currency")


def _zone(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in zones():
        raise click.BadParameter(f"found {value!r}; expected a zone such as America/Chicago")
    return value


zone_option = click.option(
    "--zone", callback=_zone, metavar="ZONE", help="The time zone of the days. Default: the network's."
)


class Narrowed(TypedDict):
    """The options by which reports and exports are narrowed."""

    first: datetime | None
    last: datetime | None
    campaign: str | None
    publisher: str | None
    buyer: str | None
    tag: str | None
    zone: str | None
    practice: bool


Command = TypeVar("Command", bound=Callable[..., None])


def narrowing(command: Command) -> Command:
    """Give the command these options."""
    for option in (
        practice_option,
        zone_option,
        tag_option,
        buyer_option,
        publisher_option,
        campaign_option,
        to_option,
        from_option,
    ):
        command = option(command)
    return command


async def asked_span(store: Store, narrowed: Narrowed) -> tuple[Span, ZoneInfo]:
    """Which calls are meant, and the zone of their days."""
    zone = ZoneInfo(narrowed["zone"]) if narrowed["zone"] else await network_zone(store)
    first, last = narrowed["first"], narrowed["last"]
    asked = Asked(
        first=None if first is None else first.date(),
        last=None if last is None else last.date(),
        campaign=narrowed["campaign"],
        publisher=narrowed["publisher"],
        buyer=narrowed["buyer"],
        tag=narrowed["tag"],
        practice=narrowed["practice"],
    )
    return span_of(asked, zone), zone


@click.command(name="report")
@click.option("--by", type=click.Choice(REPORTS), required=True)
@narrowing
@click.option(
    "--even-if-broken", is_flag=True, help="Report even if a party's chain in the ledger is broken."
)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV.")
@db_option
@json_option
def report_command(
    by: ReportBy,
    even_if_broken: bool,
    as_csv: bool,
    db: str,
    as_json: bool,
    **narrowed: Unpack[Narrowed],
) -> None:
    """Report calls, billing, payouts, talk time and reasons; by node, the funnel of each flow.

    A call belongs to the day on which it began, with all that came of it: a later correction counts in that
    day. `cordboard export ledger` has entries by the day on which they were posted.
    """

    async def read(store: Store) -> Rows:
        span, zone = await asked_span(store, narrowed)
        return await report(store, by, span, zone, even_if_broken=even_if_broken)

    found = with_store(db, read)
    rows = [line for row in found for line in _lines(by, members(row))]
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


def _lines(by: ReportBy, row: JsonObject) -> Iterable[JsonObject]:
    """The row, and for every further currency a line of its own, which has its amounts alone."""
    parts = cast("Sequence[JsonObject]", row.pop("amounts", ()))
    first, *others = [{name: part[name] for name in _MONEY} for part in parts] or [{}]
    yield {**row, **first}
    for other in others:
        yield {by: row[by], **other}


def _table(rows: list[JsonObject]) -> None:
    columns = list(rows[0])
    lines = [columns, *([_shown(row.get(column, "")) for column in columns] for row in rows)]
    widths = [max(len(line[number]) for line in lines) for number in range(len(columns))]
    for line in lines:
        told = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        click.echo(printable(told.rstrip()))


def _shown(value: Json) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {held}" for name, held in value.items())
    return "-" if value is None else str(value)
