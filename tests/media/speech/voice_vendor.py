"""A vendor of voices for tests: a pipecat service that asks a real HTTP server on loopback for its sound."""

from __future__ import annotations

import asyncio
import contextlib
from array import array
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field

import httpx
from pipecat.frames.frames import ErrorFrame, Frame, TTSAudioRawFrame
from pipecat.services.settings import TTSSettings

from engine.media import mulaw
from engine.media.resample import resample
from engine.media.speech.vendor_voice import TTSService
from engine.rehearsal.loopback import tone

CLASS = "tests.media.speech.voice_vendor.HttpVoice"
RATE_HZ = 24_000


class HttpVoice(TTSService):
    """Posts the text, plays what comes back."""

    Settings = TTSSettings

    def __init__(self, *, url: str, settings: TTSSettings | None = None) -> None:
        known = TTSSettings(model="tones", voice="a", language=None)
        if settings is not None:
            known.apply_update(settings)
        super().__init__(sample_rate=RATE_HZ, push_start_frame=True, push_stop_frames=True, settings=known)
        self._url = url

    def can_generate_metrics(self) -> bool:
        return False

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        async with httpx.AsyncClient(verify=False) as http:
            answer = await http.post(self._url, content=text.encode())
        if answer.status_code != 200:
            yield ErrorFrame(f"the server answers {answer.status_code}")
            return
        for begin in range(0, len(answer.content), 9600):
            piece = answer.content[begin : begin + 9600]
            yield TTSAudioRawFrame(piece, RATE_HZ, 1, context_id=context_id)


@dataclass
class VoiceServer:
    """What it was asked to say; `status` is what it answers with."""

    url: str = ""
    status: int = 200
    asked: list[str] = field(default_factory=list)


def speech(length_ms: int = 500) -> bytes:
    """16-bit sound at the vendor's rate."""
    samples: array[int] = resample(mulaw.decode(tone(440, length_ms)), mulaw.RATE_HZ, RATE_HZ)
    return samples.tobytes()


@contextlib.asynccontextmanager
async def voice_server() -> AsyncIterator[VoiceServer]:
    vendor = VoiceServer()
    sound = speech()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length:")[1].split("\r\n")[0])
        vendor.asked.append((await reader.readexactly(length)).decode())
        body = sound if vendor.status == 200 else b""
        writer.write(
            f"HTTP/1.1 {vendor.status} X\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    vendor.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    async with server:
        yield vendor
