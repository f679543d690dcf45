"""The ledger over the API: correct a bill, check the chains."""

from __future__ import annotations

from fastapi import HTTPException
from pydantic import BaseModel

from engine.accounts.call_shown import CallShown
from engine.accounts.ledger_shown import ChainShown
from engine.core.money import parse_money
from engine.store.ledger.refunds import BillChange
from engine.web.answers import Routes
from engine.web.forms import Amount, Text, call_named, refusals, refusals_told
from engine.web.needs import OpenStore

routes = Routes()


class CorrectionAsked(BaseModel, extra="forbid"):
    """The corrected amounts of a call's bill. An amount that is left out stays as it is.

    But where the buyer owes nothing any more, the payout is 0.00 too, unless it is given.
    """

    buyer: Text
    amount: Amount | None = None
    payout: Amount | None = None
    why: Text
    by: Text

    def of(self, call: str) -> BillChange:
        """What is to be corrected of the call."""
        amount = None if self.amount is None else parse_money(self.amount)
        payout = None if self.payout is None else parse_money(self.payout)
        return BillChange(call, self.buyer, amount, payout, self.why, self.by)


@routes.post(
    "/calls/{call}/corrections",
    summary="Correct the bill of a call",
    responses=refusals(400, 404, 409),
)
async def correct(call: str, asked: CorrectionAsked, store: OpenStore) -> CallShown:
    if asked.amount is None and asked.payout is None:
        raise HTTPException(422, "give the corrected amount, payout, or both")
    name = await call_named(store, call)
    async with refusals_told():
        await store.correct_bill(asked.of(name))
    view = await store.call(name)
    assert view is not None, "a call that was corrected is there"
    return CallShown.of(view)


@routes.get("/ledger/heads", summary="Each party's chain of entries: whether it is intact, and its last hash")
async def heads(store: OpenStore, party: str | None = None) -> list[ChainShown]:
    return [ChainShown.of(check) for check in await store.verify_ledger(party)]
