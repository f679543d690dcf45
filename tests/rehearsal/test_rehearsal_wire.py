import json

import pytest
from streamdouble import protocol

from engine.rehearsal.loopback.tones import SILENT_FRAME, tone
from engine.rehearsal.loopback.twilio.wire import (
    AudioCleared,
    AudioSent,
    MarkPlaced,
    Stream,
    StreamWriter,
    Unreadable,
    read,
)

STREAM = Stream("wss://example.com/media/twilio", "AC1", "CA1", {"token": "t"}, "MZ1")
OUTSIDE = protocol.StreamIdentity("MZ1", "AC1", "CA1")


def sent(text: str) -> dict:
    return json.loads(text)


def test_every_message_equals_that_of_an_outside_implementation():
    writer = StreamWriter(STREAM)
    assert sent(writer.connected()) == protocol.build_connected()
    assert sent(writer.start()) == protocol.build_start(OUTSIDE, 1, custom_parameters={"token": "t"})
    assert sent(writer.media(None)) == protocol.build_media(OUTSIDE, 2, 1, 0, SILENT_FRAME)
    voice = tone(440, 20)
    assert sent(writer.media(voice)) == protocol.build_media(OUTSIDE, 3, 2, 20, voice)
    assert sent(writer.key("#")) == protocol.build_dtmf(OUTSIDE, 4, "#")
    assert sent(writer.mark("m")) == protocol.build_mark(OUTSIDE, 5, "m")
    assert sent(writer.stop()) == protocol.build_stop(OUTSIDE, 6)


def test_what_the_engine_may_send_is_read():
    assert read('{"event":"media","streamSid":"MZ1","media":{"payload":"//8="}}', "MZ1") == AudioSent(
        b"\xff\xff"
    )
    assert read('{"event":"mark","streamSid":"MZ1","mark":{"name":"a"}}', "MZ1") == MarkPlaced("a")
    assert read('{"event":"clear","streamSid":"MZ1"}', "MZ1") == AudioCleared()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"\x00", 31950),
        ("{", 31924),
        ("[]", 31924),
        ('{"event":"media"}', 31951),
        ('{"event":"dance","streamSid":"MZ1"}', 31951),
        ('{"event":"clear","streamSid":"MZ2"}', 31951),
        ('{"event":"media","streamSid":"MZ1","media":{"payload":7}}', 31951),
        ('{"event":"media","streamSid":"MZ1","media":{"payload":"%%"}}', 31951),
        ('{"event":["media"],"streamSid":"MZ1"}', 31951),
        ('{"event":"mark","streamSid":"MZ1","mark":null}', 31951),
    ],
)
def test_what_a_carrier_would_not_take_has_its_error_code(message: str | bytes, code: int):
    unread = read(message, "MZ1")
    assert isinstance(unread, Unreadable)
    assert unread.code == code
