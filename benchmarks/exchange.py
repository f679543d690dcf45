"""The exchange: decisions among 10, 1,000 and 10,000 buyers, and reservations on SQLite.

Networks of three kinds are read from YAML as an operator's would be (`exchange_networks`), and calls choose
among their buyers (`deciding`). `python -m benchmarks.exchange` prints the figures.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Sequence

from . import deciding
from .reservations import figures as reserving


async def run(
    buyers: Sequence[int] = (10, 1_000, 10_000),
    rounds: int = 15,
    reservations: int = 500,
    on_progress: Callable[[str], None] | None = None,
) -> dict[str, object]:
    """Measure `rounds` decisions a side, and so many reservations."""

    def progress(text: str) -> None:
        if on_progress is not None:
            on_progress(text)

    figures = list(deciding.figures(buyers, rounds, progress))
    progress("reservations")
    figures += await reserving(reservations)
    return {"name": "exchange", "figures": figures}


def _print_progress(text: str) -> None:
    if sys.stderr.isatty():
        print(text, file=sys.stderr)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(on_progress=_print_progress)), indent=2))
