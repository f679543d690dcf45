"""subflow: enter another flow, and come back by one of its ways out; return: the way out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from engine.core.answers import AnswerName
from engine.core.call import Call
from engine.core.conditions import Value
from engine.core.expressions import Expression
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import WAITS, Rounds
from engine.nodes.settings import FlowName

ENTER = "enter"  # the exit that leads into the flow; it stands in no file


@dataclass(frozen=True, slots=True)
class Subflow(NodeType):
    """Walks the flow in the file `flow` (its path without .yaml) and leaves as that returns.

    `with` states its parameters, `compute` has them computed. `returns` shares its answers: an answer of
    that flow under the name that it has here, declared there alone. What is not shared stays its own, as
    `qualify.zip` for the answer zip asked by the node qualify; so do its nodes, `qualify.ask_zip`. Its own
    commands count inside it, with those of the entering flow whose keys it leaves free.

    ```yaml
    qualify:
      type: subflow
      flow: lib/qualify
      with: {trade: a roofer}
      returns: {area: home}
      next: bye
      exits: {no_answer: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next",)
    LEARNS: ClassVar[tuple[str, ...]] = ("returns",)

    flow: FlowName
    with_: Mapping[str, Value] = field(default_factory=dict)
    compute: Mapping[str, Expression] = field(default_factory=dict)
    returns: Mapping[str, AnswerName] = field(default_factory=dict)

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return WAITS  # where its flow is known, that says it

    async def run(self, call: Call) -> str:
        for name, value in self.with_.items():
            call.state(f"{call.node}.{name}", value)
        computed = {
            name: (each.evaluate(call.values), call.secrecy.reaches(each, call.values))
            for name, each in self.compute.items()
        }
        for name, (result, is_private) in computed.items():
            call.state(f"{call.node}.{name}", result, is_private=is_private)
        return ENTER


@dataclass(frozen=True, slots=True)
class Return(NodeType):
    """Goes back to the flow that entered this one, which wires `exit` as it wires any exit.

    ```yaml
    done: {type: return}
    ```
    """

    exit: str = "next"

    @classmethod
    def returns_by(cls, settings: Settings) -> str | None:
        return str(settings.get("exit") or "next")

    async def run(self, call: Call) -> str:
        return self.exit
