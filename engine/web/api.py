"""The API under /api/v1: what the commands show and do, for scripts, by bearer token."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from engine.runtime.settings import Settings
from engine.web import (
    buyers,
    calls,
    disputes,
    forgetting,
    ledger,
    outbox,
    proofs,
    recordings,
    reports,
    wishes,
)
from engine.web.forms import parameters_fit, refusals
from engine.web.needs import GivenSettings

SUBJECTS = (
    calls.routes,
    buyers.routes,
    recordings.routes,
    proofs.routes,
    outbox.routes,
    reports.routes,
    ledger.routes,
    disputes.routes,
    forgetting.routes,
    wishes.routes,
)

RECORDS = [record for subject in SUBJECTS for record in subject.records]

API = "/api/v1"

_bearer = HTTPBearer(auto_error=False, description="CORDBOARD_API_TOKEN")


async def authorised(
    settings: GivenSettings, given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> None:
    """Without CORDBOARD_API_TOKEN the API is closed to everybody."""
    check_token(settings, None if given is None else given.credentials)


def check_token(settings: Settings, given: str | None) -> None:
    """Raises what refuses the request. The edge asks as well, before anything is read of its body."""
    expected = settings.api_token.get_secret_value()
    if not expected:
        raise HTTPException(403, "the API is closed; set CORDBOARD_API_TOKEN to open it")
    if given is None or not secrets.compare_digest(given.encode(), expected.encode()):
        raise HTTPException(401, "expected 'Authorization: Bearer TOKEN'", {"WWW-Authenticate": "Bearer"})


def token_of(header: str) -> str | None:
    """The token in an Authorization header; None where it has none."""
    scheme, _, token = header.partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def api_routes() -> APIRouter:
    """Every subject's routes."""
    routes = APIRouter(
        prefix=API,
        dependencies=[Depends(authorised), Depends(parameters_fit)],
        responses=refusals(401, 403, 411, 413, 422, 429),
    )
    for subject in SUBJECTS:
        routes.include_router(subject)
    return routes
