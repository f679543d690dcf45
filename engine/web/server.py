"""The web side: the carrier's webhooks, health, metrics and the API, on one port."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from functools import cache, partial

import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError

from engine.media.doors.acceptor import Acceptor
from engine.runtime.engine import Engine
from engine.web import carriers, health
from engine.web.answers import JSON, Api
from engine.web.api import RECORDS, api_routes
from engine.web.arrivals import UnreadConnection
from engine.web.edge import Edge
from engine.web.forms import misfit_told
from engine.web.needs import serve
from engine.web.port import Connections, PortConnection

log = logging.getLogger("cordboard.web")


def web_app(engine: Engine) -> FastAPI:
    """The routes of an engine."""
    app = every_route()
    serve(app, engine)
    document()  # before there are calls that would wait for it
    return app


def every_route() -> FastAPI:
    """The routes, of no engine yet: enough for their document."""
    app = Api(
        records=RECORDS, title="Cordboard", version="1", docs_url=None, redoc_url=None, openapi_url=None
    )
    app.add_exception_handler(RequestValidationError, misfit_told)
    app.add_middleware(Edge)
    for routes in (carriers.routes, health.routes, api_routes()):
        app.include_router(routes)
    app.add_route("/openapi.json", described, include_in_schema=False)
    return app


@cache
def document() -> bytes:
    """The description of the API. It takes some time to make, and is the same for each engine."""
    return msgspec.json.encode(every_route().openapi())


async def described(_: Request) -> Response:
    return Response(document(), media_type=JSON)


class _Server(uvicorn.Server):
    """uvicorn inside our own loop: signals are the command's business, and who comes in is ours."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._connections = connections

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await self.lifespan.startup()
        every = self._connections
        reads = partial(PortConnection, every, self.config, self.server_state, app_state={})
        make = partial(UnreadConnection, every, reads)
        self.servers = [Acceptor(each, make, every.make_room, log) for each in sockets or ()]  # type: ignore[misc]
        self.started = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """Serves an app from `start` until `close`."""

    def __init__(self, app: FastAPI, connections: Connections) -> None:
        self._app = app
        self._connections = connections
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listen; port 0 picks a free one. Raises OSError where the port is taken."""
        listener = socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
        self.port = listener.getsockname()[1]
        limits = self._connections.limits
        config = uvicorn.Config(
            self._app,
            http="h11",
            timeout_keep_alive=round(limits.idle_s),
            forwarded_allow_ips=[str(network) for network in self._connections.proxies.networks],
            log_config=None,
            log_level="error",  # of what strangers do the connections tell themselves
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=3,
        )
        self._server = _Server(config, self._connections)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]), name="cordboard-web")
        while not self._server.started:
            if self._serving.done():
                await self._serving
            await asyncio.sleep(0.005)

    async def close(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
            self._connections.close()
