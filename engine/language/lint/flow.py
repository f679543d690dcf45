"""What is wrong with a flow beyond its shape and its wires: answers, keys, settings that clash."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.core.answers import AnswerType
from engine.core.flow import CommandKey, Node
from engine.language.lint.lookups import check_lookup
from engine.language.lint.wiring import Step
from engine.language.mistakes import Mistakes, suggestion
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.nodes.set import Set
from engine.understanding.choice import Choice
from engine.understanding.digits import Digits
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip


@dataclass(frozen=True, slots=True)
class Draft:
    """A flow as far as it could be read."""

    document: Document
    answers: Mapping[str, AnswerType]
    unsure: Collection[str]  # answers whose declaration is mistaken
    nodes: Mapping[str, Node | None]
    steps: Mapping[str, Step]
    commands: Sequence[CommandKey]


def check_draft(draft: Draft, mistakes: Mistakes) -> None:
    """Everything that needs the whole flow to be seen."""
    document, answers = draft.document, draft.answers
    declared = {*answers, *draft.unsure}
    learnt: set[str] = set()
    for name, node in draft.nodes.items():
        for answer, path in _answers_of(document, name):
            if text_at(document, ("nodes", name, "type")) != "interview":  # which only leads to who asks
                learnt.add(answer)
            if answer not in declared:
                found = f"node '{name}': '{answer}' is no answer of this flow"
                cure = suggestion(answer, declared) or f"declare it under 'answers': {answer}: {{type: …}}"
                mistakes.error(document.place(path), found, cure=cure)
        if isinstance(node, Set):
            _check_set(document, name, node, answers, mistakes)
        _check_digit_values(document, name, answers, mistakes)
        _check_consent(document, name, answers, mistakes)
        check_lookup(document, name, node, answers, mistakes)
    for answer in declared - learnt:
        found = f"answer '{answer}' is declared and never collected"
        mistakes.warn(document.key_place(("answers", answer)), found, cure="collect it, or remove it")
    _check_keys(draft, mistakes)
    _check_bridges(document, draft.steps, mistakes)


def _answers_of(document: Document, name: str) -> list[tuple[str, Pointer]]:
    """The answers that a node keeps, or leads to, and where it says so."""
    path = ("nodes", name)
    kind = text_at(document, (*path, "type"))
    if kind in ("collect", "consent"):
        answer = text_at(document, (*path, "answer"))
        return [] if not answer else [(answer, (*path, "answer"))]
    if kind == "form":
        listed = value_at(document, (*path, "answers"))
        names = listed if isinstance(listed, list) else []
        return [(str(answer), (*path, "answers", place)) for place, answer in enumerate(names)]
    if kind == "interview":
        return [(answer, (*path, "answers", answer)) for answer in mapping_at(document, (*path, "answers"))]
    if kind == "lookup":
        return [(answer, (*path, "answers", answer)) for answer in mapping_at(document, (*path, "answers"))]
    if kind == "subflow":
        shared = mapping_at(document, (*path, "returns"))
        return [(str(answer), (*path, "returns", inner)) for inner, answer in shared.items()]
    if kind == "set":
        return [
            (answer, (*path, group, answer))
            for group in ("values", "compute")
            for answer in mapping_at(document, (*path, group))
        ]
    return []


def _check_set(
    document: Document, name: str, node: Set, answers: Mapping[str, AnswerType], mistakes: Mistakes
) -> None:
    for answer, value in node.values.items():
        if answer in answers and answers[answer].understand_value(value) is None:
            found = f"node '{name}': {value!r} is no value of '{answer}', which is a {answers[answer].kind}"
            mistakes.error(document.place(("nodes", name, "values", answer)), found)
    for answer, expression in node.compute.items():
        wanted = answers[answer].value_types[""] if answer in answers else expression.type
        if wanted != expression.type and {wanted, expression.type} != {"int", "double"}:
            found = f"node '{name}': this gives {expression.type}, and '{answer}' is {wanted}"
            mistakes.error(expression.place, found, expected=wanted)
    for answer in set(node.values) & set(node.compute):
        found = f"node '{name}': '{answer}' stands under 'values' and 'compute'"
        place = document.key_place(("nodes", name, "compute", answer))
        mistakes.error(place, found, cure="remove one of them")


def _check_consent(
    document: Document, name: str, answers: Mapping[str, AnswerType], mistakes: Mistakes
) -> None:
    path = ("nodes", name)
    answer = text_at(document, (*path, "answer")) or ""
    if text_at(document, (*path, "type")) != "consent" or answer not in answers:
        return
    if not isinstance(answers[answer], YesNo):
        found = f"node '{name}': a consent is yes or no, and '{answer}' is a {answers[answer].kind}"
        mistakes.error(document.place((*path, "answer")), found, cure=f"declare {answer}: {{type: yes_no}}")
    if value_at(document, (*path, "implied")) is not True:
        return
    for setting in ("noinput", "nomatch", "input", "barge_in", "flush", "noinput_timeout"):
        if document.has((*path, setting)):
            found = f"node '{name}': '{setting}' has no meaning where the consent is implied: nobody is asked"
            mistakes.warn(document.key_place((*path, setting)), found, cure="leave it out")


def _check_digit_values(
    document: Document, name: str, answers: Mapping[str, AnswerType], mistakes: Mistakes
) -> None:
    """A ZIP or a code without quotes is read as a number: a leading zero would be lost."""
    for answer in mapping_at(document, ("nodes", name, "values")):
        path = ("nodes", name, "values", answer)
        if isinstance(answers.get(answer), Zip | Digits) and document.is_plain(path):
            raw = document.raw(path)
            found = f"node '{name}': '{answer}' is {raw} without quotes"
            mistakes.warn(document.place(path), found, cure=f'put it in quotes: "{raw}"')


def _check_keys(draft: Draft, mistakes: Mistakes) -> None:
    """A key that is a command everywhere must not mean something else at one question."""
    document = draft.document
    by_key = {command.key: command for command in draft.commands}
    for name, step in draft.steps.items():
        if step.type == "menu":
            _check_menu_keys(document, name, step, by_key, mistakes)
    for answer in mapping_at(document, ("answers",)):
        for meaning, key, path in _answer_keys(document, answer):
            command = by_key.get(key)
            if command is not None:
                found = (
                    f"answer '{answer}': key {key} means '{meaning}', and command '{command.name}' everywhere"
                )
                mistakes.error(document.place(path), found, cure="give one of them another key")


def check_foreign_keys(
    answers: Mapping[str, AnswerType], commands: Sequence[CommandKey], document: Document, mistakes: Mistakes
) -> None:
    """The keys of a subflow's answers beside the commands of the flow that enters it."""
    for command in commands:
        for name, kind in answers.items():
            keys = _meanings(kind)
            if command.key in keys:
                meaning = f"key {command.key} means '{keys[command.key]}' at answer '{name}'"
                found = f"command '{command.name}': {meaning} of a flow that this one enters"
                place = document.place(("commands", command.name, "key"))
                mistakes.error(place, found, cure="give the command another key")


