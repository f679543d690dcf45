"""`recording:` of a network or a campaign: what is recorded, and how callers are told.

Nobody is recorded by accident: there is an announcement, or a written word that callers are told elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.core.market import RecordingTerms
from engine.core.prompts import Prompt
from engine.core.sayers import language_among, tongue_of
from engine.language.building import BROKEN, Builder
from engine.language.by_language import is_by_language
from engine.language.each_language import EACH
from engine.language.mistakes import Mistakes
from engine.language.names import names_of
from engine.language.shapes import subject
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at

NO_ANNOUNCEMENT = "none"

WHY = "in many states both parties must know that a call is recorded"


def read_recording(
    document: Document, campaign: str, languages: Sequence[str], mistakes: Mistakes
) -> RecordingTerms | None:
    """The campaign's own terms, else the network's; None where its calls are not recorded.

    `languages` are its flow's, in each of which callers are told.
    """
    path = _terms_of(document, campaign)
    if path is None:
        return None
    if mistakes.is_judging and not _is_announced(document, path, mistakes):
        return None
    is_silent = text_at(document, (*path, "announcement")) == NO_ANNOUNCEMENT
    builder = Builder(document, names_of({}), mistakes, *languages[:1])
    given: dict[str, object] = {"announcements": {}}
    if is_silent:
        given["announcement"] = None
    elif len(languages) > 1 or is_by_language(value_at(document, (*path, "announcement"))):
        given = _announced(document, path, languages, mistakes)
    return builder.build(RecordingTerms, path, given)


def _announced(
    document: Document, path: Pointer, languages: Sequence[str], mistakes: Mistakes
) -> dict[str, object]:
    """The announcement in each language."""
    at = (*path, "announcement")
    texts = mapping_at(document, at)
    said: dict[str, Prompt] = {}
    for language in languages:
        own = language_among(texts, language)
        if len(languages) > 1 and own is None and EACH not in texts:
            found = f"{subject(path)}the announcement has no text in {language}"
            tongues = ", ".join(f"{tongue_of(each)}: …" for each in languages)
            mistakes.refuse(document.key_place(at), found, cure=f"write 'announcement: {{{tongues}}}'")
        where = (*at, own or next(iter(texts))) if is_by_language(texts) else at
        prompt = names_of({}).prompt(document, where, language, mistakes)
        if prompt is not None:
            said[language] = prompt
    first = next(iter(said.values()), BROKEN)
    return {"announcement": first, "announcements": said if len(languages) > 1 else {}}


def is_recorded(document: Document, campaign: str) -> bool:
    """Whether the campaign's calls are recorded, so that callers are told so."""
    return _terms_of(document, campaign) is not None


def _terms_of(document: Document, campaign: str) -> Pointer | None:
    path: Pointer = ("campaigns", campaign, "recording")
    if not document.has(path):
        path = ("recording",)
    settings = value_at(document, path)
    is_off = not isinstance(settings, dict) or settings.get("channels") == "none"
    return None if is_off else path


def _is_announced(document: Document, path: Pointer, mistakes: Mistakes) -> bool:
    """Whether callers are told: by words, or elsewhere and somebody has written so."""
    announcement = (*path, "announcement")
    if not document.has(announcement):
        found = f"{subject(path)}calls are recorded, but callers never hear so; {WHY}"
        cure = "add 'announcement: \"This call may be recorded.\"'"
        mistakes.error(document.key_place(path), found, cure=cure)
        return False
    is_silent = text_at(document, announcement) == NO_ANNOUNCEMENT
    if is_silent and value_at(document, (*path, "consent_elsewhere")) is not True:
        found = f"{subject(path)}calls are recorded without an announcement; {WHY}"
        cure = "write the announcement, or 'consent_elsewhere: true' if callers agree before they call"
        mistakes.error(document.place(announcement), found, cure=cure)
        return False
    return True
