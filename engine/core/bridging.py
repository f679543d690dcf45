"""Calling one or several and joining the caller with who takes the call: ring, whisper, accept, bridge.

Rules
1. All callees ring at once. The first that accepts is joined with the caller; the others are ended there
   and then with the outcome `lost_race`, and the places held with them are given back.
2. Once a callee has answered, its extension is keyed. It may be told something then (its `whisper`) and may
   have to take the call by a key (`accept_key`); who does neither within the time has rejected it, and who
   presses `decline_key` has declined it. Without either, who answers has accepted.
3. The caller hears the hold sound from the dial until the bridge.
4. Whoever hangs up first ends the bridge, and is recorded as the one who did (`engine.core.talking`).
5. A buyer's place is given back as soon as its leg is over; only a leg that was bridged used it.
6. A leg that failed for the carrier's sake or ours says nothing of the buyer, which may be asked once more.
7. Where the carrier says that a machine picked up, the leg is over: nobody answered. Who takes the call by a
   key is no machine; where no key is asked for, the carrier's word is waited for, but not for long. What it
   says once the call was taken is only kept.
8. Keys of the talk are the talk's: they answer nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.core.behaviour import SAYS_CALLER_LEFT
from engine.core.call import next_event
from engine.core.commands import Dial, Record, TellBuyer, Tones
from engine.core.events import (
    BuyerTold,
    Event,
    KeyPressed,
    LegAnswered,
    LegEnded,
    LegOutcome,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    TimerFired,
)
from engine.core.facts import Leg
from engine.core.leg_endings import end_leg, has_ended
from engine.core.leg_events import AnsweredBy, AnswererTold, BuyerNotice
from engine.core.market import Telling
from engine.core.stream_events import StreamBack, StreamLost
from engine.core.talking import TalkTerms, talk

if TYPE_CHECKING:
    from engine.core.call import Call
    from engine.core.prompts import Prompt, PromptItem

RING_GRACE_MS = 5_000  # a carrier that does not report its own ring timeout is overruled after this

DETECTION_MS = 8_000  # a carrier that does not say what picked up is not waited for any longer

# Where nobody takes the call, the bridge comes to the outcome that came furthest.
_FURTHEST: tuple[LegOutcome, ...] = ("declined", "rejected", "machine", "noanswer", "busy", "failed")


@dataclass(frozen=True, slots=True)
class Callee:
    """Somebody to call. `extension` is keyed once it is answered; `farewell` is what a callee hears that is
    still asked to take the call when the caller leaves."""

    to: str
    buyer: str | None = None
    price_micros: int = 0
    telling: Telling | None = None
    whisper: Prompt | None = None
    farewell: Prompt | None = None
    extension: str = ""
    detects_machines: bool = False
    carrier: str = ""  # by whom it is called; "" is the caller's own
    shown: str = ""  # the number that it sees then


@dataclass(frozen=True, slots=True)
class Dialling:
    """Whom to call and how."""

    callees: tuple[Callee, ...]
    ring_timeout_ms: int
    hold: str
    accept_key: str | None
    accept_timeout_ms: int
    talk: TalkTerms
    decline_key: str | None = None


@dataclass(slots=True)
class _Attempt:
    """A leg on its way to the bridge: `timer` is what it may take now, `hears` the prompt that it hears.

    It `is_asked` once its extension is keyed: from then on its keys count.
    """

    leg: str
    timer: str | None
    callee: Callee
    hears: str | None = None
    is_asked: bool = False


_Progress = Literal["waits", "accepted", "over"]


async def bridge(call: Call, dialling: Dialling) -> Leg:
    """Dial, and stay until every leg is over: the leg that was joined, else the one that came furthest.

    The caller's hang-up ends it from outside.
    """
    names = [_begin(call, callee) for callee in dialling.callees]
    call.hold(dialling.hold)
    for name, callee in zip(names, dialling.callees, strict=True):
        _dial(call, name, callee, dialling.ring_timeout_ms)
    attempts = {
        name: _Attempt(name, call.set_timer(dialling.ring_timeout_ms + RING_GRACE_MS), callee)
        for name, callee in zip(names, dialling.callees, strict=True)
    }
    winner = await _race(call, attempts, dialling)
    if winner is not None:
        await talk(call, winner, dialling.talk)
    if winner is None or call.legs[winner].bridged_at is None:
        call.stop_playing()
    call.typed.clear()  # what was keyed while ringing or talking answers no question
    return call.legs[winner] if winner is not None else _furthest(call.legs[name] for name in names)


def _begin(call: Call, callee: Callee) -> str:
    name = call.number("buyer-" if callee.buyer else "transfer-")
    call.legs[name] = leg = Leg(
        leg=name,
        buyer=callee.buyer,
        to=callee.to,
        campaign=call.campaign,
        price_micros=callee.price_micros,
        dialled_at=call.at,
        extension=callee.extension,
    )
    call.do(Record(leg))
    return name


def _dial(call: Call, leg: str, callee: Callee, ring_timeout_ms: int) -> None:
    """Tell the buyer and call it, at once: nothing waits for the webhook."""
    telling = callee.telling
    if telling is not None and telling.url and callee.buyer is not None:
        call.do(
            TellBuyer(
                leg=leg,
                buyer=callee.buyer,
                campaign=call.campaign,
                price_micros=callee.price_micros,
                url=telling.url,
                timeout_ms=telling.timeout_ms,
                secret=telling.secret,
                told=telling.told,
            )
        )
    headers = () if telling is None else telling.headers
    how = (callee.detects_machines, callee.carrier, callee.shown)
    call.do(Dial(leg, callee.to, callee.buyer, ring_timeout_ms, headers, *how))


def note_telling(call: Call, event: BuyerTold) -> None:
    """Keep with the leg what became of telling its buyer."""
    if event.leg in call.legs:
        call.update_leg(event.leg, told=BuyerNotice(event.outcome, event.ms, event.detail))


def farewell(call: Call, leg: str) -> tuple[PromptItem, ...]:
    """What somebody hears who was being asked to take the call when its caller left; () for who was not."""
    words = call.farewells.get(leg)
    if words is None or leg in call.away or call.arrived.behaviour < SAYS_CALLER_LEFT:
        return ()
    return call.say_items(words, leg)


def note_answerer(call: Call, event: AnswererTold) -> None:
    """Keep with the leg what the carrier says has picked up."""
    leg = call.legs.get(event.leg)
    if leg is not None and leg.ended_at is None:
        call.update_leg(event.leg, answered_by=AnsweredBy(event.answerer, event.said, event.at))


def _furthest(legs: Iterable[Leg]) -> Leg:
    return min(legs, key=lambda leg: _FURTHEST.index(leg.outcome) if leg.outcome in _FURTHEST else 0)


# From the dial to the first that accepts


async def _race(call: Call, attempts: Mapping[str, _Attempt], dialling: Dialling) -> str | None:
    """The leg that accepted first, all others ended; None where nobody did."""
    running = dict(attempts)
    while running:
        event = await next_event()
        for attempt in list(running.values()):
            progress = _notice(call, attempt, event, dialling)
            if progress == "over":
                call.cancel_timer(attempt.timer)
                del running[attempt.leg]
            elif progress == "accepted":
                call.cancel_timer(attempt.timer)
                call.farewells.pop(attempt.leg, None)
                call.update_leg(attempt.leg, accepted_at=call.at)
                for other in running.values():
                    if other is not attempt:
                        call.cancel_timer(other.timer)
                        end_leg(call, other.leg, "lost_race", "another_was_first")
                return attempt.leg
    return None


def _notice(call: Call, attempt: _Attempt, event: Event, dialling: Dialling) -> _Progress:
    """What the event means for this leg."""
    leg = attempt.leg
    is_answered = call.legs[leg].answered_at is not None
    match event:
        case LegAnswered() if event.leg == leg and not is_answered:
            return _answered(call, attempt, dialling)
        case LegEnded() if has_ended(call, event, leg):
            return "over"
        case KeyPressed() if event.leg == leg and attempt.is_asked:
            return _pressed(call, attempt, event.key, dialling)
        case PromptPlayed() | PromptCleared() | PromptFailed() if (
            event.leg == leg and event.prompt == attempt.hears
        ):
            return _heard(call, attempt, event, dialling)
        case AnswererTold() if event.leg == leg and is_answered:
            return _judged(call, attempt, event, dialling)
        case StreamLost() if event.leg == leg and is_answered:
            call.cancel_timer(attempt.timer)  # nobody can press a key now
            attempt.timer = None
        case StreamBack() if event.leg == leg and is_answered and attempt.hears is None:
            attempt.timer = call.set_timer(_patience_ms(dialling))
        case TimerFired() if event.timer == attempt.timer:
            return _timed_out(call, attempt, dialling)
    return "waits"


def _pressed(call: Call, attempt: _Attempt, key: str, dialling: Dialling) -> _Progress:
    if key == dialling.accept_key:
        if attempt.hears is not None:
            call.stop_playing(attempt.leg)
        return "accepted"
    if key == dialling.decline_key:
        end_leg(call, attempt.leg, "declined", "declined_by_key", "buyer")
        return "over"
    return "waits"


def _answered(call: Call, attempt: _Attempt, dialling: Dialling) -> _Progress:
    call.cancel_timer(attempt.timer)
    attempt.timer = None
    leg = call.update_leg(attempt.leg, answered_at=call.at)
    if leg.answered_by is not None and leg.answered_by.answerer == "machine":
        end_leg(call, attempt.leg, "machine", "machine_answered")
        return "over"
    if attempt.callee.extension:
        attempt.hears = call.play((Tones(attempt.callee.extension),), attempt.leg)
        return "waits"
    return _ask(call, attempt, dialling)


def _ask(call: Call, attempt: _Attempt, dialling: Dialling) -> _Progress:
    """Whoever answered is there to be spoken to."""
    attempt.is_asked = True
    callee = attempt.callee
    if callee.farewell is not None and (callee.whisper is not None or dialling.accept_key is not None):
        call.farewells[attempt.leg] = callee.farewell
    if callee.whisper is None:
        return _whispered(call, attempt, dialling)
    attempt.hears = call.play(call.say_items(callee.whisper, attempt.leg), attempt.leg)
    return "waits"


def _heard(
    call: Call, attempt: _Attempt, event: PromptPlayed | PromptCleared | PromptFailed, dialling: Dialling
) -> _Progress:
    """The tones of its extension are out, or all was said."""
    if attempt.is_asked:
        return _whispered(call, attempt, dialling)
    attempt.hears = None
    if type(event) is PromptPlayed:
        call.update_leg(attempt.leg, keyed_at=call.at)
    return _ask(call, attempt, dialling)


def _whispered(call: Call, attempt: _Attempt, dialling: Dialling) -> _Progress:
    """All was said: now the key counts, within its time; or the carrier may still say what picked up."""
    attempt.hears = None
    if dialling.accept_key is None and not _may_be_machine(call, attempt):
        return "accepted"
    attempt.timer = call.set_timer(_patience_ms(dialling))
    return "waits"


def _may_be_machine(call: Call, attempt: _Attempt) -> bool:
    return attempt.callee.detects_machines and call.legs[attempt.leg].answered_by is None


def _patience_ms(dialling: Dialling) -> int:
    return DETECTION_MS if dialling.accept_key is None else dialling.accept_timeout_ms


def _judged(call: Call, attempt: _Attempt, event: AnswererTold, dialling: Dialling) -> _Progress:
    """The carrier has said what picked up; the leg has it already (`note_answerer`)."""
    if event.answerer == "machine":
        end_leg(call, attempt.leg, "machine", "machine_answered")
        return "over"
    has_heard_all = attempt.is_asked and attempt.hears is None
    return "accepted" if has_heard_all and dialling.accept_key is None else "waits"


def _timed_out(call: Call, attempt: _Attempt, dialling: Dialling) -> _Progress:
    if call.legs[attempt.leg].answered_at is None:
        end_leg(call, attempt.leg, "noanswer", "rang_too_long")
    elif dialling.accept_key is None:
        return "accepted"  # the carrier doesn't say: it is treated as a person
    else:
        end_leg(call, attempt.leg, "rejected", "key_not_pressed")
    return "over"
