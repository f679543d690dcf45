"""TwiML as a carrier reads it: a document becomes a tuple of verbs, or a mistake with Twilio's code.

Spoken here: Connect/Stream with Parameters, Dial/Conference that ends with whoever leaves, Say, Play, Pause,
Redirect, Hangup, Reject. Any other verb is a mistake, so that nothing in a rehearsal silently works that the
rehearsal does not do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import urlsplit
from xml.etree import ElementTree

from engine.rehearsal.loopback.parts import Method

DOCUMENT_PARSE_FAILURE = 12100
INVALID_ATTRIBUTE = 12200
_TOO_LARGE = 11750
_MOST_BYTES = 64 * 1024
_LONGEST_PARAMETER = 500
_DIAL_LIMIT_S = 14_400


@dataclass(frozen=True, slots=True)
class ConnectStream:
    url: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DialConference:
    """`at_most_s` is the Dial's timeLimit."""

    room: str
    at_most_s: float


@dataclass(frozen=True, slots=True)
class SayVerb:
    text: str


@dataclass(frozen=True, slots=True)
class Played:
    url: str


@dataclass(frozen=True, slots=True)
class Pause:
    length_s: float


@dataclass(frozen=True, slots=True)
class Redirect:
    url: str
    method: Method


@dataclass(frozen=True, slots=True)
class HangupVerb:
    pass


@dataclass(frozen=True, slots=True)
class Reject:
    reason: Literal["busy", "rejected"]


Verb = ConnectStream | DialConference | SayVerb | Played | Pause | Redirect | HangupVerb | Reject


class DocumentMistake(Exception):
    def __init__(self, code: int, message: str) -> None:
        self.code = code
        super().__init__(message)


def parse(document: str) -> tuple[Verb, ...]:
    """The verbs in order; raises DocumentMistake."""
    if len(document.encode()) > _MOST_BYTES:
        raise DocumentMistake(_TOO_LARGE, "the TwiML is larger than 64 KB")
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - written by the engine under rehearsal, on loopback
    except ElementTree.ParseError as failure:
        raise DocumentMistake(DOCUMENT_PARSE_FAILURE, f"the TwiML is not XML: {failure}") from failure
    if root.tag != "Response":
        raise DocumentMistake(DOCUMENT_PARSE_FAILURE, f"the TwiML begins with <{root.tag}>, not <Response>")
    return tuple(_verb(element) for element in root)


def _verb(element: ElementTree.Element) -> Verb:
    reader = _VERBS.get(element.tag)
    if reader is None:
        raise DocumentMistake(
            INVALID_ATTRIBUTE,
            f"<{element.tag}> is not a verb spoken here; known are {', '.join(sorted(_VERBS))}",
        )
    return reader(element)


def _connect(element: ElementTree.Element) -> ConnectStream:
    children = list(element)
    if len(children) != 1 or children[0].tag != "Stream":
        found = ", ".join(f"<{child.tag}>" for child in children) or "nothing"
        raise DocumentMistake(INVALID_ATTRIBUTE, f"<Connect> holds {found}; expected one <Stream>")
    stream = children[0]
    url = stream.get("url", "")
    parts = urlsplit(url)
    if parts.scheme not in {"ws", "wss"} or not parts.netloc:
        raise DocumentMistake(INVALID_ATTRIBUTE, f"<Stream url={url!r}>; expected a wss:// address")
    if parts.query:
        raise DocumentMistake(
            INVALID_ATTRIBUTE,
            f"<Stream url={url!r}> has a query, which Twilio does not pass on; use <Parameter>",
        )
    return ConnectStream(url, dict(_parameter(child) for child in stream))


def _dial(element: ElementTree.Element) -> DialConference:
    children = list(element)
    if len(children) != 1 or children[0].tag != "Conference" or not _words(children[0]):
        raise DocumentMistake(INVALID_ATTRIBUTE, "<Dial> is spoken here with one named <Conference> alone")
    room, limit = children[0], element.get("timeLimit", str(_DIAL_LIMIT_S))
    if room.get("endConferenceOnExit") != "true" or room.get("waitUrl") != "" or room.get("beep") != "false":
        raise DocumentMistake(
            INVALID_ATTRIBUTE,
            "<Conference> is spoken here silent (beep, waitUrl) and with endConferenceOnExit alone",
        )
    if not limit.isdecimal():
        raise DocumentMistake(INVALID_ATTRIBUTE, f"<Dial timeLimit={limit!r}>; expected whole seconds")
    return DialConference(_words(room), float(limit))


def _parameter(element: ElementTree.Element) -> tuple[str, str]:
    name, value = element.get("name"), element.get("value")
    if element.tag != "Parameter" or name is None or value is None:
        raise DocumentMistake(
            INVALID_ATTRIBUTE, f"<{element.tag}> in <Stream>; expected <Parameter name value>"
        )
    if len(name) + len(value) > _LONGEST_PARAMETER:
        raise DocumentMistake(INVALID_ATTRIBUTE, f"<Parameter name={name!r}> is longer than 500 characters")
    return name, value


def _pause(element: ElementTree.Element) -> Pause:
    length = element.get("length", "1")
    if not length.isdecimal():
        raise DocumentMistake(INVALID_ATTRIBUTE, f"<Pause length={length!r}>; expected whole seconds")
    return Pause(float(length))


def _redirect(element: ElementTree.Element) -> Redirect:
    method = element.get("method", "POST").upper()
    if method not in {"GET", "POST"}:
        raise DocumentMistake(INVALID_ATTRIBUTE, f"<Redirect method={method!r}>; expected GET or POST")
    return Redirect(_words(element), cast(Method, method))


def _reject(element: ElementTree.Element) -> Reject:
    return Reject("busy" if element.get("reason") == "busy" else "rejected")


def _words(element: ElementTree.Element) -> str:
    return (element.text or "").strip()


_VERBS: Mapping[str, Callable[[ElementTree.Element], Verb]] = {
    "Connect": _connect,
    "Dial": _dial,
    "Say": lambda element: SayVerb(_words(element)),
    "Play": lambda element: Played(_words(element)),
    "Pause": _pause,
    "Redirect": _redirect,
    "Hangup": lambda element: HangupVerb(),
    "Reject": _reject,
}
