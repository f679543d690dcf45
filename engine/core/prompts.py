"""What a prompt says: fixed words and the values that go between them.

A prompt is parsed once, when the flow is read. Rendering gives the pieces in the order of speech; fixed
words stay apart from values, so that their audio is rendered ahead and shared by every call. A value
that is missing is left out, never an error: ``missing`` names it for the record.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from engine.core.filters import FILTERS, plain
from engine.core.sayers import Sayer, sayer

# Punctuation that opens a run of words belongs to the value before it: nothing can speak a lone "."
_CLOSING = ".,;:!?…)"

Labels: TypeAlias = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Words:
    """Text spoken as it stands, or by the operator's own sound, which is named by its digest.

    `language` is "" where it is the prompt's own. Sensitive text is no operator's: somebody made it in the
    call.
    """

    text: str
    audio: str = ""
    language: str = ""
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value: ``{{ name }}`` or ``{{ name | filter }}``."""

    name: str
    filter: str | None = None

    @property
    def answer(self) -> str:
        """The answer behind the name: ``zip`` of ``zip.city``."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class PromptItem:
    """One piece to speak. A sensitive one is neither logged nor kept in the shared audio cache.

    `language` is "" where it is that in which the call's flow begins.
    """

    text: str
    sensitive: bool = False
    audio: str = ""  # the digest of the sound that says it, where the operator has recorded one
    language: str = ""

    def __repr__(self) -> str:
        return f"PromptItem({'…' if self.sensitive else self.text!r}, sensitive={self.sensitive})"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A parsed prompt. ``text`` is the operator's source and ``sha256`` the hash of its UTF-8."""

    text: str
    parts: tuple[Words | Slot, ...]
    language: str = "en-US"
    sha256: str = field(init=False, compare=False)
    names: tuple[str, ...] = field(
        init=False, compare=False, repr=False
    )  # that it reads, each once, in order
    fixed: tuple[PromptItem, ...] | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        names = dict.fromkeys(part.name for part in self.parts if isinstance(part, Slot))
        object.__setattr__(self, "names", tuple(names))
        fixed = self.render({}) if self.is_fixed else None  # the same on every call: made once
        object.__setattr__(self, "fixed", fixed)
        digest = hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()
        object.__setattr__(self, "sha256", digest)

    @property
    def is_fixed(self) -> bool:
        """Whether it says the same on every call."""
        return all(isinstance(part, Words) for part in self.parts)

    @property
    def audio_sha256(self) -> str | None:
        """The digest of the operator's sound, where one says this prompt."""
        return next((part.audio for part in self.parts if isinstance(part, Words) and part.audio), None)

    def fixed_pieces(self) -> tuple[PromptItem, ...]:
        """Its fixed words as they are spoken when every value is there, and takes the full stop behind it."""
        items: list[PromptItem] = []
        for part in self.parts:
            if isinstance(part, Words) and part.audio:
                items.append(PromptItem(part.text, audio=part.audio, language=part.language))
            elif isinstance(part, Words):
                _append_words(items, part)
            else:
                items.append(PromptItem(""))
        return tuple(item for item in items if _is_speakable(item.text))

    def missing(self, values: Mapping[str, object]) -> tuple[str, ...]:
        """The names that have no value, each once, in order."""
        return tuple(name for name in self.names if values.get(name) is None)

    def render(
        self,
        values: Mapping[str, object],
        labels: Labels | None = None,
        sensitive: Collection[str] = (),
        unsaid: Collection[str] = (),
        says: Sayer | None = None,
    ) -> tuple[PromptItem, ...]:
        """The pieces to speak, none of them empty.

        ``labels`` gives a choice's spoken words: ``{"need": {"replace": "a new roof"}}``. ``sensitive``
        names answers (or single values, ``zip.city``) whose words must not be kept, ``unsaid`` values that
        are left out as if they were not known. `says` speaks the values, where it isn't the language's own.
        """
        says = says or sayer(self.language)
        items: list[PromptItem] = []
        for part in self.parts:
            if isinstance(part, Words) and part.audio:
                items.append(PromptItem(part.text, audio=part.audio, language=part.language))
            elif isinstance(part, Words):
                _append_words(items, part)
            elif part.name in unsaid:
                continue
            elif (text := _spoken(part, values, labels or {}, says)) != "":
                items.append(PromptItem(text, part.name in sensitive or part.answer in sensitive))
        return tuple(items)


def _append_words(items: list[PromptItem], words: Words) -> None:
    text, closing, rest = _cut(words.text)
    if items and closing:
        last = items.pop()
        spoken = last.text.rstrip(_CLOSING) + closing
        items.append(PromptItem(spoken, last.sensitive, language=last.language))
        text = rest
    if _is_speakable(text):
        items.append(PromptItem(text, words.sensitive, language=words.language))


@lru_cache(maxsize=4096)
def _cut(text: str) -> tuple[str, str, str]:
    """A run of words without the space around it; the punctuation that it opens with; what follows that."""
    text = text.strip()
    rest = text.lstrip(_CLOSING)
    return text, text[: len(text) - len(rest)], rest.strip()


@lru_cache(maxsize=4096)
def _is_speakable(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _spoken(slot: Slot, values: Mapping[str, object], labels: Labels, says: Sayer) -> str:
    value = values.get(slot.name)
    if value is None:
        return ""
    if slot.filter is None:
        label = labels.get(slot.name, {}).get(str(value))
        return plain(value, says) if label is None else label
    return FILTERS[slot.filter](value, says)
