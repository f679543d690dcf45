"""cordboard optouts: who does not want to be called any more; add a number, or take one off the list."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Literal

import click

from engine.accounts.opting_out import opt
from engine.accounts.wishes_shown import OptOutShown
from engine.cli.options import by_option, db_option, json_option, now_ms, print_json, with_store
from engine.core.printable import printable
from engine.store.store import Store
from engine.store.tables.opt_outs import OptOutStep


@click.group(invoke_without_command=True)
@db_option
@json_option
@click.pass_context
def optouts(context: click.Context, db: str, as_json: bool) -> None:
    """List callers who asked not to be called any more, newest first. Add a number, or take one off."""
    if context.invoked_subcommand is not None:
        return

    async def read(store: Store) -> Sequence[OptOutStep]:
        return await store.wishes.opted_out()

    shown = [OptOutShown.of(step) for step in with_store(db, read)]
    if as_json:
        print_json(shown)
        return
    for each in shown:
        number = each.number or "(forgotten)"
        click.echo(printable(f"{number:<16} {each.at[:19]}  {each.call or each.by}  {each.why}".rstrip()))
    click.echo(f"{len(shown)} opted out", err=True)


_why = click.option(
    "--why", default="", metavar="TEXT", help="The reason, stored: without the number, please."
)


@optouts.command()
@click.argument("number")
@_why
@by_option
@db_option
def add(number: str, why: str, by: str, db: str) -> None:
    """Put NUMBER on the list. Exits with 1 if it's there already."""
    _take(number, "out", why, by, db)


@optouts.command()
@click.argument("number")
@_why
@by_option
@db_option
def remove(number: str, why: str, by: str, db: str) -> None:
    """Take NUMBER off the list: its owner wants to be called again. Exits with 1 if it isn't there."""
    _take(number, "in", why, by, db)


def _take(number: str, action: Literal["out", "in"], why: str, by: str, db: str) -> None:
    step = OptOutStep(number, action, None, by, why, now_ms())
    changed = with_store(db, lambda store: opt(store, step))
    state = "is on the list" if action == "out" else "is not on the list"
    click.echo(printable(f"{number} {state}" if changed else f"{number} {state} already"), err=not changed)
    if not changed:
        sys.exit(1)
