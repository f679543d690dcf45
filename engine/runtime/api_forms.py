"""What the API's routes share: amounts and texts of requests, calls by name, refusals told to who asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import HTTPException
from pydantic import Field

from engine.store.errors import AmbiguousCall, StoreError
from engine.store.store import Store

Answer = Mapping[str, object]
"""A JSON object. Its own recursive type is nothing that FastAPI could describe."""

Text = Annotated[str, Field(min_length=1, max_length=2000)]
Amount = Annotated[str, Field(pattern=r"^[0-9]{1,9}(\.[0-9]{1,6})?$", examples=["40.00"])]


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
        raise HTTPException(404, f"there is no call {call!r}")
    return name
