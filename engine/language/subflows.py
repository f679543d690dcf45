"""Flows that enter flows: what one offers to the others, and how it becomes part of the one that enters.

Theory of operation. A subflow is walked in place: its nodes stand in the flow of whoever enters it, under
the entering node's name (`qualify.ask_zip`), once for each place where it is entered. Its answers and
parameters are renamed on the way, by the sharing that the entering node states or into its scope
(`qualify.zip`). The machine, the record, replay, stories and coverage therefore know nothing of subflows.
A flow is read after those that it enters, so what it takes in has taken in its own already.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast, get_args, get_origin

from engine.core.answers import AnswerName, AnswerType, ValueType
from engine.core.conditions import All, AnyOf, Clause, Condition, Not, Value
from engine.core.expressions import Expression
from engine.core.filters import FILTERS, plain
from engine.core.flow import Flow, Placed
from engine.core.prompts import Prompt, Slot, Words
from engine.core.sayers import Sayer, language_among, sayer, sayer_before_languages
from engine.core.spoken_commands import CommandKey
from engine.language.building import annotations_of
from engine.language.commands import NO_COMMANDS, WrittenCommands, inside
from engine.language.namings import named
from engine.language.sensitive import Sensitive
from engine.language.yaml.documents import Document
from engine.language.yaml.lookup import mapping_at, text_at
from engine.nodes.rounds import Rounds
from engine.nodes.settings import FlowName
from engine.nodes.subflow import ENTER, Return, Subflow
from engine.nodes.types import NODE_TYPES

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What the entering flow states; `default` is None where it must."""

    type: ValueType
    default: Value | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a flow offers to those that enter it. `flow` is None where it has mistakes of its own."""

    file: str  # without .yaml
    language: str
    parameters: Mapping[str, Parameter]
    returns: tuple[str, ...]
    exits: tuple[str, ...]  # of its return nodes
    answers: Mapping[str, AnswerType]
    idles: Mapping[str, Rounds]  # by exit: on which rounds a call comes back by it
    flow: Flow | None
    sensitive: Sensitive  # of its answers
    commands: WrittenCommands = NO_COMMANDS
    # By node of the flows that it enters itself.
    commands_inside: Mapping[str, WrittenCommands] = dataclasses.field(default_factory=dict)
    # The same in its other languages.
    others: Mapping[str, Offer] = dataclasses.field(default_factory=dict)

    @property
    def must_be_entered(self) -> bool:
        """Whether no call can begin in it."""
        return bool(self.exits) or any(each.default is None for each in self.parameters.values())


Library = Mapping[str, Offer | None]  # by file, without .yaml; None where it cannot be entered


def library_in(language: str, library: Library) -> Library:
    """What there is to enter for a flow of this language: each in it, where it has it."""
    return {file: None if offer is None else _offer_in(language, offer) for file, offer in library.items()}


def _offer_in(language: str, offer: Offer) -> Offer:
    found = language_among((offer.language, *offer.others), language)
    return offer.others.get(found or "", offer)


def file_of(document: Document) -> str:
    """How other flows name this one's file."""
    return document.name.removesuffix(".yaml")


def entered_by(document: Document) -> Iterator[tuple[str, str]]:
    """The nodes of a flow that enter another, as it is written: node, file."""
    for name in mapping_at(document, ("nodes",)):
        made = NODE_TYPES.get(text_at(document, ("nodes", name, "type")) or "")
        for file, _ in named(document, ("nodes", name), made, FlowName) if made is not None else ():
            yield name, file


def sensitive_inside(document: Document, offers: Mapping[str, Offer]) -> Sensitive:
    """What may be sensitive of the flows that this one enters, under its names here."""
    found: dict[str, str] = {}
    for node, offer in offers.items():
        out = {
            name: text_at(document, ("nodes", node, "returns", name)) or f"{node}.{name}"
            for name in offer.sensitive
        }
        found |= {out[name]: out[origin] for name, origin in offer.sensitive.items()}
    return found


