"""A pipecat LLM service that replies as it is told: by its arguments, as a vendor's is set."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import LLMService
from pipecat.services.settings import LLMSettings

NEVER = "(never)"
DIES = "(dies)"
SILENT = "(says nothing)"


class ScriptedModel(LLMService[Any]):
    """Gives its `replies` one after another, then the last one again. `asked` holds what each was asked."""

    asked: ClassVar[list[tuple[str, str]]] = []

    supports_response_schema = True

    def __init__(self, replies: Sequence[str], api_key: str = "") -> None:
        super().__init__(settings=LLMSettings(model="scripted"))
        self.replies = list(replies)
        self.api_key = api_key

    async def run_inference(
        self,
        context: LLMContext,
        max_tokens: int | None = None,
        system_instruction: str | None = None,
        response_schema: dict[str, Any] | None = None,
    ) -> str | None:
        assert response_schema is not None
        (message,) = context.messages
        assert isinstance(message, dict)
        self.asked.append((system_instruction or "", str(message["content"])))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply == NEVER:
            await asyncio.get_running_loop().create_future()
        if reply == DIES:
            raise RuntimeError(f"the key {self.api_key} is no good")
        return None if reply == SILENT else reply


def setting(*replies: str) -> dict[str, Any]:
    """CORDBOARD_MODELS with this one as `assistant`."""
    kind = f"{ScriptedModel.__module__}.{ScriptedModel.__qualname__}"
    return {
        "assistant": {"class": kind, "arguments": {"replies": list(replies), "api_key": "${MODEL}"}},
    }
