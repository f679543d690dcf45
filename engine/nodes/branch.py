"""branch: go where the first true condition leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.core.call import Call
from engine.core.conditions import Condition, judge
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import IDLE, Rounds
from engine.nodes.settings import ExitName


@dataclass(frozen=True, slots=True)
class Branch(NodeType):
    """Judges `cases` in order; the first true one is the exit, `next` where none is.

    A condition over something unknown is not true.

    ```yaml
    where:
      type: branch
      cases: {texas: zip.state == "TX"}
      next: bye
      exits: {texas: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next",)

    cases: Mapping[ExitName, Condition]

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return IDLE

    async def run(self, call: Call) -> str:
        for name, condition in self.cases.items():
            if judge(condition, call.evaluator):
                return name
        return "next"
