"""A leg's audio breaks off and comes back while its phone call goes on: two of the call's events."""

from __future__ import annotations

from engine.core.records import Frozen


class StreamLost(Frozen, frozen=True):
    """A leg's audio broke off, and its phone call may go on: it is waited for.

    `since` is when the last sound came, `detail` how the stream ended, as in `CallerHungUp`.
    """

    at: int
    leg: str
    since: int
    detail: str = ""


class StreamBack(Frozen, frozen=True):
    """The audio of a leg that was lost flows again. Nothing of what was to be heard meanwhile was."""

    at: int
    leg: str


StreamEvent = StreamLost | StreamBack
