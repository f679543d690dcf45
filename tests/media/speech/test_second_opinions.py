"""What others who speak these carriers make of our messages, and we of theirs: pipecat's serializers."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pipecat.frames.frames import InputAudioRawFrame, InputDTMFFrame, InterruptionFrame, OutputAudioRawFrame
from pipecat.serializers.base_serializer import FrameSerializer
from pipecat.serializers.plivo import PlivoFrameSerializer
from pipecat.serializers.telnyx import TelnyxFrameSerializer
from pipecat.serializers.twilio import TwilioFrameSerializer

from engine.carriers import BY_NAME
from engine.rehearsal.loopback import tone
from engine.rehearsal.loopback.playing import PARTS
from engine.rehearsal.loopback.wires import AudioCleared, AudioSent, Stream, StreamWire
from engine.runtime.settings import Settings
from tests.carriers.at_door import AtDoor

SID = "MZ" + "1" * 32
NAMES = [name for name in ("twilio", "signalwire", "telnyx", "plivo") if name in BY_NAME]


async def theirs(name: str) -> FrameSerializer:
    made: FrameSerializer
    match name:
        case "telnyx":
            params = TelnyxFrameSerializer.InputParams(auto_hang_up=False)
            made = TelnyxFrameSerializer(SID, "PCMU", "PCMU", params=params)
        case "plivo":
            made = PlivoFrameSerializer(SID, params=PlivoFrameSerializer.InputParams(auto_hang_up=False))
        case _:
            made = TwilioFrameSerializer(SID, params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    await made.setup(cast("Any", SimpleNamespace(audio_in_sample_rate=8000, audio_out_sample_rate=8000)))
    return made


def wire_of(name: str) -> StreamWire:
    part = PARTS[name]()
    return part.wire(Stream("wss://x", "account", "CA" + "1" * 32, part.along("tok"), SID))


def known(said: object) -> object:
    """A message without what it carries, and without the stream's name, which Plivo's own SDK leaves out."""
    if isinstance(said, dict):
        return {
            key: known(value)
            for key, value in said.items()
            if key not in ("payload", "streamId", "streamSid")
        }
    return said


@pytest.mark.parametrize("name", NAMES)
async def test_they_read_what_our_carrier_sends(name: str) -> None:
    wire, serializer = wire_of(name), await theirs(name)
    wire.opening()
    key = await serializer.deserialize(cast("str", wire.key("7")))
    assert isinstance(key, InputDTMFFrame)
    assert key.button.value == "7"
    heard = await serializer.deserialize(cast("str", wire.media(tone(440, 20))))
    assert isinstance(heard, InputAudioRawFrame)
    assert (len(heard.audio), heard.sample_rate) == (320, 8000)


@pytest.mark.parametrize("name", NAMES)
async def test_our_engine_says_what_they_say(name: str) -> None:
    wire, serializer = wire_of(name), await theirs(name)
    part = PARTS[name]()
    account = BY_NAME[name].open(Settings(**part.settings("https://x.example.com")), AtDoor(name))
    stream = account.open_stream(cast("Any", None))
    for message in wire.opening():
        stream.decode(cast("str", message).encode())
    sound = tone(440, 20)
    played = await serializer.serialize(OutputAudioRawFrame(b"\0\0" * 160, 8000, 1))
    cleared = await serializer.serialize(InterruptionFrame())
    assert played is not None
    assert cleared is not None
    assert isinstance(wire.read(played), AudioSent)
    assert isinstance(wire.read(cleared), AudioCleared)
    ours = cast("bytes", stream.audio(base64.b64encode(sound)))
    assert known(json.loads(ours)) == known(json.loads(played))
    assert json.loads(cast("bytes", stream.clear())) == json.loads(cleared)
    await account.close()
