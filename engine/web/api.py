"""The API under /api/v1: what `cordboard calls` and `cordboard show` tell, for scripts, by bearer token."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from engine.accounts.retelling import call_in_full
from engine.core.money import format_money
from engine.store.views import show_json, summary_json
from engine.web.desk import add_desk_routes
from engine.web.disputes import add_dispute_routes
from engine.web.forms import Answer, call_named, parameters_fit, refusals
from engine.web.outbox import add_outbox_routes
from engine.web.proofs import add_proof_routes
from engine.web.recordings import add_recording_routes
from engine.web.reports import add_report_routes

if TYPE_CHECKING:
    from engine.runtime.engine import Engine


def api_routes(engine: Engine) -> APIRouter:
    """The API's routes. Without CORDBOARD_API_TOKEN it is closed to everybody."""

    def authorised(request: Request) -> None:
        expected = engine.settings.api_token.get_secret_value()
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if not expected:
            raise HTTPException(403, "the API is closed; set CORDBOARD_API_TOKEN to open it")
        if scheme.lower() != "bearer" or not secrets.compare_digest(given.encode(), expected.encode()):
            raise HTTPException(401, "expected 'Authorization: Bearer TOKEN'", {"WWW-Authenticate": "Bearer"})

    routes = APIRouter(
        prefix="/api/v1",
        dependencies=[Depends(authorised), Depends(parameters_fit)],
        responses=refusals(401, 403, 422),
    )

    @routes.get("/calls", summary="Calls, newest first")
    async def calls(
        limit: Annotated[int, Query(ge=1, le=1000)] = 100, before: str | None = None
    ) -> list[Answer]:
        return [summary_json(summary) for summary in await engine.store.calls(limit, before)]

    @routes.get(
        "/calls/{call}",
        summary="One call: path, answers, decisions, legs, verdicts, ledger",
        responses=refusals(400, 404),
    )
    async def call(call: str) -> Answer:
        name = await call_named(engine.store, call)
        running = engine.published.revision if engine.published else None
        view = await call_in_full(engine.store, name, running)
        if view is None:
            raise HTTPException(404, f"there is no call {call!r}")
        return show_json(view)

    @routes.get("/buyers", summary="The buyers of the running revision")
    async def buyers() -> list[Answer]:
        if engine.published is None:
            return []
        network = engine.published.market.network
        return [
            {
                "buyer": buyer.key,
                "name": buyer.name,
                "to": buyer.to,
                "priority": buyer.priority,
                "weight": buyer.weight,
                "price": format_money(buyer.price_micros),
                "currency": network.currency,
            }
            for buyer in network.buyers.values()
        ]

    add_recording_routes(routes, engine)
    add_proof_routes(routes, engine)
    add_outbox_routes(routes, engine)
    add_report_routes(routes, engine)
    add_desk_routes(routes, engine)
    add_dispute_routes(routes, engine)
    return routes
