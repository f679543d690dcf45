"""A call in progress: what is known of it, and what a node may await.

A node's coroutine is driven without an event loop. Everything that it awaits comes down to
`next_event`, which hands control back to the machine until the next event arrives; awaiting anything
else is refused at once. Commands are collected in `commands`, in the order in which they are meant.
"""

from __future__ import annotations

import types
from collections.abc import Generator, Iterable, Mapping
from typing import TYPE_CHECKING

from engine.core import languages
from engine.core.answers import AnswerType, Understood
from engine.core.behaviour import NOTHING_UNHEARD, OBEYS_IN_SENTENCES, RESERVES_UNDER_TERMS
from engine.core.commands import (
    Bidder,
    CancelTimer,
    Command,
    Confirm,
    LookUp,
    Ping,
    Play,
    Record,
    Release,
    ReleaseBid,
    Reserve,
    SetTimer,
    Sound,
    StopPlaying,
    Survey,
    Tones,
)
from engine.core.conditions import Evaluator, Value
from engine.core.events import (
    CALLER,
    Bid,
    BidConfirmed,
    BidsIn,
    BillKind,
    CallArrived,
    ClaimRefused,
    Event,
    LookedUp,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    ReservationGranted,
    ReservationRefused,
    Standing,
    Surveyed,
)
from engine.core.facts import Answer, AnswerMode, Candidate, Leg, Question, Source, Utterance
from engine.core.hearing import Hearing
from engine.core.kept_sounds import KeptSounds
from engine.core.keying import CallerKeys
from engine.core.leg_events import TalkKey, keys_of_talk
from engine.core.model_events import FilledByModel
from engine.core.moments import CallMoment
from engine.core.phone_numbers import area_of
from engine.core.prompts import Prompt, PromptItem
from engine.core.records import changed
from engine.core.secrecy import Secrecy
from engine.core.trail import Trail

if TYPE_CHECKING:
    from engine.core.flow import Flow, Revision
    from engine.core.gathering import Asking
    from engine.core.messages import MessageTaken
    from engine.core.recording import Recorder


class Waiting:
    """What a waiting node yields: the machine's proof that only `call.*` was awaited."""


WAITING = Waiting()


@types.coroutine
def next_event() -> Generator[Waiting, Event, Event]:
    """Wait for the call's next event."""
    event = yield WAITING
    return event


