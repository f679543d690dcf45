"""The Plivo XML that we answer with. Built as XML, so whatever is put in comes out escaped."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from engine.carriers.plivo.stream import written_headers

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def connect_stream(url: str, token: str, then: str) -> str:
    """Join the leg to our media server; when that ends, go on at the URL `then`."""
    response = Xml.Element("Response")
    stream = Xml.SubElement(
        response,
        "Stream",
        bidirectional="true",
        keepCallAlive="true",
        contentType="audio/x-mulaw;rate=8000",
        extraHeaders=written_headers(token),
    )
    stream.text = url
    Xml.SubElement(response, "Redirect", method="POST").text = then
    return _written(response)


def hang_up() -> str:
    response = Xml.Element("Response")
    Xml.SubElement(response, "Hangup")
    return _written(response)


def say_and_hang_up(text: str) -> str:
    """Plivo's own voice says `text`: for when ours cannot be reached."""
    response = Xml.Element("Response")
    Xml.SubElement(response, "Speak").text = text
    Xml.SubElement(response, "Hangup")
    return _written(response)


def join_conference(room: str, then: str, at_most_s: int | None) -> str:
    """Join the leg with whoever is in the conference of this name; it ends with either of the two, and the
    leg goes on at the URL `then`. `at_most_s` is how long, None for as long as they like.
    """
    response = Xml.Element("Response")
    conference = Xml.SubElement(response, "Conference", endConferenceOnExit="true", enterSound="")
    if at_most_s is not None:
        conference.set("timeLimit", str(at_most_s))
    conference.text = room
    Xml.SubElement(response, "Redirect", method="POST").text = then
    return _written(response)


def _written(response: Xml.Element) -> str:
    return _HEAD + Xml.tostring(response, encoding="unicode")
