"""cordboard buyers: what became of each buyer's calls, its near misses among them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from engine.accounts.buyer_shown import FiguresShown
from engine.accounts.shown import members
from engine.cli.options import db_option, duration_s, json_option, now_ms, print_json, with_store
from engine.store.reports.figures import BuyerFigures
from engine.store.store import Store

_COLUMNS = ("offered", "answered", "connected", "billed", "revenue", "buzzers", "caller_misses")


@click.command()
@click.option("--since", default="30d", show_default=True, callback=duration_s, help="How far back to look.")
@db_option
@json_option
def buyers(since: float, db: str, as_json: bool) -> None:
    """List each buyer's calls, billing, and hang-ups just below the billing threshold.

    Buzzers are calls that the buyer ended within `near_miss` of being billed; caller_misses are those that
    the caller ended.
    """

    async def read(store: Store) -> Sequence[BuyerFigures]:
        return await store.books.buyer_figures(now_ms() - round(since * 1000))

    found = [FiguresShown.of(figures) for figures in with_store(db, read)]
    if as_json:
        print_json(found)
    elif not found:
        click.echo("no buyers were called", err=True)
    else:
        click.echo(f"{'buyer':<20}" + "".join(f"{name:>14}" for name in _COLUMNS))
    for figures in map(members, found) if not as_json else ():
        revenues = figures.get("revenues")
        owed = revenues if isinstance(revenues, dict) else {figures["currency"]: figures["revenue"]}
        first, *others = [f"{amount} {currency or ''}".rstrip() for currency, amount in owed.items()]
        told = {**figures, "revenue": first}
        click.echo(f"{figures['buyer']!s:<20}" + "".join(f"{told[name]!s:>14}" for name in _COLUMNS))
        for other in others:
            click.echo(f"{'':<20}{other:>70}")
