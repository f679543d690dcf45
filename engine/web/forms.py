"""What the API's routes share: texts and amounts of requests, calls by name, refusals and how they are told.

Every refusal is `{"detail": SENTENCE}`; `refusals` lets /openapi.json say with which statuses.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import HTTPException, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, Field

from engine.core.outside_text import is_keepable
from engine.store.errors import AmbiguousCall, StoreError
from engine.store.store import Store

FOUND_CHARS = 80  # of what was found, in a refusal
KEEPABLE = "a text without NUL characters"


Practice = Annotated[bool, Query(description="practice calls, and no others")]


class Refusal(BaseModel):
    """Why the request was refused: what was found and what was expected."""

    detail: str


_MEANINGS: Mapping[int, str] = {
    400: "The body can't be read, or several calls match the name",
    401: "The token is missing or wrong",
    403: "The API is closed: the engine has no token",
    404: "Nothing has that name",
    409: "It conflicts with what is recorded; nothing was changed",
    410: "It was deleted when its retention ended",
    411: "A Content-Length is required",
    413: "The body is too long",
    422: "A parameter or a field is invalid",
    429: "This address came with too many wrong tokens",
    500: "The engine's signing key can't be read",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """A route's `responses`: the statuses with which it refuses."""
    return {status: {"model": Refusal, "description": _MEANINGS[status]} for status in statuses}


def refusal(status: int, detail: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The refusal as a response."""
    return JSONResponse(Refusal(detail=detail).model_dump(), status, headers)


def _storable(text: str) -> str:
    """Without what no database keeps."""
    if not is_keepable(text):
        raise ValueError(KEEPABLE)
    return text


Text = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_storable)]
Words = Annotated[str, Field(max_length=2000), AfterValidator(_storable)]
"""As Text, but it may be left out."""
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$", examples=["40.00"])]
Number = Annotated[int, Field(ge=1, lt=2**63)]
"""The number of something kept: what the database can count to."""


async def parameters_fit(request: Request) -> None:
    """422 for a parameter of the query that the route has not, and for one that no name can be.

    A misspelt filter must not answer with everything.
    """
    for name, value in (*request.path_params.items(), *request.query_params.items()):
        if not is_keepable(str(value)):
            raise HTTPException(422, f"{name}: found {_shown(value)}; expected {KEEPABLE}")
    route = request.scope.get("route")
    if not isinstance(route, APIRoute):
        return
    known = set(_asked_by(route.dependant))
    for name in request.query_params:
        if name not in known:
            expected = ", ".join(sorted(known)) if known else "none"
            raise HTTPException(422, f"found the parameter {_shown(name)}; expected {expected}")


def _asked_by(dependant: Dependant) -> Iterator[str]:
    """The names of the query's parameters that a route and its needs ask for."""
    for parameter in dependant.query_params:
        yield parameter.alias
    for need in dependant.dependencies:
        yield from _asked_by(need)


async def misfit_told(_: Request, misfit: Exception) -> JSONResponse:
    """A request that does not fit its route: each place with what was found and what was expected."""
    assert isinstance(misfit, RequestValidationError)
    return refusal(422, "; ".join(_misfits(misfit.errors())))


def _misfits(errors: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{'.'.join(str(part) for part in error['loc'])}: found {_shown(error['input'])}; {error['msg']}"
        for error in errors
    ]


def _shown(found: object) -> str:
    text = ascii(found)  # what cannot be encoded must not break the answer that refuses it
    return text if len(text) <= FOUND_CHARS else f"{text[:FOUND_CHARS]}…"


@asynccontextmanager
async def refusals_told() -> AsyncIterator[None]:
    """What the store refuses is told to who asked: 409."""
    try:
        yield
    except StoreError as refused:
        raise HTTPException(409, str(refused)) from refused


async def call_named(store: Store, call: str) -> str:
    """The call of that name, or the only one that begins so; 404 for none, 400 for several."""
    try:
        name = await store.find(call)
    except AmbiguousCall as several:
        raise HTTPException(400, str(several)) from several
    if name is None:
        raise HTTPException(404, f"call {call!r} doesn't exist")
    return name
