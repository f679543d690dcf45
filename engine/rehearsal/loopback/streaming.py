"""A call's stream, from its upgrade to its end, whoever ends it."""

from __future__ import annotations

from engine.rehearsal.loopback.lines import NOT_A_WEBSOCKET, MediaLine, StreamRefused
from engine.rehearsal.loopback.parts import PlayedCall
from engine.rehearsal.loopback.wires import Stream


async def streamed(call: PlayedCall, stream: Stream) -> bool:
    """Returns when the engine closed it, or it broke, and the carrier goes on; whether it was taken."""
    trunk = call.trunk
    headers = trunk.part.upgrade_headers(stream) if trunk.signs_streams else {}
    wire = trunk.part.wire(stream)
    call.line = MediaLine(stream, call.handset, trunk.clock, trunk.timeline, wire, headers)
    is_taken = True
    try:
        await call.line.run()
    except StreamRefused as refusal:
        call.complain(NOT_A_WEBSOCKET, f"the stream was refused: {refusal}")
        is_taken = False
    finally:
        call.line = None
    if call.away_s:
        away_s, call.away_s = call.away_s, 0.0
        await trunk.clock.sleep_ms(away_s * 1000)
    return is_taken
