"""Plivo XML as a carrier reads it: Stream, Conference, Speak, Redirect, Hangup. Any other is a mistake."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.etree import ElementTree

from engine.rehearsal.loopback.twilio.twiml import (
    DOCUMENT_PARSE_FAILURE,
    INVALID_ATTRIBUTE,
    ConnectStream,
    DialConference,
    DocumentMistake,
    HangupVerb,
    Redirect,
    SayVerb,
    Verb,
)


def parse_plivo(document: str) -> tuple[Verb, ...]:
    """The verbs in order; raises DocumentMistake."""
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - written by the engine under rehearsal, on loopback
    except ElementTree.ParseError as failure:
        raise DocumentMistake(DOCUMENT_PARSE_FAILURE, f"the document is not XML: {failure}") from failure
    if root.tag != "Response":
        raise DocumentMistake(DOCUMENT_PARSE_FAILURE, f"it begins with <{root.tag}>, not <Response>")
    return tuple(_verb(element) for element in root)


def _verb(element: ElementTree.Element) -> Verb:
    words = (element.text or "").strip()
    match element.tag:
        case "Stream":
            return _stream(element, words)
        case "Conference":
            return _conference(element, words)
        case "Speak":
            return SayVerb(words)
        case "Redirect":
            return Redirect(words, "POST")
        case "Hangup":
            return HangupVerb()
    raise DocumentMistake(INVALID_ATTRIBUTE, f"<{element.tag}> is not spoken here")


def _stream(element: ElementTree.Element, url: str) -> ConnectStream:
    along = element.get("extraHeaders", "")
    if urlsplit(url).scheme not in {"ws", "wss"}:
        raise DocumentMistake(INVALID_ATTRIBUTE, f"<Stream>{url}; expected a wss:// address")
    if element.get("bidirectional") != "true" or element.get("keepCallAlive") != "true":
        raise DocumentMistake(INVALID_ATTRIBUTE, "<Stream> neither plays nor keeps the call")
    if not along.replace("=", "").replace(",", "").isalnum():
        raise DocumentMistake(INVALID_ATTRIBUTE, "extraHeaders take letters and digits alone")
    return ConnectStream(url, {"extra_headers": along})


def _conference(element: ElementTree.Element, name: str) -> DialConference:
    limit = element.get("timeLimit", "86400")
    if not name or element.get("endConferenceOnExit") != "true" or not limit.isdecimal():
        raise DocumentMistake(INVALID_ATTRIBUTE, "<Conference> has a name, an end and a limit in seconds")
    return DialConference(name, float(limit))
