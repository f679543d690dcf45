"""Which nodes and exits of the flows the stories went through, and which none did.

Only exits that are wired count: one that leads nowhere ends the call, and no story owes it a visit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.core.flow import Flow, Revision
from engine.core.places import Place
from engine.rehearsal.stories import StoryResult


@dataclass(frozen=True, slots=True)
class NodeCoverage:
    """A node, whether a story came to it, and its wired exits in the order of the file."""

    node: str
    place: Place
    is_covered: bool
    covered_exits: tuple[str, ...]
    missing_exits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FlowCoverage:
    """A flow's nodes in the order of the file."""

    flow: str
    nodes: tuple[NodeCoverage, ...]

    @property
    def node_count(self) -> int:
        return len(self.nodes)

    @property
    def covered_node_count(self) -> int:
        return sum(node.is_covered for node in self.nodes)

    @property
    def exit_count(self) -> int:
        return self.covered_exit_count + sum(len(node.missing_exits) for node in self.nodes)

    @property
    def covered_exit_count(self) -> int:
        return sum(len(node.covered_exits) for node in self.nodes)

    def missing(self) -> tuple[str, ...]:
        """A line with its place for each node and exit that no story went through."""
        lines = []
        for node in self.nodes:
            if not node.is_covered:
                lines.append(f"{node.place}: no story reaches node '{node.node}'")
            else:
                lines += [
                    f"{node.place}: no story leaves node '{node.node}' by '{exit_}'"
                    for exit_ in node.missing_exits
                ]
        return tuple(lines)


def coverage(revision: Revision, results: Iterable[StoryResult]) -> tuple[FlowCoverage, ...]:
    """Coverage of every flow of the revision by these stories together."""
    visited: dict[str, set[str]] = {}
    left: dict[str, set[tuple[str, str]]] = {}
    for result in results:
        visited.setdefault(result.flow, set()).update(result.path)
        left.setdefault(result.flow, set()).update((step.node, step.exit) for step in result.steps)
    return tuple(
        _flow_coverage(flow, visited.get(name, set()), left.get(name, set()))
        for name, flow in revision.flows.items()
    )


def _flow_coverage(flow: Flow, visited: set[str], left: set[tuple[str, str]]) -> FlowCoverage:
    nodes = []
    for name, placed in flow.nodes.items():
        covered = tuple(exit_ for exit_ in placed.exits if (name, exit_) in left)
        missing = tuple(exit_ for exit_ in placed.exits if exit_ not in covered)
        nodes.append(NodeCoverage(name, placed.place, name in visited, covered, missing))
    return FlowCoverage(flow.name, tuple(nodes))
