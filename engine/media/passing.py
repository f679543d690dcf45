"""What a party is passed of the other one's sound: never lastingly later than it was said.

Theory of operation
- A stall of anybody on the way makes sound arrive late and at once. The carrier's player plays all of it, at
  the pace of the line, and would stay as late for the rest of the talk.
- What is late before it reaches us shows in the account of the player (`Player`). Beyond `NEAR_S` silence is
  left out, which nobody misses; beyond `FAR_S` everything is.
- What is late behind us no account of ours shows: a reader that stalls takes it all at once, later. So a mark
  goes behind each second of sound, or a ping where the carrier has no marks. One that comes back much later
  than the quickest did tells how much waits there, and the player is emptied; where the carrier has no way to
  empty it, nothing more is passed on until it has caught up.
- A prompt has the line: what the other party says meanwhile isn't passed on.
"""

from __future__ import annotations

import binascii
from collections import deque
from collections.abc import Sized
from typing import NamedTuple, Protocol

from engine.media.pace import Pace
from engine.media.player import Player, sound_s
from engine.media.streams import Outgoing

NEAR_S = 0.15
"""So much may wait: frames come in bursts of this size on any network."""
FAR_S = 0.35
TOO_LATE_S = 0.35
PROBE_EVERY_S = 1.0
PREFIX = "~"
MAX_BUFFERED_BYTES = 65_536
"""Of sound that the socket has not taken from us: some five seconds, and no one waits for it."""

_MOST_OUTSTANDING = 120
_IN_VAIN = 3
"""Emptied so often in a row without any mark in time, the player is not what is late."""
_UNHURRIED_SPEED = 4.0
"""In rehearsals that are faster, a busy machine's own jitter is taken for more sound than it is."""

_QUIET = bytes(code for code in range(256) if code & 0x60 == 0x60)
"""mu-law codes of samples up to 372 of 32,767: 39 dB below the loudest."""
_MOST_LOUD = 20
"""One sample in so many may be louder, and it is silence still."""


def is_silence(payload_b64: bytes) -> bool:
    """Whether nobody would miss it."""
    try:
        sound = binascii.a2b_base64(payload_b64)
    except binascii.Error:
        return False
    return len(sound.translate(None, _QUIET)) * _MOST_LOUD <= len(sound)


class Outlet(Protocol):
    """The socket, as far as sound goes out by it."""

    @property
    def buffered_bytes(self) -> int: ...
    def send(self, message: Outgoing) -> None: ...
    def ping(self, name: str) -> None: ...


class Encoder(Protocol):
    """The carrier's own words for what is to be played."""

    def audio(self, payload_b64: bytes) -> Outgoing: ...
    def mark(self, name: str) -> Outgoing | None: ...
    def clear(self) -> Outgoing | None: ...


class _Probe(NamedTuple):
    """Sent behind so many seconds of sound, and back at `expected_at` if nothing took any time."""

    name: str
    behind_s: float
    expected_at: float


class Passing:
    """The sound that is passed on to one line. `prompts` are those that are being played there."""

    def __init__(  # noqa: PLR0917
        self,
        socket: Outlet,
        stream: Encoder,
        player: Player,
        pace: Pace,
        has_marks: bool,
        prompts: Sized,
    ) -> None:
        self._socket = socket
        self._stream = stream
        self._player = player
        self._time, self._speed = pace.loop_time, pace.speed
        self._has_marks = has_marks
        self._prompts = prompts
        slower = max(1.0, pace.speed / _UNHURRIED_SPEED)
        self._near_s, self._far_s, self._late_s = NEAR_S * slower, FAR_S * slower, TOO_LATE_S * slower
        self._probed_s = 0.0
        self._number = 0
        self._quickest_s: float | None = None
        self._outstanding: deque[_Probe] = deque(maxlen=_MOST_OUTSTANDING)
        self._is_stuck = False
        self._in_vain = 0
        self._read_s = 0.0  # so much had been read by the last sign that came in time

    def pass_on(self, payload_b64: bytes, *, is_key: bool = False) -> bool:
        """Send it, unless it is left out. Where it `is_key`, silence tells two keys apart and stays in."""
        player = self._player
        now = self._time() * self._speed
        waits_s = player.empty_at - now
        if self._prompts or (
            waits_s > (self._far_s if is_key else self._near_s) and self._is_left_out(waits_s, payload_b64)
        ):
            return False
        if self._is_stuck and self._socket.buffered_bytes > MAX_BUFFERED_BYTES:
            return False
        player.take(now, sound_s(payload_b64))
        self._socket.send(self._stream.audio(payload_b64))
        if player.sent_s - self._probed_s >= PROBE_EVERY_S:
            self._probe(now)
        return True

    def came_back(self, name: str) -> None:
        """A mark or a ping of ours."""
        if not name.startswith(PREFIX) or all(name != probe.name for probe in self._outstanding):
            return
        probe = self._outstanding.popleft()
        while probe.name != name:
            probe = self._outstanding.popleft()
        now = self._time() * self._speed
        took_s = max(0.0, now - probe.expected_at)
        self._quickest_s = took_s if self._quickest_s is None else min(self._quickest_s, took_s)
        if took_s - self._quickest_s <= self._late_s:
            self._in_vain, self._read_s = 0, probe.behind_s
        elif self._in_vain == _IN_VAIN:
            self._in_vain, self._quickest_s = 0, took_s
        elif not self._prompts:
            self._in_vain += 1
            # A mark was reached; what stands before a ping that is late may have come as late as itself.
            heard_s = probe.behind_s if self._has_marks else self._read_s
            self._catch_up(now, self._player.sent_s - heard_s)

    def forget(self) -> None:
        """The player was emptied: marks that it returns for that say nothing."""
        self._outstanding.clear()
        self._probed_s = self._player.sent_s

    def _is_left_out(self, waits_s: float, payload_b64: bytes) -> bool:
        return waits_s > self._far_s or is_silence(payload_b64)

    def _probe(self, now: float) -> None:
        player = self._player
        self._probed_s = player.sent_s
        self._is_stuck = self._socket.buffered_bytes > MAX_BUFFERED_BYTES
        self._number += 1
        name = f"{PREFIX}{self._number}"
        mark = self._stream.mark(name) if self._has_marks else None
        if mark is not None:
            self._socket.send(mark)
        else:
            self._socket.ping(name)
        expected_at = now if mark is None else player.empty_at
        self._outstanding.append(_Probe(name, player.sent_s, expected_at))

    def _catch_up(self, now: float, waits_s: float) -> None:
        """So much waits, by the other side's word."""
        clear = self._stream.clear()
        if clear is None:
            self._player.empty_at = max(self._player.empty_at, now + waits_s)
            return
        self._socket.send(clear)
        self._player.empty()
        self.forget()
