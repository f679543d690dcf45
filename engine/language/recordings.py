"""`recording:` of a network or a campaign: what is recorded, and how callers are told.

Nobody is recorded by accident: there is an announcement, or a written word that callers are told elsewhere.
"""

from __future__ import annotations

from engine.core.market import RecordingTerms
from engine.language.building import Builder
from engine.language.mistakes import Mistakes
from engine.language.names import names_of
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import text_at, value_at

NO_ANNOUNCEMENT = "none"

_WHY = "in many states both parties must know that a call is recorded"


def read_recording(document: Document, campaign: str, mistakes: Mistakes) -> RecordingTerms | None:
    """The campaign's own terms, else the network's; None where its calls are not recorded."""
    path: Pointer = ("campaigns", campaign, "recording")
    if not document.has(path):
        path = ("recording",)
    settings = value_at(document, path)
    if not isinstance(settings, dict) or settings.get("channels") == "none":
        return None
    if mistakes.is_judging and not _is_announced(document, path, mistakes):
        return None
    is_silent = text_at(document, (*path, "announcement")) == NO_ANNOUNCEMENT
    builder = Builder(document, names_of({}), mistakes)
    return builder.build(RecordingTerms, path, {"announcement": None} if is_silent else {})


def _is_announced(document: Document, path: Pointer, mistakes: Mistakes) -> bool:
    """Whether callers are told: by words, or elsewhere and somebody has written so."""
    announcement = (*path, "announcement")
    if not document.has(announcement):
        found = f"{subject(path)}calls are recorded, but callers never hear so; {_WHY}"
        cure = "add 'announcement: \"This call may be recorded.\"'"
        mistakes.error(document.key_place(path), found, cure=cure)
        return False
    is_silent = text_at(document, announcement) == NO_ANNOUNCEMENT
    if is_silent and value_at(document, (*path, "consent_elsewhere")) is not True:
        found = f"{subject(path)}calls are recorded without an announcement; {_WHY}"
        cure = "write the announcement, or 'consent_elsewhere: true' if callers agree before they call"
        mistakes.error(document.place(announcement), found, cure=cure)
        return False
    return True
