"""cordboard calls: the calls in a database, newest first."""

from __future__ import annotations

import click

from engine.accounts.call_line import CallLine
from engine.cli.options import db_option, json_option, practice_option, print_json, with_store
from engine.cli.telling import call_line
from engine.store.store import Store


@click.command()
@db_option
@json_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1), help="Limit of calls.")
@practice_option
@click.option("--before", metavar="CALL", help="Go on after this call of an earlier page.")
def calls(db: str, as_json: bool, limit: int, before: str | None, practice: bool) -> None:
    """List calls, newest first. Practice calls are listed apart."""

    async def read(store: Store) -> list[CallLine]:
        return [CallLine.of(summary) for summary in await store.calls(limit, before, practice=practice)]

    found = with_store(db, read)
    if as_json:
        print_json(found)
    elif not found:
        click.echo("no calls yet", err=True)
    for line in found if not as_json else ():
        click.echo(call_line(line))
