"""split: send a share of the callers each way, the same caller always the same way."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from engine.core.call import Call
from engine.core.commands import Record
from engine.core.conditions import Details
from engine.core.facts import Turn
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import IDLE, Rounds
from engine.nodes.settings import ExitName


@dataclass(frozen=True, slots=True)
class Split(NodeType):
    """Leaves by one of `branches`, each an exit of its own name, in proportion to their weights.

    A caller's number, the node's name and `salt` decide, so that a caller who calls again hears the same
    thing; another `salt` shuffles them anew. Whoever withholds the number, and everybody with
    `sticky: call`, is drawn by the call's own seed.

    ```yaml
    test_greeting:
      type: split
      branches: {short: 80, long: 20}
      exits: {short: bye, long: bye}
    ```
    """

    branches: Mapping[ExitName, int]
    salt: str = ""
    sticky: Literal["caller", "call"] = "caller"

    def __post_init__(self) -> None:
        if sum(self.branches.values()) == 0:
            raise ValueError("every branch weighs 0, so none could be taken; give one a weight of 1 or more")

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return IDLE

    async def run(self, call: Call) -> str:
        number = call.arrived.caller_number if self.sticky == "caller" else ""
        point, total = self._drawn(number or f"seed {call.arrived.seed}", call.node)
        way = self._at(point)
        values = {"point": point, "of": total, "by": "caller" if number else "call"}
        call.do(Record(Turn(call.at, call.node, way, "lot_drawn", values, self._lots(way))))
        return way

    def _drawn(self, who: str, node: str) -> tuple[int, int]:
        """The caller's place among all weights, the same on every machine."""
        total = sum(self.branches.values())
        digest = hashlib.sha256("\n".join((who, node, self.salt)).encode()).digest()
        return int.from_bytes(digest[:8], "big") % total, total

    def _at(self, point: int) -> str:
        for name, weight in self.branches.items():
            if point < weight:
                return name
            point -= weight
        raise AssertionError("a point lies below the sum of the weights")

    def _lots(self, way: str) -> Details:
        """The branch's lots, the first and the last, counted from 1."""
        first = 1
        for name, weight in self.branches.items():
            if name == way:
                return {"first": first, "last": first + weight - 1}
            first += weight
        raise AssertionError(f"{way} is a branch")
