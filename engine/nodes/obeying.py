"""Obeying commands at a question: told from answers, asked about where unsure, and carried out.

Rules
1. The same certainty as an option's: from SURE on it is obeyed, from LIKELY on it is asked about, below it
   is a nomatch. What costs nobody anything (HARMLESS) is obeyed from LIKELY on.
2. What is a command and nothing else is one. In a longer sentence an answer goes before it.
3. Obeying counts neither as an attempt nor as a failure; a command that was asked about and denied is a
   nomatch, for the caller was misunderstood.
4. What `goto` names is where the call goes. Without it, each command does what it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NoReturn

from engine.core.attempts import CommandGiven, Given, Speech
from engine.core.call import Call
from engine.core.commands import Record
from engine.core.conditions import Value
from engine.core.facts import Turn
from engine.core.gathering import Listening
from engine.core.languages import is_spoken
from engine.core.leaving import JumpTo
from engine.core.sayers import language_among
from engine.core.spoken_commands import CommandKey
from engine.core.trail import AskedQuestion, given_by_caller, is_open, lead_back
from engine.nodes.certainty import LIKELY, NEAR, SURE, heard_texts
from engine.nodes.command_texts import spoken, texts_here
from engine.understanding.commanding import HARMLESS, SaidCommand, said_command
from engine.understanding.readings import UNSURE

HELD_MS = 60_000
"""How long a caller who wants to hold on is waited for."""

SLOWER_PERCENT, SLOWEST_PERCENT = 30, 60


@dataclass(frozen=True, slots=True)
class Order:
    """A command that the caller gave. `sure` is that of hearing and understanding together."""

    command: CommandKey
    sure: float
    by: Literal["keys", "voice"]
    heard: str
    answer: str | None = None

    @property
    def is_sure(self) -> bool:
        return self.sure >= (LIKELY if self.command.does in HARMLESS else SURE)


def order_of(call: Call, given: Given, *, is_answer: bool) -> Order | None:
    """The command in what was given. `is_answer`: it also makes sense as an answer to the question."""
    if isinstance(given, CommandGiven):
        return Order(given.command, 1.0, "keys", given.command.key)
    if not isinstance(given, Speech):
        return None
    spoken_here = call.flow.spoken_at(call.node)
    best: Order | None = None
    other = 0.0
    for text, sure in heard_texts(given):
        found = said_command(text, spoken_here)
        if found is None or _is_of_the_read_back(call, found) or (is_answer and found.confidence < 1.0):
            other = max(other, sure)
        elif best is None or sure * found.confidence > best.sure:
            best = Order(found.command, sure * found.confidence, "voice", found.heard, found.answer)
    if best is None or best.sure < LIKELY or (is_answer and other > best.sure):
        return None
    is_torn = is_answer and best.sure - other < NEAR
    return replace(best, sure=min(best.sure, UNSURE)) if is_torn else best


def _is_of_the_read_back(call: Call, found: SaidCommand) -> bool:
    """What was just read back is changed by the reply to it."""
    return found.command.does == "change" and bool(call.read_back) and found.answer in (None, *call.read_back)


@dataclass(frozen=True, slots=True)
class Again:
    """The question is asked again, after `first` was said; or `hold` alone is said and waited after."""

    first: str = ""
    hold: str = ""


def obey(call: Call, order: Order) -> Again:
    """Carry out what needs no further question. Raises JumpTo where it leads away."""
    command, texts = order.command, texts_here(call)
    match command.does:
        case "back":
            return _back(call, order) or Again(texts.nothing_before)
        case "start_over":
            return _start_over(call, order) or Again(texts.is_sold)
        case "change":
            return _change(call, order)
        case "language":
            _change_language(call, order)
    note(call, order, command.goto or "")
    if command.goto is not None:
        raise JumpTo(command.goto, command.name)
    if command.does == "slower":
        call.slower = min(call.slower + SLOWER_PERCENT, SLOWEST_PERCENT)
    if command.does == "hold":
        return Again(hold=texts.hold)
    return Again(texts.nobody if command.does == "operator" else "")


def held(call: Call) -> Again:
    """Who held on is there again, or was waited for long enough."""
    return Again(texts_here(call).held)


def say_first(call: Call, text: str) -> None:
    """Said before the question, which is asked right after."""
    if text:
        call.play(call.say_items(spoken(text, call.flow.language)))


def waiting(listening: Listening) -> Listening:
    """How a question listens while the caller was asked to take their time."""
    return replace(listening, noinput_timeout_ms=HELD_MS, flush=True, barge_in="any")


def note(call: Call, order: Order, to: str = "") -> None:
    """Keep in the call's record what was obeyed, and where it led."""
    values: dict[str, Value] = {"command": order.command.name, "by": order.by, "said": order.heard}
    if order.answer is not None:
        values["answer"] = order.answer
    details = {"does": order.command.does, "sure": round(order.sure, 3)}
    call.do(Record(Turn(call.at, call.node, to or "again", "obeyed", values, details)))


