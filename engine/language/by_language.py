"""Texts by language: a flow's document as it reads in one of its languages.

Theory of operation. Everything that a flow says, and every phrase that callers may say, can be written by
language, in three ways. Before a flow is read, its document is made anew for each language, with the texts
of that one where a flow of one language has its texts, each with the place where it was written. So whatever
reads, checks and builds flows knows nothing of languages.

Rules
1. A text for a language is the one under the flow's `texts`, else under the node's `texts`, else the
   language's own where the setting is written by language, else, for the first language, the setting itself.
2. A text that one of the languages lacks is a mistake, and another one stands in for it. Only words count:
   "{{ need }}" alone is the same in all.
3. "es" means es-US where that is the flow's only Spanish.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.core.sayers import language_among, tongue_of
from engine.language.commands import GIVEN
from engine.language.each_language import EACH
from engine.language.mistakes import Mistakes, suggestion
from engine.language.shapes import found as shown
from engine.language.shapes import subject
from engine.language.spoken_settings import SpokenText, spoken_texts
from engine.language.yaml.documents import Document, Mark, Pointer, Tree
from engine.language.yaml.lookup import mapping_at, text_at, value_at

TEXTS = "texts"
"""Under a flow or a node: what is said there, by language."""

_LANGUAGE_SETTING: Pointer = ("language",)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_SLOT = re.compile(r"\{\{.*?\}\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unsaid:
    """A text that is heard by somebody else than the caller, and isn't written in a language."""

    node: str
    setting: str
    language: str
    path: Pointer


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The document in one language. `unsaid` may never be heard in it, as a whisper for a buyer."""

    document: Document
    language: str
    unsaid: tuple[Unsaid, ...]


def languages_of(document: Document) -> tuple[str, ...]:
    """The languages that are written under `languages`, the one that calls begin in first.

    () where there are none, or where one of them is none, which the schema says.
    """
    written = value_at(document, ("languages",))
    if not isinstance(written, list):
        return ()
    known = [each for each in written if isinstance(each, str) and _LANGUAGE.fullmatch(each)]
    return tuple(dict.fromkeys(known)) if len(known) == len(written) else ()


def is_by_language(value: object) -> bool:
    """Whether a setting is written by language: `{en: …, es: …}`."""
    return isinstance(value, dict) and bool(value) and all(_LANGUAGE.fullmatch(key) for key in value)


def in_one_language(document: Document, mistakes: Mistakes) -> Document:
    """The document of a flow that has one language alone: a text that is written by language is a mistake."""
    language = text_at(document, ("language",)) or "en-US"
    stray = [text.path for text in spoken_texts(document) if _by_language_at(document, text.path) is not None]
    stray += [(TEXTS,)] if document.has((TEXTS,)) else []
    stray += [
        ("nodes", name, TEXTS) for name in mapping_at(document, ("nodes",)) if _has_texts(document, name)
    ]
    if not stray:
        return document
    for path in stray if not document.has(("languages",)) else ():
        found = f"{subject(path)}'{path[-1]}' is written by language, but this flow has only {language}"
        mistakes.error(document.key_place(path), found, cure=f"add 'languages: [{language}, …]' to the flow")
    return _Translation(document, language, (language,), Mistakes()).made().document


def in_language(
    document: Document, language: str, languages: Sequence[str], mistakes: Mistakes
) -> InLanguage:
    """The document of a flow of several languages in one of them; what it lacks is added to the mistakes."""
    return _Translation(document, language, languages, mistakes).made()


class _Translation:
    """One document on its way into one language. `_chosen` says by path where each text comes from; None
    where there is none."""

    def __init__(
        self, document: Document, language: str, languages: Sequence[str], mistakes: Mistakes
    ) -> None:
        self._document = document
        self._language = language
        self._languages = languages
        self._mistakes = mistakes
        self._chosen: dict[Pointer, Pointer | None] = {}
        self._added: dict[Pointer, list[str]] = {}  # by group of settings, those that only `texts` has
        self._marks: dict[Pointer, Mark] = {}
        self._unsaid: list[Unsaid] = []

    def made(self) -> InLanguage:
        texts = list(spoken_texts(self._document))
        for text in texts:
            self._choose(text)
        self._check_strays({text.path for text in texts})
        value = self._copied(self._document.value, (), ())
        written: Pointer = ("languages", self._languages.index(self._language))
        if isinstance(value, dict) and self._document.has(written):
            value["language"] = self._language
            self._marks[_LANGUAGE_SETTING] = self._document.marks[written]
        document = replace(self._document, value=value, marks=self._marks)
        return InLanguage(document, self._language, tuple(self._unsaid))

    # Which text

    def _choose(self, text: SpokenText) -> None:
        document, path = self._document, text.path
        own = self._under_texts(path) or _of_language(document, path, self._language)
        value = value_at(document, path)
        if own is not None:
            self._take(path, own)
        elif isinstance(value, list) and text.is_prompts:
            for index in range(len(value)):
                self._choose(replace(text, path=(*path, index), is_prompts=False))
        elif is_by_language(value):
            self._choose_other(text)
        elif value is None:
            if text.is_named and not self._is_first:
                self._lacks(text)
        elif not self._is_first and not self._is_for_all(text, value):
            self._choose_other(text)

    def _choose_other(self, text: SpokenText) -> None:
        """There is a text, but none in this language."""
        is_given = text.is_command and text.path[1] in GIVEN
        if is_given or text.is_compared or (self._is_first and (text.is_heard or text.is_named)):
            self._chosen[text.path] = None  # as it is without
        elif text.is_any_language:
            self._stand_in(text.path)
        else:
            self._lacks(text)

    @property
    def _is_first(self) -> bool:
        return self._language == self._languages[0]

    def _is_for_all(self, text: SpokenText, value: object) -> bool:
        """Whether a text without a language will do in every one."""
        if text.is_any_language:
            return True
        if isinstance(value, dict) and EACH in value:
            self._check_each(text.path)
            return True
        return isinstance(value, str) and not any(map(str.isalnum, _SLOT.sub("", value)))

    def _check_each(self, path: Pointer) -> None:
        said = mapping_at(self._document, (*path, EACH))
        if language_among(said, self._language) is None:
            found = f"{subject(path)}'{_setting(path)}' isn't said in {self._language}"
            self._mistakes.refuse(
                self._document.key_place((*path, EACH)), found, cure=f"add '{self._short}: …' to 'each'"
            )

    def _lacks(self, text: SpokenText) -> None:
        """Say that the text is missing; another one stands in."""
        document, path = self._document, text.path
        self._stand_in(path)
        if text.is_for_others:
            self._unsaid.append(Unsaid(str(path[1]), _setting(path), self._language, path))
            return
        place = document.key_place(path if document.has(path) else path[:-1])
        found = f"{subject(path)}'{_setting(path)}' has no text in {self._language}"
        if text.is_named:
            found = f"{subject(path)}'{_setting(path)}' is missing in {self._language}: "
            found += f"prompts would speak the name '{path[-2]}'"
        self._mistakes.refuse(place, found, cure=self._cure(text))

    def _stand_in(self, path: Pointer) -> None:
        """The first of the other languages' texts."""
        value = value_at(self._document, path)
        if isinstance(value, dict) and is_by_language(value):
            self._take(path, (*path, next(iter(value))))

    def _cure(self, text: SpokenText) -> str:
        value = value_at(self._document, text.path)
        setting = next(str(step) for step in reversed(text.path) if isinstance(step, str))
        if is_by_language(value):
            cure = f"add '{self._short}: …' to it"
        elif value is None:
            cure = f"add '{setting}: {{{self._short}: …}}'"
        else:
            first = self._short_of(self._languages[0])
            cure = f"write '{setting}: {{{first}: …, {self._short}: …}}'"
        nobody_speaks = f", or '{self._short}: []' if callers only key it there"
        return cure + (nobody_speaks if text.is_heard else "")

    def _take(self, path: Pointer, source: Pointer) -> None:
        value = value_at(self._document, source)
        self._chosen[path] = None if value == [] else source
        if not self._document.has(path) and value != []:
            self._added.setdefault(path[:-1], []).append(str(path[-1]))

    def _under_texts(self, path: Pointer) -> Pointer | None:
        """Where the flow's or the node's `texts` have it in this language."""
        of_flow = _named_in(self._document, (TEXTS,), self._language)
        if of_flow is not None and self._document.has((*of_flow, *path)):
            return (*of_flow, *path)
        if path[0] != "nodes":
            return None
        of_node = _named_in(self._document, (*path[:2], TEXTS), self._language)
        found = None if of_node is None else (*of_node, *path[2:])
        return found if found is not None and self._document.has(found) else None

    # What is written for nothing

    def _check_strays(self, known: set[Pointer]) -> None:
        """Texts of things that the flow doesn't say, and of languages that it doesn't have."""
        document = self._document
        groups: list[tuple[Pointer, Pointer]] = [((TEXTS,), ())]
        groups += [(("nodes", name, TEXTS), ("nodes", name)) for name in mapping_at(document, ("nodes",))]
        for group, inside in groups:
            for path in (group, *((*group, language) for language in mapping_at(document, group))):
                if document.has(path) and not isinstance(value_at(document, path), dict):
                    found = f"{subject(path)}'{path[-1]}' is {shown(document, path)}"
                    expected = "texts by language, such as {es: {…: …}}"
                    self._mistakes.error(document.place(path), found, expected=expected)
            for language in mapping_at(document, group):
                self._check_language((*group, language), language)
                for stray in _strays(document, (*group, language), inside, known):
                    where = " → ".join(str(step) for step in stray[len(group) + 1 :])
                    found = f"{subject(inside)}'{where}' is nothing that this flow says"
                    self._mistakes.refuse(
                        document.key_place(stray), found, cure="remove it, or correct its name"
                    )
        for path in known:
            for one in _one_or_each(document, path):
                value = value_at(document, one)
                at = (*one, EACH) if isinstance(value, dict) and EACH in value else one
                if is_by_language(value_at(document, at)):
                    for language in mapping_at(document, at):
                        self._check_language((*at, language), language)

    def _check_language(self, path: Pointer, language: str) -> None:
        if language_among(self._languages, language) is None:
            found = f"{subject(path)}'{language}' isn't a language of this flow"
            cure = suggestion(language, self._languages)
            self._mistakes.refuse(self._document.key_place(path), found, cure=cure)

    # The document

    def _copied(self, value: Tree, source: Pointer, path: Pointer) -> Tree:
        self._marks[path] = self._document.marks[source]
        if isinstance(value, list):
            return [self._child(value[at], (*source, at), (*path, at)) for at in range(len(value))]
        if not isinstance(value, dict):
            return value
        names = [name for name in value if not (name == TEXTS and len(path) in (0, 2))]
        names += [name for name in self._added.get(path, ()) if name not in value]
        return {
            name: self._child(value.get(name), (*source, name), (*path, name))
            for name in names
            if self._chosen.get((*path, name), ()) is not None
        }

    def _child(self, value: Tree, source: Pointer, path: Pointer) -> Tree:
        chosen = self._chosen.get(path)
        if chosen is None:
            return self._copied(value, source, path)
        found: Tree = value_at(self._document, chosen)  # type: ignore[assignment]
        return self._copied(found, chosen, path)

    @property
    def _short(self) -> str:
        return self._short_of(self._language)

    def _short_of(self, language: str) -> str:
        """As an operator would write it: "es", unless the flow has two kinds of Spanish."""
        tongues = [tongue_of(each) for each in self._languages]
        return language if tongues.count(tongue_of(language)) > 1 else tongue_of(language)


