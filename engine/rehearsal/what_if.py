"""What another revision would have made of a call: its choices and its bill, from the same answers.

The journal is fed to the call's own revision. Wherever that chose a buyer, the other revision is asked
with the very answers and time of that moment; at the end the other judges the legs as if its own buyers
had behaved alike (`engine.rehearsal.comparison.elsewhere`).
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.commands import Record
from engine.core.facts import Decision, Verdict
from engine.core.flow import Revision
from engine.core.journal import Entry
from engine.core.json_values import Json, JsonObject
from engine.core.machine import CallMachine
from engine.core.money import format_money
from engine.core.replay import recorded_reads
from engine.rehearsal.comparison.elsewhere import CallElsewhere, Elsewhere


def what_if(journal: Sequence[Entry], own: Revision, other: Revision) -> JsonObject:
    """`{"decisions": [...], "verdicts": [...], "sentences": [...]}`; a sentence for each thing that moves."""
    machine = CallMachine(own, recorded_reads(journal))
    again = Elsewhere.of(other).call(machine, own)
    decisions: list[Json] = []
    verdicts: list[Json] = []
    sentences: list[Json] = []
    for entry in journal:
        for command in machine.receive(entry.event):
            if not isinstance(command, Record):
                continue
            if isinstance(command.fact, Decision):
                _choose(again, command.fact, decisions, sentences)
            elif isinstance(command.fact, Verdict):
                _judge(again, command.fact, verdicts, sentences)
    return {"decisions": decisions, "verdicts": verdicts, "sentences": sentences}


def _choose(again: CallElsewhere, was: Decision, decisions: list[Json], sentences: list[Json]) -> None:
    campaign = again.renames.campaign(was.campaign)
    if campaign not in again.elsewhere.trade.network.campaigns:
        sentences.append(f"{was.node}: campaign '{was.campaign}' no longer exists")
        return
    would = again.choose(was)
    buyer = would[0].buyer if would else None
    decisions.append({"node": was.node, "at_ms": was.at, "was": was.chosen, "would_be": buyer})
    if buyer != (again.renames.buyer(was.chosen) if was.chosen else None):
        sentences.append(f"{was.node}: {buyer or 'nobody'} instead of {was.chosen or 'nobody'}")


def _judge(again: CallElsewhere, was: Verdict, verdicts: list[Json], sentences: list[Json]) -> None:
    judged = {verdict.leg: verdict for verdict in again.judged()}
    would = judged.get(was.leg)
    amount = format_money(would.revenue_micros) if would else None
    after: JsonObject | None = None
    if would is not None:
        after = {"buyer": would.buyer, "reason": would.reason, "revenue": amount}
    verdicts.append(
        {
            "leg": was.leg,
            "buyer": was.buyer,
            "was": {"reason": was.reason, "revenue": format_money(was.revenue_micros)},
            "would_be": after,
        }
    )
    if would is None:
        sentences.append(f"{was.buyer}: no bill instead of {was.reason}, {format_money(was.revenue_micros)}")
    elif (would.reason, would.revenue_micros) != (was.reason, was.revenue_micros):
        who = (
            was.buyer
            if would.buyer == again.renames.buyer(was.buyer)
            else f"{was.buyer} ({would.buyer} instead)"
        )
        sentences.append(
            f"{who}: {would.reason}, {amount} instead of {was.reason}, {format_money(was.revenue_micros)}"
        )
