"""Which of our legs are about to be joined, and the names of the streams that those give up for it."""

from __future__ import annotations

from collections import OrderedDict

REMEMBERED = 20_000


class Joining:
    """A leg whose stream ends is told whom it is joined with, once."""

    def __init__(self) -> None:
        self._streams: OrderedDict[str, str] = OrderedDict()
        self._partners: OrderedDict[str, str] = OrderedDict()

    def began(self, channel: str, stream: str) -> None:
        """The channel has this stream now."""
        self._streams[channel] = stream
        self._streams.move_to_end(channel)
        if len(self._streams) > REMEMBERED:
            self._streams.popitem(last=False)

    def stream_of(self, channel: str) -> str:
        """ "" for a channel that never had one."""
        return self._streams.get(channel, "")

    def wanted(self, leg: str, caller: str) -> None:
        self._partners[leg] = caller
        if len(self._partners) > REMEMBERED:
            self._partners.popitem(last=False)

    def partner(self, leg: str) -> str:
        """Whom the leg is to be joined with now; "" with nobody."""
        return self._partners.pop(leg, "")

    def forget(self, channel: str) -> None:
        """The channel is over."""
        self._streams.pop(channel, None)
        self._partners.pop(channel, None)
