"""Where exits lead: the graph of a flow as it is written, before any of it is trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from engine.core.places import Place
from engine.language.mistakes import Mistakes, nearest, suggestion
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.nodes.types import NODE_TYPES

# Exits that a call takes when things go wrong. Unwired, they end the call: allowed, but worth a word.
LIMIT_EXITS = ("noinput", "nomatch", "busy", "noanswer", "rejected", "failed", "timeout", "notfound")

# The settings whose keys are exits of the node.
_OWN_EXITS = {"menu": "options", "branch": "cases", "split": "branches"}

# The settings that name nodes: each is an exit of its own, and wired by that.
_QUESTIONS = {"interview": "answers"}

# Types that a call passes without waiting for anybody.
_IDLE = frozenset(("say", "set", "branch", "hours", "split", "tag", "interview"))


@dataclass(frozen=True, slots=True)
class Wire:
    """An exit and the node that it leads to."""

    exit: str
    target: str
    place: Place


@dataclass(frozen=True, slots=True)
class Step:
    """A node as written: its type, the exits that it has, and those that are wired."""

    name: str
    type: str
    place: Place
    exits: tuple[str, ...]
    wires: Mapping[str, Wire]
    has_number: bool  # a bridge to a number of its own, not to the chosen buyer
    asks_nothing: bool = False  # a subflow or a question that a call can pass without having waited

    def targets(self) -> Mapping[str, str]:
        return {wire.exit: wire.target for wire in self.wires.values()}


def read_steps(document: Document, mistakes: Mistakes, entered: Mapping[str, Entered]) -> dict[str, Step]:
    """Every node of a known type, its exits checked one by one; `entered` are its subflows, by node."""
    return _Wiring(document, mistakes, entered).steps()


class Entered(Protocol):
    """What wiring wants to know of a subflow."""

    @property
    def exits(self) -> tuple[str, ...]: ...

    @property
    def asks_nothing(self) -> bool: ...


def exit_of_next(node_type: str) -> str:
    """The exit that `next` wires."""
    return str(getattr(NODE_TYPES[node_type], "EXIT_OF_NEXT", "next"))


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

    def steps(self) -> dict[str, Step]:
        steps = {name: step for name in self.names if (step := self._step(name)) is not None}
        for default in self.defaults.values():
            if not any(default.exit in step.exits for step in steps.values()):
                found = f"no node has the exit '{default.exit}'"
                self.mistakes.warn(default.place, found, cure=f"leave out '{default.exit}' under 'exits'")
        return steps

    def _step(self, name: str) -> Step | None:
        document, path = self.document, ("nodes", name)
        kind = text_at(document, (*path, "type"))
        if kind is None or kind not in NODE_TYPES:
            return None
        exits = self._exits(name, kind)
        cannot_happen = self._cannot_happen(path, kind)
        wires = self._wires(name, kind, exits)
        said = {*wires, *mapping_at(document, (*path, "exits"))}
        said |= {near for exit_ in said - set(exits) if (near := nearest(exit_, exits)) is not None}
        for exit_, default in self.defaults.items():
            if exit_ in exits and exit_ not in said | cannot_happen and default.target != name:
                wires[exit_] = default
        if document.has((*path, "next")):
            said.add(exit_of_next(kind))
        has_number = document.has((*path, "to"))
        entered = self.entered.get(name)
        asks_nothing = entered is not None and entered.asks_nothing
        asks_nothing |= text_at(document, (*path, "ask")) == "when_needed"
        step = Step(name, kind, document.key_place(path), exits, wires, has_number, asks_nothing)
        self._check_complete(step, said | set(wires) | cannot_happen)
        return step

    def _exits(self, name: str, kind: str) -> tuple[str, ...]:
        """The exits that the node has, its own among them."""
        path = ("nodes", name)
        if kind == "subflow":
            entered = self.entered.get(name)
            return tuple(mapping_at(self.document, (*path, "exits"))) if entered is None else entered.exits
        own = tuple(mapping_at(self.document, (*path, _OWN_EXITS[kind]))) if kind in _OWN_EXITS else ()
        own += tuple(dict.fromkeys(exit_ for _, exit_ in self._questions(path, kind)))
        return (*getattr(NODE_TYPES[kind], "EXITS", ()), *own)

    def _questions(self, path: Pointer, kind: str) -> list[tuple[Pointer, str]]:
        """Where the node names a node that asks, and which."""
        if kind not in _QUESTIONS:
            return []
        setting = (*path, _QUESTIONS[kind])
        named = [
            ((*setting, key), text_at(self.document, (*setting, key)))
            for key in mapping_at(self.document, setting)
        ]
        return [(place, node) for place, node in named if node]

    def _cannot_happen(self, path: Pointer, kind: str) -> set[str]:
        """The exits that a node with these settings never leaves by."""
        if kind == "bridge":
            cannot_happen = {"rejected"}  # who is asked nothing before the bridge cannot decline it
            if any(self.document.has((*path, part)) for part in ("whisper", "accept")):
                cannot_happen.clear()
            if not self.document.has((*path, "recover")):
                cannot_happen.add("recovered")
            return cannot_happen
        if kind == "consent" and value_at(self.document, (*path, "implied")) is True:
            return {"refused", "noinput", "nomatch"}  # nobody is asked
        return set()

    def _wires(self, name: str, kind: str, exits: tuple[str, ...]) -> dict[str, Wire]:
        path = ("nodes", name)
        whose = f"node '{name}': "
        usual = exit_of_next(kind)
        has_next = self.document.has((*path, "next"))
        read = [self._wire(place, node, whose) for place, node in self._questions(path, kind)]
        if has_next and kind == "subflow" and name in self.entered and usual not in exits:
            found = f"{whose}its flow never returns by 'next'"
            cure = suggestion(usual, exits) or "it returns nowhere: leave 'next' out"
            self.mistakes.error(self.document.key_place((*path, "next")), found, cure=cure)
        if has_next and usual in exits:
            read.append(self._wire((*path, "next"), usual, whose))
        for exit_ in mapping_at(self.document, (*path, "exits")):
            place = self.document.key_place((*path, "exits", exit_))
            if exit_ == "next" and kind in _OWN_EXITS:
                found = f"{whose}'next' stands under 'exits'"
                self.mistakes.error(place, found, cure="write 'next: …' beside 'type'")
            elif exit_ == usual and has_next:
                found = f"{whose}'{exit_}' is the same exit as 'next', and both are wired"
                self.mistakes.error(place, found, cure="remove one of them")
            elif exit_ in exits:
                read.append(self._wire((*path, "exits", exit_), exit_, whose))
            elif kind in _OWN_EXITS or name in self.entered:  # for every other type the schema has said so
                cure = suggestion(exit_, [known for known in exits if known != "next"])
                self.mistakes.error(place, f"{whose}it has no exit '{exit_}'", cure=cure)
        return {wire.exit: wire for wire in read if wire is not None}

    def _wire(self, path: Pointer, exit_: str, whose: str) -> Wire | None:
        target = text_at(self.document, path)
        if not target:
            return None
        place = self.document.place(path)
        if target not in self.names:
            found = f"{whose}exit '{exit_}' leads to '{target}', which is no node of this flow"
            self.mistakes.error(place, found, cure=suggestion(target, self.names))
            return None
        return Wire(exit_, target, place)

    def _check_complete(self, step: Step, said: set[str]) -> None:
        who = f"node '{step.name}'"
        for exit_ in step.exits:
            if exit_ in said or exit_ in getattr(NODE_TYPES[step.type], "OPTIONAL_EXITS", ()):
                continue
            if exit_ in LIMIT_EXITS:
                found = f"{who}: exit '{exit_}' leads nowhere, so the call would end there"
                cure = f"add '{exit_}: …' under its 'exits'"
                self.mistakes.warn(step.place, found, cure=cure)
            elif exit_ == exit_of_next(step.type):
                cure = "add 'next: …', the node that follows"
                self.mistakes.error(step.place, f"{who}: 'next' is missing", cure=cure)
            else:
                cure = f"add '{exit_}: …' under its 'exits'"
                self.mistakes.error(step.place, f"{who}: exit '{exit_}' leads nowhere", cure=cure)


def check_reachable(
    steps: Mapping[str, Step], start: str | None, also: Iterable[str], mistakes: Mistakes
) -> None:
    """Warn of nodes that no call can come to. `also` are entered from anywhere, by command."""
    if start is None or start not in steps:
        return
    edges = {
        name: {wire.target for wire in step.wires.values() if wire.target in steps}
        for name, step in steps.items()
    }
    reached = set().union(*(_reached(name, edges) for name in (start, *also) if name in steps))
    for name, step in steps.items():
        if name not in reached:
            found = f"node '{name}' can't be reached from '{start}'"
            mistakes.warn(step.place, found, cure="lead an exit to it, or remove it")


def waits_for_nobody(step: Step) -> bool:
    """Whether a call passes the node without anybody having done anything."""
    return step.type in _IDLE or step.asks_nothing


def passes_through(steps: Mapping[str, Step], start: str | None) -> bool:
    """Whether a call can come to a return node without having waited for the caller."""
    if start is None or start not in steps:
        return False
    edges = {
        name: {wire.target for wire in step.wires.values() if wire.target in steps}
        if waits_for_nobody(step)
        else set()
        for name, step in steps.items()
    }
    return any(steps[name].type == "return" for name in _reached(start, edges))


def check_loops(steps: Mapping[str, Step], mistakes: Mistakes) -> None:
    """Refuse circles that go round by themselves; warn of those that only a silent caller goes."""

    def redials(step: Step, exit_: str) -> bool:
        return step.type == "bridge" and exit_ != "completed"

    def idles(step: Step, exit_: str) -> bool:
        # An interview leads to each question once.
        return waits_for_nobody(step) and (step.type != "interview" or exit_ == "next")

    def by_choosing(step: Step, exit_: str) -> bool:
        is_choice = step.type == "choose_buyer" or (step.has_number and redials(step, exit_))
        return idles(step, exit_) or is_choice

    def by_calling(step: Step, exit_: str) -> bool:
        return idles(step, exit_) or redials(step, exit_)

    def in_silence(step: Step, exit_: str) -> bool:
        return by_choosing(step, exit_) or exit_ == "noinput"

    endless = {frozenset(circle) for goes in (by_choosing, by_calling) for circle in _circles(steps, goes)}
    inside: dict[str, list[frozenset[str]]] = {}  # the endless circles, each by one of its members
    order = {name: position for position, name in enumerate(steps)}
    for members in endless:
        inside.setdefault(next(iter(members)), []).append(members)
        first, circle = _described(order, members)
        found = f"{circle} goes round without ever waiting for the caller"
        mistakes.error(steps[first].place, found, cure="put a question between, or lead an exit out")
    for members in (frozenset(circle) for circle in _circles(steps, in_silence)):
        if not any(members >= other for name in members for other in inside.get(name, ())):
            first, circle = _described(order, members)
            found = f"a silent caller goes round and round: {circle}"
            mistakes.warn(steps[first].place, found, cure="lead 'noinput' out of the circle")


def _described(order: Mapping[str, int], members: frozenset[str]) -> tuple[str, str]:
    ordered = sorted(members, key=order.__getitem__)
    return ordered[0], " → ".join((*ordered, ordered[0]))


def _circles(steps: Mapping[str, Step], goes: Callable[[Step, str], bool]) -> list[list[str]]:
    """The strongly connected parts of the graph of wires that `goes` admits, with a circle in them."""
    forward = {
        name: {wire.target for wire in step.wires.values() if wire.target in steps and goes(step, wire.exit)}
        for name, step in steps.items()
    }
    return [part for part in _connected(forward) if len(part) > 1 or part[0] in forward[part[0]]]


def _connected(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The strongly connected parts of a graph, each once (Tarjan). Its time is linear in nodes and edges.

    A node's `lowest` is the earliest of the open nodes that it leads back to; one that leads back to
    nothing before itself closes a part. The stack is our own: a flow may be thousands of nodes deep.
    """
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    open_: dict[str, None] = {}  # as a stack of nodes whose part is not closed yet
    parts: list[list[str]] = []
    for root in edges:
        walk = [] if root in order else [(root, iter(edges[root]))]
        while walk:
            name, targets = walk[-1]
            if name not in order:
                order[name] = lowest[name] = len(order)
                open_[name] = None
            for target in targets:
                if target not in order:
                    walk.append((target, iter(edges[target])))
                    break
                if target in open_:
                    lowest[name] = min(lowest[name], order[target])
            else:
                walk.pop()
                if walk:
                    lowest[walk[-1][0]] = min(lowest[walk[-1][0]], lowest[name])
                if lowest[name] == order[name]:
                    part = [name]
                    while (last := open_.popitem()[0]) != name:
                        part.append(last)
                    parts.append(part)
    return parts


def _reached(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    reached = {start}
    waiting = [start]
    while waiting:
        for target in edges[waiting.pop()] - reached:
            reached.add(target)
            waiting.append(target)
    return reached
