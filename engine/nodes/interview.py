"""interview: several questions, of which only those are asked that still decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.answers import AnswerName
from engine.core.call import Call
from engine.core.commands import Record
from engine.core.facts import Turn
from engine.core.trail import LED_TO
from engine.nodes.needing import needed_of, note_unasked
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import IDLE, WAITS, Rounds
from engine.nodes.settings import CampaignName, NodeName


@dataclass(frozen=True, slots=True)
class Interview(NodeType):
    """Leads to the nodes that ask for `answers`, one after another; they lead back here.

    Each time the call comes here, it goes on to the next answer's node: of those that are unknown and still
    decide (`ask: when_needed`), in the order of what hangs on them (`order: by_value`: the sum of the prices
    of the buyers who could still take the call and need it) or as they are written. It leaves by next when
    none is left. To an answer's node the call is led once, whatever came of it; who comes here knows what
    is known, so that a form may fill several at once.

    ```yaml
    interview:
      type: interview
      answers: {zip: ask_zip, need: ask_need}
      next: find
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next",)

    answers: Mapping[AnswerName, NodeName]
    order: Literal["by_value", "as_written"] = "by_value"
    ask: Literal["when_needed", "unless_known"] = "when_needed"
    campaign: CampaignName | None = None

    @property
    def asks_when_needed(self) -> tuple[str, ...]:
        return tuple(self.answers) if self.ask == "when_needed" else ()

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return IDLE if exit_ == "next" else WAITS  # to each question it leads once

    async def run(self, call: Call) -> str:
        unknown = [name for name in self.answers if name not in call.answers]
        left = [name for name in unknown if self._mark(call, name) not in call.asked]
        needed = needed_of(call, left, self.campaign)
        wanted = [name for name in left if name in needed or self.ask == "unless_known"]
        if not wanted:
            if left:
                note_unasked(call, left, self.campaign, "next")
            return "next"
        if self.order == "by_value":
            wanted = [*needed, *(name for name in wanted if name not in needed)]
        name, way = wanted[0], self.answers[wanted[0]]
        call.asked.add(self._mark(call, name))
        values = {"open": ", ".join(wanted), "campaign": self.campaign or call.campaign}
        call.do(
            Record(Turn(call.at, call.node, way, self._why(name, wanted, needed), values, {"answer": name}))
        )
        return way

    def _why(self, name: str, wanted: list[str], needed: tuple[str, ...]) -> str:
        """The code of why this one is asked for now."""
        if len(wanted) == 1:
            return "asked_as_last"
        return "asked_by_value" if self.order == "by_value" and name in needed else "asked_as_written"

    def _mark(self, call: Call, name: str) -> str:
        """How the call remembers that this node led to the answer's."""
        return f"{call.node}{LED_TO}{name}"
