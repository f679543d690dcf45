"""The language of a call: which it goes on in, and how what it says is marked with it.

Theory of operation. A flow of several languages is built once in each, with the same nodes, exits and names;
only what is said and heard differs. A call walks one of these flows, and goes on in another as soon as it
learns its language, an answer like any other. So nodes know nothing of languages, and a journal that tells
how the answer was learnt replays in the same words.

What is spoken in another language than the flow begins in carries it (`PromptItem.language`,
`Listen.language`); everything else is as in a call of one language.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.core.answers import AnswerType
from engine.core.behaviour import SPEAKS_LANGUAGES
from engine.core.events import CALLER
from engine.core.prompts import Prompt, PromptItem
from engine.core.sayers import Sayer, language_among, sayer, sayer_before_languages, tongue_of
from engine.core.zip_reads import ZipReads

if TYPE_CHECKING:
    from engine.core.call import Call
    from engine.core.facts import Answer
    from engine.core.flow import Flow
    from engine.core.market import NumberEntry


def begin(call: Call, flow: Flow, reads: ZipReads) -> None:
    """The flow that the call begins in, and the same in the other languages that it may go on in."""
    call.flows = {each.language: _bound(call, each, reads) for each in flow.in_all}
    call.flow = call.flows[flow.language]


def _bound(call: Call, flow: Flow, reads: ZipReads) -> Flow:
    """The flow as this call asks it: what it reads of the ZIP data is kept, and its tongue is heard."""
    bound = {name: kind.bound(reads) for name, kind in flow.answers.items()}
    if call.arrived.behaviour >= SPEAKS_LANGUAGES:
        tongue = tongue_of(flow.language)
        bound = {name: kind.in_tongue(tongue) for name, kind in bound.items()}
    is_other = any(kind is not flow.answers[name] for name, kind in bound.items())
    return replace(flow, answers=bound) if is_other else flow


def begin_in_language_of(call: Call, entry: NumberEntry) -> None:
    """Learn the language that the network states for the number that was called, or for its publisher."""
    for name, kind in call.flow.answers.items() if entry.language else ():
        understood = kind.understand_value(entry.language) if kind.IS_LANGUAGE else None
        if understood is not None:
            call.learn(name, understood, raw=entry.language, mode="flow")


def follow(call: Call, kind: AnswerType, language: object) -> None:
    """Go on in the language that was learnt, where the answer is one."""
    found = flow_in(call, str(language)) if kind.IS_LANGUAGE else None
    if found is not None:
        call.flow = found


def flow_in(call: Call, language: str) -> Flow | None:
    """The call's flow in this language, or in the first of its tongue."""
    found = language_among(call.flows, language)
    return None if found is None else call.flows[found]


def is_spoken(call: Call, language: object) -> bool:
    """Whether this is the language that the call goes on in now."""
    return language_among([call.flow.language], str(language)) is not None


def home_language(call: Call) -> str:
    """The one that the call's flow begins in."""
    return next(iter(call.flows), call.flow.language)


def heard_language(call: Call) -> str:
    """What `Listen` says of the language that is heard: "" for the one that the flow begins in."""
    return "" if call.flow.language == home_language(call) else call.flow.language


def tongue_here(call: Call) -> str:
    """That in which callers are understood now."""
    return tongue_of(call.flow.language) if call.arrived.behaviour >= SPEAKS_LANGUAGES else "en"


def sayer_here(call: Call, language: str) -> Sayer:
    """How values are spoken in this language."""
    speaks = call.arrived.behaviour >= SPEAKS_LANGUAGES
    return sayer(language) if speaks else sayer_before_languages(language)


def prompt_items(call: Call, prompt: Prompt, leg: str) -> tuple[PromptItem, ...]:
    """The prompt's words with this call's values; a leg but the caller's hears what the node reveals."""
    if prompt.fixed is not None:
        return _marked(call, prompt, prompt.fixed)
    labels = {
        name: {str(answer.value): _label(call, prompt, answer)}
        for name in prompt.names
        if (answer := call.answers.get(name)) is not None
    }
    unsaid: Collection[str] = frozenset()
    if leg != CALLER:
        revealed = getattr(call.flow.nodes[call.node].node, "reveal", ())
        unsaid = call.secrecy.unsaid(prompt.names, revealed)
    values = call.values
    for name, understood in call.read_back.items():
        labels[name] = {str(understood.value): understood.label}
        values = {**values, **understood.named(name)}
    says = sayer_here(call, prompt.language)
    return _marked(call, prompt, prompt.render(values, labels, call.secrecy.names, unsaid, says))


def _label(call: Call, prompt: Prompt, answer: Answer) -> str:
    """How the prompt's language says an answer, which may have been learnt in another."""
    flow = call.flows.get(prompt.language) if len(call.flows) > 1 else None
    kind = None if flow is None else flow.answers.get(answer.name)
    understood = None if kind is None else kind.understand_value(answer.value)
    return answer.label if understood is None else understood.label


def _marked(call: Call, prompt: Prompt, items: tuple[PromptItem, ...]) -> tuple[PromptItem, ...]:
    """Each item with its language, where that is not the one that the flow begins in."""
    if len(call.flows) < 2:
        return items
    return tuple(_in(call, item, item.language or prompt.language) for item in items)


def _in(call: Call, item: PromptItem, language: str) -> PromptItem:
    spoken = language_among(call.flows, language) or language
    marked = "" if spoken == home_language(call) else spoken
    return item if item.language == marked else replace(item, language=marked)
