"""Websocket frames on the wire, as far as the library isn't asked. Source: RFC 6455, 5.2.

It reads them right, but at some cost, and a leg sends fifty a second. So where a frame ends is seen here, and
the usual frame is taken whole.
"""

from __future__ import annotations

import struct

try:
    from websockets.speedups import apply_mask
except ImportError:  # installed without its C part
    from websockets.utils import apply_mask

__all__ = ["BINARY", "HEAD_16", "MASKED_16", "TEXT", "apply_mask", "frame_end", "head_of"]

TEXT, BINARY = 0x81, 0x82
"""The first byte of a message in one frame, uncompressed."""
MASKED_16 = 0xFE
"""The second one where it is masked and 126 to 65,535 bytes long: so is sound."""
HEAD_16 = 8
"""The bytes before its content: the two, the length, the mask."""

_OPCODES = frozenset({0x0, 0x1, 0x2, 0x8, 0x9, 0xA})
_SHORT, _LONG = struct.Struct("!BBH"), struct.Struct("!BBQ")


def frame_end(raw: bytes, at: int, most: int) -> int:
    """Where the client's frame ends that begins there; beyond `raw`'s end where more of it has to come.

    `raw`'s own end for a frame that the library refuses by its head: unmasked, of no known kind, or with more
    than `most` bytes of content.
    """
    end = len(raw)
    if end - at < 2:
        return end + 1
    if raw[at + 1] < 0x80 or raw[at] & 0x0F not in _OPCODES:
        return end
    size, head = raw[at + 1] & 0x7F, 6
    if size >= 126:
        extra = 2 if size == 126 else 8
        if end - at < 2 + extra:
            return end + 1
        size, head = int.from_bytes(raw[at + 2 : at + 2 + extra], "big"), head + extra
    return end if size > most else at + head + size


def head_of(first: int, size: int) -> bytes:
    """What stands before so many bytes that a server sends."""
    if size < 126:
        return bytes((first, size))
    return _SHORT.pack(first, 126, size) if size < 65_536 else _LONG.pack(first, 127, size)
