"""The two programs that `benchmarks.speech` compares, each in a process of its own on the same event loop.

Ours is the engine's media server with a speech leg a call. Stock is a pipecat pipeline a call as its users
build it: its FastAPI websocket transport with the Twilio serializer, its Silero VAD and its default worker.
Neither has a recogniser at work: what is compared is listening.
"""

from __future__ import annotations

import asyncio
import importlib
import threading
import time
from multiprocessing.connection import Connection
from typing import Literal

Side = Literal["ours", "stock"]


def main(side: Side, calls: int, control: Connection) -> None:
    """The child process: says port and tokens, answers "cpu" and "heard", ends at "stop"."""
    import uvloop

    uvloop.run(_run_ours(calls, control) if side == "ours" else _run_stock(calls, control))


class Counts:
    """Frames of sound that were taken, and turns that the voice detector found."""

    frames = 0
    turns = 0


async def _until_stopped(control: Connection, counts: Counts, port: int, tokens: list[str]) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()

    def obey() -> None:
        control.send((port, tokens))
        while (asked := control.recv()) != "stop":
            control.send(time.process_time() if asked == "cpu" else (counts.frames, counts.turns))
        loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=obey, daemon=True).start()
    await stopped.wait()


# Ours


async def _run_ours(calls: int, control: Connection) -> None:
    from engine.media.line import Line, Why
    from engine.media.server import MediaServer, ServerLimits
    from engine.media.speech.leg import SpeechLeg, SpeechServices
    from engine.media.speech.question import Heard, SpeechQuestion
    from engine.media.speech.recognition import Recognition
    from engine.media.speech.vad import VoiceDetector
    from engine.media.tokens import StreamGrant, StreamTokens

    from .open_streams import OpenStreams

    counts = Counts()

    class Nothing:
        async def recognise(self, sound: bytes, grammar: None, deadline_s: float) -> Recognition:
            return Recognition()

    class Listener:
        def key_pressed(self, line: Line, digit: str) -> None: ...
        def prompt_began(self, line: Line, prompt: str, length_ms: int | None) -> None: ...

        def prompt_played(self, line: Line, prompt: str) -> None: ...
        def prompt_cleared(self, line: Line, prompt: str, heard_ms: int) -> None: ...
        def line_closed(self, line: Line, why: Why) -> None: ...
        def speech_started(self, at_ms: int) -> None: ...
        def heard(self, heard: Heard) -> None: ...
        def recogniser_failed(self, reason: str) -> None: ...
        def vendor_failed(self, vendor: str, reason: str) -> None: ...

        def speech_ended(self, at_ms: int) -> None:
            counts.turns += 1

    tokens, listener = StreamTokens(), Listener()
    services: SpeechServices[None] = SpeechServices(Nothing(), VoiceDetector())
    services.detector.warm_up()
    legs: list[SpeechLeg[None]] = []

    async def on_line(grant: StreamGrant, line: Line) -> None:
        leg = SpeechLeg(services, listener)
        legs.append(leg)

        def tap(payload_b64: bytes) -> None:
            counts.frames += 1
            leg.feed(payload_b64)

        line.listener, line.tap = listener, tap
        leg.listen(SpeechQuestion(None))

    limits = ServerLimits(start_timeout_s=60, max_waiting=calls, max_waiting_of_a_peer=calls)
    server = MediaServer(tokens, on_line, carriers=[OpenStreams()], limits=limits)
    await server.start()
    now = time.monotonic()
    issued = [tokens.issue(StreamGrant(str(call), str(call), None), 60, now) for call in range(calls)]
    await _until_stopped(control, counts, server.port, issued)
    for leg in legs:
        await leg.close()
    await services.detector.close()
    await server.close()


# Stock


async def _run_stock(calls: int, control: Connection) -> None:
    importlib.import_module("engine.media.speech")  # before pipecat, whose banner it keeps away
    import uvicorn
    from fastapi import FastAPI, WebSocket
    from pipecat.audio.vad.silero import SileroVADAnalyzer
    from pipecat.frames.frames import Frame, InputAudioRawFrame, VADUserStoppedSpeakingFrame
    from pipecat.pipeline.pipeline import Pipeline
    from pipecat.pipeline.worker import PipelineParams, PipelineWorker
    from pipecat.processors.audio.vad_processor import VADProcessor
    from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
    from pipecat.serializers.twilio import TwilioFrameSerializer
    from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport
    from pipecat.workers.runner import WorkerRunner
    from starlette.routing import WebSocketRoute

    counts = Counts()

    class Counter(FrameProcessor):
        async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
            await super().process_frame(frame, direction)
            if isinstance(frame, InputAudioRawFrame):
                counts.frames += 1
            elif isinstance(frame, VADUserStoppedSpeakingFrame) and direction is FrameDirection.DOWNSTREAM:
                counts.turns += 1
            await self.push_frame(frame, direction)

    async def media(websocket: WebSocket) -> None:
        await websocket.accept()
        serializer = TwilioFrameSerializer(
            stream_sid="MZ0", params=TwilioFrameSerializer.InputParams(auto_hang_up=False)
        )
        transport = FastAPIWebsocketTransport(
            websocket=websocket,
            params=FastAPIWebsocketParams(
                audio_in_enabled=True, audio_out_enabled=True, serializer=serializer
            ),
        )
        vad = VADProcessor(vad_analyzer=SileroVADAnalyzer())
        worker = PipelineWorker(
            Pipeline([transport.input(), vad, Counter(), transport.output()]),
            params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000),
        )
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    app = FastAPI(routes=[WebSocketRoute("/media/twilio", media)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", ws="websockets-sansio"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    await _until_stopped(control, counts, port, [""] * calls)
    server.should_exit = True
    await serving