def _back(call: Call, order: Order) -> Again | None:
    to = call.trail.before(call)
    if to is None:
        return None
    kept = [name for name, answer in call.answers.items() if answer.node == to.node]
    _lead(call, order, to.node, given_by_caller(call, kept), to)
    return None


def _start_over(call: Call, order: Order) -> Again | None:
    """Nothing is begun again that was sold."""
    if not is_open(call, 0):
        return None
    first = call.trail.questions[0] if call.trail.questions else None
    _lead(call, order, call.flow.start, given_by_caller(call), first)
    return None


def _change(call: Call, order: Order) -> Again:
    """To the question of the answer that was named, else to the one before."""
    texts = texts_here(call)
    if order.answer is None:
        return _back(call, order) or Again(texts.nothing_before)
    answer = call.answers.get(order.answer)
    node = None if answer is None else _asked_by(call, order.answer)
    if answer is None or node is None:
        return Again(texts.nothing_to_change)
    if not is_open(call, answer.answered_at):
        return Again(texts.is_sold)
    asked = call.trail.last_of(node) or call.trail.last_of(answer.node)
    _lead(call, order, node, [order.answer], asked)
    return Again()


def _change_language(call: Call, order: Order) -> NoReturn:
    """The question comes again, in the language that was named; by a key, in the next."""
    name, kind = next((name, kind) for name, kind in call.flow.answers.items() if kind.IS_LANGUAGE)
    here = call.flow.language
    named = [each.value for each in kind.understand_words(order.heard)]
    others = [each for each in (*named, *_in_turn(kind.few_values, here)) if not is_spoken(call, each)]
    understood = kind.understand_value(others[0]) if others else None
    if understood is not None:
        call.learn(name, understood, raw=order.heard, mode=order.by)
    note(call, order, call.node)
    raise JumpTo(call.node, order.command.name)


def _in_turn(languages: Sequence[Value], here: str) -> Sequence[Value]:
    """The others, beginning behind the one that is spoken."""
    at = next((at for at, each in enumerate(languages) if language_among([here], str(each))), 0)
    return (*languages[at + 1 :], *languages[:at])


def _lead(call: Call, order: Order, node: str, withdrawn: list[str], asked: AskedQuestion | None) -> NoReturn:
    note(call, order, node)
    lead_back(call, asked, withdrawn)
    raise JumpTo(node, order.command.name)


def _asked_by(call: Call, name: str) -> str | None:
    """The node that asks for this answer alone, else the one where it was given."""
    given_at = call.answers[name].node
    asks = {node: getattr(placed.node, "asks", ()) for node, placed in call.flow.nodes.items()}
    alone = [node for node, answers in asks.items() if answers == (name,)]
    if given_at in alone or (not alone and name in asks.get(given_at, ())):
        return given_at
    return alone[0] if alone else None
