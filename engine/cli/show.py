"""cordboard show: one call, everything that it left behind."""

from __future__ import annotations

import click

from engine.accounts.retelling import call_in_full
from engine.cli.options import db_option, json_option, named_call, print_json, stop, with_store
from engine.cli.telling import tell_call
from engine.core.journal import Json, JsonObject, objects
from engine.language.mistakes import suggestion
from engine.store.store import Store
from engine.store.views import show_json


@click.command()
@click.argument("call")
@db_option
@json_option
@click.option("--all", "with_all", is_flag=True, help="Every buyer of a decision among many.")
@click.option("--buyer", metavar="NAME", help="Of each decision this buyer alone, however many there were.")
def show(call: str, db: str, as_json: bool, with_all: bool, buyer: str | None) -> None:
    """Show CALL (its name, or enough of its beginning): path, answers, decisions, legs, verdicts, ledger.

    Of a decision among many buyers only the first of the ranking are told; --all and --json tell all, --buyer
    tells why one of them was taken or not.
    """

    async def read(store: Store) -> JsonObject:
        name = await named_call(store, call)
        view = await call_in_full(store, name, every_buyer=with_all or as_json or buyer is not None)
        if view is None:
            stop(f"there is no call '{call}'")
        return show_json(view)

    document = with_store(db, read)
    if buyer is not None:
        document["decisions"] = _of_buyer(document, buyer)
    if as_json:
        print_json(document)
    else:
        for line in tell_call(document):
            click.echo(line)


def _of_buyer(document: JsonObject, buyer: str) -> list[Json]:
    """The call's decisions with nobody else in them; ends the program where the buyer is in none."""
    decisions = objects(document["decisions"])
    told = {str(each["buyer"]) for decision in decisions for each in objects(decision["candidates"])}
    if buyer not in told:
        stop(f"no decision of call {document['call']} looked at a buyer '{buyer}'; {suggestion(buyer, told)}")
    return [
        {
            **decision,
            "candidates": [each for each in objects(decision["candidates"]) if each["buyer"] == buyer],
            "others": {},
        }
        for decision in decisions
    ]
