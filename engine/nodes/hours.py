"""hours: go by the clock on the operator's wall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.core.call import Call
from engine.core.commands import Record
from engine.core.facts import Turn
from engine.core.market import AnySchedule
from engine.exchange.hours import NamedSchedule, Schedule
from engine.nodes.node_type import NodeType, Settings
from engine.nodes.rounds import IDLE, Rounds


@dataclass(frozen=True, slots=True)
class HoursNode(NodeType):
    """Leaves by open or closed, at the moment when the call comes to it, in the zone that `hours` names.

    On a closed date or holiday it leaves by holiday where that exit is wired, else by closed.

    ```yaml
    office:
      type: hours
      hours: {zone: America/Chicago, mon-fri: ["08:00-18:00"], closed: [us_holidays]}
      next: bye
      exits: {closed: bye, holiday: bye}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("open", "closed", "holiday")
    EXIT_OF_NEXT: ClassVar[str] = "open"
    OPTIONAL_EXITS: ClassVar[tuple[str, ...]] = ("holiday",)

    hours: Schedule | NamedSchedule

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        return IDLE

    async def run(self, call: Call) -> str:
        hours: AnySchedule = self.hours if isinstance(self.hours, Schedule) else _named(call, self.hours)
        opening = hours.at(call.arrived.started_at + call.at)
        is_day_off = "closed" in opening.values
        shut = "holiday" if is_day_off and call.leads("holiday") else "closed"
        way = "open" if opening.is_open else shut
        code = "hours_open" if opening.is_open else "hours_closed"
        details = {"zone": hours.zone.key, "hours": hours.text}
        call.do(Record(Turn(call.at, call.node, way, code, dict(opening.values), details)))
        return way


def _named(call: Call, schedule: NamedSchedule) -> AnySchedule:
    return call.revision.market.schedule(schedule.name)
