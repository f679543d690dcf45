"""What is wrong where one flow enters another: what it states, what it shares, who enters whom."""

from __future__ import annotations

from collections.abc import Mapping

from engine.core.answers import AnswerType, ValueType, answers_behind
from engine.language.cel.expressions import is_usable_name
from engine.language.lint.flow import Draft
from engine.language.mistakes import Mistakes, listed, suggestion
from engine.language.sensitive import as_told
from engine.language.subflows import Library, Offer, Parameter, entered_by
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.nodes.subflow import Subflow

_TYPES: Mapping[str, ValueType] = {
    "text": "string",
    "whole_number": "int",
    "number": "double",
    "yes_no": "bool",
}
_WORDS = {kind: word.replace("_", " ") for word, kind in _TYPES.items()}


def read_parameters(
    document: Document, answers: Mapping[str, AnswerType], mistakes: Mistakes
) -> dict[str, Parameter]:
    """The parameters that are declared well."""
    parameters: dict[str, Parameter] = {}
    for name in mapping_at(document, ("parameters",)):
        path: Pointer = ("parameters", name)
        kind = _TYPES.get(text_at(document, (*path, "type")) or "")
        default = value_at(document, (*path, "default"))
        if not is_usable_name(name) or name == "call":
            found = f"a parameter can't be named '{name}'; it is a keyword in expressions"
            mistakes.error(document.key_place(path), found, cure="give it another name")
        elif name in answers:
            found = f"'{name}' is both an answer and a parameter"
            mistakes.error(document.key_place(path), found, cure="give one of them another name")
        elif kind is not None and default is None:
            parameters[name] = Parameter(kind, None)
        elif kind is not None and isinstance(default, str | bool | int | float):
            value = _as(kind, default)
            if value is None:
                place = document.place((*path, "default"))
                mistakes.error(place, f"parameter '{name}': its default isn't of type {_WORDS[kind]}")
            parameters[name] = Parameter(kind, default if value is None else value)
    return parameters


def read_returns(
    document: Document, answers: Mapping[str, AnswerType], mistakes: Mistakes
) -> tuple[str, ...]:
    """The answers that the flow shares, each of which it must have."""
    names = value_at(document, ("returns",))
    for index, name in enumerate(names if isinstance(names, list) else []):
        if isinstance(name, str) and name not in answers:
            found = f"'{name}' is returned, but it isn't an answer of this flow"
            mistakes.refuse(document.place(("returns", index)), found, cure=suggestion(name, answers))
    return tuple(str(name) for name in names) if isinstance(names, list) else ()


def entered_offers(document: Document, library: Library, mistakes: Mistakes) -> dict[str, Offer]:
    """The subflows that this flow enters, by node; one that does not exist is a mistake."""
    offers: dict[str, Offer] = {}
    for node, file in entered_by(document):
        offer = library.get(file)
        if offer is not None:
            offers[node] = offer
        elif file and file not in library:
            found = f"node '{node}': '{file}.yaml' has no flow"
            cure = suggestion(file, library)
            mistakes.error(document.place(("nodes", node, "flow")), found, cure=cure)
    return offers


def shared_answers(
    document: Document, offers: Mapping[str, Offer], answers: Mapping[str, AnswerType], mistakes: Mistakes
) -> dict[str, AnswerType]:
    """The answers that come in by `returns`, under their names here."""
    shared: dict[str, AnswerType] = {}
    for node, offer in offers.items():
        for inner in mapping_at(document, ("nodes", node, "returns")):
            path = ("nodes", node, "returns", inner)
            outer = text_at(document, path) or ""
            if inner not in offer.returns:
                found = f"node '{node}': flow '{offer.file}' doesn't return '{inner}'"
                cure = suggestion(inner, offer.returns) or "it returns nothing"
                mistakes.error(document.key_place(path), found, cure=cure)
                continue
            if inner not in offer.answers or not outer:
                continue
            known = shared.get(outer) or answers.get(outer)
            if outer == "call" or not is_usable_name(outer):
                found = f"node '{node}': an answer can't be named '{outer}'"
                mistakes.error(document.place(path), found, cure="give it another name")
            elif known is not None and known != offer.answers[inner]:
                found = f"node '{node}': '{outer}' is already another answer, declared differently"
                cure = "declare it in the subflow alone, or share it under another name"
                mistakes.error(document.place(path), found, cure=cure)
            else:
                shared[outer] = offer.answers[inner]
    return shared


