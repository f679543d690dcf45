"""The web side: the carrier's webhooks, health, metrics and the API, on one port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from engine.store.errors import StoreError
from engine.web.api import api_routes
from engine.web.forms import misfit_told
from engine.web.twilio import twilio_routes

if TYPE_CHECKING:
    from engine.runtime.engine import Engine

log = logging.getLogger("cordboard.web")

MAX_BODY_BYTES = 64 * 1024


def web_app(engine: Engine) -> FastAPI:
    """Every route of an engine."""
    app = FastAPI(title="Cordboard", version="1", docs_url=None, redoc_url=None)
    app.add_exception_handler(RequestValidationError, misfit_told)
    app.include_router(twilio_routes(engine))
    app.include_router(api_routes(engine))

    @app.middleware("http")
    async def bounded(request: Request, call_next: object) -> Response:
        if "transfer-encoding" in request.headers:
            # A body that does not say how long it is could be endless; no carrier sends one.
            return Response("a Content-Length is required\n", status_code=411)
        size = request.headers.get("content-length", "0")
        if not size.isdigit() or int(size) > MAX_BODY_BYTES:
            return Response(f"at most {MAX_BODY_BYTES} bytes\n", status_code=413)
        return await call_next(request)  # type: ignore[operator,no-any-return]

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz(response: Response) -> dict[str, object]:
        ready = engine.published is not None and not engine.is_draining and not engine.store.is_behind
        response.status_code = 200 if ready else 503
        revision = engine.published.revision.id if engine.published else None
        return {"status": "ready" if ready else "not ready", "revision": revision, "calls": len(engine.calls)}

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        letters: Mapping[str, int] = {}
        with contextlib.suppress(StoreError):  # what else there is to tell is told without the database
            letters = await engine.store.outbox.counts()
        return Response(engine.metrics.text(letters), media_type="text/plain; version=0.0.4")

    return app


class _Server(uvicorn.Server):
    """uvicorn inside our own loop: signals are the command's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves an app from `start` until `close`."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 picks a free one. Raises OSError where the port is taken."""
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=3,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="cordboard-web")
        while not self._server.started:
            if self._serving.done():
                await self._serving
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
