"""A call in the terminal: the operator is the caller and every buyer, the clock jumps.

Reading and writing are handed in, so that this knows no terminal. Everything that the machine does is
told: what is heard, what was understood, who was asked and why, what the call is worth.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import cast

from engine.core.commands import Command, Dial, Play, Post, Record
from engine.core.conditions import MASK, Value, outcome_word
from engine.core.events import CALLER, CallArrived, LookupOutcome
from engine.core.facts import (
    Answer,
    Candidate,
    Consent,
    Decision,
    Ending,
    Fact,
    Fault,
    Leg,
    Step,
    Tag,
    Turn,
    Verdict,
    Voicemail,
)
from engine.core.model_events import Fill
from engine.core.money import format_money
from engine.exchange.terms import Network
from engine.language.revisions import Published
from engine.language.stories.outside import (
    BID_WORDS,
    LOOKUP_WORDS,
    MODEL_WORDS,
    BidPlan,
    LookupPlan,
    ModelPlan,
    bid_said,
    model_said,
)
from engine.language.stories.story import BuyerPlan, CallerAct, EndCall, PressKeys, SaySomething
from engine.language.yaml.units import duration_ms
from engine.rehearsal.bookings import Bookings
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.virtual_world import VirtualWorld
from engine.wording.played import played_text
from engine.wording.sentences import (
    candidate_sentence,
    clause_text,
    ending_sentence,
    fault_sentence,
    leg_sentence,
    turn_sentence,
    verdict_sentence,
)

CALLER_HELP = "keys (0-9, *, #), what the caller says, an empty line for silence, or: hangup"
KEYS_HELP = "keys (0-9, *, #), an empty line for silence, or: hangup"
BUYER_HELP = (
    "answers, answers 95s (how long it talks), busy, noanswer, rejects, declines, machine, fails, breaks; "
    "an empty line: answers"
)

_KEYS = re.compile(r"[0-9*#]{1,40}", re.ASCII)
_LEAVES = re.compile(r"leaves (\S+)")
_FILLS = re.compile(r"([A-Za-z]\w*) *= *([^:]+):(.+)")
_MARKS = {"true": "✓", "false": "✗", "unknown": "?"}

Read = Callable[[str], str | None]
"""Shows a prompt and gives the line that was typed; None at the end of the input."""

Write = Callable[[str], None]


def simulate(
    published: Published, read: Read, write: Write, *, called_number: str, caller_number: str, started_at: int
) -> VirtualWorld:
    """One call to its end. Raises ValueError where nothing could be published."""
    revision, network = published.revision, published.network
    if revision is None or network is None:
        raise ValueError("the network has errors; fix them before calling")
    operator = _Operator(read, write)
    caller = ScriptedCaller((), operator.next_act)
    bookings = Bookings(network)
    unmatched = 0

    def tell(now_ms: int, commands: Sequence[Command]) -> None:
        nonlocal unmatched
        for node, _ in world.call.unmatched[unmatched:]:
            write(f"{now_ms / 1000:8.1f} s  not understood at {node}")
        unmatched = len(world.call.unmatched)
        for command in commands:
            for line in _lines(command):
                write(f"{now_ms / 1000:8.1f} s  {line}")

    world = VirtualWorld(revision, caller, operator.plan, bookings, tell, outside=_Outside(read, write))
    arrived = CallArrived(
        at=0,
        call="simulated",
        carrier="terminal",
        carrier_call="simulated",
        caller_number=caller_number,
        called_number=called_number,
        started_at=started_at,
        seed=started_at,
        claims=True,
    )
    stuck = world.run(arrived)
    if stuck is not None:
        write(f"the call stopped: {stuck}")
    return world


def number_of_flow(network: Network, flow: str | None) -> str | None:
    """The first number whose calls take this flow, the network's first for None; None where there is none."""
    for number, tracked in network.numbers.items():
        if flow is None or network.campaigns[tracked.campaign].flow == flow:
            return number
    return None


class _Operator:
    """Asks the one at the terminal what the caller and the buyers do."""

    def __init__(self, read: Read, write: Write) -> None:
        self._read = read
        self._write = write

    def next_act(self, listens: bool) -> CallerAct | None:
        while True:
            line = self._read("caller> ")
            if line is None or line.strip() in ("hangup", "hangs_up"):
                return EndCall()
            keys = line.replace(" ", "")
            if not keys:
                return None
            if _KEYS.fullmatch(keys):
                return PressKeys(keys)
            if listens:
                return SaySomething(line.strip())
            self._write(f"this question only takes keys; type {KEYS_HELP}")

    def plan(self, dial: Dial) -> BuyerPlan:
        while True:
            line = self._read(f"{dial.buyer or dial.to}> ")
            plan = _plan_of((line or "").split())
            if plan is not None:
                return plan
            self._write(f"a buyer can't do that here; type {BUYER_HELP}")


