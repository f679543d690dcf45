"""The funnel of a flow: how many entered each node, left it by which exit, and hung up in it.

Where a call stood when it ended follows from its last step and the flow of its own revision: the node that
this step's exit leads to. So calls of every age are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.accounts.revisions import revision_if_readable
from engine.core.flow import Flow, Revision
from engine.store.reports.spans import Span
from engine.store.reports.visits import LastStep
from engine.store.store import Store

COMMAND = "command:"


@dataclass(slots=True)
class NodeVisits:
    """Visits of one node. A call may visit it more than once."""

    flow: str
    node: str
    exits: Counter[str] = field(default_factory=Counter)
    hung_up: int = 0  # by the caller, there
    cut: int = 0  # the call ended there otherwise

    @property
    def entered(self) -> int:
        return self.exits.total() + self.hung_up + self.cut


async def funnel(store: Store, span: Span) -> list[NodeVisits]:
    """Every node that was entered, flow by flow, the most visited first."""
    nodes: dict[tuple[str, str], NodeVisits] = {}

    def at(flow: str, node: str) -> NodeVisits:
        return nodes.setdefault((flow, node), NodeVisits(flow, node))

    lefts, last_steps = await store.books.visits(span)
    for one in lefts:
        at(one.flow, one.node).exits[one.exit] += one.visits
    revisions: dict[str, Revision | None] = {}
    for step in last_steps:
        if step.revision not in revisions:
            revisions[step.revision] = await revision_if_readable(store, step.revision)
        revision = revisions[step.revision]
        stood = _stood(revision.flows if revision else {}, step)
        if stood is None:
            continue
        if step.ended_by == "caller":
            at(step.flow, stood).hung_up += step.calls
        else:
            at(step.flow, stood).cut += step.calls
    return sorted(nodes.values(), key=lambda one: (one.flow, -one.entered, one.node))


def _stood(flows: Mapping[str, Flow], step: LastStep) -> str | None:
    """The node that the call had entered and not left; None where the flow was over, or cannot be read."""
    flow = flows.get(step.flow)
    if flow is None:
        return None
    if not step.node:
        return flow.start
    if step.exit.startswith(COMMAND):
        name = step.exit.removeprefix(COMMAND)
        return next((key.goto for key in flow.every_command if key.name == name), None)
    placed = flow.nodes.get(step.node)
    return None if placed is None else placed.exits.get(step.exit)
