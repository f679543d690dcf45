"""The ledger over the API: correct a bill, check the chains."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import HTTPException
from pydantic import BaseModel

from engine.accounts.call_shown import CallShown
from engine.accounts.ledger_shown import ChainShown
from engine.accounts.refunds import payout_after
from engine.core.money import parse_money
from engine.store.ledger.entries import Correction, Kind, PostedEntry
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

    def of(self, call: str, entries: Sequence[PostedEntry]) -> list[Correction]:
        """What is to be corrected of the call."""
        amount = None if self.amount is None else parse_money(self.amount)
        said = None if self.payout is None else parse_money(self.payout)
        wanted: list[tuple[Kind, int | None]] = [
            ("revenue", amount),
            ("payout", payout_after(entries, self.buyer, amount, said)),
        ]
        return [
            Correction(call, self.buyer, kind, micros, self.why, self.by)
            for kind, micros in wanted
            if micros is not None
        ]


@routes.post(
    "/calls/{call}/corrections",
    summary="Correct the bill of a call",
    responses=refusals(400, 404, 409),
)
async def correct(call: str, asked: CorrectionAsked, store: OpenStore) -> CallShown:
    if asked.amount is None and asked.payout is None:
        raise HTTPException(422, "give the corrected amount, payout, or both")
    name = await call_named(store, call)
    view = await store.call(name)
    assert view is not None, "a call that was found is there"
    async with refusals_told():
        await store.correct(*asked.of(name, view.ledger))
    view = await store.call(name)
    assert view is not None, "a call that was corrected is there"
    return CallShown.of(view)


@routes.get("/ledger/heads", summary="Each party's chain of entries: whether it is intact, and its last hash")
async def heads(store: OpenStore, party: str | None = None) -> list[ChainShown]:
    return [ChainShown.of(check) for check in await store.verify_ledger(party)]
