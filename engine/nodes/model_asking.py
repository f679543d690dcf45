"""Asking a language model, and waiting for it no longer than may be."""

from __future__ import annotations

from engine.core.answers import AnswerType
from engine.core.call import Call, next_event
from engine.core.commands import AnswerForm, AskModel
from engine.core.events import TimerFired
from engine.core.model_events import ModelFailed, ModelReplied

GRACE_MS = 500
"""The world keeps the deadline and says so; this is for a world that does not."""


async def ask_model(call: Call, command: AskModel) -> ModelReplied | ModelFailed:
    """Ask, and give the reply, or that there was none in time. `command.asking` comes from `number`."""
    call.do(command)
    timer = call.set_timer(command.timeout_ms + GRACE_MS)
    while True:
        event = await next_event()
        if isinstance(event, ModelReplied | ModelFailed) and event.asking == command.asking:
            call.cancel_timer(timer)
            return event
        if isinstance(event, TimerFired) and event.timer == timer:
            return ModelFailed(call.at, command.asking, "timeout", command.timeout_ms)


def form_of(name: str, kind: AnswerType) -> AnswerForm:
    """What a model is told of an answer that it may fill."""
    understood = {str(value): kind.understand_value(value) for value in kind.few_values}
    options = {value: reading.label for value, reading in understood.items() if reading is not None}
    return AnswerForm(name, kind.kind, options)
