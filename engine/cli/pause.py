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
    "--campaign", metavar="NAME", default="", help="Only in this campaign. Default: all campaigns."
)


@click.command()
@click.argument("buyer")
@_campaign_option
@click.option("--why", required=True, metavar="TEXT", help="The reason, stored and shown in decisions.")
@by_option
@db_option
def pause(buyer: str, campaign: str, why: str, by: str, db: str) -> None:
    """Stop sending calls to BUYER. Calls in progress continue. Exits with 1 if it is already paused."""
    _take(buyer, campaign, "pause", why, by, db)


@click.command()
@click.argument("buyer")
@_campaign_option
@click.option("--why", default="", metavar="TEXT", help="The reason, stored.")
@by_option
@db_option
def resume(buyer: str, campaign: str, why: str, by: str, db: str) -> None:
    """Send calls to BUYER again. A pause in one campaign and a pause in all are resumed separately."""
    _take(buyer, campaign, "resume", why, by, db)


def _take(buyer: str, campaign: str, action: Literal["pause", "resume"], why: str, by: str, db: str) -> None:
    async def step(store: Store) -> bool:
        return await take_step(store, PauseStep(buyer, campaign, action, why, by, now_ms()))

    changed = with_store(db, step)
    word = "paused" if action == "pause" else "resumed"
    where = f"in campaign {campaign}" if campaign else "in all campaigns"
    if not changed:
        click.echo(f"{buyer} is already {'paused' if action == 'pause' else 'not paused'} {where}", err=True)
        sys.exit(1)
    click.echo(f"{buyer} is {word} {where}")
