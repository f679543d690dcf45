"""What a route may need of the engine that it serves. A route asks for each need by its type:

    async def buyers(published: InService) -> list[BuyerShown]: …

This is the one file that knows where the engine is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Request

from engine.accounts.forgetting import Holdings
from engine.evidence.signing import EvidenceError
from engine.runtime.calls import LiveCall
from engine.runtime.engine import Engine
from engine.runtime.metrics import Metrics
from engine.runtime.publishing import InService
from engine.runtime.settings import Settings
from engine.store.store import Store


def serve(app: FastAPI, engine: Engine) -> None:
    """From now on the app's routes are this engine's."""
    app.state.engine = engine


def engine_of(request: Request) -> Engine:
    """The engine that serves the request."""
    engine = request.app.state.engine
    assert isinstance(engine, Engine), "the app was made with its owner"
    return engine


# Coroutines, for FastAPI would run a plain function in a thread.


async def _store(request: Request) -> Store:
    return engine_of(request).store


async def _now_ms(request: Request) -> int:
    return engine_of(request).clock.now_ms()


async def _settings(request: Request) -> Settings:
    return engine_of(request).settings


async def _published(request: Request) -> InService | None:
    return engine_of(request).published


async def _recordings_folder(request: Request) -> Path:
    return engine_of(request).recordings.folder


async def _live_calls(request: Request) -> Mapping[str, LiveCall]:
    return engine_of(request).calls


async def _is_draining(request: Request) -> bool:
    return engine_of(request).is_draining


async def _metrics(request: Request) -> Metrics:
    return engine_of(request).metrics


async def _holdings(request: Request) -> Holdings:
    """500 with the reason where the signing key cannot be read."""
    try:
        return engine_of(request).rounds.holdings()
    except EvidenceError as error:
        raise HTTPException(500, str(error)) from error


OpenStore = Annotated[Store, Depends(_store)]
NowMs = Annotated[int, Depends(_now_ms)]
"""Milliseconds since 1970, by the engine's clock."""
GivenSettings = Annotated[Settings, Depends(_settings)]
RunningRevision = Annotated[InService | None, Depends(_published)]
"""The running revision; None until the first one is published."""
RecordingsFolder = Annotated[Path, Depends(_recordings_folder)]
HeldHere = Annotated[Holdings, Depends(_holdings)]
"""Where this engine keeps what is not in the database."""
LiveCalls = Annotated[Mapping[str, LiveCall], Depends(_live_calls)]
"""This worker's calls in progress, by name."""
IsDraining = Annotated[bool, Depends(_is_draining)]
CountedSoFar = Annotated[Metrics, Depends(_metrics)]
