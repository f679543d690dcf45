"""Verbs as jambonz reads them: answer, listen, conference, redirect, say, hangup. Any other is a mistake, and
so is an `actionHook` of a listen or a conference: jambonz would ask it when the verb is replaced, too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

BOTH_WAYS = {"enabled": True, "streaming": True, "sampleRate": 8000}


@dataclass(frozen=True, slots=True)
class AnswerVerb:
    pass


@dataclass(frozen=True, slots=True)
class ListenVerb:
    """`proof` is what the socket's upgrade brings."""

    url: str
    metadata: Mapping[str, str]
    proof: tuple[str, str]


@dataclass(frozen=True, slots=True)
class ConferenceVerb:
    """Sit in this conference until it is over."""

    name: str


@dataclass(frozen=True, slots=True)
class RedirectVerb:
    url: str


@dataclass(frozen=True, slots=True)
class JambonzSay:
    words: str


@dataclass(frozen=True, slots=True)
class JambonzHangup:
    pass


JambonzVerb = AnswerVerb | ListenVerb | ConferenceVerb | RedirectVerb | JambonzSay | JambonzHangup


class VerbMistake(Exception):
    """What is wrong with it."""


def parse_verbs(text: str) -> tuple[JambonzVerb, ...]:
    """The verbs in order; raises VerbMistake."""
    try:
        verbs = json.loads(text)
    except ValueError as failure:
        raise VerbMistake(f"the verbs are not JSON: {failure}") from failure
    if not isinstance(verbs, list):
        raise VerbMistake("the verbs are not an array")
    return tuple(_verb(verb) for verb in verbs)


def _verb(verb: object) -> JambonzVerb:
    match verb:
        case {"verb": "answer"}:
            return AnswerVerb()
        case {"verb": "say", "text": str(words)} if words:
            return JambonzSay(words)
        case {"verb": "hangup"}:
            return JambonzHangup()
        case {"verb": "listen" | "conference", "actionHook": _}:
            raise VerbMistake("its actionHook would be asked when the verb is replaced")
        case {"verb": "conference", "name": str(name), "endConferenceOnExit": True} if name:
            return ConferenceVerb(name)
        case {"verb": "redirect", "actionHook": {"url": str(url), "method": "POST"}}:
            return RedirectVerb(url)
        case {
            "verb": "listen",
            "url": str(url),
            "mixType": "mono",
            "passDtmf": True,
            "sampleRate": 8000,
            "bidirectionalAudio": dict(both),
            "metadata": dict(metadata),
            "wsAuth": {"username": str(username), "password": str(password)},
        } if both == BOTH_WAYS and urlsplit(url).scheme in {"ws", "wss"}:
            return ListenVerb(url, metadata, (username, password))
    raise VerbMistake(f"{json.dumps(verb)[:120]} is not spoken here")
