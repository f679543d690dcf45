"""What is wrong with a flow beyond its shape and its wires: answers, keys, settings that clash."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.core.answers import AnswerName, AnswerType, answers_behind
from engine.core.conditions import Value
from engine.core.expressions import Expression
from engine.core.flow import Node
from engine.core.spoken_commands import CommandKey
from engine.language.commands import keyed
from engine.language.lint.bridges import check_bridge
from engine.language.lint.free_words import check_free_words
from engine.language.lint.spoken import spoken_unrevealed
from engine.language.lint.wiring import WiredNode
from engine.language.mistakes import Mistakes, suggestion
from engine.language.namings import holding, keyed_by, named, named_in, naming
from engine.language.sensitive import Sensitive, as_told
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.nodes.rounds import CALLS, CHOOSES
from engine.nodes.settings import ExitName, FlowName, Reachable
from engine.understanding.kinds import ANSWER_KINDS


@dataclass(frozen=True, slots=True)
class Draft:
    """A flow as far as it could be read."""

    document: Document
    answers: Mapping[str, AnswerType]
    unsure: Collection[str]  # answers whose declaration is mistaken
    nodes: Mapping[str, Node | None]
    steps: Mapping[str, WiredNode]
    commands: Sequence[CommandKey]
    sensitive: Sensitive


def check_draft(draft: Draft, mistakes: Mistakes) -> None:
    """Everything that needs the whole flow to be seen."""
    document, answers = draft.document, draft.answers
    declared = {*answers, *draft.unsure}
    for name, step in draft.steps.items():
        path: Pointer = ("nodes", name)
        for answer, at in named(document, path, step.type, AnswerName):
            if answer not in declared:
                found = f"node '{name}': '{answer}' isn't an answer of this flow"
                cure = suggestion(answer, declared) or f"declare it under 'answers': {answer}: {{type: …}}"
                mistakes.error(document.place(at), found, cure=cure)
        _check_stated(draft, step, mistakes)
        _check_kinds(draft, step, mistakes)
        _check_meaningless(document, step, mistakes)
        _check_told(draft, step, mistakes)
        _check_spoken(draft, step, mistakes)
        check_free_words(document, answers, step, draft.nodes[name], mistakes)
        for _, at in named(document, path, step.type, Reachable):
            warn_unquoted(document, at, f"node '{name}': ", mistakes)
        if (node := draft.nodes[name]) is not None:
            check_bridge(document, name, node, bool(draft.sensitive), mistakes)
    _check_keys(draft, mistakes)
    _check_chosen(draft.steps, mistakes)


def uncollected(document: Document, steps: Mapping[str, WiredNode]) -> tuple[str, ...]:
    """The declared answers that no node of the flow keeps."""
    learnt = {
        answer
        for name, step in steps.items()
        for setting in step.type.LEARNS
        for answer, _ in named_in(document, ("nodes", name), step.type, setting, AnswerName)
    }
    return tuple(name for name in mapping_at(document, ("answers",)) if name not in learnt)


def _check_stated(draft: Draft, step: WiredNode, mistakes: Mistakes) -> None:
    """Answers that a node states outright, or has computed, must be such answers, and be stated once."""
    document, answers, name = draft.document, draft.answers, step.name
    node = draft.nodes[name]
    stated: dict[str, str] = {}
    for setting in holding(step.type, AnswerName, Value):
        for answer in mapping_at(document, ("nodes", name, setting)):
            path = ("nodes", name, setting, answer)
            stated[answer] = setting
            if answer not in answers:
                continue
            kind = answers[answer]
            value = getattr(node, setting)[answer] if node is not None else None
            if value is not None and kind.understand_value(value) is None:
                found = f"node '{name}': {value!r} isn't a valid {kind.kind}, the type of '{answer}'"
                mistakes.error(document.place(path), found)
            if kind.HAS_LEADING_ZEROS and document.is_plain(path):
                raw = document.raw(path)
                found = f"node '{name}': '{answer}' is {raw}, without quotes"
                mistakes.warn(document.place(path), found, cure=f'put it in quotes: "{raw}"')
    for setting in holding(step.type, AnswerName, Expression) if node is not None else ():
        for answer, expression in getattr(node, setting).items():
            wanted = answers[answer].value_types[""] if answer in answers else expression.type
            if wanted != expression.type and {wanted, expression.type} != {"int", "double"}:
                found = f"node '{name}': this gives {expression.type}, but '{answer}' is {wanted}"
                mistakes.error(expression.place, found, expected=wanted)
            if answer in stated:
                found = f"node '{name}': '{answer}' is under both '{stated[answer]}' and '{setting}'"
                place = document.key_place(("nodes", name, setting, answer))
                mistakes.error(place, found, cure="remove one of them")


def _check_kinds(draft: Draft, step: WiredNode, mistakes: Mistakes) -> None:
    """Where a node can keep one kind of answer alone."""
    wanted = step.type.LEARNS_KIND
    for setting in step.type.LEARNS if wanted else ():
        for answer, path in named_in(draft.document, ("nodes", step.name), step.type, setting, AnswerName):
            kind = draft.answers.get(answer)
            if kind is not None and kind.kind != wanted:
                type_ = text_at(draft.document, ("nodes", step.name, "type"))
                found = (
                    f"node '{step.name}': a {type_} node keeps a {wanted}, but '{answer}' is a {kind.kind}"
                )
                cure = f"declare {answer}: {{type: {wanted}}}"
                mistakes.error(draft.document.place(path), found, cure=cure)


def _check_meaningless(document: Document, step: WiredNode, mistakes: Mistakes) -> None:
    path = ("nodes", step.name)
    for setting, why in step.type.meaningless(mapping_at(document, path)).items():
        if document.has((*path, setting)):
            found = f"node '{step.name}': '{setting}' has no effect {why}"
            mistakes.warn(document.key_place((*path, setting)), found, cure="remove it")


def _check_told(draft: Draft, step: WiredNode, mistakes: Mistakes) -> None:
    """A sensitive answer is told outside by name alone."""
    setting, node = step.type.TELLS, draft.nodes[step.name]
    for parameter, expression in getattr(node, setting).items() if setting and node is not None else ():
        for answer in sorted({*answers_behind(expression.names, draft.answers)}):
            if answer in draft.sensitive and answer not in getattr(node, "reveal", ()):
                found = f"node '{step.name}': '{parameter}' reveals {as_told(answer, draft.sensitive)}"
                cure = f"remove it, or add 'reveal: [{answer}]'"
                place = draft.document.place(("nodes", step.name, setting, parameter))
                mistakes.error(place, found, cure=cure)


def _check_spoken(draft: Draft, step: WiredNode, mistakes: Mistakes) -> None:
    """A sensitive answer is said by name alone."""
    node = draft.nodes[step.name]
    for path, found, cure in spoken_unrevealed(node, draft.answers, draft.sensitive) if node else ():
        place = draft.document.place(("nodes", step.name, *path))
        mistakes.error(place, f"node '{step.name}': {found}", cure=cure)


def _check_keys(draft: Draft, mistakes: Mistakes) -> None:
    """A key that is a command everywhere must not mean something else at one question."""
    document = draft.document
    by_key = keyed(draft.commands, draft.document)
    for step in draft.steps.values():
        for setting in keyed_by(step.type, ExitName):
            _check_exit_keys(document, setting, step, by_key, mistakes)
    for answer in mapping_at(document, ("answers",)):
        for meaning, key, path in _answer_keys(document, answer):
            command = by_key.get(key)
            if command is not None:
                found = f"answer '{answer}': key {key} means '{meaning}', but also command '{command.name}'"
                mistakes.error(document.place(path), found, cure="give one of them another key")


def check_foreign_keys(
    answers: Mapping[str, AnswerType], commands: Sequence[CommandKey], document: Document, mistakes: Mistakes
) -> None:
    """The keys of a subflow's answers beside the commands of the flow that enters it."""
    for command in keyed(commands, document).values():
        for name, kind in answers.items():
            keys = kind.key_meanings
            if command.key in keys:
                meaning = f"key {command.key} already means '{keys[command.key]}' at answer '{name}'"
                found = f"command '{command.name}': {meaning} of a subflow"
                place = document.place(("commands", command.name, "key"))
                mistakes.error(place, found, cure="give the command another key")


