"""AudioHook, version 2, as Genesys' Audio Connector speaks it: numbered texts, mu-law as binary messages.

Each side numbers its texts (`seq`) and says with each which of the other's it has had (`clientseq`,
`serverseq`). Genesys opens, pings and closes, and each of these is answered. Whoever wants to end the session
asks for it (`disconnect`): it is Genesys that closes, and the websocket with it. There are no marks.

Source: developer.genesys.cloud, AudioHook protocol reference; Genesys' reference implementations.
"""

from __future__ import annotations

import binascii
import json
import re
from collections.abc import Mapping

from engine.carriers.binary_stream import MAX_SOUND_BYTES, BinaryStream
from engine.carriers.genesys.pacing import Pacing
from engine.carriers.json_stream import (
    Fields,
    WrongMessage,
    inner,
    key_of,
    optional_text,
    text_of,
    texts_of,
)
from engine.media.messages import Audio, Ignored, Malformed, Message, Replied, Silent, Started, Stopped

VERSION = "2"
NOBODY = "00000000-0000-0000-0000-000000000000"
"""The conversation of a probe, by which Genesys tries an address that an administrator enters."""
MEDIA = {"type": "audio", "format": "PCMU", "channels": ["external"], "rate": 8000}
"""What the caller says, and nobody else."""
TOO_MANY = 429
LEAST_WAIT_S = 3.0  # after a 429 that does not say how long

_SECONDS = re.compile(r"PT(?:(\d{1,4})M)?(?:(\d{1,4}(?:\.\d{1,9})?)S)?")


