"""cordboard pause, cordboard resume: a buyer gets no calls until it is resumed; nothing is deployed."""

from __future__ import annotations

import sys
from typing import Literal

import click

from engine.accounts.pausing import take_step
from engine.cli.options import by_option, db_option, now_ms, with_store
from engine.store.store import Store
from engine.store.tables.pauses import PauseStep

_campaign_option = click.option(
    "--campaign", metavar="NAME", default="", help="Only in this campaign; left out, in all of them."
)


@click.command()
@click.argument("buyer")
@_campaign_option
@click.option("--why", required=True, metavar="TEXT", help="The reason, kept and shown in decisions.")
@by_option
@db_option
def pause(buyer: str, campaign: str, why: str, by: str, db: str) -> None:
    """Give BUYER no calls from now on. Calls that it has go on; exit 1 where it is paused already."""
    _take(buyer, campaign, "pause", why, by, db)


@click.command()
@click.argument("buyer")
@_campaign_option
@click.option("--why", default="", metavar="TEXT", help="The reason, kept.")
@by_option
@db_option
def resume(buyer: str, campaign: str, why: str, by: str, db: str) -> None:
    """Give BUYER calls again. A pause in one campaign and one in all are resumed apart."""
    _take(buyer, campaign, "resume", why, by, db)


def _take(buyer: str, campaign: str, action: Literal["pause", "resume"], why: str, by: str, db: str) -> None:
    async def step(store: Store) -> bool:
        return await take_step(store, PauseStep(buyer, campaign, action, why, by, now_ms()))

    changed = with_store(db, step)
    word = "paused" if action == "pause" else "resumed"
    where = f"in campaign {campaign}" if campaign else "in all campaigns"
    if not changed:
        click.echo(f"{buyer} is {'paused' if action == 'pause' else 'not paused'} {where} already", err=True)
        sys.exit(1)
    click.echo(f"{buyer} is {word} {where}")