def _answer_keys(document: Document, answer: str) -> Iterator[tuple[str, str, Pointer]]:
    """The keys that an answer gives a meaning of its own: what, by which key, where it says so."""
    path = ("answers", answer)
    kind = ANSWER_KINDS.get(text_at(document, (*path, "type")) or "")
    if kind is not None:
        for meaning, key, setting in kind.keys_written(mapping_at(document, path)):
            at = (*path, *setting)
            yield meaning, document.raw(at) or key, at


def _check_exit_keys(
    document: Document, setting: str, step: WiredNode, by_key: Mapping[str, CommandKey], mistakes: Mistakes
) -> None:
    """The keys of exits that the node's settings name: each exit its own, and none that is a command's."""
    name = step.name
    owners: dict[str, str] = {}
    for option in mapping_at(document, ("nodes", name, setting)):
        path = ("nodes", name, setting, option, "key")
        key = document.raw(path)
        if not key:
            continue
        if key in owners:
            found = f"node '{name}': {setting} '{owners[key]}' and '{option}' both use key {key}"
            mistakes.error(document.place(path), found, cure="give each its own key")
        owners.setdefault(key, option)
        command = by_key.get(key)
        wire = step.wires.get(option)
        if command is not None and (command.goto is None or wire is None or wire.target != command.goto):
            found = f"node '{name}': key {key} means both '{option}' and command '{command.name}'"
            mistakes.error(document.place(path), found, cure="give one of them another key")


def _check_chosen(steps: Mapping[str, WiredNode], mistakes: Mistakes) -> None:
    """Where the chosen buyer is called, somebody must be chosen, here or in a flow that this one enters."""
    if any(chooses(step) or naming(step.type, FlowName) for step in steps.values()):
        return
    for name, step in steps.items():
        if CALLS in step.idles.values():
            found = f"node '{name}': it calls the chosen buyer, but this flow never chooses one"
            cure = "add 'to: \"+1…\"', or put a choose_buyer node before it"
            mistakes.error(step.place, found, cure=cure)


def chooses(step: WiredNode) -> bool:
    """Whether the node chooses buyers."""
    return CHOOSES in step.idles.values()


def warn_unquoted(document: Document, path: Pointer, whose: str, mistakes: Mistakes) -> None:
    """A phone number without quotes is read right here, and as a number by other YAML readers."""
    raw = document.raw(path)
    if raw is not None and document.is_plain(path) and isinstance(value_at(document, path), str):
        mistakes.warn(
            document.place(path), f"{whose}the phone number {raw} has no quotes", cure=f'write "{raw}"'
        )
