"""The TwiML that we answer Twilio with. Built as XML, so whatever is put in comes out escaped."""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree as Xml

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def connect_stream(url: str, parameters: Mapping[str, str], then: str | None = None) -> str:
    """Join the leg to our media server at `url`; when that ends, go on at the URL `then`.

    Twilio runs what follows `<Connect>` whenever the socket closes, a crash of ours included: `then` is what
    brings a broken call back. Without it the leg is hung up.
    """
    response = Xml.Element("Response")
    stream = Xml.SubElement(Xml.SubElement(response, "Connect"), "Stream", url=url)
    for name, value in parameters.items():
        Xml.SubElement(stream, "Parameter", name=name, value=value)
    if then is None:
        Xml.SubElement(response, "Hangup")
    else:
        Xml.SubElement(response, "Redirect", method="POST").text = then
    return _written(response)


def hang_up() -> str:
    response = Xml.Element("Response")
    Xml.SubElement(response, "Hangup")
    return _written(response)


def reject() -> str:
    """Refuse the call without answering it, so that it costs nobody anything."""
    response = Xml.Element("Response")
    Xml.SubElement(response, "Reject")
    return _written(response)


def say_and_hang_up(text: str) -> str:
    """Twilio's own voice says `text`: for when ours cannot be reached."""
    response = Xml.Element("Response")
    Xml.SubElement(response, "Say").text = text
    Xml.SubElement(response, "Hangup")
    return _written(response)


def join_conference(room: str, then: str, at_most_s: int | None) -> str:
    """Join the leg with whoever is in the conference of this name, for so long; it ends with either of the
    two, and the leg goes on at the URL `then`. Who is there first hears nothing meanwhile.
    """
    response = Xml.Element("Response")
    dial = Xml.SubElement(response, "Dial")
    if at_most_s is not None:
        dial.set("timeLimit", str(at_most_s))
    conference = Xml.SubElement(dial, "Conference", endConferenceOnExit="true", maxParticipants="2")
    conference.set("beep", "false")
    conference.set("waitUrl", "")
    conference.text = room
    Xml.SubElement(response, "Redirect", method="POST").text = then
    return _written(response)


def _written(response: Xml.Element) -> str:
    return _HEAD + Xml.tostring(response, encoding="unicode")
