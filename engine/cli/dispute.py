"""cordboard dispute: a buyer says that a bill is wrong; the evidence proposes, a person decides."""

from __future__ import annotations

from collections.abc import Sequence

import click

from engine.accounts.dispute_shown import DisputeShown
from engine.accounts.disputing import decide_dispute, decision_of, open_dispute
from engine.cli.options import (
    by_option,
    db_option,
    json_option,
    money,
    named_call,
    now_ms,
    print_json,
    stop,
    with_store,
)
from engine.cli.telling import tell_dispute
from engine.exchange.codes import DISPUTE_REASONS
from engine.exchange.disputes import Claim
from engine.store.ledger.disputes import Dispute
from engine.store.store import Store


@click.group()
def dispute() -> None:
    """Open, list and decide billing disputes."""


@dispute.command("open")
@click.argument("call")
@click.option("--buyer", required=True, metavar="NAME", help="The buyer whose bill is disputed.")
@click.option("--clause", default="", metavar="TEXT", help="The disputed clause, as `show` prints it.")
@click.option(
    "--reason", default="", type=click.Choice(["", *DISPUTE_REASONS]), help="Or the reason, without a clause."
)
@click.option("--says", required=True, metavar="TEXT", help="The buyer's explanation, in its own words.")
@by_option
@db_option
@json_option
def open_(
    call: str, buyer: str, clause: str, reason: str, says: str, by: str, db: str, as_json: bool
) -> None:
    """Dispute CALL's bill, and print the decision that the evidence suggests."""
    if bool(clause) == bool(reason):
        stop("give the disputed --clause, or a --reason")

    async def open_one(store: Store) -> Dispute:
        name = await named_call(store, call)
        return await open_dispute(store, Claim(name, buyer, clause, reason, says), by, now_ms())

    _print([DisputeShown.of(with_store(db, open_one))], as_json, one=True)


@dispute.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only undecided ones.")
@db_option
@json_option
def list_(only_open: bool, db: str, as_json: bool) -> None:
    """List disputes, oldest first."""

    async def read(store: Store) -> Sequence[Dispute]:
        return await store.disputes()

    found = [each for each in with_store(db, read) if each.state == "open" or not only_open]
    _print([DisputeShown.of(each) for each in found], as_json)


@dispute.command()
@click.argument("number", metavar="ID", type=int)
@click.option("--accept", is_flag=True, help="The buyer is right and owes nothing.")
@click.option("--reject", is_flag=True, help="Keep the bill as it is.")
@click.option("--amount", callback=money, metavar="AMOUNT", help="The amount the buyer owes instead.")
@click.option(
    "--payout",
    callback=money,
    metavar="AMOUNT",
    help="The amount the publisher is paid instead. Default: 0.00 if the buyer owes nothing, else as it was.",
)
@click.option("--why", default="", metavar="TEXT", help="The reason, stored with the decision.")
@by_option
@db_option
@json_option
def decide(
    number: int,
    accept: bool,
    reject: bool,
    amount: int | None,
    payout: int | None,
    why: str,
    by: str,
    db: str,
    as_json: bool,
) -> None:
    """Decide dispute ID and correct the bill accordingly. A decision is final."""
    if [accept, reject, amount is not None].count(True) != 1:
        stop("choose one of --accept, --reject and --amount")
    word = "accept" if accept else "reject" if reject else "amount"

    async def decide_it(store: Store) -> Dispute:
        return await decide_dispute(store, number, decision_of(word, amount, payout, why, by))

    _print([DisputeShown.of(with_store(db, decide_it))], as_json, one=True)


def _print(found: list[DisputeShown], as_json: bool, *, one: bool = False) -> None:
    if as_json:
        print_json(found[0] if one else found)
    elif not found:
        click.echo("no disputes", err=True)
    for each in found if not as_json else ():
        for line in tell_dispute(each):
            click.echo(line)
