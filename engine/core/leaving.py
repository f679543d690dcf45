"""What takes a call out of the node that it waits in."""

from __future__ import annotations


class CallEnded(BaseException):
    """Thrown into the waiting node when the caller's leg is gone."""


class JumpTo(BaseException):
    """Leaves the running node for another: a command key with `goto`."""

    def __init__(self, node: str, command: str) -> None:
        super().__init__(node)
        self.node = node
        self.command = command
