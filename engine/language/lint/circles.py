"""Circles that a call would walk for ever, and nodes that it never comes to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.language.lint.wiring import WiredNode
from engine.language.mistakes import Mistakes
from engine.nodes.rounds import Round, Rounds

Edges = Mapping[str, tuple[str, ...]]


def check_reachable(
    steps: Mapping[str, WiredNode], start: str | None, also: Iterable[str], mistakes: Mistakes
) -> None:
    """Warn of nodes that no call can come to. `also` are entered from anywhere, by command."""
    if start is None or start not in steps:
        return
    edges = {
        name: tuple(wire.target for wire in step.wires.values() if wire.target in steps)
        for name, step in steps.items()
    }
    reached = _reached([name for name in (start, *also) if name in steps], edges)
    for name, step in steps.items():
        if name not in reached:
            found = f"node '{name}' can't be reached from '{start}'"
            mistakes.warn(step.place, found, cure="point an exit to it, or remove it")


def idle_returns(steps: Mapping[str, WiredNode], start: str | None) -> dict[str, Rounds]:
    """By exit of the whole flow, the rounds on which a call comes from its start to that exit."""
    found: dict[str, Rounds] = {}
    if start is None or start not in steps:
        return found
    every: tuple[Round, ...] = ("choosing", "calling", "silent")
    for round_ in every:
        for name in _reached([start], _edges(steps, round_)):
            exit_ = steps[name].returns_by
            if exit_ is not None:
                found[exit_] = found.get(exit_, frozenset()) | {round_}
    return found


def check_loops(steps: Mapping[str, WiredNode], mistakes: Mistakes) -> None:
    """Refuse circles that go round by themselves; warn of those that only a silent caller goes."""
    endless = dict.fromkeys((*_circles(_edges(steps, "choosing")), *_circles(_edges(steps, "calling"))))
    inside: dict[str, list[frozenset[str]]] = {}  # the endless circles, each by one of its members
    order = {name: position for position, name in enumerate(steps)}
    for members in endless:
        inside.setdefault(next(iter(members)), []).append(members)
        first, circle = _described(order, members)
        found = f"{circle} loops without ever waiting for the caller"
        mistakes.error(
            steps[first].place, found, cure="put a question in the loop, or point an exit out of it"
        )
    for members in _circles(_edges(steps, "silent")):
        if not any(members >= other for name in members for other in inside.get(name, ())):
            first, circle = _described(order, members)
            found = f"a silent caller never gets out: {circle}"
            mistakes.warn(steps[first].place, found, cure="point 'noinput' out of the loop")


def _edges(steps: Mapping[str, WiredNode], round_: Round) -> Edges:
    return {
        name: tuple(
            wire.target
            for wire in step.wires.values()
            if wire.target in steps and round_ in step.idles.get(wire.exit, ())
        )
        for name, step in steps.items()
    }


def _described(order: Mapping[str, int], members: frozenset[str]) -> tuple[str, str]:
    ordered = sorted(members, key=order.__getitem__)
    return ordered[0], " → ".join((*ordered, ordered[0]))


def _circles(edges: Edges) -> list[frozenset[str]]:
    """The strongly connected parts with a circle in them."""
    return [frozenset(part) for part in _connected(edges) if len(part) > 1 or part[0] in edges[part[0]]]


def _connected(edges: Edges) -> list[list[str]]:
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


def _reached(starts: Iterable[str], edges: Edges) -> set[str]:
    waiting = list(starts)
    reached = set(waiting)
    while waiting:
        for target in edges[waiting.pop()]:
            if target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
