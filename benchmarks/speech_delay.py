"""From the end of speech to the next prompt's first frame, in real calls: an engine, the loopback carrier,
sound in real time. Part of `benchmarks.speech`.

Speech ends where its energy does: after that its level never again comes within 30 dB of its loudest moment.
The frame that holds this moment is on the wire when it is over. Three parts add up to the delay:

wait    until the silence was long enough for what had been said (the voice detector's lag included)
decode  what the recogniser took beyond that wait
rest    from the recognised text to the first frame that is not silent, played by the carrier

A turn was cut when the text came before speech ended, or more than one came.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import statistics
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from engine.core.commands import Command
from engine.core.events import Event, SpeechFailed, SpeechHeard
from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.question import SpeechQuestion
from engine.media.speech.recognition import Recognition
from engine.media.speech.services import Recognisers
from engine.media.speech.sound_files import read_wav
from engine.media.speech.upsample import expanded
from engine.media.synthesiser import PiperProcess
from engine.rehearsal.loopback import Caller, LoopbackCarrier
from engine.rehearsal.loopback.handset import Handset, HandsetVoice
from engine.runtime.engine import Engine
from engine.runtime.settings import Settings
from engine.web.serving import open_engine

Progress = Callable[[str], None]

_FRAME_MS = 20
_QUIET_MS = 500
_AFTER_MS = 1500
_BELOW_LOUDEST_DB = 30
_NUMBERS = {"zip": "+15550100", "yes_no": "+15550101", "choice": "+15550102", "read back": "+15550103"}

_NETWORK = """
network: delays
currency: USD
numbers:
  "+15550100": {campaign: zip, publisher: bench}
  "+15550101": {campaign: yes_no, publisher: bench}
  "+15550102": {campaign: choice, publisher: bench}
  "+15550103": {campaign: read_back, publisher: bench}
publishers:
  bench: {name: Benchmark}
campaigns:
  zip: {flow: zip, buyers: [nobody]}
  yes_no: {flow: yes_no, buyers: [nobody]}
  choice: {flow: choice, buyers: [nobody]}
  read_back: {flow: read_back, buyers: [nobody]}
buyers:
  nobody: {name: Nobody, to: "+15550111", accepts: {all: [call.from == "nobody"]}, price: "1.00"}
"""
_FLOW = """
flow: {name}
language: en-US
start: ask
answers:
  {name}_said: {{type: {kind}{more}}}
nodes:
  ask:
    type: collect
    answer: {name}_said
    prompt: Next please.
    nomatch: [Next please.]
    noinput: [Next please.]
    attempts: 20
    confirm: {confirm}
    ask: always
    next: ask
    exits: {{noinput: bye, nomatch: bye}}
  bye: {{type: hangup, say: Goodbye.}}
