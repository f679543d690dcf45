"""One carrier's account behind real ports, and no engine: webhooks are answered, streams listened to."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI, Request, Response
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request as Asked
from websockets.http11 import Response as Said
from websockets.typing import Subprotocol

from engine.carriers.contract import CarrierAccount
from engine.carriers.requests import CarrierWebhook
from engine.media.messages import Audio, Message, Started
from engine.media.streams import CarrierStream, Upgrade
from tests.waiting import until


@dataclass
class OpenStream:
    """A stream that began: what it told, how much sound came in, and how it is spoken to."""

    started: Started
    stream: CarrierStream
    socket: ServerConnection
    told: list[Message] = field(default_factory=list)
    frames: int = 0
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, said: object) -> None:
        for each in said if isinstance(said, tuple) else (said,):
            await self.socket.send(each)

    async def play(self, mulaw: bytes) -> None:
        await self.send(self.stream.audio(base64.b64encode(mulaw)))

    async def told_of(self, message: Message) -> None:
        await until(lambda: message in self.told)


@dataclass
class AccountDesk:
    """The ports of one account; `asked` are the routes of webhooks that held, `refused` of those that did not."""

    account: CarrierAccount
    streams: dict[str, OpenStream] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    async def stream_of(self, carrier_call: str) -> OpenStream:
        return await until(lambda: self.streams.get(carrier_call))

    async def caller(self) -> OpenStream:
        """The stream of whoever came first."""
        return await until(lambda: next(iter(self.streams.values()), None))

    async def webhook(self, request: Request) -> Response:
        route = request.url.path.removeprefix(f"/carriers/{self.account.name}/")
        asked = CarrierWebhook(
            request.method,
            route,
            request.url.query,
            (str(request.url),),
            {name.lower(): value for name, value in request.headers.items()},
            "192.0.2.1",
            await request.body(),
        )
        if not (self.account.may_hold(asked) and self.account.holds(asked)):
            self.refused.append(route)
            return Response("no", 403)
        self.asked.append(route)
        answer = await self.account.answer(asked)
        return Response(answer.body or answer.detail, answer.status, media_type=answer.media_type)

    def admit(self, connection: ServerConnection, request: Asked) -> Said | None:
        if self.account.upgrade_holds(_upgrade(request), is_expected=False):
            return None
        self.refused.append(request.path)
        return Said(403, "Forbidden", Headers(), b"")

    async def listen(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        stream = self.account.open_stream(_upgrade(socket.request))
        found: OpenStream | None = None
        try:
            async for message in socket:
                told = stream.decode(message)
                if isinstance(told, Started):
                    found = self.streams[told.carrier_call] = OpenStream(told, stream, socket)
                elif found is not None and isinstance(told, Audio):
                    found.frames += 1
                elif found is not None:
                    found.told.append(told)
        except ConnectionClosed:
            pass
        if found is not None:
            found.over.set()


def _upgrade(request: Asked) -> Upgrade:
    headers = {name.lower(): value for name, value in request.headers.raw_items()}
    return Upgrade(request.path, headers, "192.0.2.1")


@contextlib.asynccontextmanager
async def account_desk(
    account: CarrierAccount, http_port: int, media_port: int
) -> AsyncIterator[AccountDesk]:
    """Open until the block's end."""
    desk = AccountDesk(account)
    app = FastAPI()
    app.add_api_route(f"/carriers/{account.name}/{{route:path}}", desk.webhook, methods=["POST"])
    bound = socket.create_server(("127.0.0.1", http_port))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    serving = asyncio.create_task(server.serve([bound]))
    subprotocols = [Subprotocol(each) for each in account.subprotocols] or None
    try:
        async with serve(
            desk.listen,
            "127.0.0.1",
            media_port,
            subprotocols=subprotocols,
            compression=None,
            process_request=desk.admit,
        ):
            yield desk
    finally:
        server.should_exit = True
        await serving
        await account.close()
