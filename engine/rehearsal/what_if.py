"""What another revision would have made of a call: its choices and its bill, from the same answers.

The journal is fed to the call's own revision. Wherever that chose a buyer, the other revision is asked
with the very answers, tries and time of that moment; at the end the other judges the legs as they were.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.commands import Record
from engine.core.facts import Decision, Verdict
from engine.core.flow import Revision
from engine.core.journal import Entry, Json, JsonObject
from engine.core.machine import CallMachine
from engine.core.money import format_money
from engine.rehearsal.comparison.money_moved import first_choice


def what_if(journal: Sequence[Entry], own: Revision, other: Revision) -> JsonObject:
    """`{"decisions": [...], "verdicts": [...], "sentences": [...]}`; a sentence for each thing that moves."""
    machine = CallMachine(own)
    decisions: list[Json] = []
    verdicts: list[Json] = []
    sentences: list[Json] = []
    for entry in journal:
        for command in machine.receive(entry.event):
            if not isinstance(command, Record):
                continue
            if isinstance(command.fact, Decision):
                _choose(machine, other, command.fact, decisions, sentences)
            elif isinstance(command.fact, Verdict):
                _judge(machine, other, command.fact, verdicts, sentences)
    return {"decisions": decisions, "verdicts": verdicts, "sentences": sentences}


def _choose(
    machine: CallMachine, other: Revision, was: Decision, decisions: list[Json], sentences: list[Json]
) -> None:
    assert machine.call is not None
    try:
        first = first_choice(machine, other, was)
    except KeyError:
        sentences.append(f"{was.node}: there is no campaign '{was.campaign}' any more")
        return
    buyer = first.buyer if first else None
    decisions.append({"node": was.node, "at_ms": was.at, "was": was.chosen, "would_be": buyer})
    if buyer != was.chosen:
        sentences.append(f"{was.node}: {buyer or 'nobody'} instead of {was.chosen or 'nobody'}")


def _judge(
    machine: CallMachine, other: Revision, was: Verdict, verdicts: list[Json], sentences: list[Json]
) -> None:
    assert machine.call is not None
    try:
        judged = {verdict.leg: verdict for verdict in other.market.judge(machine.call)}
    except KeyError:
        sentences.append(f"{was.buyer}: is no buyer any more")
        return
    would = judged.get(was.leg)
    amount = format_money(would.revenue_micros) if would else None
    verdicts.append(
        {
            "leg": was.leg,
            "buyer": was.buyer,
            "was": {"reason": was.reason, "revenue": format_money(was.revenue_micros)},
            "would_be": {"reason": would.reason, "revenue": amount} if would else None,
        }
    )
    if would is None or (would.reason, would.revenue_micros) != (was.reason, was.revenue_micros):
        after = f"{would.reason}, {amount}" if would else "no verdict"
        sentences.append(f"{was.buyer}: {after} instead of {was.reason}, {format_money(was.revenue_micros)}")
