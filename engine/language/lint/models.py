"""Who talks with callers: the models that the network lists, and what they may be told and fill."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.answers import AnswerName
from engine.language.flows import FlowReading
from engine.language.lint.wiring import WiredNode
from engine.language.mistakes import Mistakes, suggestion
from engine.language.namings import named, named_in, naming
from engine.language.sensitive import as_told
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import text_at, value_at
from engine.nodes.settings import ModelName

ELSE = "else"
"""The setting that names the node for calls without a model."""


def check_models(network: Document, flow: FlowReading, mistakes: Mistakes) -> None:
    """Every node that a model leads has one, or a node to go to without; and it is told nothing secret."""
    for step in flow.steps.values():
        if naming(step.type, ModelName):
            _check_listed(network, flow.document, step, mistakes)
            _check_revealed(flow, step, mistakes)
        if step.type.LEARNS_WITHOUT_QUESTION:
            _check_questions(flow, step, mistakes)


def _check_listed(network: Document, flow: Document, step: WiredNode, mistakes: Mistakes) -> None:
    path: Pointer = ("nodes", step.name)
    written = value_at(network, ("models",))
    listed = [str(model) for model in written] if isinstance(written, list) else []
    has_else = bool(text_at(flow, (*path, ELSE)))
    models = list(named(flow, path, step.type, ModelName))
    if not models and not has_else:
        known = f"one of {', '.join(listed)}" if listed else "one that network.yaml lists under 'models'"
        found = f"node '{step.name}': it has no model, and no node to go to without one"
        mistakes.error(step.place, found, cure=f"add 'model: …' ({known}), or 'else: NODE'")
    for model, at in models:
        if model in listed:
            continue
        cure = suggestion(model, listed) or f"add it to network.yaml: models: [{', '.join([*listed, model])}]"
        found = f"node '{step.name}': '{model}' isn't one of the network's models"
        if has_else:
            mistakes.warn(flow.place(at), f"{found}, so every call goes to '{ELSE}'", cure=cure)
        else:
            mistakes.error(flow.place(at), found, cure=cure)


def _check_revealed(flow: FlowReading, step: WiredNode, mistakes: Mistakes) -> None:
    """A model can't fill what it may not be shown."""
    path: Pointer = ("nodes", step.name)
    written = value_at(flow.document, (*path, "reveal"))
    revealed = written if isinstance(written, list) else []
    for answer, at in _filled(flow, step):
        if answer in flow.sensitive and answer not in revealed:
            found = f"node '{step.name}': a model can't fill {as_told(answer, flow.sensitive)}"
            cure = (
                f"remove it, or add 'reveal: [{answer}]': the model is then shown what the caller says of it"
            )
            mistakes.error(flow.document.place(at), found, cure=cure)


def _check_questions(flow: FlowReading, step: WiredNode, mistakes: Mistakes) -> None:
    """A bare yes answers a question, and here nobody knows which was put."""
    for answer, at in _filled(flow, step):
        kind = flow.answers.get(answer)
        if kind is not None and kind.NEEDS_ITS_QUESTION:
            found = (
                f"node '{step.name}': '{answer}' is a {kind.kind}, which means nothing without its question"
            )
            cure = f"remove it, and ask for it with a collect node: answer: {answer}"
            mistakes.error(flow.document.place(at), found, cure=cure)


def _filled(flow: FlowReading, step: WiredNode) -> Iterator[tuple[str, Pointer]]:
    for setting in step.type.LEARNS:
        yield from named_in(flow.document, ("nodes", step.name), step.type, setting, AnswerName)
