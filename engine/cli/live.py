"""A call told while it happens: what the caller hears and keys, who is tried and why, how it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

from engine.accounts.answer_shown import AnswerShown
from engine.accounts.decision_shown import DecisionShown
from engine.accounts.verdict_shown import VerdictShown
from engine.cli.telling import tell_answer, tell_decision, tell_verdict
from engine.core.commands import Command, Play, Record
from engine.core.events import (
    CALLER,
    CallArrived,
    CallerHungUp,
    Event,
    KeyPressed,
    LegAnswered,
    LegBridged,
    LegEnded,
    LegRinging,
    SpeechFailed,
    SpeechHeard,
)
from engine.core.facts import Answer, Decision, Ending, Fault, Leg, Verdict
from engine.core.leg_events import AnswererTold, JoinFailed, LegsJoined, TalkKeyPressed
from engine.core.printable import printable
from engine.rehearsal.loopback import Happening
from engine.wording.played import played_text
from engine.wording.sentences import ending_sentence, fault_sentence

COLOURS = {"caller": "cyan", "engine": "white", "buyer": "magenta"}


class LiveDisplay:
    """Prints lines as they come; silent where the caller of the command wants JSON."""

    def __init__(self, is_silent: bool, talk_s: float) -> None:
        self._is_silent = is_silent
        self._talk_s = talk_s
        self._keys = ""
        self._keys_at = 0

    def begins(self, caller: str, to: str, speed: float) -> None:
        faster = f" (at {speed:g} times normal speed)" if speed != 1 else ""
        self._line(0, "caller", f"dials {to} from {caller}{faster}")

    def ended(self, by: str) -> None:
        self._say(f"\nthe call is over, ended by the {by}")

    def happened(self, happening: Happening) -> None:
        """Of the carrier, where the engine is somebody else's."""
        self._say(printable(str(happening)))

    def watch(self, call: str, event: Event, commands: Sequence[Command]) -> None:
        """Of an engine of our own."""
        if isinstance(event, KeyPressed) and event.leg == CALLER:
            self._keys += event.key
            self._keys_at = event.at
        else:
            self._flush_keys()
            self._tell_event(event)
        for command in commands:
            if isinstance(command, Play):
                self._flush_keys()
                self._tell_play(event.at, command)
            elif isinstance(command, Record):
                self._flush_keys()
                self._tell_fact(event.at, command)

    def _flush_keys(self) -> None:
        if self._keys:
            self._line(self._keys_at, "caller", f"presses {' '.join(self._keys)}")
            self._keys = ""

    def _tell_event(self, event: Event) -> None:  # noqa: PLR0912  one arm for each event
        match event:
            case CallArrived(at=at, call=call):
                self._line(at, "engine", f"takes call {call}")
            case CallerHungUp(at=at):
                self._line(at, "caller", "hangs up")
            case SpeechHeard(at=at, text="", engine=heard_by):
                self._line(
                    at, "caller", f"says something that doesn't answer the question, according to {heard_by}"
                )
            case SpeechHeard(at=at, text=text, confidence=confidence):
                self._line(at, "caller", f"says “{text}”, {confidence:.0%} sure")
            case SpeechFailed(at=at, reason=reason):
                self._line(at, "caller", f"says something unintelligible: {reason}")
            case KeyPressed(at=at, leg=leg, key=key):
                self._line(at, "buyer", f"{leg} presses {key}")
            case TalkKeyPressed(at=at, leg=leg, key=key):
                who = "caller" if leg == CALLER else "buyer"
                self._line(at, who, f"{leg} presses {key or 'a key'} in the talk")
            case AnswererTold(at=at, leg=leg, said=said):
                self._line(at, "buyer", f"the carrier says who picked up {leg}: {said}")
            case LegRinging(at=at, leg=leg):
                self._line(at, "buyer", f"{leg} rings")
            case LegAnswered(at=at, leg=leg):
                self._line(at, "buyer", f"{leg} answers")
            case LegBridged(at=at, leg=leg):
                talk = f"; the buyer talks for {self._talk_s:g} s"
                self._line(at, "engine", f"caller and {leg} are bridged{talk}")
            case LegsJoined(at=at, leg=leg, carrier=carrier):
                self._line(at, "engine", f"caller and {leg} are joined by {carrier}")
            case JoinFailed(at=at, leg=leg, code=code, said=said):
                self._line(at, "engine", f"{leg} stays with the engine: {said or code}")
            case LegEnded(at=at, leg=leg, outcome=outcome, ended_by=ended_by):
                self._line(at, "buyer", f"{leg} is over: {outcome}, by the {ended_by}")
            case _:
                pass

    def _tell_play(self, at: int, command: Play) -> None:
        who = "caller" if command.leg == CALLER else "buyer"
        self._line(at, who, f"hears “{played_text(command.items)}”")

    def _tell_fact(self, at: int, command: Record) -> None:
        fact = command.fact
        match fact:
            case Answer():
                self._lines(tell_answer(fact.name, AnswerShown.of(fact)))
            case Decision():
                self._lines(tell_decision(DecisionShown.of(fact)))
            case Verdict():
                self._lines(tell_verdict(VerdictShown.of(fact)))
            case Leg(outcome=None, answered_at=None):
                self._line(at, "engine", f"dials {fact.buyer or 'the desk'} at {fact.to} as {fact.leg}")
            case Fault():
                self._line(at, "engine", f"fault in {fact.where}: {fault_sentence(fact)}")
            case Ending():
                self._line(
                    at,
                    "engine",
                    f"closes the call: ended by the {fact.ended_by}, {ending_sentence(fact.reason)}",
                )
            case _:
                pass

    def _lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._say(line)

    def _line(self, at: int, who: str, text: str) -> None:
        self._say(f"{at / 1000:8.2f}s  {click.style(f'{who:<7}', fg=COLOURS[who])} {printable(text)}")

    def _say(self, text: str) -> None:
        if not self._is_silent:
            click.echo(text)