def _meanings(kind: AnswerType) -> Mapping[str, str]:
    if isinstance(kind, Choice):
        return {option.key: name for name, option in kind.options.items()}
    return {kind.yes_key: "yes", kind.no_key: "no"} if isinstance(kind, YesNo) else {}


def _answer_keys(document: Document, answer: str) -> Iterator[tuple[str, str, Pointer]]:
    """The keys that an answer gives a meaning of its own: what, by which key, where it says so."""
    path = ("answers", answer)
    kind = text_at(document, (*path, "type"))
    if kind == "choice":
        for option in mapping_at(document, (*path, "options")):
            key_path: Pointer = (*path, "options", option, "key")
            yield option, document.raw(key_path) or "", key_path
    elif kind == "yes_no":
        for setting, default in (("yes_key", YesNo().yes_key), ("no_key", YesNo().no_key)):
            key_path = (*path, setting)
            yield setting.removesuffix("_key"), document.raw(key_path) or default, key_path


def _check_menu_keys(
    document: Document, name: str, step: Step, by_key: Mapping[str, CommandKey], mistakes: Mistakes
) -> None:
    owners: dict[str, str] = {}
    for option in mapping_at(document, ("nodes", name, "options")):
        path = ("nodes", name, "options", option, "key")
        key = document.raw(path)
        if not key:
            continue
        if key in owners:
            found = f"node '{name}': options '{owners[key]}' and '{option}' are both on key {key}"
            mistakes.error(document.place(path), found, cure="give each a key of its own")
        owners.setdefault(key, option)
        command = by_key.get(key)
        wire = step.wires.get(option)
        if command is not None and (command.goto is None or wire is None or wire.target != command.goto):
            found = f"node '{name}': key {key} means '{option}' and command '{command.name}'"
            mistakes.error(document.place(path), found, cure="give one of them another key")


def _check_bridges(document: Document, steps: Mapping[str, Step], mistakes: Mistakes) -> None:
    chooses = any(step.type in ("choose_buyer", "subflow") for step in steps.values())
    for name, step in steps.items():
        path = ("nodes", name)
        if step.type == "bridge" and not step.has_number and not chooses:
            found = f"node '{name}': it calls the chosen buyer, and this flow chooses none"
            mistakes.error(
                step.place, found, cure="add 'to: \"+1…\"', or a node of type choose_buyer before it"
            )
        if step.type == "bridge":
            warn_unquoted(document, (*path, "to"), f"node '{name}': ", mistakes)


def warn_unquoted(document: Document, path: Pointer, whose: str, mistakes: Mistakes) -> None:
    """A phone number without quotes is read right here, and as a number by other YAML readers."""
    raw = document.raw(path)
    if raw is not None and document.is_plain(path) and isinstance(value_at(document, path), str):
        mistakes.warn(
            document.place(path), f"{whose}the phone number {raw} has no quotes", cure=f'write "{raw}"'
        )