def check_subflows(draft: Draft, offers: Mapping[str, Offer], mistakes: Mistakes) -> None:
    """Each entering node beside what its flow offers."""
    document, answers = draft.document, draft.answers
    language = text_at(document, ("language",)) or "en-US"
    for name, offer in offers.items():
        path = ("nodes", name)
        place = document.key_place(path)
        if not is_usable_name(name) or name == "call":
            found = f"node '{name}': expressions can't read '{name}.…', the names of its subflow's answers"
            mistakes.error(place, found, cure="use only letters, digits and _ in its name")
        elif name in answers:
            found = f"node '{name}': an answer has the same name, so '{name}.…' would be ambiguous"
            mistakes.error(place, found, cure="rename the node")
        if offer.language != language:
            found = (
                f"node '{name}': flow '{offer.file}' speaks {offer.language}, but this one speaks {language}"
            )
            mistakes.error(place, found, cure="enter a flow in the same language")
        node = draft.nodes.get(name)
        if isinstance(node, Subflow):
            _check_stated(document, path, node, offer, mistakes)
            _check_computed(name, node, draft, mistakes)


def _check_stated(document: Document, path: Pointer, node: Subflow, offer: Offer, mistakes: Mistakes) -> None:
    name = path[1]
    known = offer.parameters
    for group, stated in (("with", node.with_), ("compute", node.compute)):
        for parameter in stated:
            if parameter not in known:
                found = f"node '{name}': flow '{offer.file}' has no parameter '{parameter}'"
                cure = suggestion(parameter, known) or "it takes no parameters"
                mistakes.error(document.key_place((*path, group, parameter)), found, cure=cure)
    for parameter, value in node.with_.items():
        if parameter in known and _as(known[parameter].type, value) is None:
            found = f"node '{name}': '{parameter}' is {document.raw((*path, 'with', parameter))}"
            place = document.place((*path, "with", parameter))
            mistakes.error(place, found, expected=_WORDS[known[parameter].type])
        if parameter in node.compute:
            found = f"node '{name}': '{parameter}' is under both 'with' and 'compute'"
            place = document.key_place((*path, "compute", parameter))
            mistakes.error(place, found, cure="remove one of them")
    for parameter, expression in node.compute.items():
        if parameter in known and known[parameter].type != expression.type:
            found = f"node '{name}': this gives {_WORDS[expression.type]}"
            mistakes.error(expression.place, found, expected=_WORDS[known[parameter].type])
    missing = [
        parameter
        for parameter, each in known.items()
        if each.default is None and parameter not in {*node.with_, *node.compute}
    ]
    if missing:
        found = f"node '{name}': flow '{offer.file}' needs {listed(missing)}"
        mistakes.error(document.key_place(path), found, cure=f"add 'with: {{{missing[0]}: …}}'")


def _check_computed(name: str, node: Subflow, draft: Draft, mistakes: Mistakes) -> None:
    """A parameter is no answer: the flow that is entered could not say what of it is sensitive."""
    for expression in node.compute.values():
        for answer in answers_behind(expression.names, draft.answers):
            if answer in draft.sensitive:
                told = as_told(answer, draft.sensitive)
                found = f"node '{name}': this reads {told}, and parameters aren't masked"
                cure = "let that flow ask for it, or decide here and pass the outcome"
                mistakes.error(expression.place, found, cure=cure)


def check_circles(documents: Mapping[str, Document], mistakes: Mistakes) -> list[str]:
    """The files in the order in which they must be read, the entered ones first. A circle is refused."""
    order: list[str] = []
    state: dict[str, bool] = {}  # False while its own are being looked at

    def visit(file: str) -> None:
        if file in state:
            return
        state[file] = False
        for node, entered in entered_by(documents[file]):
            if state.get(entered) is False:
                found = f"node '{node}': flow '{entered}' enters itself through this node"
                cure = "flows can't enter each other in a circle; point an exit back instead"
                mistakes.error(documents[file].place(("nodes", node, "flow")), found, cure=cure)
            elif entered in documents:
                visit(entered)
        state[file] = True
        order.append(file)

    for file in sorted(documents):
        visit(file)
    return order


def _as(kind: ValueType, value: str | float | bool) -> str | bool | int | float | None:
    """The value as the type wants it, or None."""
    if kind == "bool":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return None
    if kind == "string":
        return value if isinstance(value, str) else None
    if kind == "int":
        return value if isinstance(value, int) else None
    return float(value) if isinstance(value, int | float) else None
