"""Which answers are still worth asking for, and the record of why others were not asked for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from engine.core.call import Call
from engine.core.commands import Record
from engine.core.facts import Turn


def needed_of(call: Call, answers: Collection[str], campaign: str | None) -> tuple[str, ...]:
    """Those of the answers that are unknown and still decide, the most valuable first.

    `campaign` left out is the call's.
    """
    needed = call.revision.market.needed(call.moment, campaign or call.campaign)
    return tuple(name for name in needed if name in answers)


def note_unasked(call: Call, answers: Sequence[str], campaign: str | None, exit_: str) -> None:
    """Keep in the call's record that these were not asked for, so that a bill can be explained."""
    whose = campaign or call.campaign
    names = ", ".join(answers)
    values = {"not_asked": names, "campaign": whose}
    call.do(Record(Turn(call.at, call.node, exit_, "not_asked", values, {"answers": len(answers)})))
