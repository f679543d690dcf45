"""The caller's keys: which of them are presses, which belong together, and which answer nothing.

Theory. Questions take their keys from `typed`, each with its time. What is no press, or is left over of an
entry that is over, never gets there, and no node hears of it.

Rules
1. The same key again within BOUNCE_MS is one press that arrived as two; where keys come faster than any
   finger (another key as soon before or after), each of them counts.
2. Keys within the interdigit timeout of one another are one entry. One that a termchar ended has no rest,
   also where it comes after the last key, out of habit.
3. What is left of an entry that made no sense is dropped: all that follows within the interdigit timeout,
   until a prompt was heard to its end, and what follows briskly in the entry's rhythm even then.
4. What is left of an entry that its last key completed is dropped as long as it follows in the rhythm. A key
   after a pause is meant for the next question; once its prompt was heard, any that isn't pressed in a hurry.
5. Who begins an entry before its prompt, or so soon after that nothing was heard of it, knows what comes:
   those keys stand for the next questions too.
6. Some add so many keys to an answer (ZIP+4). That many within the interdigit timeout are the rest of it,
   keyed ahead or after a pause: `more_keys` lets the next question wait whether they are all.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

BOUNCE_MS = 80
QUICK_MS = 300  # who presses a key so soon after another has heard nothing in between
STEADY = 1.5  # times the longest pause before: still the same rhythm
SLOWEST_MS = 1_000  # a longer pause is no rhythm
BRISK_MS = 500  # who has heard the new prompt out and presses later than this answers it
WINDOW_MS = 3_000  # where a question takes one key, and so has no interdigit timeout


class KeysSoFar:
    """The keys of an entry that goes on, each with its time."""

    __slots__ = ("digits", "times")

    def __init__(self, digits: str = "", times: Sequence[int] = ()) -> None:
        self.digits = digits
        self.times = [*times]

    def add(self, key: str, at: int) -> None:
        self.digits += key
        self.times.append(at)

    @property
    def slowest_ms(self) -> int:
        """The longest pause between two of them."""
        return max((after - at for at, after in pairwise(self.times)), default=0)

    def first(self, count: int) -> KeysSoFar:
        return KeysSoFar(self.digits[:count], self.times[:count])

    def after(self, count: int) -> list[tuple[str, int]]:
        return [*zip(self.digits[count:], self.times[count:], strict=True)]


@dataclass(slots=True)
class KeyEntry:
    """An entry that is over, and may have a rest. `more_keys` are those that some callers add to it.

    Once a prompt was heard to its end, `window_ms` is 0.
    """

    outcome: Literal["complete", "refused"]
    last_at: int
    slowest_ms: int
    window_ms: int
    termchar: str = ""  # no key
    is_ahead: bool = False
    more_keys: int = 0

    def has_rest(self, at: int) -> bool:
        """Whether a key at this moment is left over of it."""
        gap_ms = at - self.last_at
        if self.outcome == "refused":
            return gap_ms < self.window_ms or gap_ms < min(self._rhythm_ms, BRISK_MS)
        is_soon = gap_ms < (self._rhythm_ms if self.window_ms else QUICK_MS)
        return is_soon and not self.is_ahead

    def goes_on(self, at: int) -> None:
        """A key of its rest came. One after a long pause begins no new wait for others."""
        gap_ms = at - self.last_at
        if gap_ms <= SLOWEST_MS:
            self.last_at = at
            self.slowest_ms = max(self.slowest_ms, gap_ms)

    @property
    def _rhythm_ms(self) -> int:
        """How soon the next key comes that goes on with it."""
        return max(QUICK_MS, min(SLOWEST_MS, round(self.slowest_ms * STEADY)))


class CallerKeys:
    """The keys of one call. `is_strict` is False for calls of engines that took every key for itself."""

    __slots__ = ("_ahead_until", "_entry", "_is_strict", "_last", "_suspect", "typed")

    def __init__(self, *, is_strict: bool) -> None:
        self.typed: deque[tuple[str, int]] = deque()  # those that no question took yet
        self._is_strict = is_strict
        self._entry: KeyEntry | None = None
        self._last: tuple[str, int, bool] | None = None  # the key, its time, and whether no finger is so fast
        self._suspect: tuple[str, int] | None = None  # the same key again, as it seems
        self._ahead_until = 0

    def press(self, key: str, at: int) -> bool:
        """Whether the key counts."""
        if not self._is_strict:
            self.typed.append((key, at))
            return True
        suspect, self._suspect = self._suspect, None
        if suspect is not None and key != suspect[0] and at - suspect[1] < BOUNCE_MS:
            self._take(*suspect)
            self._last = (*suspect, True)
        elif self._is_bounce(key, at):
            self._suspect = (key, at)
            self._last = (key, at, False)
            return False
        last = self._last
        is_fast = last is not None and key != last[0] and at - last[1] < BOUNCE_MS
        self._last = (key, at, is_fast)
        return self._take(key, at)

    def _is_bounce(self, key: str, at: int) -> bool:
        last = self._last
        return last is not None and key == last[0] and at - last[1] < BOUNCE_MS and not last[2]

    def _take(self, key: str, at: int) -> bool:
        if self._is_left_over(key, at):
            return False
        self.typed.append((key, at))
        return True

    def _is_left_over(self, key: str, at: int) -> bool:
        entry = self._entry
        if entry is None or not entry.has_rest(at):
            return False
        if key == entry.termchar:
            self._entry = None
        else:
            entry.goes_on(at)
        return True

    # Entries

    def is_ahead(self, at: int) -> bool:
        """Whether a key at this moment goes on with keys that were keyed ahead."""
        return at < self._ahead_until

    def complete(self, entry: KeyEntry) -> None:
        """Its last key completed it."""
        if self._is_strict:
            self._over(entry.last_at + entry.window_ms if entry.is_ahead else 0, entry)

    def closed(self, ahead_until: int | None = None) -> None:
        """A termchar or the timer ended it, or a command was given: it has no rest."""
        self._over(self._ahead_until if ahead_until is None else ahead_until, None)

    def refused(self) -> None:
        """It made no sense."""
        if self._entry is not None:
            self._entry.outcome = "refused"
            self._drop_rest()

    def flushed(self, window_ms: int) -> None:
        """A question forgets what was keyed before it: no more of that answers it."""
        if self.typed and self._is_strict:
            self._entry = KeyEntry("refused", self.typed[-1][1], 0, window_ms)
        self.typed.clear()

    def prompt_heard(self) -> None:
        """A prompt was heard to its end: what is keyed after it is keyed to it."""
        if self._entry is not None:
            self._entry.window_ms = self._entry.more_keys = 0

    def more_keys(self, at: int) -> int:
        """How many keys that begin at this moment would be the rest of the entry before."""
        entry = self._entry
        if entry is None or entry.outcome == "refused" or at - entry.last_at >= entry.window_ms:
            return 0
        return entry.more_keys

    def put_back(self, keys: str, at: int) -> None:
        """Let an entry's end stand for the next question, where it was keyed ahead; else it is left over."""
        if not self._is_strict or self.is_ahead(at):
            self.typed.extendleft((key, at) for key in reversed(keys))

    def _over(self, ahead_until: int, entry: KeyEntry | None) -> None:
        self._ahead_until = ahead_until
        self._entry = entry
        self._drop_rest()

    def _drop_rest(self) -> None:
        while self.typed and self._is_left_over(*self.typed[0]):
            self.typed.popleft()