class Call:
    """What the machine knows of the call, and the words in which nodes act on it."""

    def __init__(self, revision: Revision, flow: Flow, arrived: CallArrived) -> None:
        self.revision = revision
        self.flow = flow
        self.flows: Mapping[str, Flow] = {}  # by language, the flow in each that the call may go on in
        self.arrived = arrived
        self.at = arrived.at
        self.node = ""
        self.campaign = ""
        self.publisher = ""
        self.answers: dict[str, Answer] = {}
        self.values: dict[str, Value] = {}
        self.read_back: Mapping[str, Understood] = {}  # by answer: said to the caller, not yet confirmed
        self.heard_before: dict[str, dict[int, dict[Value, float]]] = {}  # by answer and attempt's beginning
        self.asked: set[str] = set()  # the questions that the call has come to
        self.keys = CallerKeys(is_strict=arrived.behaviour >= NOTHING_UNHEARD)
        self.typed = self.keys.typed  # those that no question took yet
        self.trail = Trail()  # the questions as they were asked
        self.obeys = arrived.behaviour >= OBEYS_IN_SENTENCES  # whoever asks does
        self.slower = 0  # so many percent slower the caller is to be spoken to
        self.asking: Asking | None = None  # the attempt at a question that the call waits on
        self.unmatched: list[tuple[str, str]] = []  # node and what the caller gave it that made no sense
        self.legs: dict[str, Leg] = {}
        self.chosen: tuple[Candidate, ...] = ()  # who holds a place for the next bridge, and rings together
        self.tried: set[str] = set()
        self.forgiven: set[str] = set()  # buyers whose leg failed once for ours, and who may be asked again
        self.away: set[str] = set()  # the legs whose stream is lost
        self.joined: dict[str, int] = {}  # a leg in its talk → since when the two have been joined, last
        self.parted: dict[str, int] = {}  # a leg in its talk → since when a broken stream keeps it apart
        self.is_broken = False  # a stream was lost, or the engine: others may go on with the phone call
        self.sounding: dict[str, dict[str, Play]] = {}  # by leg, what it is to hear and has not heard out
        self.bids: dict[str, Bid] = {}  # by buyer, what was said when prices were asked for last
        self.pings: dict[str, str] = {}  # by buyer, the ping that its bid answers
        self.farewells: dict[str, Prompt] = {}  # by leg that is asked to take the call, if the caller leaves
        self.talk_keys: dict[str, list[TalkKey]] = {}  # by leg, those pressed in its talk
        self.recoveries = 0  # how often a buyer hung up too early and the caller went on to the next
        self.holding: str | None = None  # the sound that the caller hears over and over
        self.reservations: dict[str, str] = {}  # reservation → buyer, those held now
        self.confirmed: dict[str, ReleaseBid] = {}  # by buyer, how to take back that its bid won
        self.unpaid: dict[str, str] = {}  # buyer → the full cap for which the publisher goes unpaid
        self.claimed: dict[tuple[BillKind, str], ClaimRefused | None] = {}  # what was claimed to be billed
        self.standings: Mapping[str, Standing] = {}  # by buyer, of the campaign surveyed last
        self.commands: list[Command] = []
        self.recorder: Recorder | None = None  # None: the call is not to be recorded
        self.message: MessageTaken | None = None  # the message that the caller is leaving
        self.kept_sounds = KeptSounds()
        self.secrecy = Secrecy(flow.answers, flow.sensitive, arrived)
        self._evaluator: Evaluator | None = None
        self._counters: dict[str, int] = {}

    def do(self, command: Command) -> None:
        self.commands.append(command)

    def number(self, prefix: str) -> str:
        """The next name of a series: p1, p2, … Names repeat exactly in a replay."""
        count = self._counters.get(prefix, 0) + 1
        self._counters[prefix] = count
        return f"{prefix}{count}"

    @property
    def evaluator(self) -> Evaluator:
        """Judges clauses over what is known now; identical clauses are evaluated once."""
        if self._evaluator is None:
            self._evaluator = Evaluator(dict(self.values), self.secrecy.names)
        return self._evaluator

    @property
    def moment(self) -> CallMoment:
        """What is known now, as the market is asked about it."""
        return CallMoment(
            self.arrived,
            self.at,
            self.node,
            self.campaign,
            self.publisher,
            self.evaluator,
            dict(self.answers),
            self.flow.answers,
            self.secrecy.names,
            dict(self.legs),
            frozenset(self.tried),
            dict(self.bids),
            self.standings,
            dict(self.unpaid),
            dict(self.claimed),
            self.is_broken or bool(self.arrived.again_of),
        )

    def leads(self, exit_name: str) -> bool:
        """Whether the running node's exit is wired."""
        return exit_name in self.flow.nodes[self.node].exits

    # Answers

    def learn(
        self,
        name: str,
        understood: Understood,
        *,
        raw: str,
        mode: AnswerMode,
        attempts: int = 1,
        confirmed: bool = False,
        question: Question | None = None,
        asked_at: int | None = None,
        answered_at: int | None = None,
        utterance: Utterance | None = None,
        began_at: int | None = None,
        source: Source | None = None,
        hearing: Hearing | None = None,
        filled: FilledByModel | None = None,
        is_private: bool = False,
    ) -> None:
        """Keep an answer and record it; a later one replaces it. `is_private`: it's made of a secret."""
        kind = self.flow.answers[name]
        self.secrecy.learnt(name, is_private=is_private)
        values = understood.named(name)
        answer = Answer(
            name=name,
            kind=kind.kind,
            value=understood.value,
            values=values,
            label=understood.label,
            raw=raw,
            mode=mode,
            confidence=understood.confidence,
            attempts=attempts,
            confirmed=confirmed,
            node=self.node,
            question=question,
            asked_at=self.at if asked_at is None else asked_at,
            answered_at=self.at if answered_at is None else answered_at,
            sensitive=self.secrecy.hides(name),
            utterance=utterance,
            heard=understood.heard,
            began_at=began_at,
            source=source,
            hearing=hearing,
            filled=filled,
        )
        if name in self.answers:
            self.forget_values(self.answers[name].values)
        self.answers[name] = answer
        self.know(values)
        self.do(Record(answer))
        languages.follow(self, kind, understood.value)

    def forget_values(self, names: Iterable[str]) -> None:
        self._evaluator = None
        for name in names:
            self.values.pop(name, None)

    def know(self, values: Mapping[str, Value]) -> None:
        """What expressions may read beside the answers."""
        self._evaluator = None
        self.values.update(values)

    def state(self, name: str, value: Value | None, *, is_private: bool = False) -> None:
        """Give a subflow's parameter its value; None where it is not known."""
        self.forget_values((name,))
        self.secrecy.stated(name, is_private=is_private)
        if value is not None:
            self.values[name] = value

    def answer_type(self, name: str, *, is_private: bool = False) -> AnswerType:
        """The kind of this answer. What is private is understood without a record of what that took."""
        return self.secrecy.unrecorded[name] if is_private else self.flow.answers[name]

    # Prompts

    def say_items(self, prompt: Prompt, leg: str = CALLER) -> tuple[PromptItem, ...]:
        """The prompt's words with this call's values; a leg but the caller's hears what the node reveals."""
        return languages.prompt_items(self, prompt, leg)

    def play(
        self, items: tuple[PromptItem | Sound | Tones, ...], leg: str = CALLER, *, loop: bool = False
    ) -> str:
        """Start playing to a leg; returns the prompt's name, which its events carry."""
        if leg == CALLER and self.holding is not None:
            self.stop_playing()
        prompt = self.number("p")
        slower = self.slower if leg == CALLER else 0
        play = self.sounding.setdefault(leg, {})[prompt] = Play(leg, prompt, items, loop, slower)
        self.do(play)
        is_sensitive = any(getattr(item, "sensitive", False) for item in items)
        if self.recorder is not None and leg == CALLER and is_sensitive:
            self.recorder.silence(prompt, self.at)
        return prompt

    def hold(self, sound: str) -> None:
        """Let the caller hear this sound until something else is played; what sounds already goes on."""
        if self.holding != sound:
            self.play((Sound(sound),), loop=True)
            self.holding = sound

    def stop_playing(self, leg: str = CALLER) -> None:
        if leg == CALLER:
            self.holding = None
        self.sounding.pop(leg, None)
        self.do(StopPlaying(leg))

    async def finish_playing(self, prompt: str) -> None:
        """Wait until the prompt was heard, cut or given up."""
        while True:
            event = await next_event()
            if isinstance(event, PromptPlayed | PromptCleared | PromptFailed) and event.prompt == prompt:
                return

    # Timers

    def set_timer(self, after_ms: int) -> str:
        timer = self.number("t")
        self.do(SetTimer(timer, after_ms))
        return timer

    def cancel_timer(self, timer: str | None) -> None:
        if timer is not None:
            self.do(CancelTimer(timer))

    # Others outside

    async def look_up(self, command: LookUp) -> LookedUp:
        """Ask a web service. `command.lookup` comes from `number`."""
        self.do(command)
        while True:
            event = await next_event()
            if type(event) is LookedUp and event.lookup == command.lookup:
                return event

    # Money

    async def survey(self, campaign: str) -> None:
        """Learn how the campaign's buyers stand."""
        self.do(Survey(campaign))
        while True:
            event = await next_event()
            if type(event) is Surveyed and event.campaign == campaign:
                self.standings = {standing.buyer: standing for standing in event.standings}
                return

    async def reserve(self, candidate: Candidate, campaign: str) -> ReservationRefused | None:
        """Take the buyer's place under all its caps. None when granted, else which cap was full."""
        reservation = self.number("r")
        buyer, terms = candidate.buyer, None
        if self.arrived.behaviour >= RESERVES_UNDER_TERMS:
            terms = self.revision.market.place_terms(self.moment, buyer, campaign)
        self.do(Reserve(reservation, buyer, campaign, candidate.price_micros or 0, terms))
        self.reservations[reservation] = candidate.buyer
        while True:
            event = await next_event()
            if type(event) is ReservationGranted and event.reservation == reservation:
                if event.unpaid:
                    self.unpaid[candidate.buyer] = event.unpaid
                self.campaign = campaign
                return None
            if type(event) is ReservationRefused and event.reservation == reservation:
                del self.reservations[reservation]
                return event

    async def ping(self, campaign: str, bidders: tuple[Bidder, ...], deadline_ms: int) -> None:
        """Ask the bidders for their prices, all at once."""
        ping = self.number("b")
        self.do(Ping(ping, campaign, deadline_ms, area_of(self.arrived.caller_number), bidders))
        while True:
            event = await next_event()
            if type(event) is BidsIn and event.ping == ping:
                self.bids.update({bid.buyer: bid for bid in event.bids})
                self.pings.update({bid.buyer: ping for bid in event.bids})
                return

    async def confirm(self, bid: Bid, bidder: Bidder, releaser: Bidder | None = None) -> BidConfirmed:
        """Tell the bidder that its bid won; it takes the call now, or refuses.

        Where the call does not come to it after all, `releaser` is told so.
        """
        confirmation = self.number("c")
        ping = self.pings[bid.buyer]
        self.do(Confirm(confirmation, ping, bid.name, bid.amount_micros, bidder))
        if releaser is not None:
            self.confirmed[bid.buyer] = ReleaseBid(confirmation, ping, bid.name, "", releaser)
        while True:
            event = await next_event()
            if type(event) is BidConfirmed and event.confirmation == confirmation:
                if not event.accepted and event.is_clear:
                    self.confirmed.pop(bid.buyer, None)
                return event

    def release(self, buyer: str, *, used: bool, reason: str = "not_called") -> None:
        """Give back what is held for this buyer; used or not decides whether it still counts.

        A bidder that was told of its win learns the `reason` why the call does not come.
        """
        for reservation, holder in list(self.reservations.items()):
            if holder == buyer:
                del self.reservations[reservation]
                self.do(Release(reservation, used))
        told = self.confirmed.pop(buyer, None)
        if told is not None and not used:
            self.do(changed(told, reason=reason))

    # Legs

    def update_leg(self, leg: str, **changes: object) -> Leg:
        """Change what is known of a leg and record it. One that ends in a hole ended as the hole began."""
        if "ended_at" in changes and leg in self.parted:
            changes |= {"ended_at": self.parted.pop(leg), "ended_apart": True}
        if "ended_at" in changes:
            changes |= keys_of_talk(self.talk_keys.pop(leg, ()))
        now = self.legs[leg] = changed(self.legs[leg], **changes)
        self.do(Record(now))
        return now
