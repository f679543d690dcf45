"""The terms in force, as a party may read them: its own part of network.yaml, with the line of each setting.

Only the named part is taken out of the file, value by value, so that nothing of a neighbour's comes along,
however the file is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from engine.core.journal import Json, JsonObject
from engine.language import documents
from engine.language.documents import Pointer
from engine.language.lookup import value_at
from engine.language.revisions import NETWORK_FILE


def buyer_terms(files: Mapping[str, str], key: str) -> JsonObject | None:
    """`{"settings": {…}, "places": [[["accepts", "all", 0], "network.yaml:32:11"], …]}` of a buyer."""
    return _section(files, ("buyers", key))


def payout_terms(files: Mapping[str, str], campaign: str) -> JsonObject | None:
    """What a campaign owes its publishers, None where it owes them nothing."""
    return _section(files, ("campaigns", campaign, "payout"))


def _section(files: Mapping[str, str], path: Pointer) -> JsonObject | None:
    document, _ = documents.load(files.get(NETWORK_FILE, ""), NETWORK_FILE)
    settings = None if document is None else value_at(document, path)
    if document is None or not isinstance(settings, dict):
        return None
    places: list[Json] = [
        [list(pointer[len(path) :]), str(document.content_place(pointer))]
        for pointer in document.marks
        if pointer[: len(path)] == path
    ]
    return {"settings": cast(Json, settings), "places": places}
