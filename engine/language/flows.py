"""A flow's YAML → a checked `Flow`: answers, commands, nodes and the wires between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.core.answers import AnswerType
from engine.core.flow import Flow, Node, Placed
from engine.core.places import Place
from engine.core.sayers import tongue_of
from engine.core.spoken_commands import CommandKey
from engine.language.building import Builder
from engine.language.by_language import Unsaid, in_language, in_one_language, languages_of
from engine.language.cel.expressions import is_usable_name
from engine.language.commands import (
    WrittenCommands,
    asking_for_language,
    keyed,
    read_commands,
    spoken_in,
)
from engine.language.lint.circles import check_loops, check_reachable, idle_returns
from engine.language.lint.command_words import check_words
from engine.language.lint.flow import Draft, check_draft, check_foreign_keys, uncollected
from engine.language.lint.languages import check_language_answers, check_languages_written
from engine.language.lint.other_words import check_other_words
from engine.language.lint.subflow import (
    check_subflows,
    entered_offers,
    read_parameters,
    read_returns,
    shared_answers,
)
from engine.language.lint.wiring import WiredNode, read_steps
from engine.language.mistakes import Mistakes, suggestion
from engine.language.names import Names, names_of
from engine.language.sensitive import Sensitive, sensitive_answers
from engine.language.shapes import check_shape, subject
from engine.language.subflows import (
    Library,
    Offer,
    commands_inside,
    commands_taken_in,
    entered_by,
    file_of,
    library_in,
    sensitive_inside,
    take_in,
)
from engine.language.yaml.documents import Document
from engine.language.yaml.lookup import mapping_at, text_at
from engine.nodes.subflow import Subflow
from engine.nodes.types import NODE_TYPES
from engine.understanding.kinds import ANSWER_KINDS

DEFAULT_LANGUAGE = "en-US"


@dataclass(frozen=True, slots=True)
class FlowReading:
    """What could be read of a flow's file, mistaken or not: enough to check what refers to it."""

    name: str
    document: Document
    place: Place
    names: Names
    answers: Mapping[str, AnswerType]
    declared: tuple[str, ...]  # every answer that it names, also those declared wrongly
    uncollected: tuple[str, ...]  # those of its own that no node keeps
    steps: Mapping[str, WiredNode]
    flow: Flow | None  # None where there is an error
    offer: Offer  # to the flows that enter it
    enters: tuple[str, ...]  # the files of the flows that it enters, without .yaml
    sensitive: Sensitive  # of its answers
    languages: tuple[str, ...] = ()  # where it has several
    unsaid: tuple[Unsaid, ...] = ()  # what others may hear, in the languages that lack it


def read_flow(document: Document, mistakes: Mistakes, library: Library) -> FlowReading | None:
    """Check a whole flow, in each of its languages; `library` has those that it enters.

    None where it does not even say its name.
    """
    languages = languages_of(document)
    if not languages:
        return _read_in(in_one_language(document, mistakes), mistakes, library)
    check_languages_written(document, mistakes)
    readings: list[FlowReading] = []
    unsaid: list[Unsaid] = []
    for language in languages:
        written = in_language(document, language, languages, mistakes)
        reading = _read_in(written.document, mistakes, library_in(language, library))
        if reading is None:
            return None
        unsaid += written.unsaid
        readings.append(reading)
    return _in_all(readings, languages, tuple(unsaid))


def _in_all(
    readings: Sequence[FlowReading], languages: tuple[str, ...], unsaid: tuple[Unsaid, ...]
) -> FlowReading:
    """The reading in the language that calls begin in, with the others behind it."""
    first = readings[0]
    flows = {
        reading.offer.language: replace(reading.flow, languages=languages)
        for reading in readings
        if reading.flow is not None
    }
    whole = flows.pop(languages[0], None)
    if whole is not None:
        whole = replace(whole, others=flows) if len(flows) == len(languages) - 1 else None
    offers = {
        reading.offer.language: replace(reading.offer, flow=flows.get(reading.offer.language))
        for reading in readings[1:]
    }
    offer = replace(first.offer, flow=whole, others=offers)
    return replace(first, flow=whole, offer=offer, languages=languages, unsaid=unsaid)


