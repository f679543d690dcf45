"""How long a decision among eight bidders takes, two of which are slow, one lies, one is cheap and one dies.

Ours is everything from the command to the bids: eight HTTP requests over loopback sockets, their reading, the
deadline. The baseline is the deadline itself: a bare `asyncio.sleep` of the same run. What the slow ones may
cost is the deadline and no more. `python -m benchmarks.bids` prints the figures.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

from engine.core.commands import Bidder, Ping
from engine.runtime.clock import Clock
from engine.runtime.outward.pinging import AskingCall, Pinging
from engine.runtime.outward.requests import Outward, Secrets

DEADLINE_MS = 800
NEVER_MS = 600_000
# What each bidder does: after so many milliseconds, this body; None closes the connection.
CONDUCTS: dict[str, tuple[int, bytes | None]] = {
    "high": (20, b'{"bid": "41.50"}'),
    "low": (120, b'{"bid": "28.25", "id": "b-7"}'),
    "middle": (300, b'{"bid": 33}'),
    "slow": (NEVER_MS, None),
    "slower": (DEADLINE_MS + 400, b'{"bid": "99.00"}'),
    "liar": (40, b'{"bid": "a fortune"}'),
    "cheap": (40, b'{"bid": "3.00"}'),
    "dead": (60, None),
}
EXPECTED = {"bid": 4, "late": 2, "malformed": 1, "failed": 1}
BASELINE = "the deadline alone: a bare asyncio sleep"


async def run(times: int = 30, on_progress: Callable[[str], None] | None = None) -> dict[str, object]:
    """Measure `times` decisions, each beside a sleep of the deadline."""
    ours: list[float] = []
    bare: list[float] = []
    outward = Outward(Clock(), Secrets({}))
    pinging = Pinging(outward)
    async with _serving() as port:
        ping = Ping("b1", "roofing", DEADLINE_MS, "512", tuple(_bidders(port)))
        for number in range(times):
            if on_progress is not None:
                on_progress(f"decision {number + 1} of {times}")
            began = time.perf_counter()
            bids = await pinging.ask(ping, AskingCall(f"c{number}", "+15125550123", lambda: 0))
            ours.append((time.perf_counter() - began) * 1000)
            if (said := Counter(bid.outcome for bid in bids)) != EXPECTED:
                raise AssertionError(f"expected {EXPECTED}, came {dict(said)}")
            began = time.perf_counter()
            await asyncio.sleep(DEADLINE_MS / 1000)
            bare.append((time.perf_counter() - began) * 1000)
    await outward.close()
    return {
        "benchmark": "bids",
        "figures": [
            _figure("eight bidders, two slow: until the bids are in, median", statistics.median, ours, bare),
            _figure("the same, slowest", max, ours, bare),
        ],
    }


def _figure(
    what: str, of: Callable[[list[float]], float], ours: list[float], bare: list[float]
) -> dict[str, object]:
    return {
        "what": what,
        "unit": "ms",
        "ours": round(of(ours), 1),
        "baseline": round(of(bare), 1),
        "baseline_is": BASELINE,
        "ratio": round(of(ours) / of(bare), 3),
    }


def _bidders(port: int) -> list[Bidder]:
    patience = {"timeout_ms": DEADLINE_MS, "secret": "", "failures": 1_000_000, "rest_ms": 1}
    return [
        Bidder(buyer=name, url=f"http://127.0.0.1:{port}/{name}", answers={"zip": "78701"}, **patience)  # type: ignore[arg-type]
        for name in CONDUCTS
    ]


@contextlib.asynccontextmanager
async def _serving() -> AsyncIterator[int]:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One request a connection: read it, wait as the conduct says, answer unless the other side is gone."""
    try:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = next(line for line in head.lower().split("\r\n") if line.startswith("content-length"))
            await reader.readexactly(int(length.partition(":")[2]))
            after_ms, body = CONDUCTS[head.split(" ")[1][1:]]
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(reader.read(), after_ms / 1000)
                return  # it hung up first
            if body is not None:
                writer.write(
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b"
                    % (len(body), body)
                )
                await writer.drain()
    finally:
        writer.close()


if __name__ == "__main__":
    json.dump(asyncio.run(run()), sys.stdout, indent=2)
    sys.stdout.write("\n")