"""
_OPTIONS = """, options: {
    repair: {key: 1, phrases: [repair, leak, leaking roof, missing shingles]},
    replace: {key: 2, phrases: [replacement, new roof, whole roof]},
    inspection: {key: 3, phrases: [inspection, have it looked at]}}"""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A phrase in mu-law; `ends_ms` is where its speech ends."""

    name: str
    sound: bytes = field(repr=False)
    ends_ms: float

    @classmethod
    def of(cls, name: str, sound: bytes) -> Spoken:
        samples = expanded(sound)
        levels = np.sqrt(np.mean(samples[: len(samples) // 80 * 80].reshape(-1, 80) ** 2, 1))
        loud = np.nonzero(levels >= levels.max() * 10 ** (-_BELOW_LOUDEST_DB / 20))[0]
        return cls(name, sound, 10.0 * (int(loud[-1]) + 1))


@dataclass(frozen=True, slots=True)
class Delay:
    """One turn, in milliseconds; `wait_ms`, `decode_ms` and `rest_ms` are the parts of `total_ms`."""

    name: str
    total_ms: float
    wait_ms: float
    decode_ms: float
    text: str
    was_cut: bool

    @property
    def rest_ms(self) -> float:
        return self.total_ms - self.wait_ms - self.decode_ms


@dataclass(slots=True)
class Delays:
    """What was measured of one kind of question."""

    turns: list[Delay] = field(default_factory=list)
    unanswered: list[str] = field(default_factory=list)

    @property
    def tried(self) -> int:
        return len(self.turns) + len(self.unanswered)

    def figures(self, kind: str) -> list[dict[str, object]]:
        whole = [turn for turn in self.turns if not turn.was_cut]
        named = f"{kind}: end of speech to the next prompt's first frame"
        totals = [turn.total_ms for turn in whole]
        rows = [
            (f"{named}, median", "ms", _median(totals)),
            (f"{named}, p90", "ms", _p90(totals)),
            (f"{kind}: of it the end-of-turn wait, median", "ms", _median([t.wait_ms for t in whole])),
            (f"{kind}: of it decoding beyond the wait, median", "ms", _median([t.decode_ms for t in whole])),
            (f"{kind}: of it the rest, median", "ms", _median([t.rest_ms for t in whole])),
            (f"{kind}: turns cut short", "share", _share(sum(t.was_cut for t in self.turns), self.tried)),
            (f"{kind}: turns without an answer", "share", _share(len(self.unanswered), self.tried)),
        ]
        return [
            {
                "what": what,
                "unit": unit,
                "ours": round(value, 3),
                "baseline": None,
                "baseline_is": "",
                "ratio": None,
            }
            for what, unit, value in rows
        ]


PHRASES: dict[str, tuple[str, ...]] = {
    "zip": (
        *("seven eight seven oh one", "nine oh two one oh", "six oh six one four", "one one two oh one"),
        *("it's eight five oh three three", "three three one three nine please", "nine eight one oh one"),
        *("four eight two oh one", "seven five two oh four", "oh two one three four"),
    ),
    "yes_no": ("yes", "no", "yes please", "no thanks", "yeah", "nope", "that's right", "no it isn't"),
    "choice": (
        *("I need a new roof", "repair", "a leak", "replacement", "missing shingles", "an inspection"),
        *("a leaking roof", "the whole roof"),
    ),
    "read back": (
        "seven eight seven oh one",
        "nine oh two one oh",
        "six oh six one four",
        "nine eight one oh one",
    ),
}


async def run(
    on_progress: Progress, phrases: dict[str, Sequence[Spoken]] | None = None, most_turns: int = 20
) -> dict[str, Delays]:
    """One call a kind, all its phrases in it; without `phrases`, those above in the default voice."""
    if phrases is None:
        on_progress("rendering what callers say")
        phrases = await _rendered(most_turns)
    with tempfile.TemporaryDirectory(prefix="cordboard-") as scratch:
        folder = Path(scratch)
        account, token = f"AC{secrets.token_hex(16)}", secrets.token_hex(16)
        async with LoopbackCarrier(account, token) as carrier:
            known: dict[str, Any] = {
                "db": f"sqlite:///{folder / 'cordboard.db'}",
                "http": "127.0.0.1:0",
                "media": "127.0.0.1:0",
                "twilio_account_sid": account,
                "twilio_auth_token": token,
                "twilio_api_url": carrier.api_url,
                "cache_dir": folder / "prompts",
            }
            settings = Settings(**known)
            async with await open_engine(settings, _flows(folder / "flows")) as engine:
                return {
                    kind: await _measured(engine, carrier, kind, phrases[kind], on_progress)
                    for kind in phrases
                }


def recorded(folder: Path, most: int) -> dict[str, Sequence[Spoken]]:
    """People of a labelled folder, at most so many a kind, from all over it: ZIPs, yes and no."""
    manifest = json.loads((folder / "manifest.json").read_text())
    phrases: dict[str, Sequence[Spoken]] = {}
    for kind in ("zip", "yes_no"):
        names = [item["wav"] for item in manifest if item["kind"] == kind and item["expected"] is not None]
        chosen = names[:: max(1, len(names) // most)][:most]
        if chosen:
            phrases[kind] = [Spoken.of(name, read_wav(folder / name)) for name in chosen]
    return phrases


async def _rendered(most: int) -> dict[str, Sequence[Spoken]]:
    async with PiperProcess() as voice:
        return {
            kind: [
                Spoken.of(text, await voice.render(text.capitalize() + ".", "en-US")) for text in texts[:most]
            ]
            for kind, texts in PHRASES.items()
        }


def _flows(folder: Path) -> Path:
    folder.mkdir()
    (folder / "network.yaml").write_text(_NETWORK)
    for name, kind, more, confirm in (
        ("zip", "zip", "", "never"),
        ("yes_no", "yes_no", "", "never"),
        ("choice", "choice", _OPTIONS, "never"),
        ("read_back", "zip", "", "always"),
    ):
        (folder / f"{name}.yaml").write_text(_FLOW.format(name=name, kind=kind, more=more, confirm=confirm))
    return folder


async def _measured(
    engine: Engine, carrier: LoopbackCarrier, kind: str, phrases: Sequence[Spoken], tell: Progress
) -> Delays:
    assert engine.speech is not None, "the extra 'speech' is not installed"
    watch = _Watch(engine.speech.services.pool)
    engine.speech.services = replace(engine.speech.services, pool=watch)
    engine.watch(watch.happened)
    talk = _Conversation(kind, phrases, watch, tell)
    url = f"http://{engine.http_address}/carriers/twilio/voice"
    try:
        await carrier.call("+15125550123", _NUMBERS[kind], Caller().then(talk).hangs_up(), voice_url=url)
        await carrier.settled()
    finally:
        engine.speech.services = replace(engine.speech.services, pool=watch.pool)
        watch.is_over = True
    return talk.delays


@dataclass(slots=True)
class _Watch:
    """Stands before the recognisers and in the engine's news, and notes when what happened."""

    pool: Recognisers[GrammarSpec]
    found: Recognition | None = None
    texts: list[tuple[float, SpeechHeard | SpeechFailed]] = field(default_factory=list)
    is_over: bool = False

    async def recognise(self, sound: bytes, grammar: GrammarSpec, deadline_s: float) -> Recognition:
        found = await self.pool.recognise(sound, grammar, deadline_s)
        assert isinstance(found, Recognition)
        self.found = found
        return found

    def happened(self, call: str, event: Event, commands: Sequence[Command]) -> None:
        if isinstance(event, SpeechHeard | SpeechFailed) and not self.is_over:
            self.texts.append((asyncio.get_running_loop().time(), event))


class _TimedVoice(HandsetVoice):
    """Notes when the frame went out that holds the end of speech."""

    def __init__(self) -> None:
        super().__init__()
        self._frames_left = -1
        self.ended_s: float | None = None

    def speak(self, spoken: Spoken) -> None:
        self.ended_s = None
        self._frames_left = int(spoken.ends_ms // _FRAME_MS)
        self.say(spoken.sound)

    def next_frame(self) -> bytes | None:
        frame = super().next_frame()
        if frame is not None and self._frames_left >= 0:
            if self._frames_left == 0:
                self.ended_s = asyncio.get_running_loop().time()
            self._frames_left -= 1
        return frame


@dataclass(slots=True)
class _Conversation:
    """An act of the caller: every phrase once, each after the prompt before it."""

    kind: str
    phrases: Sequence[Spoken]
    watch: _Watch
    tell: Progress
    delays: Delays = field(default_factory=Delays)

    async def perform(self, handset: Handset) -> None:
        voice = _TimedVoice()
        handset.voice = voice
        for number, spoken in enumerate(self.phrases, start=1):
            self.tell(f"{self.kind}, {number} of {len(self.phrases)}")
            await self._until_quiet(handset)
            self.watch.texts.clear()
            begun = handset.prompts_begun
            voice.speak(spoken)
            try:
                async with asyncio.timeout(len(spoken.sound) / 8000 + 6):
                    await handset.until(lambda begun=begun: handset.prompts_begun > begun, "an answer")  # type: ignore[misc]
            except TimeoutError:
                self.delays.unanswered.append(spoken.name)
                continue
            heard_s = asyncio.get_running_loop().time()
            await handset.clock.sleep_ms(_AFTER_MS)
            self._note(spoken, voice, heard_s)
            if self.kind == "read back":
                begun = handset.prompts_begun
                await handset.press("1")
                await handset.until(lambda begun=begun: handset.prompts_begun > begun, "the next question")  # type: ignore[misc]

    async def _until_quiet(self, handset: Handset) -> None:
        while True:
            begun = handset.prompts_begun
            await handset.until(
                lambda: handset.prompts_ended >= max(1, handset.prompts_begun), "a prompt's end"
            )
            await handset.clock.sleep_ms(_QUIET_MS)
            if handset.prompts_begun == begun == handset.prompts_ended:
                return

    def _note(self, spoken: Spoken, voice: _TimedVoice, heard_s: float) -> None:
        texts = self.watch.texts
        if not texts:
            self.delays.unanswered.append(spoken.name)
            return
        text_s, event = texts[0]
        if voice.ended_s is None or text_s < voice.ended_s or len(texts) > 1:
            self.delays.turns.append(Delay(spoken.name, 0, 0, 0, getattr(event, "text", ""), was_cut=True))
            return
        # The frame's own end is what went out; speech ended somewhere within it.
        ended_s = voice.ended_s - (_FRAME_MS - spoken.ends_ms % _FRAME_MS) / 1000
        wait_s = text_s - ended_s
        if isinstance(event, SpeechHeard) and self.watch.found is not None:
            silence_s = (event.at - event.ended_at) / 1000
            enough_s = SpeechQuestion(None).enough_silence_ms(self.watch.found) / 1000
            wait_s -= max(0.0, silence_s - enough_s)
        text = event.text if isinstance(event, SpeechHeard) else event.reason
        total_ms, wait_ms = (heard_s - ended_s) * 1000, wait_s * 1000
        decode_ms = (text_s - ended_s) * 1000 - wait_ms
        self.delays.turns.append(Delay(spoken.name, total_ms, wait_ms, decode_ms, text, was_cut=False))


def _share(count: int, of: int) -> float:
    return count / of if of else float("nan")


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else float("nan")


def _p90(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=10)[-1] if len(values) > 1 else _median(values)
