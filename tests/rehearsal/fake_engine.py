"""An engine of a few lines on real sockets: it serves TwiML, notes what it is told and answers streams."""

import base64
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request, Response
from twilio.request_validator import RequestValidator
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from engine.rehearsal.loopback.serving import RestServer
from tests.waiting import until

ACCOUNT = "AC" + "0" * 32
TOKEN = "rehearsal-token"
HANG_UP = "<Response><Hangup/></Response>"


@dataclass
class Told:
    """One webhook as it came in."""

    path: str
    form: dict[str, str]
    is_signed: bool


class Conversation:
    """The engine's end of one stream."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.messages: list[dict] = []
        self.headers = socket.request.headers
        self.sid = ""

    async def next(self, *events: str) -> dict:
        """The next message of one of these kinds; an empty dict when the stream is closed."""
        try:
            while True:
                message = json.loads(await self.socket.recv())
                self.messages.append(message)
                if message["event"] == "start":
                    self.sid = message["streamSid"]
                if message["event"] in events:
                    return message
        except ConnectionClosed:
            return {}

    async def until_closed(self) -> None:
        await self.next("nothing is called this")

    async def keys(self, count: int) -> str:
        return "".join([(await self.next("dtmf"))["dtmf"]["digit"] for _ in range(count)])

    async def send(self, event: str, **content: object) -> None:
        await self.socket.send(json.dumps({"event": event, "streamSid": self.sid, **content}))

    async def play(self, audio: bytes, mark: str | None = None) -> None:
        await self.send("media", media={"payload": base64.b64encode(audio).decode()})
        if mark is not None:
            await self.send("mark", mark={"name": mark})

    def kinds(self) -> list[str]:
        return [message["event"] for message in self.messages]

    def frames(self) -> list[dict]:
        return [message for message in self.messages if message["event"] == "media"]


@dataclass
class FakeEngine:
    documents: dict[str, str] = field(default_factory=dict)
    content_type: str = "text/xml"
    told: list[Told] = field(default_factory=list)
    conversations: list[Conversation] = field(default_factory=list)
    on_stream: Callable[[Conversation], Awaitable[None]] | None = None
    faults: list[Exception] = field(default_factory=list)

    async def open(self) -> None:
        app = FastAPI()
        app.add_api_route("/{path:path}", self._answer, methods=["GET", "POST"])
        self._web = RestServer(app)
        await self._web.open()
        self._sockets = await serve(self._stream, "127.0.0.1", 0, compression=None)
        port = self._sockets.sockets[0].getsockname()[1]
        self.http = self._web.url
        self.voice_url = f"{self.http}/voice"
        self.stream_url = f"ws://127.0.0.1:{port}/media/twilio"
        self.documents.setdefault("/voice", self.connects())

    async def close(self) -> None:
        self._sockets.close()
        await self._sockets.wait_closed()
        await self._web.close()
        assert not self.faults, self.faults

    def connects(self, then: str = "", **parameters: str) -> str:
        inside = "".join(f'<Parameter name="{name}" value="{value}"/>' for name, value in parameters.items())
        stream = f'<Connect><Stream url="{self.stream_url}">{inside}</Stream></Connect>'
        return f"<Response>{stream}{then}</Response>"

    def statuses(self, path: str = "/status") -> list[str]:
        return [told.form["CallStatus"] for told in self.told if told.path == path]

    async def _answer(self, path: str, request: Request) -> Response:
        body = (await request.body()).decode()
        form = dict(parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body)))
        signature = request.headers.get("X-Twilio-Signature", "")
        is_signed = RequestValidator(TOKEN).validate(str(request.url), form, signature)
        self.told.append(Told(f"/{path}", form or dict(request.query_params), is_signed))
        text = self.documents.get(f"/{path}")
        if text is None:
            return Response(status_code=204 if path == "status" else 404)
        return Response(text, media_type=self.content_type)

    async def _stream(self, socket: ServerConnection) -> None:
        conversation = Conversation(socket)
        self.conversations.append(conversation)
        try:
            await conversation.next("start")
            if self.on_stream is not None:
                await self.on_stream(conversation)
            else:
                await conversation.until_closed()
        except ConnectionClosed:
            return
        except Exception as fault:  # noqa: BLE001 - told at the end: the server would only log it
            self.faults.append(fault)


async def told_when(engine: FakeEngine, met: Callable[[], bool]) -> None:
    await until(met)
