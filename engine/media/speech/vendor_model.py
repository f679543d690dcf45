"""A vendor's language model: any pipecat LLM service, asked outside of pipelines for one reply at a time.

OpenAI, or whatever speaks its protocol (`base_url`), after `pip install 'pipecat-ai[openai]'`:

    {"class": "pipecat.services.openai.llm.OpenAILLMService",
     "arguments": {"api_key": "…"},
     "settings": {"model": "gpt-4.1-mini"}}

Anthropic, after `pip install 'pipecat-ai[anthropic]'`: pipecat.services.anthropic.llm.AnthropicLLMService.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.llm_service import LLMService

from engine.media.speech.vendors import Vendor, VendorFailed, read_vendor


def read_model(document: Mapping[str, object], where: str) -> VendorModel:
    """A setting's JSON as a model; raises ValueError as `read_vendor` does."""
    unfit = {"timeout_ms", "assumed_confidence"} & set(document)
    if unfit:
        raise ValueError(f"{where}: found {sorted(unfit)}; expected class, arguments, settings")
    return VendorModel(read_vendor(LLMService, document, where))


class VendorModel:
    """One service for the whole process; `start` comes first."""

    def __init__(self, vendor: Vendor[LLMService[Any]]) -> None:
        self._vendor = vendor
        self._service: LLMService[Any] | None = None

    @property
    def name(self) -> str:
        return self._vendor.name

    async def start(self) -> None:
        """Import its class and make the service, so that no caller waits for that; raises VendorFailed."""
        await asyncio.to_thread(self._vendor.loaded)
        self._service = self._vendor.make()

    async def reply(self, system: str, asked: str, schema: Mapping[str, object], most_tokens: int) -> str:
        """What it answers to `asked`, as text. The schema binds those that can be bound by one.

        Raises VendorFailed where it says nothing, and whatever its vendor's client raises.
        """
        service = self._service
        if service is None:
            raise VendorFailed(f"{self.name} was not started, or is closed")
        bound: dict[str, Any] = {"response_schema": dict(schema)} if service.supports_response_schema else {}
        context = LLMContext([{"role": "user", "content": asked}])
        said = await service.run_inference(
            context, max_tokens=most_tokens, system_instruction=system, **bound
        )
        if not said:
            raise VendorFailed(f"{self.name} said nothing")
        return said

    async def close(self) -> None:
        service, self._service = self._service, None
        if service is not None:
            await service.cleanup()  # type: ignore[no-untyped-call]
