"""branch: go where the first true condition leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from engine.core.call import Call
from engine.core.conditions import Condition, judge


@dataclass(frozen=True, slots=True)
class Branch:
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

    cases: Mapping[str, Condition]

    @property
    def own_exits(self) -> tuple[str, ...]:
        return tuple(self.cases)

    async def run(self, call: Call) -> str:
        for name, condition in self.cases.items():
            if judge(condition, call.evaluator):
                return name
        return "next"
