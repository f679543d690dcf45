"""What a record says, as a sentence: of a candidate, a verdict, a clause, a turn, a fault, an ending.

What an older engine wrote as a sentence is shown as it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from engine.core.conditions import CONDITION, ClauseOutcome, Details, Value, outcome_word
from engine.core.facts import Candidate, Decision, Fault, Leg, Timer, Turn
from engine.core.hearing import Hearing
from engine.core.leg_events import Joining
from engine.core.limits import SCOPES
from engine.core.older import AS_WRITTEN
from engine.exchange.disputes import Ground, Known
from engine.wording.catalogue import Catalogue, english


def candidate_sentence(candidate: Candidate, said: Catalogue | None = None) -> str:
    """Why the buyer could take the call, or why not."""
    return refusal_sentence(candidate.buyer, candidate.code, candidate.details, said)


def refusal_sentence(buyer: str, code: str, details: Details, said: Catalogue | None = None) -> str:
    """A candidate's code with what explains it."""
    if (written := _as_written(details)) is not None:
        return written
    name = "cap" if is_cap(code) else code
    if code == "duplicate" and details.get("per") == "campaign":
        name = "duplicate_campaign"
    return (said or english()).say(f"candidate.{name}", {"buyer": buyer, **details})


def is_cap(code: str) -> bool:
    """Whether the code says that a cap is full: a buyer's own, or one of a campaign or a publisher."""
    return code.startswith(("cap_", *(f"{scope}_cap_" for scope in SCOPES)))


def limit_sentence(decision: Decision, said: Catalogue | None = None) -> str:
    """Why nobody was chosen though somebody could have been; "" where that is not so."""
    if not decision.limit:
        return ""
    return (said or english()).say(f"decision.{decision.limit}", {"called": decision.called})


