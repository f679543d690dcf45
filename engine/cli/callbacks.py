"""cordboard callbacks: who wants to be called back. Cordboard calls nobody; whoever does notes it here."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from engine.accounts.wishes_shown import CallbackShown
from engine.cli.options import by_option, db_option, json_option, print_json, with_store
from engine.core.printable import printable
from engine.store.store import Store
from engine.store.tables.callbacks import Callback


@click.group(invoke_without_command=True)
@click.option("--all", "every", is_flag=True, help="Also those that were called back, newest first.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000))
@db_option
@json_option
@click.pass_context
def callbacks(context: click.Context, every: bool, limit: int, db: str, as_json: bool) -> None:
    """List callers who want to be called back, the longest waiting first."""
    if context.invoked_subcommand is not None:
        return

    async def read(store: Store) -> Sequence[Callback]:
        return await store.wishes.callbacks(is_open=not every, limit=limit)

    shown = [CallbackShown.of(asked) for asked in with_store(db, read)]
    if as_json:
        print_json(shown)
        return
    for each in shown:
        done = f"called back by {each.done_by} at {each.done_at[:19]}" if each.done_at else ""
        head = f"{each.id:>6}  {each.number:<16} {each.at[:19]}  {each.campaign:<16} {each.call}"
        click.echo(printable(f"{head}  {done}".rstrip()))
    click.echo(f"{len(shown)} callbacks", err=True)


@callbacks.command()
@click.argument("ids", metavar="ID...", type=int, nargs=-1, required=True)
@by_option
@db_option
def done(ids: tuple[int, ...], by: str, db: str) -> None:
    """Note that these callers were called back. Exits with 1 if none of them was still waiting."""
    number = with_store(db, lambda store: store.wishes.called_back(ids, by))
    click.echo(f"{number} {'is' if number == 1 else 'are'} done")
    sys.exit(0 if number else 1)
