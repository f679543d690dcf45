"""Sound laid along a clock: offset N of a track is what was said, or heard, N milliseconds after its start.

Rules
1. Frames come late, in bursts, or not at all; what they say of time is only when they came. A frame is laid
   behind the one before it, unless all that come within `HOLD_MS` of it are later (or earlier) than that:
   then sound was lost (or counted twice), and the track jumps. A burst after a pause is no such jump.
2. Nothing is given out before it is `HOLD_MS` old, for until then it may still move. Where nothing came,
   there is silence.
3. A prompt is laid where the carrier is told to play it, whatever frames there are; what is cut is not heard.
"""

from __future__ import annotations

from collections import deque

from engine.media.mulaw import RATE_HZ, SILENCE

HOLD_MS = 1500
"""A carrier that falls silent for longer than this has lost the sound in between."""

SLACK_MS = 40
"""How far frames may stray from the clock before the track follows them."""

BYTES_PER_MS = RATE_HZ // 1000
_QUIET = bytes([SILENCE])


class FrameTrack:
    """Frames of one party. Times are milliseconds since the track's start."""

    def __init__(self) -> None:
        self._laid = bytearray()
        self._taken = 0  # bytes that were given out
        self._frames: deque[tuple[int, bytes]] = deque()  # when each should begin, by its arrival
        self._slack_ms = 0  # the first frame is laid exactly

    @property
    def taken_ms(self) -> int:
        return self._taken // BYTES_PER_MS

    def put(self, at_ms: int, sound: bytes) -> None:
        """A frame that arrived at that time."""
        self._frames.append((at_ms - len(sound) // BYTES_PER_MS, sound))

    def take(self, until_ms: int) -> bytes:
        """The track from where it was taken last until then, silence where there is nothing."""
        self._lay(until_ms)
        wanted = until_ms * BYTES_PER_MS - self._taken
        if wanted <= 0:
            return b""
        sound = bytes(self._laid[:wanted])
        del self._laid[:wanted]
        self._taken += wanted
        return sound + _QUIET * (wanted - len(sound))

    def _lay(self, until_ms: int) -> None:
        """Lay frames until there is enough, or until it is not known yet where the next one belongs."""
        while self._frames and self._laid_ms < until_ms:
            jump_ms = self._jump_ms()
            begins_ms, sound = self._frames[0]
            if jump_ms > 0:
                if begins_ms >= until_ms:
                    return  # those that may still come could say otherwise
                self._laid += _QUIET * (jump_ms * BYTES_PER_MS)
            elif jump_ms < 0:
                sound = sound[-jump_ms * BYTES_PER_MS :]
            self._frames.popleft()
            self._laid += sound
            self._slack_ms = SLACK_MS

    @property
    def _laid_ms(self) -> int:
        return (self._taken + len(self._laid)) // BYTES_PER_MS

    def _jump_ms(self) -> int:
        """How far the next frame has to be moved: by what all that come soon after it agree upon."""
        ends = self._taken + len(self._laid)
        least, most = 1 << 40, -(1 << 40)
        first_ms = self._frames[0][0]
        for begins_ms, sound in self._frames:
            if begins_ms > first_ms + HOLD_MS:
                break
            late_ms = begins_ms - ends // BYTES_PER_MS
            least, most = min(least, late_ms), max(most, late_ms)
            if least <= self._slack_ms and most >= -self._slack_ms:
                return 0
            ends += len(sound)
        return least if least > self._slack_ms else most


class PlayedTrack(FrameTrack):
    """What a party hears: the other party's frames and, over them, prompts."""

    def __init__(self) -> None:
        super().__init__()
        self._prompts: deque[tuple[int, bytes]] = deque()  # (first byte, sound), in order

    def play(self, at_ms: int, sound: bytes) -> None:
        """A piece of a prompt that is heard from then on, or when the piece before it is over."""
        begins = at_ms * BYTES_PER_MS
        if self._prompts:
            begins = max(begins, self._prompts[-1][0] + len(self._prompts[-1][1]))
        self._prompts.append((begins, sound))

    def cut(self, at_ms: int) -> None:
        """What was to be heard later is not."""
        end = at_ms * BYTES_PER_MS
        while self._prompts and self._prompts[-1][0] + len(self._prompts[-1][1]) > end:
            begins, sound = self._prompts.pop()
            if begins < end:
                self._prompts.append((begins, sound[: end - begins]))

    def take(self, until_ms: int) -> bytes:
        begins = self._taken
        heard = bytearray(super().take(until_ms))
        while self._prompts and self._prompts[0][0] < begins + len(heard):
            first, sound = self._prompts.popleft()
            if first < begins:  # it was told of too late
                first, sound = begins, sound[begins - first :]
            within = sound[: begins + len(heard) - first]
            heard[first - begins : first - begins + len(within)] = within
            if len(within) < len(sound):
                self._prompts.appendleft((first + len(within), sound[len(within) :]))
                break
        return bytes(heard)
