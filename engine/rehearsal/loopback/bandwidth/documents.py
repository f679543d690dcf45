"""BXML as a carrier reads it: StartStream, StartGather, Pause, SpeakSentence, Hangup.

Any other verb is a mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from xml.etree import ElementTree

MOST_PARAMETERS = 12
LONGEST_PARAMETER = 2048


@dataclass(frozen=True, slots=True)
class StartStream:
    """`proof` is what the socket's upgrade brings; `events` is told how the stream goes."""

    url: str
    parameters: Mapping[str, str]
    events: str
    proof: tuple[str, str]


@dataclass(frozen=True, slots=True)
class StartGather:
    keys: str


@dataclass(frozen=True, slots=True)
class BxmlPause:
    seconds: float


@dataclass(frozen=True, slots=True)
class SpeakSentence:
    words: str


@dataclass(frozen=True, slots=True)
class BxmlHangup:
    pass


BxmlVerb = StartStream | StartGather | BxmlPause | SpeakSentence | BxmlHangup


class BxmlMistake(Exception):
    """What is wrong with it."""


def parse_bxml(document: str) -> tuple[BxmlVerb, ...]:
    """The verbs in order; raises BxmlMistake."""
    try:
        root = ElementTree.fromstring(document)  # noqa: S314 - written by the engine under rehearsal, on loopback
    except ElementTree.ParseError as failure:
        raise BxmlMistake(f"the document is not XML: {failure}") from failure
    if root.tag != "Response":
        raise BxmlMistake(f"it begins with <{root.tag}>, not <Response>")
    return tuple(_verb(element) for element in root)


def _verb(element: ElementTree.Element) -> BxmlVerb:
    match element.tag:
        case "StartStream":
            return _stream(element)
        case "StartGather":
            return StartGather(_whole(element, "dtmfUrl"))
        case "Pause":
            return BxmlPause(float(element.get("duration", "1")))
        case "SpeakSentence":
            return SpeakSentence((element.text or "").strip())
        case "Hangup":
            return BxmlHangup()
    raise BxmlMistake(f"<{element.tag}> is not spoken here")


def _stream(element: ElementTree.Element) -> StartStream:
    url = _whole(element, "destination")
    if urlsplit(url).scheme not in {"ws", "wss"}:
        raise BxmlMistake(f"<StartStream destination={url!r}>; expected a wss:// address")
    if element.get("mode") != "bidirectional" or element.get("tracks") != "inbound":
        raise BxmlMistake("<StartStream> doesn't play, or isn't the party's alone")
    parameters = {child.get("name", ""): child.get("value", "") for child in element}
    if len(parameters) > MOST_PARAMETERS or any(
        len(each) > LONGEST_PARAMETER for each in parameters.values()
    ):
        raise BxmlMistake(f"at most {MOST_PARAMETERS} parameters of {LONGEST_PARAMETER} characters")
    proof = element.get("destinationUsername", ""), element.get("destinationPassword", "")
    return StartStream(url, parameters, _whole(element, "streamEventUrl"), proof)


def _whole(element: ElementTree.Element, name: str) -> str:
    value = element.get(name, "")
    if not value:
        raise BxmlMistake(f"<{element.tag}> has no {name}")
    return value
