"""Runs a story: the real machine in a virtual world, then a replay of its journal, then what differs.

Deterministic, and without sockets or waiting: a folder of stories runs in milliseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from engine.core.commands import Command, Dial, Post, Record, ReleaseBid
from engine.core.conditions import Value
from engine.core.events import CallArrived, EndedBy
from engine.core.facts import Answer, AnswerMode, CallOpened, Decision, Ending, Fault, Leg, Step, Verdict
from engine.core.hearing import Hearing
from engine.core.journal import Entry
from engine.core.money import format_money
from engine.core.phone_numbers import caller_number
from engine.core.places import Place
from engine.core.replay import replay
from engine.core.sayers import language_among
from engine.exchange.terms import Network
from engine.language.revisions import Published
from engine.language.stories.expected import FilledHow, PromptHeard
from engine.language.stories.story import (
    BuyerPlan,
    CallerAct,
    EndCall,
    PlayRecording,
    PressKeys,
    SaySomething,
    Story,
)
from engine.rehearsal.bookings import Bookings
from engine.rehearsal.scripted_caller import ScriptedCaller
from engine.rehearsal.spoken import StoryEar
from engine.rehearsal.virtual_world import INTERRUPTION, VirtualWorld
from engine.wording.sentences import fault_sentence

Kind = TypeVar("Kind")

_DEFAULT_PLAN = BuyerPlan()


@dataclass(frozen=True, slots=True)
class StoryResult:
    """What came of a story. Each difference says where in the story file, what was expected, what came."""

    story: Story
    passed: bool
    differences: tuple[str, ...]
    notes: tuple[str, ...]  # what a reader should know, though nothing is wrong with it
    flow: str  # "" where the number belongs to no campaign
    path: tuple[str, ...]  # the nodes, in order, also the one that the call ended in
    steps: tuple[Step, ...]  # the nodes that were left, with their exits
    answers: Mapping[str, Value]
    modes: Mapping[str, AnswerMode]  # how each answer was given
    heard: Mapping[str, PromptHeard]  # what was heard of the question before it was answered
    filled: Mapping[str, FilledHow]  # what a model had to do with each answer
    buyer: str | None  # who was joined with the caller
    tried: tuple[str, ...]  # who was called, in order
    outcomes: Mapping[str, str]  # buyer → how its last leg ended
    keys: Mapping[str, int]  # buyer → how many keys were pressed in the last talk with it
    joined_by: Mapping[str, str]  # buyer → who joined the last talk with it, carrier or engine
    codes: Mapping[str, str]  # buyer → its code in the last decision that looked at it
    released: Mapping[str, str]  # bidder → why the call that it was promised did not come
    ended_by: EndedBy | None  # None: the call never ended
    language: str  # in which it ended
    verdicts: tuple[Verdict, ...]
    revenue_micros: int
    payout_micros: int
    duration_ms: int
    journal: tuple[Entry, ...]

    @property
    def billable(self) -> bool:
        return any(verdict.billable for verdict in self.verdicts)

    @property
    def reason(self) -> str | None:
        """The reason of the verdict that bills; else that of the last one."""
        billed = [verdict.reason for verdict in self.verdicts if verdict.billable]
        return billed[0] if billed else self.verdicts[-1].reason if self.verdicts else None


def run_story(story: Story, published: Published, ear: StoryEar | None = None) -> StoryResult:
    """Play the story against a revision; its recordings, if any, to `ear`.

    Raises ValueError where nothing could be published.
    """
    revision, network = published.revision, published.network
    if revision is None or network is None:
        raise ValueError("the network has errors; fix them before running stories")
    caller = ScriptedCaller(story.caller, ear=ear)
    bookings = Bookings(network, story.given)

    def plan(dial: Dial) -> BuyerPlan:
        return story.buyers.get(dial.buyer or "") or story.buyers.get(dial.to) or _DEFAULT_PLAN

    standings = story.given.standings
    world = VirtualWorld(revision, caller, plan, bookings, outside=story.outside, standings=standings)
    stuck = world.run(_arrival(story, network))
    result = _result(story, world, tuple(_notes(caller, world.call.unmatched)))
    found = [f"{story.place}: expected the call to end, but {stuck}"] if stuck else []
    found += [
        f"{story.place}: a fault at '{fault.where}': {fault_sentence(fault)}"
        for fault in _facts(world.commands, Fault)
        if fault.details.get("reason") != INTERRUPTION
    ]
    found += [f"{story.place}: expected to play {reason}" for reason in caller.unplayed]
    found += _compared(result)
    repeated = replay(world.journal, revision).difference
    if repeated is not None:
        found.append(f"{story.place}: expected the same from a replay of the journal; {repeated}")
    return replace(result, passed=not found, differences=tuple(found))


def _arrival(story: Story, network: Network) -> CallArrived:
    called = story.called_number or next(iter(network.numbers), "")
    return CallArrived(
        at=0,
        call=story.name,
        carrier="story",
        carrier_call=story.name,
        caller_number=caller_number(story.caller_number, called),
        called_number=called,
        started_at=story.started_at,
        seed=story.seed,
        parameters=story.parameters,
        contacts=story.given.contacts,
        earlier_calls=story.given.earlier_calls,
        opted_out=story.given.opted_out,
        claims=True,
    )


def _result(story: Story, world: VirtualWorld, notes: tuple[str, ...]) -> StoryResult:
    call, commands = world.call, world.commands
    to_buyers = [leg for leg in call.legs.values() if leg.buyer is not None]
    joined = [leg.buyer for leg in to_buyers if leg.bridged_at is not None]
    endings = _facts(commands, Ending)
    posted = [entry for command in commands if isinstance(command, Post) for entry in command.entries]
    return StoryResult(
        story=story,
        passed=False,
        differences=(),
        notes=notes,
        flow=_facts(commands, CallOpened)[0].flow,
        path=tuple(world.path),
        steps=_facts(commands, Step),
        answers={name: answer.value for name, answer in call.answers.items()},
        modes={name: answer.mode for name, answer in call.answers.items()},
        heard={name: _heard(answer.hearing) for name, answer in call.answers.items() if answer.hearing},
        filled={name: _filled(answer) for name, answer in call.answers.items()},
        buyer=joined[-1] if joined else None,
        tried=tuple(leg.buyer for leg in to_buyers if leg.buyer is not None),
        outcomes={leg.buyer: leg.outcome or "none" for leg in to_buyers if leg.buyer is not None},
        keys={leg.buyer: leg.keys_pressed for leg in to_buyers if leg.buyer is not None},
        joined_by={leg.buyer: _joined_by(leg) for leg in to_buyers if leg.buyer is not None},
        codes={
            each.buyer: each.code for decision in _facts(commands, Decision) for each in decision.candidates
        },
        released={
            command.bidder.buyer: command.reason for command in commands if isinstance(command, ReleaseBid)
        },
        ended_by=endings[0].ended_by if endings else None,
        language=call.flow.language,
        verdicts=_facts(commands, Verdict),
        revenue_micros=sum(entry.amount_micros for entry in posted if entry.kind == "revenue"),
        payout_micros=sum(entry.amount_micros for entry in posted if entry.kind == "payout"),
        duration_ms=world.now,
        journal=tuple(world.journal),
    )


def _heard(hearing: Hearing) -> PromptHeard:
    return "whole" if hearing.is_heard else "ahead" if hearing.keyed_ahead else "part"


def _joined_by(leg: Leg) -> str:
    if leg.bridged_at is None:
        return "nobody"
    return "carrier" if leg.joining is not None and leg.joining.carrier else "engine"


def _filled(answer: Answer) -> FilledHow:
    if answer.filled is None:
        return "engine"
    return "read_back" if answer.filled.is_read_back else "unread"


def _facts(commands: Sequence[Command], kind: type[Kind]) -> tuple[Kind, ...]:
    return tuple([c.fact for c in commands if isinstance(c, Record) and isinstance(c.fact, kind)])


# What the story's writer should know


def _notes(caller: ScriptedCaller, unmatched: Sequence[tuple[str, str]]) -> Iterator[str]:
    for node, given in unmatched:
        yield f"“{given}” was not understood at '{node}'" if given else f"nothing was understood at '{node}'"
    if caller.fell_silent_at is not None:
        yield f"the caller is silent from '{caller.fell_silent_at}' on: the story has no acts left"
    for node in caller.unheard_at:
        yield f"the caller would have spoken at '{node}', which only takes keys"
    if caller.left:
        acts = ", ".join(_described(act) for act in caller.left)
        yield f"the call ended before the caller's remaining acts: {acts}"


def _described(act: CallerAct) -> str:
    if isinstance(act, PressKeys):
        return f"keys {act.keys}" + ("" if act.during is None else f" during {act.during}")
    if isinstance(act, SaySomething):
        return f"says “{act.text}”"
    if isinstance(act, PlayRecording):
        return f"says {act.file}"
    if isinstance(act, EndCall):
        return "hangs_up" if act.during is None else f"hangs_up during {act.during}"
    return "silence"


# What was expected, beside what came


def _compared(result: StoryResult) -> Iterator[str]:
    """A line for each expectation that the story states and that did not hold."""
    expect = result.story.expect
    pairs: Mapping[str, tuple[object, object]] = {
        "path": (expect.path, result.path),
        "buyer": (expect.buyer, result.buyer),
        "tried": (expect.tried, result.tried),
        "ended_by": (expect.ended_by, result.ended_by),
        "language": (_meant(expect.language, result.language), result.language),
        "billable": (expect.billable, result.billable),
        "reason": (expect.reason, result.reason),
        "revenue": (expect.revenue_micros, result.revenue_micros),
        "payout": (expect.payout_micros, result.payout_micros),
    }
    for name, place in expect.places.items():
        if name == "answers":
            yield from _answers_compared(result, place)
            continue
        if name == "refused":
            yield from _refusals_compared(result, place)
            continue
        if name == "outcomes":
            yield from _by_buyer_compared(place, "to end as", result.story.expect.outcomes, result.outcomes)
            continue
        if name == "keys":
            wanted_keys = result.story.expect.keys
            yield from _by_buyer_compared(place, "keys in its talk:", wanted_keys, result.keys)
            continue
        if name == "joined_by":
            wanted_joined = result.story.expect.joined_by
            yield from _by_buyer_compared(place, "to be joined by the", wanted_joined, result.joined_by)
            continue
        if name == "released":
            yield from _releases_compared(result, place)
            continue
        if name == "modes":
            yield from _modes_compared(result, place)
            continue
        if name == "heard":
            yield from _heard_compared(result, place)
            continue
        if name == "filled":
            yield from _filled_compared(result, place)
            continue
        wanted, came = pairs[name]
        if wanted != came:
            yield f"{place}: {name}: expected {_written(name, wanted)}, got {_written(name, came)}"


def _meant(wanted: str | None, came: str) -> str | None:
    """The language as it came, where it is the one that is wanted: "es" is es-US."""
    return came if wanted is not None and language_among([came], wanted) else wanted


def _answers_compared(result: StoryResult, place: Place) -> Iterator[str]:
    for name, wanted in result.story.expect.answers.items():
        came = result.answers.get(name)
        if wanted != came or type(wanted) is not type(came):
            told = "none" if came is None else repr(came)
            yield f"{place}: answer '{name}': expected {wanted!r}, got {told}"


def _refusals_compared(result: StoryResult, place: Place) -> Iterator[str]:
    for buyer, wanted in result.story.expect.refused.items():
        came = result.codes.get(buyer)
        if wanted != came:
            told = f"was {came}" if came else "wasn't in any decision"
            yield f"{place}: buyer '{buyer}': expected to be refused by {wanted}, but {told}"


def _by_buyer_compared(
    place: Place, what: str, expected: Mapping[str, object], came: Mapping[str, object]
) -> Iterator[str]:
    for buyer, wanted in expected.items():
        if wanted != came.get(buyer):
            yield f"{place}: buyer '{buyer}': expected {what} {wanted}, got {came.get(buyer, 'no call')}"


def _releases_compared(result: StoryResult, place: Place) -> Iterator[str]:
    """Who is not named must not have been told that its call does not come."""
    expected = result.story.expect.released
    for buyer in dict.fromkeys((*expected, *result.released)):
        wanted, came = expected.get(buyer, "nothing"), result.released.get(buyer, "nothing")
        if wanted != came:
            yield f"{place}: bidder '{buyer}': expected to be released by {wanted}, got {came}"


def _modes_compared(result: StoryResult, place: Place) -> Iterator[str]:
    for name, wanted in result.story.expect.modes.items():
        came = result.modes.get(name)
        if wanted != came:
            yield f"{place}: answer '{name}': expected to come by {wanted}, got {came or 'nothing'}"


def _heard_compared(result: StoryResult, place: Place) -> Iterator[str]:
    for name, wanted in result.story.expect.heard.items():
        came = result.heard.get(name)
        if wanted != came:
            yield f"{place}: answer '{name}': expected its prompt to be heard {wanted}, got {came or 'none'}"


def _filled_compared(result: StoryResult, place: Place) -> Iterator[str]:
    for name, wanted in result.story.expect.filled.items():
        came = result.filled.get(name)
        if wanted != came:
            yield f"{place}: answer '{name}': expected to be filled: {wanted}, got {came or 'nothing'}"


def _written(name: str, value: object) -> str:
    if value is None:
        return "nobody" if name == "buyer" else "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return format_money(value)
    if isinstance(value, tuple):
        return (" → " if name == "path" else ", ").join(value) or "none"
    return str(value)
