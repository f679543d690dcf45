"""cordboard show: one call, everything that it left behind."""

from __future__ import annotations

import click

from engine.cli.options import db_option, json_option, named_call, print_json, stop, with_store
from engine.cli.telling import tell_call
from engine.core.journal import JsonObject
from engine.runtime.retelling import call_in_full
from engine.store.store import Store
from engine.store.views import show_json


@click.command()
@click.argument("call")
@db_option
@json_option
@click.option("--all", "with_all", is_flag=True, help="Every buyer of a decision among many.")
def show(call: str, db: str, as_json: bool, with_all: bool) -> None:
    """Show CALL (its name, or enough of its beginning): path, answers, decisions, legs, verdicts, ledger.

    Of a decision among many buyers only the first of the ranking are told; --all and --json tell all.
    """

    async def read(store: Store) -> JsonObject:
        name = await named_call(store, call)
        view = await call_in_full(store, name, every_buyer=with_all or as_json)
        if view is None:
            stop(f"there is no call '{call}'")
        return show_json(view)

    document = with_store(db, read)
    if as_json:
        print_json(document)
    else:
        for line in tell_call(document):
            click.echo(line)
