"""set: state answers without asking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from engine.core.answers import AnswerName
from engine.core.call import Call
from engine.core.conditions import Value
from engine.core.expressions import Expression
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import IDLE, Rounds


@dataclass(frozen=True, slots=True)
class Set(NodeType):
    """Keeps `values` as they stand and `compute` as their expressions give, with the flow as source.

    An expression over something unknown, or one whose value is no such answer, leaves the answer as
    it was. What is computed from a sensitive answer is as sensitive itself; only a yes or no that comes of
    comparing is not.

    ```yaml
    assume: {type: set, values: {need: repair}, next: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next",)
    LEARNS: ClassVar[tuple[str, ...]] = ("values", "compute")

    values: Mapping[AnswerName, Value] = field(default_factory=dict)
    compute: Mapping[AnswerName, Expression] = field(default_factory=dict)

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return IDLE

    async def run(self, call: Call) -> str:
        for name, value in self.values.items():
            self._keep(call, name, value)
        for name, expression in self.compute.items():
            computed = expression.evaluate(call.values)
            if computed is not None:
                is_private = call.secrecy.reaches(expression, call.values)
                self._keep(call, name, computed, is_private=is_private)
        return "next"

    def _keep(self, call: Call, name: str, value: Value, *, is_private: bool = False) -> None:
        understood = call.answer_type(name, is_private=is_private).understand_value(value)
        if understood is not None:
            call.learn(name, understood, raw=str(value), mode="flow", is_private=is_private)