def _has_texts(document: Document, node: str) -> bool:
    return document.has(("nodes", node, TEXTS))


def _by_language_at(document: Document, path: Pointer) -> Pointer | None:
    """Where a text is written by language: the setting, or the first item of a list that is."""
    return next(
        (one for one in _one_or_each(document, path) if is_by_language(value_at(document, one))), None
    )


def _one_or_each(document: Document, path: Pointer) -> Iterator[Pointer]:
    value = value_at(document, path)
    if isinstance(value, list):
        yield from ((*path, at) for at in range(len(value)))
    else:
        yield path


def _of_language(document: Document, path: Pointer, language: str) -> Pointer | None:
    return _named_in(document, path, language) if is_by_language(value_at(document, path)) else None


def _named_in(document: Document, path: Pointer, language: str) -> Pointer | None:
    """The entry of a mapping by language that is this one's."""
    found = language_among(mapping_at(document, path), language)
    return None if found is None else (*path, found)


def _strays(document: Document, at: Pointer, inside: Pointer, known: set[Pointer]) -> Iterator[Pointer]:
    """The entries of a `texts` that stand for no text, each at its highest place."""
    for name in mapping_at(document, at):
        path: Pointer = (*inside, name)
        if path in known:
            continue
        if any(text[: len(path)] == path for text in known) and isinstance(
            value_at(document, (*at, name)), dict
        ):
            yield from _strays(document, (*at, name), path, known)
        else:
            yield (*at, name)


def _setting(path: Pointer) -> str:
    """The text's name in its node, answer or command: `noinput`, `options → repair → say`."""
    return " → ".join(str(step if isinstance(step, str) else step + 1) for step in path[2:])
