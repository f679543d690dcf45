"""The outbox over the API: what is on its way to webhooks, what was given up, and sending it again."""

from __future__ import annotations

from typing import Annotated

from fastapi import HTTPException, Query
from pydantic import BaseModel, Field

from engine.accounts.outbox_shown import Dropped, OutboxShown, Retried
from engine.store.outbox.letters import State
from engine.web.answers import Routes
from engine.web.forms import Number, refusals
from engine.web.needs import OpenStore

routes = Routes()


class DeadLetters(BaseModel, extra="forbid"):
    """The dead letters to handle: those listed, or all of them."""

    ids: Annotated[list[Number], Field(max_length=1000)] = []
    all_dead: bool = False

    def named(self) -> list[int] | None:
        """None for all of them."""
        if bool(self.ids) == self.all_dead:
            raise HTTPException(422, "say which: ids, or all_dead")
        return None if self.all_dead else list(self.ids)


@routes.get("/outbox", summary="Webhook messages, newest first, and how many are in each state")
async def outbox(
    store: OpenStore,
    state: Annotated[list[State] | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> OutboxShown:
    found = await store.outbox.letters(state or ["waiting", "dead"], limit)
    return OutboxShown.of(await store.outbox.counts(), found)


@routes.post("/outbox/retries", summary="Send dead letters again", responses=refusals(400))
async def retry(asked: DeadLetters, store: OpenStore) -> Retried:
    return Retried(retried=await store.outbox.retry(asked.named()))


@routes.post("/outbox/drops", summary="Delete dead letters for good", responses=refusals(400))
async def drop(asked: DeadLetters, store: OpenStore) -> Dropped:
    return Dropped(dropped=await store.outbox.drop(asked.named()))
