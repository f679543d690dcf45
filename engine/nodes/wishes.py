"""Commands that ask something themselves: whether one was meant, where to call back, whose number opts out.

The questions are short and lead back to the one that was interrupted. A command key that leads to a node
still does so in them; anything else that is no answer to them is asked again once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.core.attempts import CommandGiven, Keys, Speech
from engine.core.call import Call
from engine.core.commands import Record
from engine.core.facts import AnswerMode, CallbackRequest, OptOut
from engine.core.filters import digits as spoken_digits
from engine.core.gathering import Listening, gather
from engine.core.languages import sayer_here, tongue_here
from engine.core.leaving import JumpTo
from engine.core.prompts import Prompt
from engine.core.spoken_commands import CommandKey
from engine.core.trail import opt_out
from engine.nodes.certainty import CLEAR, LIKELY, heard_texts
from engine.nodes.command_texts import question_about, spoken, texts_here
from engine.nodes.obeying import Again, Order, note, obey
from engine.understanding.commanding import said_command
from engine.understanding.phone import Phone
from engine.understanding.yes_no import YesNo

_TIMES = 2
_PHONE = Phone()


@dataclass(frozen=True, slots=True)
class _Number:
    """A telephone number, E.164, and how it was learnt."""

    text: str
    by: AnswerMode
    is_callers_own: bool


async def is_meant(call: Call, order: Order, listening: Listening) -> bool:
    """Whether the caller means it, who is asked where that was not surely heard."""
    if order.is_sure:
        return True
    return await _yes_or_no(call, question_about(order.command, call), listening, order.command) is True


def denied(given: Speech) -> Speech:
    """What was taken for a command and was none: something that made no sense."""
    return replace(given, text="", alternatives=())


async def carried_out(call: Call, order: Order, listening: Listening) -> Again:
    """Obey. Raises JumpTo where that leads away, or ends the call."""
    if order.command.does == "call_back":
        return await _call_back(call, order, listening)
    if order.command.does == "opt_out":
        return await _opt_out(call, order, listening)
    return obey(call, order)


async def _call_back(call: Call, order: Order, listening: Listening) -> Again:
    """Note where the caller wants to be called back. Nobody is called by us."""
    texts = texts_here(call)
    number = await _number_to_call(call, order, listening)
    if number is None:
        return Again(texts.no_number)
    note(call, order, order.command.goto or "hangup")
    asked = CallbackRequest(call.at, call.node, number.text, call.campaign, number.by, number.is_callers_own)
    call.do(Record(asked))
    raise await _leaving(call, order, texts.call_back_noted.format(_said(call, number.text)))


async def _number_to_call(call: Call, order: Order, listening: Listening) -> _Number | None:
    """The caller's own, if they say so, else the one that they key."""
    own = call.arrived.caller_number
    texts, language = texts_here(call), call.flow.language
    if own:
        prompt = spoken(texts.call_back_at.format(_said(call, own)), language)
        is_own = await _yes_or_no(call, prompt, listening, order.command)
        if is_own is None:
            return None
        if is_own:
            return _Number(own, "keys" if listening.kind is None else "voice", is_callers_own=True)
    return await _keyed_number(call, listening)


async def _opt_out(call: Call, order: Order, listening: Listening) -> Again:
    """Keep that this number is not to be called; one that is not shown has to be keyed."""
    texts = texts_here(call)
    own = call.arrived.caller_number
    number = _Number(own, order.by, is_callers_own=True) if own else await _keyed_number(call, listening)
    if number is None:
        return Again(texts.no_number)
    note(call, order, order.command.goto or "hangup")
    call.do(Record(OptOut(call.at, call.node, number.text, number.by)))
    call.arrived = opt_out(call.arrived)
    raise await _leaving(call, order, texts.opted_out)


async def _leaving(call: Call, order: Order, goodbye: str) -> JumpTo:
    """To the command's node, which says what the operator wants said; else to the call's end."""
    if order.command.goto is None:
        await call.finish_playing(call.play(call.say_items(spoken(goodbye, call.flow.language))))
    return JumpTo(order.command.goto, order.command.name)


async def _yes_or_no(call: Call, prompt: Prompt, listening: Listening, about: CommandKey) -> bool | None:
    """Yes, no, or None where neither came. The command given once more is a yes."""
    asked = YesNo().in_tongue(tongue_here(call))
    kind = None if listening.kind is None else asked
    how = replace(listening, keypad=asked.keypad, kind=kind, flush=False, barge_in="any")
    for _ in range(_TIMES):
        given = await gather(call, prompt, how)
        if isinstance(given, CommandGiven):
            _lead_away(given.command, about)
            return True
        if isinstance(given, Keys):
            keyed = asked.understand_keys(given.digits)
            if keyed is not None:
                return keyed.value is True
            call.keys.refused()
        elif isinstance(given, Speech) and (said := _said_yes_or_no(call, given, about)) is not None:
            return said
    return None


def _said_yes_or_no(call: Call, given: Speech, about: CommandKey) -> bool | None:
    asked = YesNo().in_tongue(tongue_here(call))
    for text, sure in heard_texts(given):
        again = said_command(text, call.flow.spoken_at(call.node))
        if again is not None and again.command == about and sure >= LIKELY:
            return True
        understood = asked.understand_words(text)
        if understood and sure * understood[0].confidence >= CLEAR:
            return understood[0].value is True
    return None


async def _keyed_number(call: Call, listening: Listening) -> _Number | None:
    texts = texts_here(call)
    prompt = spoken(texts.which_number, call.flow.language)
    keypad = replace(
        listening, keypad=_PHONE.keypad, kind=None, flush=False, barge_in="any", interdigit_timeout_ms=3_000
    )
    for _ in range(_TIMES):
        given = await gather(call, prompt, keypad)
        if isinstance(given, CommandGiven):
            _lead_away(given.command, None)
        if isinstance(given, Keys):
            understood = _PHONE.understand_keys(given.digits)
            if understood is not None:
                return _Number(str(understood.value), "keys", is_callers_own=False)
            call.keys.refused()
    return None


def _lead_away(key: CommandKey, about: CommandKey | None) -> None:
    if key != about and key.goto is not None:
        raise JumpTo(key.goto, key.name)


def _said(call: Call, number: str) -> str:
    """The number as it is read: without the 1 of North America."""
    own = number.removeprefix("+1").removeprefix("+")
    return spoken_digits(own, sayer_here(call, call.flow.language))
