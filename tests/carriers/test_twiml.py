"""TwiML: well-formed whatever is put in."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from engine.carriers.twilio import documents as twiml


def test_a_stream_is_connected_with_its_parameters_and_what_follows() -> None:
    text = twiml.connect_stream(
        "wss://x.test/media/twilio", {"token": 'a"<&'}, "https://x.test/again?a=1&b=2"
    )
    response = Xml.fromstring(text)
    stream = response.find("Connect/Stream")
    assert stream is not None
    assert stream.get("url") == "wss://x.test/media/twilio"
    assert [(p.get("name"), p.get("value")) for p in stream] == [("token", 'a"<&')]
    assert [child.tag for child in response] == ["Connect", "Redirect"]
    assert response.findtext("Redirect") == "https://x.test/again?a=1&b=2"


def test_without_a_way_back_the_leg_is_hung_up() -> None:
    response = Xml.fromstring(twiml.connect_stream("wss://x.test/", {}))
    assert [child.tag for child in response] == ["Connect", "Hangup"]


def test_the_short_answers() -> None:
    assert [child.tag for child in Xml.fromstring(twiml.hang_up())] == ["Hangup"]
    assert [child.tag for child in Xml.fromstring(twiml.reject())] == ["Reject"]
    apology = Xml.fromstring(twiml.say_and_hang_up("Sorry, <you> & me."))
    assert [child.tag for child in apology] == ["Say", "Hangup"]
    assert apology.findtext("Say") == "Sorry, <you> & me."
