"""Which of our legs are about to be joined, and the names of the streams that those give up for it."""

from __future__ import annotations

from collections import OrderedDict

from engine.carriers.contract import LegsToJoin

REMEMBERED = 20_000
FETCHED_WITHIN_S = 5.0


class JoinsUnderWay:
    """A leg whose stream ends is told whom it is joined with, once."""

    def __init__(self) -> None:
        self._streams: OrderedDict[str, str] = OrderedDict()
        self._partners: OrderedDict[str, LegsToJoin] = OrderedDict()
        self._fetched: OrderedDict[str, tuple[str, float]] = OrderedDict()  # callers: by whom, and until when

    def began(self, channel: str, stream: str) -> None:
        """The channel has this stream now."""
        self._streams[channel] = stream
        self._streams.move_to_end(channel)
        if len(self._streams) > REMEMBERED:
            self._streams.popitem(last=False)

    def stream_of(self, channel: str) -> str:
        """ "" for a channel that never had one."""
        return self._streams.get(channel, "")

    def wanted(self, legs: LegsToJoin, now_s: float) -> None:
        """The caller's stream may end before the leg has come for him."""
        self._fetched[legs.caller_call] = (legs.leg_call, now_s + FETCHED_WITHIN_S)
        if len(self._fetched) > REMEMBERED:
            self._fetched.popitem(last=False)
        self._partners[legs.leg_call] = legs
        if len(self._partners) > REMEMBERED:
            self._partners.popitem(last=False)

    def partner(self, channel: str) -> LegsToJoin | None:
        """Whom this leg is to be joined with now; None with nobody."""
        return self._partners.pop(channel, None)

    def is_fetched(self, caller: str, now_s: float) -> bool:
        """Whether a leg is about to come for this caller."""
        _, until_s = self._fetched.get(caller, ("", 0.0))
        return now_s < until_s

    def parted(self, leg: str) -> None:
        """Nobody is waited for on account of this leg any more."""
        for caller in [caller for caller, (by, _) in self._fetched.items() if by == leg]:
            del self._fetched[caller]

    def forget(self, channel: str) -> None:
        """The channel is over."""
        self.parted(channel)
        self._fetched.pop(channel, None)
        self._streams.pop(channel, None)
        self._partners.pop(channel, None)