def _read_in(document: Document, mistakes: Mistakes, library: Library) -> FlowReading | None:
    """The flow in the language of its document."""
    own = mistakes.apart()
    if own.is_judging:
        check_shape(document, "flow", own)
    language = text_at(document, ("language",)) or DEFAULT_LANGUAGE
    answers, unsure = _answers(document, own)
    offers = entered_offers(document, library, own)
    parameters = read_parameters(document, answers, own)
    answers |= shared_answers(document, offers, answers, own)
    names = names_of(answers, unsure, {name: each.type for name, each in parameters.items()})
    tongue = tongue_of(language)
    written = read_commands(document, tongue, own)
    commands = written.own
    builder = Builder(document, names, own, language)
    nodes = {name: _node(builder, name) for name in mapping_at(document, ("nodes",))}
    steps = read_steps(document, own if own.is_judging else Mistakes(), offers)
    start = text_at(document, ("start",))
    sensitive = sensitive_answers(answers, nodes.values(), sensitive_inside(document, offers))
    draft = Draft(document, answers, unsure, nodes, steps, commands, sensitive)
    if own.is_judging:
        _check_whole(draft, start, offers, own)
    else:
        _check_read(draft, start, own)
    returns = read_returns(document, answers, own)
    mistakes.add(*own)
    name = text_at(document, ("flow",))
    if name is None:
        mistakes.unread(document.place(), "the flow has no name")
        return None
    flow: Flow | None = None
    inside: Mapping[str, WrittenCommands] = {}
    if not own.has_errors and start is not None:
        flow, inside = _joined(_made(draft, name, language, start), offers, written)
    offer = Offer(
        file=file_of(document),
        language=language,
        parameters=parameters,
        returns=returns,
        exits=tuple(dict.fromkeys(step.returns_by for step in steps.values() if step.returns_by is not None)),
        answers=answers,
        idles=idle_returns(steps, start),
        flow=flow,
        sensitive=sensitive,
        commands=written,
        commands_inside=inside,
    )
    return FlowReading(
        name=name,
        document=document,
        place=document.key_place(("flow",)),
        names=names,
        answers=answers,
        declared=tuple(dict.fromkeys((*mapping_at(document, ("answers",)), *answers))),
        uncollected=uncollected(document, steps),
        steps=steps,
        flow=flow,
        offer=offer,
        enters=tuple(file for _, file in entered_by(document)),
        sensitive=sensitive,
    )


def _check_whole(draft: Draft, start: str | None, offers: Mapping[str, Offer], mistakes: Mistakes) -> None:
    """What is wrong with the flow as a graph, and beside those that it enters."""
    document, nodes, steps, commands = draft.document, draft.nodes, draft.steps, draft.commands
    if start is not None and start not in nodes:
        found = f"the flow starts at '{start}', which isn't a node in this flow"
        mistakes.error(document.place(("start",)), found, cure=suggestion(start, nodes))
    _check_command_targets(document, commands, nodes, mistakes)
    also = [command.goto for command in commands if command.goto is not None]
    if not _has_unknown_types(document):
        check_reachable(steps, start, also, mistakes)
    check_loops(steps, mistakes)
    check_draft(draft, mistakes)
    check_words(draft, offers.values(), mistakes)
    check_language_answers(draft, mistakes)
    check_other_words(document, mistakes)
    check_subflows(draft, offers, mistakes)
    for offer in offers.values():
        check_foreign_keys(offer.answers, commands, document, mistakes)


def _check_read(draft: Draft, start: str | None, mistakes: Mistakes) -> None:
    """Whether all of a kept flow is there: what a draft lacks, its schema says."""
    document = draft.document
    if start not in draft.nodes:
        mistakes.unread(document.key_place(("start",)), f"the flow starts at '{start}', which doesn't exist")
    for path, made in (
        *((("nodes", name), node) for name, node in draft.nodes.items()),
        *((("answers", name), None) for name in draft.unsure),
    ):
        if made is None:
            mistakes.unread(document.key_place(path), f"{subject(path)}this version can't read it")


