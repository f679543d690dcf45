"""A message as it comes in: in one frame nearly always, in pieces by the protocol's leave."""

from __future__ import annotations

from websockets.frames import Frame, Opcode


class Pieces:
    """Those of the message that is under way. Their order was checked by the library."""

    __slots__ = ("_is_text", "_pieces")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._is_text = True

    @property
    def number(self) -> int:
        return len(self._pieces)

    def add(self, frame: Frame) -> None:
        if frame.opcode is not Opcode.CONT:
            self._is_text = frame.opcode is Opcode.TEXT
        self._pieces.append(bytes(frame.data))

    def taken(self) -> tuple[bytes, bool]:
        """The whole message, and whether it is text; the next one begins with nothing."""
        whole = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        return whole, self._is_text