class _Outside:
    """Asks the one at the terminal what bidders bid and services know; each bidder is asked about once."""

    def __init__(self, read: Read, write: Write) -> None:
        self._read = read
        self._write = write
        self._bids: dict[str, BidPlan] = {}

    def bid(self, buyer: str) -> BidPlan:
        while buyer not in self._bids:
            said = (self._read(f"{buyer} bids> ") or "no_bid").strip() or "no_bid"
            plan = bid_said(said)
            if plan is None:
                self._write(f"that isn't a bid; type an amount such as 31.50, or {', '.join(BID_WORDS)}")
            else:
                self._bids[buyer] = plan
        return self._bids[buyer]

    def lookup(self, node: str) -> LookupPlan:
        while True:
            said = (self._read(f"{node} finds> ") or "failed").strip() or "failed"
            if said in LOOKUP_WORDS:
                return LookupPlan(cast("LookupOutcome", said))
            parts = [part.partition("=") for part in said.split()]
            if all(name and joint for name, joint, _ in parts):
                return LookupPlan("found", {name: _typed(value) for name, _, value in parts})
            self._write(f"type answer=value for each answer, or {', '.join(LOOKUP_WORDS)}")

    def model(self, node: str, number: int) -> ModelPlan:
        """A line is what it says, but for how it fails, `leaves EXIT`, and `ANSWER=VALUE: the words`."""
        while True:
            said = (self._read(f"{node} replies> ") or "failed").strip() or "failed"
            leaving = _LEAVES.fullmatch(said)
            filling = _FILLS.fullmatch(said)
            if leaving is not None:
                return ModelPlan(leaves=leaving[1])
            if filling is not None:
                fill = Fill(filling[1], filling[2].strip(), filling[3].strip())
                says = (self._read(f"{node} says> ") or "").strip()
                return ModelPlan(says, (fill,))
            if said != "?":
                return model_said(said)
            self._write(f"type what it says, leaves EXIT, ANSWER=VALUE: WORDS, or {', '.join(MODEL_WORDS)}")


def _typed(text: str) -> Value:
    """true and false are no words here; all else is text, which each kind of answer reads."""
    return {"true": True, "false": False}.get(text, text)


def _plan_of(words: Sequence[str]) -> BuyerPlan | None:
    match list(words):
        case [] | ["answers"]:
            return BuyerPlan()
        case ["answers", span] if (talks_ms := duration_ms(span)) is not None:
            return BuyerPlan(talks_ms=talks_ms)
        case [("busy" | "noanswer" | "rejects" | "declines" | "machine" | "fails" | "breaks") as outcome]:
            return BuyerPlan(outcome)
    return None


def _lines(command: Command) -> Iterator[str]:
    match command:
        case Play(leg, _, items, loop):
            who = "the caller" if leg == CALLER else "the buyer"
            yield f"{who} hears: {played_text(items)}" + (" …" if loop else "")
        case Record(fact):
            yield from _fact_lines(fact)
        case Post(entries):
            for entry in entries:
                whose = f"{entry.party} owes" if entry.kind == "revenue" else f"owed to {entry.party}"
                yield f"{whose}: {format_money(entry.amount_micros)} {entry.currency}"


def _fact_lines(fact: Fact) -> Iterator[str]:
    match fact:
        case Step(_, node, exit_):
            yield f"{node} → {exit_}"
        case Answer():
            value = MASK if fact.sensitive else fact.label
            sure = f", said, {fact.confidence:.0%} sure" if fact.mode == "voice" else ""
            source = f", from {fact.source.name}" if fact.source is not None else ""
            yield f"understood: {fact.name} is {value}{sure}{source}"
        case Turn() | Consent() | Tag() | Voicemail():
            yield _kept(fact)
        case Decision():
            yield f"chosen: {fact.chosen or 'nobody'}"
            for candidate in fact.candidates:
                yield from _candidate_lines(candidate)
        case Leg():
            yield f"{fact.buyer or fact.to}: {_leg_state(fact)}"
        case Verdict():
            yield f"verdict: {verdict_sentence(fact)}"
            for clause in fact.clauses:
                yield f"    {_MARKS[outcome_word(clause.outcome)]} {clause_text(clause)}  ({clause.place.at})"
        case Fault(_, where):
            yield f"fault at '{where}': {fault_sentence(fact)}"
        case Ending(_, ended_by, reason):
            yield f"call ended by the {ended_by}: {ending_sentence(reason)}"


def _kept(fact: Turn | Consent | Tag | Voicemail) -> str:
    """What the flow decided by itself, and what it keeps beside answers."""
    match fact:
        case Turn(_, node, exit_):
            return f"why {node} → {exit_}: {turn_sentence(fact)}"
        case Consent():
            word = "granted" if fact.granted else "not granted"
            return f"consent {fact.answer}, version {fact.version}: {word}, by {fact.given_by}"
        case Tag(_, _, name, value):
            return f"tag: {name} = {value}"
        case Voicemail():
            return f"message, ended by {fact.ended_by}: “{fact.transcript}”"


def _candidate_lines(candidate: Candidate) -> Iterator[str]:
    place = "-" if candidate.rank is None else f"{candidate.rank}."
    yield f"  {place} {candidate.buyer}: {candidate_sentence(candidate)}"
    for clause in candidate.clauses:
        read = ", ".join(f"{name} = {value}" for name, value in clause.values.items())
        mark = _MARKS[outcome_word(clause.outcome)]
        yield (
            f"      {mark} {clause_text(clause)}" + (f"  [{read}]" if read else "") + f"  ({clause.place.at})"
        )


def _leg_state(leg: Leg) -> str:
    if leg.ended_at is not None:
        why = leg_sentence(leg)
        return f"over, {leg.outcome}" + (f": {why}" if why else "")
    if leg.bridged_at is not None:
        return "talks with the caller"
    if leg.accepted_at is not None:
        return "takes the call"
    return "answered" if leg.answered_at is not None else f"is called at {leg.to}"
