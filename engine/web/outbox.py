"""The API's way to the outbox: what is on its way to webhooks, what was given up, and sending it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from engine.store.outbox.letters import State, letter_json
from engine.web.forms import Answer, Number, refusals

if TYPE_CHECKING:
    from engine.runtime.engine import Engine


class DeadLetters(BaseModel, extra="forbid"):
    """Which dead letters are meant: those named, or all of them."""

    ids: Annotated[list[Number], Field(max_length=1000)] = []
    all_dead: bool = False

    def named(self) -> list[int] | None:
        """None for all of them."""
        if bool(self.ids) == self.all_dead:
            raise HTTPException(422, "say which: ids, or all_dead")
        return None if self.all_dead else list(self.ids)


def add_outbox_routes(routes: APIRouter, engine: Engine) -> None:
    """Routes to be included where the token is checked."""

    @routes.get("/outbox", summary="Letters to webhooks, newest first, and how many there are of each state")
    async def outbox(
        state: Annotated[list[State] | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Answer:
        box = engine.store.outbox
        found = await box.letters(state or ["waiting", "dead"], limit)
        return {"counts": await box.counts(), "letters": [letter_json(letter) for letter in found]}

    @routes.post("/outbox/retries", summary="Send dead letters again", responses=refusals(400))
    async def retry(asked: DeadLetters) -> Answer:
        return {"retried": await engine.store.outbox.retry(asked.named())}

    @routes.post("/outbox/drops", summary="Forget dead letters for good", responses=refusals(400))
    async def drop(asked: DeadLetters) -> Answer:
        return {"dropped": await engine.store.outbox.drop(asked.named())}
