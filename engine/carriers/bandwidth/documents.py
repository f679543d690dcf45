"""The BXML that we answer with. Built as XML, so whatever is put in comes out escaped.

`<StartStream>` doesn't wait for its stream: the call stays in the `<Pause>` behind it until another document
comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as Xml

LONGEST_S = 86_400

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


@dataclass(frozen=True, slots=True)
class Proof:
    """What Bandwidth has to show at our webhooks and sockets."""

    username: str
    password: str


def start_stream(url: str, token: str, events: str, keys: str, proof: Proof) -> str:
    """Join the leg to our media server; how the stream goes is told at `events`, keys at `keys`."""
    response = Xml.Element("Response")
    stream = Xml.SubElement(
        response,
        "StartStream",
        destination=url,
        mode="bidirectional",
        tracks="inbound",
        destinationUsername=proof.username,
        destinationPassword=proof.password,
        streamEventUrl=events,
        streamEventMethod="POST",
        username=proof.username,
        password=proof.password,
    )
    Xml.SubElement(stream, "StreamParam", name="token", value=token)
    Xml.SubElement(
        response,
        "StartGather",
        dtmfUrl=keys,
        dtmfMethod="POST",
        username=proof.username,
        password=proof.password,
    )
    Xml.SubElement(response, "Pause", duration=str(LONGEST_S))
    return _written(response)


def hang_up() -> str:
    response = Xml.Element("Response")
    Xml.SubElement(response, "Hangup")
    return _written(response)


def say_and_hang_up(text: str) -> str:
    """Bandwidth's own voice says `text`: for when ours cannot be reached."""
    response = Xml.Element("Response")
    Xml.SubElement(response, "SpeakSentence").text = text
    Xml.SubElement(response, "Hangup")
    return _written(response)


def _written(response: Xml.Element) -> str:
    return _HEAD + Xml.tostring(response, encoding="unicode")