def _made(draft: Draft, name: str, language: str, start: str) -> Flow:
    placed = [_placed(step, draft.nodes[step.name]) for step in draft.steps.values()]
    return Flow(
        name=name,
        language=language,
        start=start,
        nodes={each.name: each for each in placed},
        answers=draft.answers,
        commands=keyed(draft.commands, draft.document),
        language_at=draft.document.place(("language",)),
    )


def _joined(
    flow: Flow, offers: Mapping[str, Offer], written: WrittenCommands
) -> tuple[Flow | None, Mapping[str, WrittenCommands]]:
    """The flow with those that it enters taken in, and by node the commands that are written for theirs.

    No flow where one of them has mistakes.
    """
    nodes: dict[str, Placed] = {}
    answers = dict(flow.answers)
    keyed_inside: dict[str, Mapping[str, CommandKey]] = {}
    inside: dict[str, WrittenCommands] = {}
    for each in flow.nodes.values():
        offer = offers.get(each.name)
        if not isinstance(each.node, Subflow):
            nodes[each.name] = each
        elif offer is None or offer.flow is None:
            return None, {}
        else:
            inner, learnt = take_in(each, offer)
            nodes |= inner
            answers = {**learnt, **answers}
            keyed_inside |= commands_taken_in(each.name, offer, flow.commands)
            inside |= commands_inside(each.name, offer, written)
    tongue, made = tongue_of(flow.language), {name: placed.node for name, placed in nodes.items()}
    spoken = {each: spoken_in(each, tongue, made, answers) for each in {written, *inside.values()}}
    spoken_inside = {name: spoken[each] for name, each in inside.items()}
    joined = replace(
        flow,
        nodes=nodes,
        answers=answers,
        commands_inside=keyed_inside,
        spoken=spoken[written],
        spoken_inside=spoken_inside | asking_for_language(made, answers, spoken[written], spoken_inside),
    )
    return joined, inside


def _answers(document: Document, mistakes: Mistakes) -> tuple[dict[str, AnswerType], set[str]]:
    """The answers that are declared well, and the names of those that are not."""
    answers: dict[str, AnswerType] = {}
    unsure: set[str] = set()
    builder = Builder(document, names_of({}), mistakes)
    for name in mapping_at(document, ("answers",)):
        path = ("answers", name)
        kind = ANSWER_KINDS.get(text_at(document, (*path, "type")) or "")
        answer = None if kind is None else builder.build(kind, path)
        place = document.key_place(path)
        if name == "call":
            found = "an answer can't be named 'call'; that is the call itself"
            mistakes.error(place, found, cure="give it another name")
            unsure.add(name)
        elif not is_usable_name(name):
            found = f"an answer can't be named '{name}'; it is a keyword in expressions"
            mistakes.error(place, found, cure=f"try '{name}_answer'")
            unsure.add(name)
        elif answer is None:
            unsure.add(name)
        else:
            answers[name] = answer
    return answers, unsure


def _check_command_targets(
    document: Document, commands: Sequence[CommandKey], nodes: Mapping[str, object], mistakes: Mistakes
) -> None:
    for command in commands:
        if command.goto is not None and command.goto not in nodes:
            found = f"command '{command.name}' goes to '{command.goto}', which isn't a node in this flow"
            place = document.place(("commands", command.name, "goto"))
            mistakes.error(place, found, cure=suggestion(command.goto, nodes))


def _node(builder: Builder, name: str) -> Node | None:
    kind = NODE_TYPES.get(text_at(builder.document, ("nodes", name, "type")) or "")
    return None if kind is None else builder.build(kind, ("nodes", name))


def _has_unknown_types(document: Document) -> bool:
    nodes = mapping_at(document, ("nodes",))
    return any(text_at(document, ("nodes", name, "type")) not in NODE_TYPES for name in nodes)


def _placed(step: WiredNode, node: Node | None) -> Placed:
    if node is None:
        raise AssertionError(f"node '{step.name}' couldn't be read, yet no mistake was found")
    return Placed(step.name, node, step.targets(), step.place)
