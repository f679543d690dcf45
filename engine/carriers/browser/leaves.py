"""One-time leaves: to place a call to a number, or to have calls to it ring in a tab.

Whoever has the operator's key asks for one and hands it to a page; the page uses it once, and soon.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal

As = Literal["caller", "buyer"]

GOOD_FOR_S = 120.0
MOST = 10_000
"""Leaves that are out at once; the oldest goes."""


@dataclass(frozen=True, slots=True)
class Leave:
    """What its bearer may do: call `number`, or be rung for it."""

    of: As
    number: str


class Leaves:
    """Those that were given out and not used."""

    def __init__(self) -> None:
        self._out: dict[str, tuple[Leave, float]] = {}

    def issue(self, leave: Leave, now_s: float) -> str:
        for token in [token for token, (_, until_s) in self._out.items() if until_s <= now_s]:
            del self._out[token]
        if len(self._out) >= MOST:
            del self._out[next(iter(self._out))]
        token = secrets.token_urlsafe(24)
        self._out[token] = (leave, now_s + GOOD_FOR_S)
        return token

    def holds(self, token: str, of: As, now_s: float) -> bool:
        """Whether it could be used now."""
        leave, until_s = self._out.get(token, (None, 0.0))
        return leave is not None and leave.of == of and now_s < until_s

    def use(self, token: str, of: As, now_s: float) -> Leave | None:
        """What it was given out for, once; None where it does not hold."""
        return self._out.pop(token)[0] if self.holds(token, of, now_s) else None
