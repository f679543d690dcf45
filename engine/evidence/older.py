"""Evidence of format 1, which held sentences, brought to the parts of today; what its sentences must say.

Signature, digests and root are over the bytes as they were written. Everything else works on the bodies that
`bodies_of_today` gives. As in `engine.core.older`, nothing is judged again: a sentence that no code stands
for is kept as it was written, and what is of today's form is left untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import cast

from engine.core.behaviour import TAKES_PARAMETERS_IN_ORDER
from engine.core.erasing import ERASED
from engine.core.events import CallArrived, Event
from engine.core.json_values import Json, JsonObject
from engine.core.money import format_money
from engine.core.older import (
    AS_WRITTEN,
    candidate_of_today,
    decision_of_today,
    fact_of_today,
    leg_of_today,
    reason_of_today,
    verdict_of_today,
)
from engine.core.records import changed
from engine.evidence.shown import Revenue
from engine.store.ledger.disputes import proposal_from_json, proposal_json
from engine.store.tables.carrier_records import finding_from_json, finding_json

FORMAT = 2
"""What is written now. 1 held sentences where 2 holds codes and details, and had no number."""

OLDEST = 1


def bodies_of_today(bodies: Mapping[str, Json]) -> Mapping[str, Json]:
    """Name → body of a group's parts as they would be written now; raises for a body that is none."""
    today = {name: _body_of_today(name, body) for name, body in bodies.items()}
    ending = today.get("call/ending")
    reason = today.get("call/reason")
    if isinstance(reason, str) and isinstance(ending, dict):
        today["call/reason"] = reason_of_today(reason, str(ending.get("ended_by")))
    return today


def _body_of_today(name: str, body: Json) -> Json:
    group, *within = name.split("/")
    upgrade = _GROUPS.get(group)
    if upgrade is None:
        return body
    return upgrade(body, within)


def in_its_order(event: Event, commands: Iterable[JsonObject]) -> Event:
    """The event with a publisher's parameters in the order in which an older engine took them.

    A file of evidence spells names in the order of the alphabet. Engines of today take parameters in the
    network's order; those before took them as they came, which only what they recorded of them still tells.
    """
    if not isinstance(event, CallArrived) or event.behaviour >= TAKES_PARAMETERS_IN_ORDER:
        return event
    told = [name for command in commands if (name := _parameter_of(command)) in event.parameters]
    ordered = {name: event.parameters[name] for name in (*told, *event.parameters)}
    return changed(event, parameters=ordered)


def _parameter_of(command: JsonObject) -> str:
    """The parameter that the command records something of; "" where it is of something else."""
    fact = command.get("fact")
    if not isinstance(fact, dict):
        return ""
    source, details = fact.get("source"), fact.get("details")
    if fact.get("mode") == "publisher" and isinstance(source, dict):
        return str(source.get("detail"))
    if fact.get("code") == "parameter_unfit" and isinstance(details, dict):
        return str(details.get("parameter"))
    return ""


def owes_as_written(revenue: Revenue) -> str | None:
    """How the sentence of a verdict of format 1 had to begin where it does not; None where it does."""
    written = revenue.details.get(AS_WRITTEN)
    if written is None or written == ERASED:
        return None
    amount = f"{format_money(revenue.revenue_micros)} {revenue.currency}" if revenue.billable else "nothing"
    begins = f"{revenue.buyer} owes {amount}: "
    return None if str(written).startswith(begins) else begins


def _decision(body: Json, within: list[str]) -> Json:
    part = cast(JsonObject, body)
    if len(within) > 1:
        return candidate_of_today(part)
    whole = decision_of_today({**part, "candidates": []})
    return {name: held for name, held in whole.items() if name != "candidates"}


def _verdict(body: Json, _: list[str]) -> Json:
    return verdict_of_today(cast(JsonObject, body))


def _leg(body: Json, within: list[str]) -> Json:
    return leg_of_today(cast(JsonObject, body)) if len(within) > 1 else body


def _facts(body: Json, _: list[str]) -> Json:
    return [fact_of_today(fact) for fact in cast("list[JsonObject]", body)]


def _carrier(body: Json, within: list[str]) -> Json:
    if len(within) == 1:
        return body
    found = finding_from_json(cast(JsonObject, body)["finding"])
    return {"finding": None if found is None else finding_json(found)}


def _dispute(body: Json, _: list[str]) -> Json:
    part = cast(JsonObject, body)
    proposal = proposal_from_json(cast(JsonObject, part["proposal"]))
    return {**part, "proposal": proposal_json(proposal)}


_GROUPS: Mapping[str, Callable[[Json, list[str]], Json]] = {
    "decision": _decision,
    "verdict": _verdict,
    "corrected": _verdict,
    "leg": _leg,
    "turns": _facts,
    "faults": _facts,
    "carrier": _carrier,
    "dispute": _dispute,
}
