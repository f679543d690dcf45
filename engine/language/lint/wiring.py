"""Where exits lead: the graph of a flow as it is written, before any of it is trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from engine.core.places import Place
from engine.language.mistakes import Mistakes, nearest, suggestion
from engine.language.namings import keyed_by, named, naming
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at
from engine.nodes.node_type import NodeType
from engine.nodes.rounds import Rounds
from engine.nodes.settings import ExitName, FlowName, NodeName
from engine.nodes.types import NODE_TYPES

# Exits that a call takes when things go wrong. Unwired, they end the call: allowed, but worth a word.
LIMIT_EXITS = ("noinput", "nomatch", "busy", "noanswer", "rejected", "failed", "timeout", "notfound")


@dataclass(frozen=True, slots=True)
class Wire:
    """An exit and the node that it leads to."""

    exit: str
    target: str
    place: Place


@dataclass(frozen=True, slots=True)
class WiredNode:
    """A node as written: its type, the exits that it has, and those that are wired."""

    name: str
    type: type[NodeType]
    place: Place
    exits: tuple[str, ...]
    wires: Mapping[str, Wire]
    idles: Mapping[str, Rounds]  # by exit
    returns_by: str | None  # the exit of the whole flow by which it ends it

    def targets(self) -> Mapping[str, str]:
        return {wire.exit: wire.target for wire in self.wires.values()}


def read_steps(
    document: Document, mistakes: Mistakes, entered: Mapping[str, Entered]
) -> dict[str, WiredNode]:
    """Every node of a known type, its exits checked one by one; `entered` are its subflows, by node."""
    return _Wiring(document, mistakes, entered).steps()


class Entered(Protocol):
    """What wiring wants to know of a subflow."""

    @property
    def exits(self) -> tuple[str, ...]: ...

    @property
    def idles(self) -> Mapping[str, Rounds]: ...


class _Wiring:
    """Reads `next`, `exits` and the flow's default exits."""

    def __init__(self, document: Document, mistakes: Mistakes, entered: Mapping[str, Entered]) -> None:
        self.document = document
        self.mistakes = mistakes
        self.entered = entered
        self.names = mapping_at(document, ("nodes",))
        self.defaults = {
            exit_: wire
            for exit_ in mapping_at(document, ("exits",))
            if (wire := self._wire(("exits", exit_), exit_, "")) is not None
        }

    def steps(self) -> dict[str, WiredNode]:
        steps = {name: step for name in self.names if (step := self._step(name)) is not None}
        for default in self.defaults.values():
            if not any(default.exit in step.exits for step in steps.values()):
                found = f"no node has the exit '{default.exit}'"
                self.mistakes.warn(default.place, found, cure=f"remove '{default.exit}' from 'exits'")
        return steps

    def _step(self, name: str) -> WiredNode | None:
        document, path = self.document, ("nodes", name)
        made = NODE_TYPES.get(text_at(document, (*path, "type")) or "")
        if made is None:
            return None
        settings = mapping_at(document, path)
        exits = self._exits(name, made)
        closed = set(made.closed_exits(settings))
        wires = self._wires(name, made, exits)
        said = {*wires, *mapping_at(document, (*path, "exits"))}
        said |= {near for exit_ in said - set(exits) if (near := nearest(exit_, exits)) is not None}
        for exit_, default in self.defaults.items():
            if exit_ in exits and exit_ not in said | closed and default.target != name:
                wires[exit_] = default
        if document.has((*path, "next")):
            said.add(made.EXIT_OF_NEXT)
        entered = self.entered.get(name)
        idles = {exit_: made.idles(exit_, settings) for exit_ in exits} if entered is None else entered.idles
        step = WiredNode(
            name, made, document.key_place(path), exits, wires, idles, returns_by=made.returns_by(settings)
        )
        self._check_complete(step, said | set(wires) | closed)
        return step

    def _exits(self, name: str, made: type[NodeType]) -> tuple[str, ...]:
        """The exits that the node has, those that its settings name among them."""
        path = ("nodes", name)
        if naming(made, FlowName):
            entered = self.entered.get(name)
            return tuple(mapping_at(self.document, (*path, "exits"))) if entered is None else entered.exits
        own = [exit_ for sort in (ExitName, NodeName) for exit_, _ in named(self.document, path, made, sort)]
        return (*made.EXITS, *dict.fromkeys(own))

    def _wires(self, name: str, made: type[NodeType], exits: tuple[str, ...]) -> dict[str, Wire]:
        path = ("nodes", name)
        whose = f"node '{name}': "
        usual = made.EXIT_OF_NEXT
        has_own = bool(keyed_by(made, ExitName))
        has_next = self.document.has((*path, "next"))
        read = [self._wire(place, node, whose) for node, place in named(self.document, path, made, NodeName)]
        if has_next and name in self.entered and usual not in exits:
            found = f"{whose}its flow never returns through 'next'"
            cure = suggestion(usual, exits) or "it never returns, so remove 'next'"
            self.mistakes.error(self.document.key_place((*path, "next")), found, cure=cure)
        if has_next and usual in exits:
            read.append(self._wire((*path, "next"), usual, whose))
        for exit_ in mapping_at(self.document, (*path, "exits")):
            place = self.document.key_place((*path, "exits", exit_))
            if exit_ == "next" and has_own:
                found = f"{whose}'next' is under 'exits'"
                self.mistakes.error(place, found, cure="write 'next: …' next to 'type'")
            elif exit_ == usual and has_next:
                found = f"{whose}'{exit_}' and 'next' are the same exit, and both are set"
                self.mistakes.error(place, found, cure="remove one of them")
            elif exit_ in exits:
                read.append(self._wire((*path, "exits", exit_), exit_, whose))
            elif has_own or name in self.entered:  # for every other type the schema has said so
                cure = suggestion(exit_, [known for known in exits if known != "next"])
                self.mistakes.error(place, f"{whose}it has no exit '{exit_}'", cure=cure)
        return {wire.exit: wire for wire in read if wire is not None}

    def _wire(self, path: Pointer, exit_: str, whose: str) -> Wire | None:
        target = text_at(self.document, path)
        if not target:
            return None
        place = self.document.place(path)
        if target not in self.names:
            found = f"{whose}exit '{exit_}' goes to '{target}', which isn't a node in this flow"
            self.mistakes.error(place, found, cure=suggestion(target, self.names))
            return None
        return Wire(exit_, target, place)

    def _check_complete(self, step: WiredNode, said: set[str]) -> None:
        who = f"node '{step.name}'"
        for exit_ in step.exits:
            if exit_ in said or exit_ in step.type.OPTIONAL_EXITS:
                continue
            if exit_ in LIMIT_EXITS:
                found = f"{who}: exit '{exit_}' isn't connected, so the call would end there"
                cure = f"add '{exit_}: …' under 'exits'"
                self.mistakes.warn(step.place, found, cure=cure)
            elif exit_ == step.type.EXIT_OF_NEXT:
                cure = "add 'next: …' with the node that follows"
                self.mistakes.error(step.place, f"{who}: 'next' is missing", cure=cure)
            else:
                cure = f"add '{exit_}: …' under 'exits'"
                self.mistakes.error(step.place, f"{who}: exit '{exit_}' isn't connected", cure=cure)
