"""The terms in force, as a party may read them: its own part of network.yaml, with the line of each setting.

Only the named part is taken out of the file, value by value, so that nothing of a neighbour's comes along,
however the file is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import cast

from engine.core.json_values import Json, JsonObject
from engine.language.revisions import NETWORK_FILE
from engine.language.yaml import documents
from engine.language.yaml.documents import Pointer
from engine.language.yaml.lookup import value_at


class TermsInForce:
    """The parties' parts of one revision's network."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._document, _ = documents.load(files.get(NETWORK_FILE, ""), NETWORK_FILE)
        self._pointers: dict[Pointer, list[Pointer]] = defaultdict(list)
        for pointer in self._document.marks if self._document is not None else ():
            self._pointers[pointer[:2]].append(pointer)

    def buyer(self, key: str) -> JsonObject | None:
        """`{"settings": {…}, "places": [[["accepts", "all", 0], "network.yaml:32:11"], …]}` of a buyer."""
        return self._section(("buyers", key))

    def payout(self, campaign: str) -> JsonObject | None:
        """What a campaign owes its publishers, None where it owes them nothing."""
        return self._section(("campaigns", campaign, "payout"))

    def _section(self, path: Pointer) -> JsonObject | None:
        document = self._document
        settings = None if document is None else value_at(document, path)
        if document is None or not isinstance(settings, dict):
            return None
        places: list[Json] = [
            [list(pointer[len(path) :]), str(document.content_place(pointer))]
            for pointer in self._pointers[path[:2]]
            if pointer[: len(path)] == path
        ]
        return {"settings": cast(Json, settings), "places": places}
