"""Whether the engine lives, whether it takes calls, and its metrics: for machines, outside /openapi.json."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response

from engine.accounts.shown import Shown
from engine.web.answers import answer
from engine.web.needs import CountedSoFar, IsDraining, LiveCalls, NowMs, OpenStore, RunningRevision

routes = APIRouter(include_in_schema=False)


class Alive(Shown, frozen=True, kw_only=True):
    """The process is running."""

    status: Literal["alive"] = "alive"


class Ready(Shown, frozen=True, kw_only=True):
    """Whether calls are accepted, on which revision, and how many are in progress."""

    status: Literal["ready", "not ready"]
    revision: str | None
    calls: int


@routes.get("/healthz")
async def healthz() -> Response:
    return answer(Alive())


@routes.get("/readyz")
async def readyz(
    published: RunningRevision, is_draining: IsDraining, store: OpenStore, calls: LiveCalls
) -> Response:
    """503 while no calls are accepted."""
    is_ready = published is not None and not is_draining and not store.is_behind
    shown = Ready(
        status="ready" if is_ready else "not ready",
        revision=published.revision.id if published else None,
        calls=len(calls),
    )
    return answer(shown, 200 if is_ready else 503)


@routes.get("/metrics")
async def metrics(store: OpenStore, counted: CountedSoFar, now_ms: NowMs) -> Response:
    page = await counted.page(store.outbox.counts, now_ms)
    return Response(page, media_type="text/plain; version=0.0.4")
