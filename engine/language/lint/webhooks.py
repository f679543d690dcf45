"""What is wrong with webhooks beyond their shape: campaigns, publishers and answers that do not exist."""

from __future__ import annotations

from collections.abc import Mapping

from engine.language.flows import FlowReading
from engine.language.mistakes import Mistakes, suggestion
from engine.language.yaml.documents import Document
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.language.yaml.units import duration_ms

LONGEST_MS = 30_000


def check_webhooks(document: Document, flows: Mapping[str, FlowReading], mistakes: Mistakes) -> None:
    """Each names parties of the network, answers of some flow, and a time that a receiver may take."""
    campaigns = mapping_at(document, ("campaigns",))
    publishers = mapping_at(document, ("publishers",))
    answers = {answer for flow in flows.values() for answer in flow.declared}
    for name in mapping_at(document, ("webhooks",)):
        path = ("webhooks", name)
        for setting, what, known in (
            ("campaigns", "campaign", set(campaigns)),
            ("publishers", "publisher", set(publishers)),
            ("reveal", "answer", answers),
        ):
            listed = value_at(document, (*path, setting))
            for index, one in enumerate(listed if isinstance(listed, list) else []):
                if isinstance(one, str) and one not in known:
                    found = f"webhook '{name}': {what} '{one}' doesn't exist"
                    place = document.place((*path, setting, index))
                    mistakes.error(place, found, cure=suggestion(one, known))
        timeout = text_at(document, (*path, "timeout"))
        timeout_ms = duration_ms(timeout) if timeout is not None else None
        if timeout_ms is not None and not 0 < timeout_ms <= LONGEST_MS:
            found = f"webhook '{name}': 'timeout' is {timeout}"
            mistakes.error(document.place((*path, "timeout")), found, expected="more than 0s, at most 30s")