class GenesysStream(BinaryStream):
    """One session. `organization` and `session` are those of the upgrade that was signed, "" without one."""

    __slots__ = ("_heard_seq", "_organization", "_pacing", "_said_seq", "_session")

    event_field = "type"

    def __init__(self, organization: str = "", session: str = "") -> None:
        super().__init__()
        self._organization = organization
        self._session = session
        self._said_seq = 0
        self._heard_seq = 0
        self._pacing = Pacing()

    # Sound: what waits to be said goes out as sound comes in

    def audio_in(self, message: bytes | str) -> bytes | None:
        if self._pacing.is_waiting or isinstance(message, str):
            return None
        payload = super().audio_in(message)
        if payload is not None:
            self._pacing.passed(len(message))
        return payload

    def _sound_of(self, message: bytes) -> Message:
        if self._stream is None or not 0 < len(message) <= MAX_SOUND_BYTES:
            return super()._sound_of(message)
        due = self._pacing.passed(len(message))
        heard = Audio(binascii.b2a_base64(message, newline=False))
        return Replied(due, heard) if due else heard

    # Texts

    def _read(self, fields: Fields) -> Message:
        kind = text_of(fields, "type")
        self._count(fields)
        parameters = inner(fields, "parameters")
        match kind:
            case "open":
                return self._opened(fields, parameters)
            case "close":
                return self._closed(parameters)
            case "ping":
                lives = Ignored("a ping") if self._stream is None else Silent()
                return Replied(self._said("pong", {}), lives)
            case "dtmf" if self._stream is not None:
                return key_of(parameters, "digit")
            case "update":
                return Replied(self._said("updated", {}), Ignored("another language"))
            case "error":
                return self._refused(parameters)
        return Ignored(f"AudioHook says {kind[:40]!r}")

    def _count(self, fields: Fields) -> None:
        """Raises WrongMessage for one that is out of its turn, or of another session."""
        session, seq, told = text_of(fields, "id"), fields.get("seq"), fields.get("serverseq")
        if optional_text(fields, "version") != VERSION:
            raise WrongMessage(f"not version {VERSION} of AudioHook")
        if self._session and session != self._session:
            raise WrongMessage("a message of another session")
        if type(seq) is not int or type(told) is not int:
            raise WrongMessage("seq or serverseq is no number")
        expected, self._heard_seq = self._heard_seq + 1, max(self._heard_seq, seq)
        if seq != expected:
            raise WrongMessage(f"message {seq}, where {expected} was to come")
        if told > self._said_seq:
            raise WrongMessage(f"it has had message {told}, and we said {self._said_seq}")
        self._session = session

    def _opened(self, fields: Fields, parameters: Fields) -> Message:
        if self._stream is not None:
            raise WrongMessage("a second open on one stream")
        organization = text_of(parameters, "organizationId")
        if self._organization and organization != self._organization:
            raise WrongMessage("the organization is not the one that was signed")
        offered = parameters.get("media")
        if not isinstance(offered, list) or not any(_is_ours(each) for each in offered):
            why = "the caller's sound is wanted alone, as PCMU at 8 kHz"
            return Replied(self._said("disconnect", {"reason": "error", "info": why}), Malformed(why))
        conversation = text_of(parameters, "conversationId")
        opened = self._said("opened", {"startPaused": False, "media": [MEDIA]})
        if conversation == NOBODY:
            return Replied(opened, Ignored("a probe of this address"))
        participant = inner(parameters, "participant")
        started = Started(
            stream=self._session,
            carrier_call=conversation,
            account=organization,
            parameters=_along(parameters.get("inputVariables")),
            encoding="PCMU",
            rate_hz=self.rate_hz,
            caller=_number(optional_text(participant, "ani")),
            called=_number(optional_text(participant, "dnis")),
        )
        self._stream = started.stream
        return Replied(opened, started)

    def _closed(self, parameters: Fields) -> Message:
        """`end`: the caller hung up, or the flow went on. Else the session is over, and not by the caller."""
        reason = optional_text(parameters, "reason")
        over = Stopped() if reason in ("end", "disconnect") else Ignored(f"it closes: {reason[:40]!r}")
        return Replied(self._said("closed", {}), over)

    def _refused(self, parameters: Fields) -> Message:
        code, said = parameters.get("code"), optional_text(parameters, "message")
        if code == TOO_MANY:
            self._pacing.hold(_seconds_of(optional_text(parameters, "retryAfter")))
        return Ignored(f"Genesys says {str(code)[:20]} {said[:80]}")

    # What we say

    def audio(self, payload_b64: bytes) -> tuple[bytes, ...]:
        return self._pacing.add(binascii.a2b_base64(payload_b64))

    def clear(self) -> str:
        """That the caller has interrupted: Genesys plays no more of what it has."""
        self._pacing.forget()
        return self._said("event", {"entities": [{"type": "barge_in", "data": {}}]})

    def mark(self, name: str) -> None:
        return None

    def farewell(self) -> str | None:
        """Ask Genesys to end the session: its flow goes on."""
        self._pacing.forget()
        if not self._session:
            return None
        return self._said("disconnect", {"reason": "completed", "outputVariables": {}})

    def _said(self, kind: str, parameters: Mapping[str, object]) -> str:
        self._said_seq += 1
        return json.dumps(
            {
                "version": VERSION,
                "type": kind,
                "seq": self._said_seq,
                "clientseq": self._heard_seq,
                "id": self._session,
                "parameters": parameters,
            }
        )


def _is_ours(offered: object) -> bool:
    return isinstance(offered, dict) and all(offered.get(name) == value for name, value in MEDIA.items())


def _along(variables: object) -> dict[str, str]:
    """The flow's input variables. A session brings no token of ours, whatever a variable is called."""
    found = texts_of(variables) if isinstance(variables, dict) else {}
    return {name: value for name, value in found.items() if name != "token"}


def _number(told: str) -> str:
    return told.removeprefix("tel:")


def _seconds_of(duration: str) -> float:
    """Of an ISO duration such as PT3.5S."""
    found = _SECONDS.fullmatch(duration)
    if found is None:
        return LEAST_WAIT_S
    return max(LEAST_WAIT_S, int(found[1] or 0) * 60 + float(found[2] or 0))
