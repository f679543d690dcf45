"""cordboard correct: make another amount stand, by an entry that names the one that it corrects."""

from __future__ import annotations

import click

from engine.accounts.call_shown import CallShown
from engine.accounts.ledger_shown import EntryShown
from engine.accounts.refunds import payout_sentence
from engine.accounts.shown import Shown
from engine.cli.options import (
    by_option,
    db_option,
    json_option,
    money,
    named_call,
    print_json,
    stop,
    with_store,
)
from engine.cli.telling import tell_ledger
from engine.store.ledger.refunds import BillChange
from engine.store.store import Store


class CorrectedBill(Shown, frozen=True, kw_only=True):
    """A call's entries, the corrections among them."""

    call: str
    ledger: tuple[EntryShown, ...]


@click.command()
@click.argument("call")
@click.option("--buyer", required=True, metavar="NAME", help="The buyer whose bill is corrected.")
@click.option(
    "--amount", callback=money, metavar="AMOUNT", help="The amount the buyer owes instead, such as 40.00."
)
@click.option(
    "--payout",
    callback=money,
    metavar="AMOUNT",
    help="The amount the publisher is paid instead. Default: 0.00 if the buyer owes nothing, else as it was.",
)
@click.option("--void", is_flag=True, help="Cancel the bill: no revenue and no payout.")
@click.option("--why", required=True, metavar="TEXT", help="The reason, stored with the entry.")
@by_option
@db_option
@json_option
def correct(
    call: str,
    buyer: str,
    amount: int | None,
    payout: int | None,
    void: bool,
    why: str,
    by: str,
    db: str,
    as_json: bool,
) -> None:
    """Correct CALL's bill with a new ledger entry. An amount that already applies is refused (exit 2)."""
    if void == (amount is not None or payout is not None) and not (void and amount is None):
        stop("give the corrected amounts with --amount and --payout, or cancel the bill with --void")

    async def enter(store: Store) -> CallShown:
        name = await named_call(store, call)
        await store.correct_bill(BillChange(name, buyer, amount, payout, why, by, is_void=void))
        corrected = await store.call(name)
        assert corrected is not None
        said.append(payout_sentence(corrected.ledger, buyer))
        return CallShown.of(corrected)

    said: list[str] = []
    shown = with_store(db, enter)
    if as_json:
        print_json(CorrectedBill(call=shown.call, ledger=shown.ledger))
    else:
        for line in (*tell_ledger(shown), *(f"  {sentence}" for sentence in said if sentence)):
            click.echo(line)
