"""Calls by a browser that are sold: what a network's terms can't hold them to."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.mistakes import Mistakes, listed
from engine.language.yaml.documents import Document
from engine.language.yaml.lookup import mapping_at, value_at

_OF_BUYERS = (("duplicates",), ("billable", "duplicates"))
_OF_CAMPAIGNS = (("duplicates",), ("payout", "duplicates"))


def check_browser_calls(document: Document, mistakes: Mistakes) -> None:
    """A caller in a browser has no number, by which duplicates are found."""
    if value_at(document, ("sells_browser_calls",)) is not True:
        return
    if named := list(_refusing(document)):
        found = (
            f"calls by a browser have no caller's number, so they are never duplicates for {listed(named)}"
        )
        cure = "take these calls as they come, or leave 'sells_browser_calls' out"
        mistakes.warn(document.place(("sells_browser_calls",)), found, cure=cure)


def _refusing(document: Document) -> Iterator[str]:
    """Everybody whose terms look at duplicates."""
    for buyer in mapping_at(document, ("buyers",)):
        if any(value_at(document, ("buyers", buyer, *path)) is not None for path in _OF_BUYERS):
            yield f"buyer '{buyer}'"
    for campaign in mapping_at(document, ("campaigns",)):
        if any(value_at(document, ("campaigns", campaign, *path)) is not None for path in _OF_CAMPAIGNS):
            yield f"campaign '{campaign}'"
