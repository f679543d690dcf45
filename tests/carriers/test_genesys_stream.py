"""AudioHook sessions: every text is numbered and answered, sound goes in no more messages than Genesys takes."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

import pytest

from engine.carriers.genesys.stream import NOBODY, GenesysStream
from engine.media.messages import Audio, Ignored, Key, Malformed, Message, Replied, Silent, Started, Stopped
from engine.rehearsal.loopback.genesys.wire import GenesysWire, session_of
from engine.rehearsal.loopback.tones import tone
from engine.rehearsal.loopback.wires import AudioCleared, AudioSent, SaidBack, Stream, Unreadable, WireMessage

ORGANIZATION = "d7934305-0972-4844-938e-9060eef73d05"
CALLER, CALLED = "+15125550123", "+15550100"
FRAMES_A_SECOND = 50


@dataclass
class Session:
    """A session at both its ends, without sockets."""

    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        stream = Stream(
            "wss://x/media/genesys",
            ORGANIZATION,
            "CA" + "1" * 32,
            self.variables,
            from_=CALLER,
            to=CALLED,
        )
        self.wire = GenesysWire(stream)
        self.ours = GenesysStream(ORGANIZATION, session_of(stream))
        self.heard: list[object] = []

    def takes(self, message: WireMessage) -> Message:
        """What counts of a message; what it is answered with goes back."""
        payload = self.ours.audio_in(message)
        said = Audio(payload) if payload is not None else self.ours.decode(message)
        while isinstance(said, Replied):
            self.hears(said.reply)
            said = said.message
        return said

    def hears(self, said: object) -> None:
        for each in said if isinstance(said, tuple) else (said,):
            self.heard.append(self.wire.read(each))

    def opened(self) -> Started:
        (message,) = self.wire.opening()
        started = self.takes(message)
        assert isinstance(started, Started)
        return started

    def passes(self, seconds: float) -> bytes:
        """Silence from the caller for so long; the sound that went out meanwhile."""
        before = len(self.heard)
        for _ in range(round(seconds * FRAMES_A_SECOND)):
            for message in self.wire.media(None):
                self.takes(message)
        return sound_of(self.heard[before:])


def sound_of(heard: list[object]) -> bytes:
    assert not [each for each in heard if isinstance(each, Unreadable)]
    return b"".join(each.audio for each in heard if isinstance(each, AudioSent))


def text(kind: str, seq: object, parameters: object = None, **more: object) -> str:
    said = {"version": "2", "id": "session", "type": kind, "seq": seq, "serverseq": 0, "position": "PT0S"}
    return json.dumps({**said, "parameters": parameters or {}, **more})


def test_an_open_announces_the_caller_and_what_the_flow_sends_along() -> None:
    started = Session({"zip": "78701", "token": "theirs"}).opened()
    assert (started.caller, started.called) == (CALLER, CALLED)
    assert started.carrier_call == "CA" + "1" * 32
    assert started.parameters == {"zip": "78701"}


def test_pings_are_answered_and_say_that_the_line_lives() -> None:
    session = Session()
    session.opened()
    found = [session.takes(message) for _ in range(300) for message in session.wire.media(None)]
    assert len([each for each in found if isinstance(each, Silent)]) == 2
    assert sound_of(session.heard) == b""


def test_keys_and_the_callers_end_are_read_and_the_end_is_answered() -> None:
    session = Session()
    session.opened()
    assert session.takes(session.wire.key("#")) == Key("#")
    stop = session.wire.stop()
    assert stop is not None
    assert session.takes(stop) == Stopped()
    assert session.heard[-1] == SaidBack((), leaves=True)


def test_we_ask_for_the_end_and_genesys_closes() -> None:
    session = Session()
    session.opened()
    session.hears(session.ours.farewell())
    asked = session.heard[-1]
    assert isinstance(asked, SaidBack)
    assert session.takes(asked.messages[0]) == Stopped()
    assert session.heard[-1] == SaidBack((), leaves=True)


def test_who_never_opened_is_not_asked_to_close() -> None:
    assert GenesysStream().farewell() is None


@pytest.mark.parametrize(
    "wrong",
    [
        text("ping", 2),
        text("ping", 1, version="1"),
        text("ping", 1, serverseq=1),
        text("ping", "1"),
        text("ping", True),
        text("ping", 1, id=""),
        text("open", 1, {"organizationId": ORGANIZATION}),
    ],
)
def test_what_is_out_of_turn_is_malformed(wrong: str) -> None:
    stream, said = GenesysStream(), None
    said = stream.decode(wrong)
    while isinstance(said, Replied):
        said = said.message
    assert isinstance(said, Malformed)


def test_a_gap_is_malformed_once() -> None:
    stream = GenesysStream()
    assert isinstance(stream.decode(text("ping", 5)), Malformed)
    assert isinstance(stream.decode(text("ping", 6)), Replied)


def test_another_organization_or_session_than_was_signed_is_malformed() -> None:
    session = Session()
    (message,) = session.wire.opening()
    assert isinstance(GenesysStream("another").decode(message), Malformed)
    assert isinstance(GenesysStream(ORGANIZATION, "another").decode(message), Malformed)


def test_a_session_without_the_caller_alone_is_declined() -> None:
    stereo = [{"type": "audio", "format": "PCMU", "channels": ["external", "internal"], "rate": 8000}]
    said = GenesysStream().decode(text("open", 1, {"organizationId": "o", "media": stereo}))
    assert isinstance(said, Replied)
    assert json.loads(str(said.reply))["type"] == "disconnect"
    assert isinstance(said.message, Malformed)


def test_a_probe_is_opened_and_is_no_call() -> None:
    media = [{"type": "audio", "format": "PCMU", "channels": ["external"], "rate": 8000}]
    probe = {"organizationId": "o", "conversationId": NOBODY, "media": media}
    stream = GenesysStream()
    said = stream.decode(text("open", 1, probe))
    assert isinstance(said, Replied)
    assert json.loads(str(said.reply))["type"] == "opened"
    assert isinstance(said.message, Ignored)


# Sound


def test_a_minute_at_once_is_heard_whole_in_few_messages() -> None:
    session, prompt = Session(), tone(440, 60_000)
    session.opened()
    session.passes(1)
    for at in range(0, len(prompt), 8000):
        session.hears(session.ours.audio(base64.b64encode(prompt[at : at + 8000])))
    begun = sound_of(session.heard)
    assert begun + session.passes(2) == prompt


def test_a_talk_goes_on_in_five_messages_a_second_and_its_end_is_not_kept_back() -> None:
    session, talk = Session(), tone(440, 10_000)
    session.opened()
    for at in range(0, len(talk), 160):
        session.hears(session.ours.audio(base64.b64encode(talk[at : at + 160])))
        session.passes(0.02)
    session.passes(0.6)
    assert sound_of(session.heard) == talk
    assert len([each for each in session.heard if isinstance(each, AudioSent)]) <= 60


def test_what_waits_is_not_heard_after_a_clear() -> None:
    session = Session()
    session.opened()
    session.hears(session.ours.audio(base64.b64encode(tone(440, 100))))
    session.hears(session.ours.clear())
    assert session.heard[-1] == AudioCleared()
    assert session.passes(1) == b""


def test_who_is_told_too_many_waits_as_long_as_he_is_told() -> None:
    session = Session()
    session.opened()
    refusal = {"code": 429, "message": "Too many", "retryAfter": "PT4S"}
    session.takes(session.wire.text("error", refusal))
    session.hears(session.ours.audio(base64.b64encode(tone(440, 1000))))
    assert session.passes(3.8) == b""
    assert session.passes(1) == tone(440, 1000)
