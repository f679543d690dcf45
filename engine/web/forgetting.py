"""Forgetting a person over the API, as `cordboard forget` does."""

from __future__ import annotations

from fastapi import HTTPException
from pydantic import BaseModel, Field

from engine.accounts.forgetting import NumberInReason, UnusableNumber, forget, trace
from engine.accounts.forgotten_shown import ForgottenShown
from engine.web.answers import Routes
from engine.web.forms import Text, Words, refusals, refusals_told
from engine.web.needs import HeldHere, OpenStore

routes = Routes()


class ForgettingAsked(BaseModel, extra="forbid"):
    """Erase everything of whoever has this number. A dry run only counts. `why` is stored: not the number.

    A national spelling is read as in `country`, two letters; without it, as where the network is called.
    """

    number: Text
    by: Text
    why: Words = ""
    country: str = Field("", pattern="^([A-Z]{2})?$")
    dry_run: bool = False


@routes.post(
    "/forgettings",
    summary="Erase a caller: number, answers, words and recordings of all their calls",
    responses=refusals(400, 409, 500),
)
async def forgetting(asked: ForgettingAsked, store: OpenStore, held: HeldHere) -> ForgottenShown:
    """Calls in progress are erased when they end. The database's file is rewritten in a quiet moment."""
    try:
        traced = await trace(store, asked.number, asked.country)
    except UnusableNumber as unusable:
        raise HTTPException(422, str(unusable)) from unusable
    if asked.dry_run:
        return ForgottenShown.of(traced)
    if traced.is_in(asked.why) or traced.is_in(asked.by):
        raise HTTPException(422, str(NumberInReason()))
    async with refusals_told():
        return ForgottenShown.of(traced, await forget(store, traced, held, asked.by, asked.why))