def commands_taken_in(
    node: str, offer: Offer, outer: Mapping[str, CommandKey]
) -> dict[str, Mapping[str, CommandKey]]:
    """By node, what counts inside the flow that `node` enters: its own commands, then those of the entering
    flow whose keys it leaves free. Nothing where it has none of its own."""
    flow = offer.flow
    assert flow is not None, "a flow with mistakes can't be entered"
    found: dict[str, Mapping[str, CommandKey]] = {}
    for inner in flow.nodes:
        own = {
            key: dataclasses.replace(
                command,
                name=f"{node}.{command.name}",
                goto=None if command.goto is None else f"{node}.{command.goto}",
            )
            for key, command in flow.commands_at(inner).items()
        }
        if own:
            found[f"{node}.{inner}"] = {**own, **{key: each for key, each in outer.items() if key not in own}}
    return found


def commands_inside(node: str, offer: Offer, outer: WrittenCommands) -> dict[str, WrittenCommands]:
    """By node, what is written for the nodes of the flow that `node` enters, where anything is."""
    assert offer.flow is not None, "a flow with mistakes can't be entered"
    found: dict[str, WrittenCommands] = {}
    for inner in offer.flow.nodes:
        written = offer.commands_inside.get(inner, offer.commands)
        if written != NO_COMMANDS:
            found[f"{node}.{inner}"] = inside(node, written, outer)
    return found


def take_in(placed: Placed, offer: Offer) -> tuple[dict[str, Placed], dict[str, AnswerType]]:
    """The nodes and answers that stand in the entering flow for its node `placed`, that node among them."""
    node, flow = placed.node, offer.flow
    assert isinstance(node, Subflow)
    assert flow is not None, "a flow with mistakes can't be entered"
    defaults = {
        name: each.default
        for name, each in offer.parameters.items()
        if each.default is not None and name not in node.compute
    }
    stated = {**defaults, **node.with_}
    answers = {**{name: f"{placed.name}.{name}" for name in flow.answers}, **node.returns}
    # A flow of one language says them as it always did, for calls of older engines.
    says = sayer(flow.language) if flow.languages else sayer_before_languages(flow.language)
    scope = Scope(placed.name, answers, stated, says)
    entry = dataclasses.replace(node, with_=stated)
    nodes = {
        placed.name: Placed(placed.name, entry, {ENTER: f"{placed.name}.{flow.start}"}, placed.place),
    }
    for inner in flow.nodes.values():
        name = f"{placed.name}.{inner.name}"
        exits = {exit_: f"{placed.name}.{target}" for exit_, target in inner.exits.items()}
        if isinstance(inner.node, Return) and not exits and inner.node.exit in placed.exits:
            exits = {inner.node.exit: placed.exits[inner.node.exit]}
        nodes[name] = Placed(name, renamed(inner.node, scope), exits, inner.place)
    return nodes, {scope.outer(name): kind for name, kind in flow.answers.items()}


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of a subflow, seen from the flow that entered it by the node `node`."""

    node: str
    answers: Mapping[str, str]  # in there → out here
    stated: Mapping[str, Value]  # the parameters that are the same in every call
    says: Sayer  # how those are spoken

    def outer(self, name: str) -> str:
        """`zip.state` → `home.state`; a parameter lies below the node; `call.hour` is the same everywhere."""
        root, rest = name, ""
        while root not in self.answers and "." in root:
            root, _, part = root.rpartition(".")
            rest = f".{part}{rest}"
        if root in self.answers:
            return self.answers[root] + rest
        return name if root == "call" else f"{self.node}.{name}"


class _Inside(Mapping[str, Value]):
    """A call's values as a subflow names them."""

    __slots__ = ("_outer", "_values")

    def __init__(self, values: Mapping[str, Value], outer: Mapping[str, str]) -> None:
        self._values = values
        self._outer = outer

    def __getitem__(self, name: str) -> Value:
        return self._values[self._outer[name]]

    def __iter__(self) -> Iterator[str]:
        return (name for name, outer in self._outer.items() if outer in self._values)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def renamed(thing: Thing, scope: Scope, annotation: object = None) -> Thing:
    """The same with every name that it reads or keeps as the entering flow knows it."""
    return cast(Thing, _renamed(thing, scope, annotation))


