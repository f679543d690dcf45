"""cordboard show: one call, everything that it left behind."""

from __future__ import annotations

import click
from msgspec.structs import replace

from engine.accounts.call_shown import CallShown
from engine.accounts.retelling import call_in_full
from engine.cli.options import db_option, json_option, named_call, print_json, stop, with_store
from engine.cli.telling import tell_call
from engine.language.mistakes import suggestion
from engine.store.store import Store


@click.command()
@click.argument("call")
@db_option
@json_option
@click.option("--all", "with_all", is_flag=True, help="Show every buyer of a large decision.")
@click.option("--buyer", metavar="NAME", help="Show only this buyer in each decision.")
def show(call: str, db: str, as_json: bool, with_all: bool, buyer: str | None) -> None:
    """Show CALL's path, answers, decisions, legs, verdicts and ledger. The start of its name is enough.

    A decision among many buyers shows only the top of its ranking. --all and --json show every buyer, and
    --buyer shows why one was chosen or not.
    """

    async def read(store: Store) -> CallShown:
        name = await named_call(store, call)
        view = await call_in_full(store, name, every_buyer=with_all or as_json or buyer is not None)
        if view is None:
            stop(f"call '{call}' doesn't exist")
        return CallShown.of(view)

    shown = with_store(db, read)
    if buyer is not None:
        shown = _of_buyer(shown, buyer)
    if as_json:
        print_json(shown)
    else:
        for line in tell_call(shown):
            click.echo(line)


def _of_buyer(call: CallShown, buyer: str) -> CallShown:
    """The call with nobody else in its decisions; ends the program where the buyer is in none."""
    told = {candidate.buyer for decision in call.decisions for candidate in decision.candidates}
    if buyer not in told:
        stop(f"no decision of call {call.call} considered buyer '{buyer}'; {suggestion(buyer, told)}")
    decisions = tuple(
        replace(
            decision,
            candidates=tuple(each for each in decision.candidates if each.buyer == buyer),
            others={},
        )
        for decision in call.decisions
    )
    return replace(call, decisions=decisions)
