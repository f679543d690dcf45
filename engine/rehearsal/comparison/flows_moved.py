"""What callers go through otherwise: answers, nodes, wording and ways, flow by flow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from engine.core.answers import AnswerType
from engine.core.flow import Flow, Placed
from engine.nodes.node_type import NodeType
from engine.nodes.types import NODE_TYPES
from engine.rehearsal.comparison.written import settings_moved
from engine.understanding.choice import Choice


def flow_sentences(old: Mapping[str, Flow], new: Mapping[str, Flow]) -> Iterator[str]:
    """A sentence for each flow that came or went, then for whatever moved in those that both have."""
    for name in old:
        if name not in new:
            yield f"flow {name} was removed"
    for name in new:
        if name not in old:
            yield f"flow {name} was added"
    for name, flow in old.items():
        if name in new:
            for sentence in _moved(flow, new[name]):
                yield f"flow {name}: {sentence}"


def _moved(old: Flow, new: Flow) -> Iterator[str]:
    """In the language that calls begin in, and what moved in the others alone."""
    sentences = list(_moved_in_one(old, new))
    yield from sentences
    if old.in_all[1:] or new.in_all[1:]:
        before, after = [each.language for each in old.in_all], [each.language for each in new.in_all]
        if before != after:
            yield f"languages {', '.join(before)} → {', '.join(after)}"
    for language, flow in old.others.items():
        if language in new.others:
            for sentence in _moved_in_one(flow, new.others[language]):
                if sentence not in sentences:
                    yield f"in {language}, {sentence}"


def _moved_in_one(old: Flow, new: Flow) -> Iterator[str]:
    if old.start != new.start:
        yield f"calls start at {new.start}, not at {old.start}"
    if old.language != new.language:
        yield f"language {old.language} → {new.language}"
    yield from _answers_moved(old.answers, new.answers)
    yield from _nodes_moved(old.nodes, new.nodes)
    for moved in settings_moved(_by_name(old), _by_name(new), frozenset({"name"})):
        yield f"command {moved}"


def _by_name(flow: Flow) -> Mapping[str, object]:
    return {command.name: command for command in flow.every_command}


def _answers_moved(old: Mapping[str, AnswerType], new: Mapping[str, AnswerType]) -> Iterator[str]:
    for name in old:
        if name not in new:
            yield f"answer {name} was removed"
    for name, kind in new.items():
        if name not in old:
            yield f"answer {name} was added: {kind.kind}"
            continue
        was = old[name]
        if was.kind != kind.kind:
            yield f"answer {name} is {kind.kind}, not {was.kind}"
        elif isinstance(was, Choice) and isinstance(kind, Choice):
            yield from _choice_moved(name, was, kind)
        else:
            for moved in settings_moved(was, kind):
                yield f"answer {name}: {moved}"


def _choice_moved(name: str, old: Choice, new: Choice) -> Iterator[str]:
    gone = [option for option in old.options if option not in new.options]
    come = [option for option in new.options if option not in old.options]
    if gone:
        yield f"answer {name}: callers can no longer choose {', '.join(gone)}"
    if come:
        yield f"answer {name}: callers can also choose {', '.join(come)}"
    for option, was in old.options.items():
        if option in new.options:
            yield from (
                f"answer {name}: option {option}: {moved}"
                for moved in settings_moved(_worded(was), _worded(new.options[option]))
            )
    if old.sensitive != new.sensitive:
        yield f"answer {name}: is {'' if new.sensitive else 'no longer '}masked as sensitive"


def _worded(option: object) -> Mapping[str, object]:
    """Phrases and examples are sets: their order means nothing."""
    return {
        "key": getattr(option, "key", ""),
        "phrases": frozenset(getattr(option, "phrases", ())),
        "say": getattr(option, "say", None),
        "means": getattr(option, "means", None),
        "examples": frozenset(getattr(option, "examples", ())),
    }


def _nodes_moved(old: Mapping[str, Placed], new: Mapping[str, Placed]) -> Iterator[str]:
    gone = [name for name in old if name not in new]
    come = [name for name in new if name not in old]
    if gone:
        yield f"without {_nodes(gone)}"
    if come:
        yield f"with {_nodes(come)}"
    for name, placed in new.items():
        if name not in old:
            continue
        was = old[name]
        if type(was.node) is not type(placed.node):
            yield f"{name} is {_type(placed)}, not {_type(was)}"
        else:
            for moved in settings_moved(was.node, placed.node):
                yield f"{name}: {moved}"
            yield from _agreed_to(name, was, placed)
        yield from _ways_moved(name, was, placed)


def _agreed_to(name: str, was: Placed, now: Placed) -> Iterator[str]:
    """Callers agreed to other words under the same version: a mistake that surfaces in a dispute."""
    if not isinstance(was.node, NodeType) or not isinstance(now.node, NodeType):
        return
    before, after = was.node.agreed_to, now.node.agreed_to
    if before is None or after is None or before.version != after.version:
        return
    if before.wording.sha256 != after.wording.sha256:
        version = after.version
        yield f"{name}: the consent text changed, but the version is still {version}; give it a new one"


def _ways_moved(name: str, was: Placed, now: Placed) -> Iterator[str]:
    for exit_ in dict.fromkeys((*was.exits, *now.exits)):
        before, after = was.exits.get(exit_), now.exits.get(exit_)
        if before == after:
            continue
        if after is None:
            yield f"{name}: exit {exit_} no longer goes to {before} or anywhere else"
        elif before is None:
            yield f"{name}: exit {exit_} goes to {after}"
        else:
            yield f"{name}: exit {exit_} goes to {after}, not to {before}"


def _nodes(names: Sequence[str]) -> str:
    return f"node{'' if len(names) == 1 else 's'} {', '.join(names)}"


def _type(placed: Placed) -> str:
    """The word that flows use for the node's type."""
    return next(word for word, made in NODE_TYPES.items() if made is type(placed.node))
