"""A call told in lines, from the JSON of `show`: what a dispute is settled by reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import click

from engine.core.journal import Json, JsonObject, objects

MARKS: Mapping[str, str] = {"true": "✓", "false": "✗", "unknown": "?"}
COLOURS: Mapping[str, str] = {"true": "green", "false": "red", "unknown": "yellow"}


def call_line(summary: JsonObject) -> str:
    """One call of a list."""
    ended = summary["ended_by"] or "in progress"
    money = f"{summary['revenue']} {summary['currency'] or ''}".strip()
    return (
        f"{summary['call']}  {str(summary['started_at'])[:19]}  {summary['from'] or 'withheld':<13} → "
        f"{summary['to']:<13} {summary['campaign'] or '-':<12} {summary['buyer'] or '-':<12} "
        f"{money:>12}  {ended}"
    )


def tell_call(document: JsonObject) -> Iterator[str]:
    """The whole call: head, path, answers, decisions, legs, verdicts, ledger."""
    yield _heading(f"call {document['call']}")
    parties = f"{document['from'] or 'withheld'} → {document['to']}"
    yield f"  {parties}, {document['started_at']}, by {document['carrier']}"
    revision = str(document["revision"])[:19]
    yield f"  flow {document['flow'] or '-'}, campaign {document['campaign'] or '-'}, revision {revision}"
    yield f"  ended by {document['ended_by'] or '(in progress)'}: {document['reason'] or ''}"
    yield _heading("path")
    for step in objects(document["path"]):
        yield f"  {_at(step['at_ms'])}  {step['node']} → {step['exit']}"
    yield _heading("answers")
    for name, answer in _mapping(document["answers"]).items():
        yield from tell_answer(name, cast(JsonObject, answer))
    yield from _tell_flow(document)
    for decision in objects(document["decisions"]):
        yield from tell_decision(decision)
    yield from _tell_legs(document)
    yield from _tell_recordings(document)
    for verdict in objects(document["verdicts"]):
        yield from tell_verdict(verdict)
    yield from tell_ledger(document)
    for record in objects(document["carrier_records"]):
        finding = record["finding"] or "not read yet"
        yield f"  {record['carrier']} on {record['leg']}: {record['seconds']} s; {finding}"
    for dispute in objects(document["disputes"]):
        yield from tell_dispute(dispute)
    yield from _tell_faults(document)


def _tell_flow(document: JsonObject) -> Iterator[str]:
    """What the flow decided by itself, what the caller agreed to, and what it noted on the call."""
    consents, turns, tags = document["consents"], document["turns"], _mapping(document["tags"])
    if consents:
        yield _heading("consent")
    for consent in objects(consents):
        word = "granted" if consent["granted"] else "not granted"
        edition = f"{consent['answer']}, version {consent['version']}"
        yield f"  {_at(consent['at_ms'])}  {edition}: {word}, by {consent['given_by']}  “{consent['spoken']}”"
    if document["voicemails"]:
        yield _heading("voicemail")
    for message in objects(document["voicemails"]):
        heard = f"“{message['transcript']}”" if message["transcript"] else "nothing understood"
        lasted = f"{_at(message['began_at'])} to {_at(message['at_ms']).strip()}"
        lasted += f", ended by {message['ended_by']}"
        yield f"  {lasted}, in {message['recording'] or 'no recording'}: {heard}"
    if turns:
        yield _heading("turns")
    for turn in objects(turns):
        yield f"  {_at(turn['at_ms'])}  {turn['node']} → {turn['exit']}: {turn['sentence']}"
    if tags:
        yield _heading("tags")
        yield "  " + ", ".join(f"{name} = {value}" for name, value in tags.items())


def tell_outcome(document: JsonObject) -> Iterator[str]:
    """What came of a call that was told while it happened: path, legs, the answers that paid, ledger."""
    yield _heading(f"call {document['call']}: ended by {document['ended_by']}, {document['reason']}")
    yield "  " + " → ".join(f"{step['node']}.{step['exit']}" for step in objects(document["path"]))
    yield from _tell_legs(document)
    yield _heading("answers")
    for name, answer in _mapping(document["answers"]).items():
        yield from tell_answer(name, cast(JsonObject, answer))
    yield from tell_ledger(document)
    yield from _tell_faults(document)


def _tell_legs(document: JsonObject) -> Iterator[str]:
    yield _heading("legs")
    for leg in objects(document["legs"]):
        yield from tell_leg(leg)


def tell_ledger(document: JsonObject) -> Iterator[str]:
    """The entries of a call, and who made them and why where no verdict did."""
    yield _heading("ledger")
    for entry in objects(document["ledger"]):
        amount = f"{entry['amount']} {entry['currency']}"
        corrects = f"  corrects #{entry['corrects']}" if entry["corrects"] else ""
        why = f"  {entry['made_by']}: {entry['why']}" if entry["made_by"] else ""
        yield f"  #{entry['entry']}  {entry['kind']:<10} {entry['party']:<14} {amount}{corrects}{why}"
    if not document["ledger"]:
        yield "  nothing was billed"
    if any(entry["corrects"] for entry in objects(document["ledger"])):
        for bill in objects(document["stands"]):
            yield f"  {bill['kind']} {bill['party']}: {bill['amount']} {bill['currency']} stands"


def tell_dispute(dispute: JsonObject) -> Iterator[str]:
    """A dispute: what is said, what the evidence says, how it was decided."""
    about = dispute["clause"] or dispute["reason"]
    yield _heading(f"dispute {dispute['dispute']} of call {dispute['call']}: {dispute['state']}")
    yield f"  {dispute['buyer']} on {about}, by {dispute['opened_by']}: “{dispute['says']}”"
    proposal = _mapping(dispute["proposal"])
    yield f"  proposed: {proposal['outcome']}, {proposal['amount']} should stand"
    for sentence in cast(list[Json], proposal["sentences"]):
        yield f"      {sentence}"
    if dispute["decided_by"]:
        why = f": {dispute['why']}" if dispute["why"] else ""
        yield f"  {dispute['state']} by {dispute['decided_by']}, {dispute['amount']} stands{why}"


def _tell_faults(document: JsonObject) -> Iterator[str]:
    for fault in objects(document["faults"]):
        where = f"fault at {_at(fault['at_ms']).strip()} in {fault['where']}"
        yield click.style(f"  {where}: {fault['detail']}", fg="red")


def _tell_recordings(document: JsonObject) -> Iterator[str]:
    """What was recorded, whether it is whole, and what is silent in it."""
    recordings = objects(document["recordings"])
    if recordings:
        yield _heading("recordings")
    for one in recordings:
        length = _at(one["duration_ms"]).strip()
        state = "being made" if one["complete"] is None else f"{length}, sha256 {str(one['sha256'])[:12]}…"
        gone = f", deleted {one['pruned_at']}" if one["pruned_at"] else ""
        gaps = len(cast("list[Json]", one["silenced"]))
        silent = f", {gaps} silenced" if gaps else ""
        yield f"  {one['recording']}  {one['path']} ({one['channels']}): {state}{silent}{gone}"
        if one["fault"]:
            yield click.style(f"            incomplete: {one['fault']}", fg="red")


def tell_answer(name: str, answer: JsonObject) -> Iterator[str]:
    prompt, value = answer["prompt"], answer["value"]
    asked = f", asked “{prompt['text']}”" if isinstance(prompt, dict) else ""
    again = f", attempt {answer['attempts']}" if answer["attempts"] != 1 else ""
    confirmed = ", confirmed" if answer["confirmed"] else ""
    sure = f", {answer['confidence']:.0%} sure" if answer["mode"] == "voice" else ""
    given = _mapping(answer["source"]) if answer.get("source") else None
    source = f", from {given['name']} ({given['detail']})" if given else ""
    how = f"by {answer['mode']} “{answer['raw']}”{sure}{again}{confirmed}{source}, at {answer['node']}{asked}"
    yield f"  {_at(answer['answered_at_ms'])}  {click.style(f'{name} = {value}', bold=True)}  {how}"
    derived = {key: part for key, part in _mapping(answer["values"]).items() if "." in key and part != value}
    if derived:
        yield "            " + ", ".join(f"{key} {part}" for key, part in derived.items())


def tell_decision(decision: JsonObject) -> Iterator[str]:
    chosen = decision["chosen"] or "nobody"
    yield _heading(f"decision at {_at(decision['at_ms']).strip()} in {decision['node']}: {chosen}")
    for candidate in objects(decision["candidates"]):
        mark = MARKS["true"] if candidate["eligible"] else MARKS["false"]
        rank = f", rank {candidate['rank']}" if candidate["rank"] else ""
        price = f", {candidate['price']}" if candidate["price"] else ""
        price += f" (expected {candidate['expected']})" if candidate["expected"] else ""
        yield click.style(
            f"  {mark} {candidate['buyer']}{rank}{price}: {candidate['sentence']}",
            fg=COLOURS["true"] if candidate["eligible"] else COLOURS["false"],
        )
        if "bid" in candidate:
            yield f"      {_bid_told(_mapping(candidate['bid']))}"
        yield from tell_clauses(candidate["clauses"])
    if decision.get("together"):
        yield f"  ring together: {', '.join(cast(list[str], decision['together']))}"
    if decision.get("limit"):
        yield f"  {decision['limit']}"
    others = _mapping(decision["others"])
    if others:
        told = ", ".join(f"{count:,} {code}" for code, count in others.items())
        yield f"  and others that are not written out (show --all tells them): {told}"


def _bid_told(bid: Mapping[str, Json]) -> str:
    amount = f" {bid['amount']}" if bid["outcome"] in ("bid", "cached", "below_floor") else ""
    detail = f": {bid['detail']}" if bid["detail"] else ""
    return f"asked for its price: {bid['outcome']}{amount} after {bid['ms']} ms{detail}"


def tell_leg(leg: JsonObject) -> Iterator[str]:
    times = ", ".join(
        f"{name} {_at(leg[f'{name}_at_ms']).strip()}"
        for name in ("dialled", "answered", "accepted", "bridged", "ended")
        if leg[f"{name}_at_ms"] is not None
    )
    by = f" by the {leg['ended_by']}" if leg["ended_by"] else ""
    whom = f"{leg['leg']}  {leg['buyer'] or 'transfer'} {leg['to']}"
    yield f"  {whom}: {leg['outcome'] or 'in progress'}{by}  ({times})"
    if leg.get("told"):
        yield f"      its webhook was told: {leg['told']}"


def tell_verdict(verdict: JsonObject) -> Iterator[str]:
    word = "billable" if verdict["billable"] else f"not billable, {verdict['reason']}"
    yield _heading(f"verdict on {verdict['buyer']} ({verdict['leg']}): {word}")
    timer = _mapping(verdict["timer"])
    yield f"  {verdict['sentence']}"
    ran = f"{timer['seconds']} s since {timer['from']}, {timer['needed']} s needed"
    yield f"  {ran}; revenue {verdict['revenue']} {verdict['currency']}"
    yield from tell_clauses(verdict["clauses"])
    yield f"  payout {verdict['payout']} {verdict['currency']}: {verdict['payout_reason']}"
    yield from tell_clauses(verdict["payout_clauses"])
    corrected = verdict.get("corrected")
    if isinstance(corrected, dict):
        yield from _tell_correction(corrected)


def _tell_correction(verdict: JsonObject) -> Iterator[str]:
    """What a verdict became over the carrier's times; its other clauses are those of the first."""
    word = "billable" if verdict["billable"] else f"not billable, {verdict['reason']}"
    whose = f"by the times of {verdict['by']}" if verdict["by"] else "by a carrier's times"
    yield click.style(f"  corrected {whose}: {word}", bold=True)
    timer = _mapping(verdict["timer"])
    yield f"  {verdict['sentence']}"
    ran = f"{timer['seconds']} s since {timer['from']}, {timer['needed']} s needed"
    yield f"  {ran}; revenue {verdict['revenue']} {verdict['currency']}"
    yield f"  payout {verdict['payout']} {verdict['currency']}: {verdict['payout_reason']}"


def tell_clauses(clauses: Json) -> Iterator[str]:
    for clause in objects(clauses):
        outcome = str(clause["outcome"])
        values = ", ".join(
            f"{name} = {_value(value, outcome)}" for name, value in _mapping(clause["values"]).items()
        )
        answers = ", ".join(str(name) for name in cast(list[Json], clause["answers"]))
        behind = f"  [{answers}]" if answers else ""
        yield (
            f"      {click.style(MARKS[outcome], fg=COLOURS[outcome])} {clause['clause']}"
            + (f"   {values}" if values else "")
            + click.style(f"   {clause['at']}{behind}", dim=True)
        )


def _value(value: Json, outcome: str) -> str:
    if value is None:
        return "unknown" if outcome == "unknown" else "none"
    return str(value)


def _heading(text: str) -> str:
    return click.style(f"\n{text}", bold=True)


def _at(ms: Json) -> str:
    return f"{cast(int, ms) / 1000:.2f}s".rjust(8) if ms is not None else "-"


def _mapping(value: Json) -> Mapping[str, Json]:
    return cast("Mapping[str, Json]", value)
