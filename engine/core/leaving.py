"""What takes a call out of the node that it waits in."""

from __future__ import annotations


class CallEnded(BaseException):
    """Thrown into the waiting node when the caller's leg is gone."""


class JumpTo(BaseException):
    """Leaves the running node for another, or for the call's end: by a command."""

    def __init__(self, node: str | None, command: str) -> None:
        super().__init__(node)
        self.node = node
        self.command = command
