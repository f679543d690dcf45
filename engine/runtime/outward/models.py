"""Asking language models on behalf of every call of this worker, each by the name that networks give it.

What stands behind a name is a setting (CORDBOARD_MODELS): a pipecat LLM service, whose arguments may hold
`${NAME}` for a secret. A model that failed a few times in a row is left alone for a while, so that the
callers of that while need not each wait for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Protocol

from engine.core.commands import AskModel
from engine.core.model_events import ModelAnswer, ModelFailed, ModelFailure, ModelReplied
from engine.runtime.clock import Clock
from engine.runtime.outward.model_wire import (
    SCHEMA,
    MalformedReply,
    conversation_of,
    most_tokens_of,
    read_reply,
    system_of,
)
from engine.runtime.outward.requests import SecretMissingError, Secrets

log = logging.getLogger("cordboard.models")

SETTING = "CORDBOARD_MODELS"
FAILURES = 3
REST_MS = 60_000


class LanguageModel(Protocol):
    """What is asked. Raises whatever it likes."""

    async def reply(self, system: str, asked: str, schema: Mapping[str, object], most_tokens: int) -> str: ...

    async def close(self) -> None: ...


class Models:
    """The models of this engine, by name."""

    def __init__(self, models: Mapping[str, LanguageModel], clock: Clock) -> None:
        self._models = models
        self._clock = clock
        self._failures: dict[str, int] = {}  # in a row
        self._rests_until: dict[str, int] = {}

    @classmethod
    async def open(cls, setting: Mapping[str, object], secrets: Secrets, clock: Clock) -> Models:
        """Those of the setting, ready to be asked. One that can't be is logged, and unset when it is asked.

        Raises ValueError for a setting that is no model's.
        """
        if not setting:
            return cls({}, clock)
        from engine.media.speech.vendor_model import read_model
        from engine.media.speech.vendors import VendorFailed

        models: dict[str, LanguageModel] = {}
        for name, document in setting.items():
            where = f"{SETTING}: {name}"
            if not isinstance(document, Mapping):
                raise ValueError(f"{where}: expected an object with class, arguments, settings")
            try:
                model = read_model(_with_secrets(document, secrets), where)
                await model.start()
            except SecretMissingError as missing:
                log.error("model %s is not there: %s", name, missing)
            except VendorFailed as failed:
                log.error("model %s is not there: %s", name, failed)
            else:
                models[name] = model
        return cls(models, clock)

    def tell_missing(self, listed: Collection[str]) -> None:
        """Log which of a network's models this engine lacks."""
        for name in listed:
            if name not in self._models:
                log.warning(
                    "the network's model '%s' isn't set, so callers go where its nodes say 'else'; set %s",
                    name,
                    SETTING,
                )

    async def ask(self, command: AskModel, listed: Collection[str]) -> ModelAnswer:
        """The event that answers the command; its time is still to be set. `listed` are the network's."""
        model = self._models.get(command.model) if command.model in listed else None
        if model is None:
            return self._failed(command, "unset", 0)
        began = self._clock.now_ms()
        if began < self._rests_until.get(command.model, 0):
            return self._failed(command, "failed", 0, "left alone after it failed")
        try:
            async with asyncio.timeout(command.timeout_ms / 1000 / self._clock.speed):
                said = await model.reply(
                    system_of(command), conversation_of(command), SCHEMA, most_tokens_of(command)
                )
        except TimeoutError:
            self._count(command.model)
            return self._failed(command, "timeout", self._since(began))
        except Exception as error:  # noqa: BLE001  whatever a vendor raises, whose words may be the caller's
            log.warning("model %s failed: %s", command.model, type(error).__name__)
            self._count(command.model)
            return self._failed(command, "failed", self._since(began), type(error).__name__)
        self._failures.pop(command.model, None)
        try:
            text, fills, leave = read_reply(said)
        except MalformedReply as malformed:
            return self._failed(command, "malformed", self._since(began), str(malformed))
        return ModelReplied(0, command.asking, text, fills, leave, self._since(began))

    async def close(self) -> None:
        for model in self._models.values():
            await model.close()

    def _since(self, began: int) -> int:
        return max(0, self._clock.now_ms() - began)

    def _count(self, model: str) -> None:
        self._failures[model] = self._failures.get(model, 0) + 1
        if self._failures[model] >= FAILURES:
            self._failures.pop(model)
            self._rests_until[model] = self._clock.now_ms() + REST_MS
            log.warning("model %s failed %d times in a row and rests for a minute", model, FAILURES)

    def _failed(self, command: AskModel, reason: ModelFailure, ms: int, detail: str = "") -> ModelFailed:
        return ModelFailed(0, command.asking, reason, ms, detail)


def _with_secrets(document: Mapping[str, object], secrets: Secrets) -> Mapping[str, object]:
    """With the secrets that its arguments name in their place. Raises SecretMissingError."""
    arguments = document.get("arguments")
    if not isinstance(arguments, Mapping):
        return document
    filled = {
        name: secrets.put_into(held) if isinstance(held, str) else held for name, held in arguments.items()
    }
    return {**document, "arguments": filled}
