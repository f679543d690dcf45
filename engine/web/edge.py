"""The outermost of the app: refuses what no request of ours is, and answers where a route can't.

Who has to prove something (carriers by their signature, the API's users by their token) does so before the
work begins, and a refusal comes late: so guessing costs the guesser. Of those who ask in the same instant a
few begin in a turn of the loop. A stranger's request costs one line of
the log at most, whatever is in it.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from typing import Protocol

from fastapi import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.core.printable import printable
from engine.core.whole_numbers import whole_number
from engine.media.doors.rationed_log import RationedLog
from engine.media.doors.turns import Turns
from engine.store.errors import StoreError
from engine.web.api import API, check_token, token_of
from engine.web.carriers import prove
from engine.web.forms import refusal
from engine.web.needs import engine_of
from engine.web.wrong_tokens import LOOK_EVERY_MS, WrongTokens

CARRIERS = "/carriers/"
CONNECTION = "cordboard.connection"  # where a request's scope keeps it
UNPROVEN = (401, 403)
REFUSED_AFTER_S = 1.0
MAX_BODY_BYTES = 64 * 1024
SHOWN_CHARS = 100  # of a path, in the log

log = logging.getLogger("cordboard.web")


class Held(Protocol):
    """A connection that waits for a refusal, and makes room before others do."""

    def is_refused(self) -> None: ...


class Edge:
    """Wraps the app's routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._failures = RationedLog(log)
        self._wrong = WrongTokens()
        self._turns = Turns()
        self._readings = Turns(1)  # of forms that are not proven yet

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._turns.turn()
        answered = False

        async def sending(message: Message) -> None:
            nonlocal answered
            if not answered and message.get("status") in UNPROVEN:
                await _hold(scope)
            answered = True
            await send(message)

        try:
            answer = _refused(scope) or await self._unproven(Request(scope, receive))
            if answer is None:
                await self._app(scope, receive, sending)
        except ClientDisconnect:
            return  # nobody is there who could be answered
        except Exception as error:  # noqa: BLE001  whatever it is, the next request must be served
            answer = self._failed(scope, error)
        if answer is not None and not answered:
            await answer(scope, receive, sending)

    async def _unproven(self, request: Request) -> Response | None:
        """Who has to prove something does so before anything else is done for the request."""
        path = request.scope["path"]
        if path.startswith(CARRIERS):
            return await prove(request, engine_of(request), self._readings)
        if path.startswith(f"{API}/"):
            engine, peer = engine_of(request), request.client.host if request.client else ""
            token, now_ms = token_of(request.headers.get("authorization", "")), engine.clock.now_ms()
            if token is not None and not self._wrong.may_be_looked_at(peer, now_ms):
                wait = {"Retry-After": str(LOOK_EVERY_MS // 1000)}
                return refusal(429, "too many wrong tokens; try again in some seconds", wait)
            try:
                check_token(engine.settings, token)
            except HTTPException as refused:
                if token is not None and refused.status_code == 401:
                    self._wrong.was_wrong(peer, now_ms)
                return refusal(refused.status_code, refused.detail, refused.headers)
        return None

    def _failed(self, scope: Scope, error: Exception) -> Response:
        """Our database's fault passes, any other is a bug of ours: told in a line, its page at -v."""
        asked = f"{scope['method']} {printable(scope['path'], SHOWN_CHARS)}"
        if isinstance(error, StoreError):
            self._failures.warn("%s can't be answered now: %s", asked, error)
            return refusal(503, "the database can't be used now; try again")
        *_, last = traceback.extract_tb(error.__traceback__) or [None]
        where = f"{last.filename}:{last.lineno}" if last is not None else "?"
        self._failures.warn("%s failed: %s: %s, at %s", asked, type(error).__name__, error, where)
        log.debug("%s failed", asked, exc_info=error)
        return refusal(500, "the engine failed at this request; its log says where")


async def _hold(scope: Scope) -> None:
    """Who guesses waits, and those with whom it shares the loop do not."""
    held: Held | None = scope.get(CONNECTION)
    if held is not None:
        held.is_refused()
    await asyncio.sleep(REFUSED_AFTER_S)


def _refused(scope: Scope) -> Response | None:
    """What is longer than any request of ours, and what does not say how long it is."""
    headers = dict(scope["headers"])
    if b"transfer-encoding" in headers:
        return refusal(411, "a Content-Length is required")  # a body without one could be endless
    size = whole_number(headers.get(b"content-length", b"0").decode("latin-1"))
    if size is None or size > MAX_BODY_BYTES:
        return refusal(413, f"at most {MAX_BODY_BYTES} bytes")
    return None
