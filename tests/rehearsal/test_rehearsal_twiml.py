import pytest

from engine.rehearsal.loopback.twilio.twiml import (
    ConnectStream,
    DocumentMistake,
    HangupVerb,
    Pause,
    Played,
    Redirect,
    Reject,
    SayVerb,
    parse,
)


def test_every_verb_spoken_here_is_read():
    document = """<?xml version="1.0"?><Response>
      <Connect><Stream url="wss://example.com/media">
        <Parameter name="token" value="a&amp;b"/></Stream></Connect>
      <Say>Hello</Say><Play>https://example.com/a.wav</Play><Pause length="3"/><Pause/>
      <Redirect method="get">/again?x=1</Redirect><Reject reason="busy"/><Reject/><Hangup/></Response>"""
    assert parse(document) == (
        ConnectStream("wss://example.com/media", {"token": "a&b"}),
        SayVerb("Hello"),
        Played("https://example.com/a.wav"),
        Pause(3),
        Pause(1),
        Redirect("/again?x=1", "GET"),
        Reject("busy"),
        Reject("rejected"),
        HangupVerb(),
    )


@pytest.mark.parametrize(
    ("document", "code", "why"),
    [
        ("<Response>", 12100, "not XML"),
        ("<html/>", 12100, "<html>"),
        ("<Response><Dial>+15550100</Dial></Response>", 12200, "<Dial>"),
        ("<Response><Connect/></Response>", 12200, "nothing"),
        ('<Response><Connect><Stream url="http://a.example"/></Connect></Response>', 12200, "wss://"),
        ('<Response><Connect><Stream url="wss://a.example/?t=1"/></Connect></Response>', 12200, "query"),
        (
            '<Response><Connect><Stream url="wss://a.example/"><Parameter/></Stream></Connect></Response>',
            12200,
            "Parameter",
        ),
        ('<Response><Pause length="soon"/></Response>', 12200, "whole seconds"),
        ("<Response>" + " " * 70000 + "</Response>", 11750, "64 KB"),
    ],
)
def test_a_document_with_a_mistake_has_its_error_code(document: str, code: int, why: str):
    with pytest.raises(DocumentMistake, match=why) as caught:
        parse(document)
    assert caught.value.code == code