class Judged(Protocol):
    """What a verdict says between network and buyer."""

    @property
    def buyer(self) -> str: ...
    @property
    def billable(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def timer(self) -> Timer: ...
    @property
    def revenue_micros(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def details(self) -> Details: ...


def verdict_sentence(verdict: Judged, said: Catalogue | None = None) -> str:
    """What the buyer owes, and why."""
    if (written := _as_written(verdict.details)) is not None:
        return written
    return judged_sentence(judged_details(verdict), said)


def judged_details(verdict: Judged) -> Details:
    """What fills a verdict's sentence, to be kept where the verdict itself is not."""
    timer = verdict.timer
    told: dict[str, Value | Mapping[str, Value | None] | None] = {
        "buyer": verdict.buyer,
        "billable": verdict.billable,
        "reason": verdict.reason,
        "revenue_micros": verdict.revenue_micros,
        "currency": verdict.currency,
        "from": timer.counted_from,
        "ran_ms": timer.ran_ms,
        "needed_ms": timer.needed_ms,
    }
    return {**told, **verdict.details}


def judged_sentence(told: Details, said: Catalogue | None = None) -> str:
    """The sentence of a verdict that `judged_details` were taken of."""
    spoken = said or english()
    because = spoken.say(f"verdict.because.{told['reason']}", told)
    return spoken.say(
        "verdict.owes" if told["billable"] else "verdict.owes_nothing", {**told, "because": because}
    )


def clause_text(line: ClauseOutcome, said: Catalogue | None = None) -> str:
    """The clause as the operator wrote it; what follows from a setting, in words."""
    if line.kind == CONDITION or line.clause:
        return line.clause
    name = line.kind
    if name == "cap" and "spend" in str(line.details.get("cap")):
        name = "cap_money"
    if name == "no_duplicate" and line.details.get("per") == "campaign":
        name = "no_duplicate_campaign"
    return (said or english()).say(f"clause.{name}", line.details)


def turn_sentence(turn: Turn, said: Catalogue | None = None) -> str:
    """Why the node went the way it did."""
    if (written := _as_written(turn.details)) is not None:
        return written
    known: Mapping[str, object] = {**turn.values, **turn.details, "exit": turn.exit}
    if "point" in known:
        known = {**known, "lot": cast(int, known["point"]) + 1}
    name = "not_asked_one" if turn.code == "not_asked" and known.get("answers") == 1 else turn.code
    return (said or english()).say(f"turn.{name}", known)


def fault_sentence(fault: Fault, said: Catalogue | None = None) -> str:
    """What went wrong."""
    if (written := _as_written(fault.details)) is not None:
        return written
    return (said or english()).say(f"fault.{fault.code}", fault.details)


def ending_sentence(reason: str, said: Catalogue | None = None) -> str:
    """How the call ended. A reason that is no code is an older engine's own sentence."""
    spoken = said or english()
    name = f"ending.{reason}"
    return spoken.say(name, {}) if spoken.versions(name) else reason


def leg_sentence(leg: Leg, said: Catalogue | None = None) -> str:
    """Why the leg ended: by the carrier's words or by ours; "" where nobody said."""
    if (written := _as_written(leg.details)) is not None:
        return written
    if "because" in leg.details:
        return ending_sentence(str(leg.details["because"]), said)
    return str(leg.details.get("said", ""))


def joining_sentence(joining: Joining, said: Catalogue | None = None) -> str:
    """Who joined the talk, or why its carrier did not."""
    told = {"carrier": joining.carrier, "said": joining.said}
    return (said or english()).say(f"joining.{joining.code or 'joined'}", told)


def rests_on_sentence(*, has_leg: bool, has_caller: bool, said: Catalogue | None = None) -> str:
    """On which of the carrier's records the seconds of a talk rest that it joined."""
    code = "carriers_word" if not has_leg else "both_records" if has_caller else "leg_record"
    return (said or english()).say(f"rests_on.{code}", {})


def ground_sentence(ground: Ground, said: Catalogue | None = None) -> str:
    """One reason of a proposal on a dispute."""
    if (written := _as_written(ground.details)) is not None:
        return written
    spoken = said or english()
    known: dict[str, object] = dict(ground.details)
    if "reason" in known:
        name = "code.dispute" if ground.code == "no_clause" else "verdict.because"
        known["because"] = known["meaning"] = spoken.say(f"{name}.{known['reason']}", known)
    if ground.line is not None:
        line = ground.line
        known |= {"clause": clause_text(line, spoken), "at": line.place.at}
        known["outcome"] = outcome_word(line.outcome)
    if ground.known:
        # What it was is told where it was given again: both are told apart by it.
        known["how"] = "; ".join(_how_known(each, spoken, bool(ground.since)) for each in ground.known)
    if ground.since:
        known["now"] = "; ".join(_how_known(each, spoken, True) for each in ground.since)
    return spoken.say(f"ground.{ground.code}", known)


def _how_known(known: Known, said: Catalogue, is_valued: bool = False) -> str:
    """How an answer was learnt; with what it was, and when it was given."""
    manner = _heard(known.hearing, said)
    manner += said.say("known.confirmed", {}) if known.confirmed else ""
    if known.attempts > 1:
        manner += said.say("known.attempt", {"attempts": known.attempts})
    name = known.mode if known.mode in ("keys", "voice") else "other" if known.mode else "none"
    name = "filled" if known.is_filled else name
    told = {"answer": known.answer, "mode": known.mode, "node": known.node, "manner": manner}
    how = said.say(f"known.{name}", {**told, "sure": f"{known.confidence:.0%}"})
    if not is_valued or known.at is None:
        return how
    return said.say("known.valued", {"told": how, "value": known.value, "given": known.at})


def _heard(hearing: Hearing | None, said: Catalogue) -> str:
    """How early it was given, where that was before its question was heard."""
    if hearing is None or hearing.is_heard:
        return ""
    if hearing.keyed_ahead:
        return said.say("known.ahead", {})
    if hearing.prompt_ms is None:
        return ""
    told = {"prompt_ms": hearing.prompt_ms, "prompt_heard_ms": hearing.prompt_heard_ms}
    return said.say("known.early", told)


def _as_written(details: Details) -> str | None:
    written = details.get(AS_WRITTEN)
    return None if written is None else str(written)