def _renamed(thing: Any, scope: Scope, annotation: object) -> Any:
    if isinstance(thing, str):
        return scope.outer(thing) if annotation == AnswerName else thing
    if isinstance(thing, Prompt):
        return _prompt(thing, scope)
    if isinstance(thing, Clause | All | AnyOf | Not):
        return _condition(thing, scope)
    if isinstance(thing, Expression):
        outer = {name: scope.outer(name) for name in thing.names}
        evaluate = thing.evaluate
        return dataclasses.replace(
            thing, names=tuple(outer.values()), evaluate=lambda values: evaluate(_Inside(values, outer))
        )
    arguments = get_args(annotation)
    if isinstance(thing, tuple):
        return tuple(_renamed(part, scope, arguments[0] if arguments else None) for part in thing)
    if isinstance(thing, Mapping):
        key, value = arguments if len(arguments) == 2 else (None, None)
        return {_renamed(name, scope, key): _renamed(part, scope, value) for name, part in thing.items()}
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return _dataclass(thing, scope)
    return thing


def _prompt(prompt: Prompt, scope: Scope) -> Prompt:
    """With what is stated already in its words: so its sound is made ahead of calls, and records, terms and
    evidence tell what callers hear."""
    parts: list[Words | Slot] = []
    for part in prompt.parts:
        new: Words | Slot = part
        if isinstance(part, Slot) and part.name in scope.stated:
            new = Words(FILTERS.get(part.filter or "", plain)(scope.stated[part.name], scope.says))
        elif isinstance(part, Slot):
            new = dataclasses.replace(part, name=scope.outer(part.name))
        if parts and isinstance(parts[-1], Words) and isinstance(new, Words):
            parts[-1] = Words(parts[-1].text + new.text)
        else:
            parts.append(new)
    if not any(name in scope.stated for name in prompt.names):
        return dataclasses.replace(prompt, parts=tuple(parts))
    written = [part.text if isinstance(part, Words) else _slot(part) for part in parts]
    return dataclasses.replace(prompt, text="".join(written), parts=tuple(parts))


def _slot(slot: Slot) -> str:
    filter_ = f" | {slot.filter}" if slot.filter else ""
    return f"{{{{ {slot.name}{filter_} }}}}"


def _dataclass(thing: Any, scope: Scope) -> Any:
    annotations = annotations_of(cast(type, type(thing)))
    changes = {}
    for field in dataclasses.fields(thing):
        if not field.init:
            continue
        annotation = annotations[field.name]
        if get_origin(annotation) not in (tuple, *_MAPPINGS):
            annotation = next((part for part in get_args(annotation) if part == AnswerName), annotation)
        value = getattr(thing, field.name)
        moved = _renamed(value, scope, annotation)
        if moved is not value:
            changes[field.name] = moved
    return dataclasses.replace(thing, **changes) if changes else thing


def _condition(condition: Condition, scope: Scope) -> Condition:
    match condition:
        case All(children=children):
            return All(tuple(_condition(child, scope) for child in children))
        case AnyOf(children=children):
            return AnyOf(tuple(_condition(child, scope) for child in children))
        case Not(child=child):
            return Not(_condition(child, scope))
    outer = {name: scope.outer(name) for name in condition.names}
    evaluate = condition.evaluate
    return dataclasses.replace(
        condition,
        # Clauses of one text are evaluated once, and this one reads other names than its like out here.
        text=f"{scope.node}: {condition.text}",
        names=tuple(outer.values()),
        answers=tuple(scope.outer(name) for name in condition.answers),
        evaluate=lambda values: evaluate(_Inside(values, outer)),
    )


_MAPPINGS = (Mapping, dict)
