"""The catalogue: a language's sentences by their ids, and the forms in which values stand in them.

`english().say("candidate.paused", {"buyer": "lonestar", "why": "over budget"})`. A sentence is text with
{names}; {name:form} puts the value into one of FORMS. Of several versions of a sentence the first is said
whose names are all known.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Formatter
from typing import cast

from engine.core.conditions import outcome_word
from engine.core.money import format_money
from engine.exchange.spans import exact_span_text, seconds_text

Params = Mapping[str, object]

FOLDER = Path(__file__).parent
"""Where the catalogues are, a file a language."""
_PARSER = Formatter()


class Catalogue:
    """One language's sentences. What it lacks, `behind` says."""

    def __init__(self, sentences: Mapping[str, object], behind: Catalogue | None = None) -> None:
        self._versions = dict(_flattened(sentences))
        self._behind = behind

    def has(self, name: str) -> bool:
        return name in self._versions

    def versions(self, name: str) -> tuple[str, ...]:
        """Every version of a sentence as it is written; () where nobody has it."""
        own = self._versions.get(name)
        if own is not None:
            return own
        return () if self._behind is None else self._behind.versions(name)

    def names(self) -> tuple[str, ...]:
        """The ids of all sentences."""
        return tuple(self._versions)

    def say(self, name: str, params: Params) -> str:
        """The sentence, filled. Where there is none whose names are all known, its id and what is known.

        A code may be of a later engine, or of a record that was cut short: what is told of a call must never
        keep the call's own record from being written or read.
        """
        for version in self.versions(name):
            if placeholders(version) <= params.keys():
                return self._filled(version, params)
        known = ", ".join(f"{key} {_cut(params[key])}" for key in sorted(params))
        return f"{name} ({known})" if known else name

    def word(self, group: str, value: object) -> str:
        """A value that has a word of its own: ``word("window", "day")`` is ``today``."""
        versions = self.versions(f"words.{group}.{value}")
        return versions[0] if versions else str(value)

    def _filled(self, version: str, params: Params) -> str:
        said = []
        for literal, name, form, _ in _PARSER.parse(version):
            said.append(literal)
            if name is not None:
                said.append(FORMS[form or ""](self, name, params))
        return "".join(said)


def placeholders(version: str) -> frozenset[str]:
    """The names that a sentence needs."""
    return frozenset(name for _, name, _, _ in _PARSER.parse(version) if name is not None)


def forms(version: str) -> frozenset[str]:
    """The forms that a sentence puts its values into."""
    return frozenset(form or "" for _, name, form, _ in _PARSER.parse(version) if name is not None)


@cache
def english() -> Catalogue:
    """The catalogue that every other one falls back to."""
    return Catalogue(_read("en"))


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language by its code; English where there is none."""
    if language == "en" or not (FOLDER / f"{language}.toml").is_file():
        return english()
    return Catalogue(_read(language), english())


def languages() -> tuple[str, ...]:
    """The languages that there are catalogues for."""
    return tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))


def _read(language: str) -> Mapping[str, object]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))


def _flattened(sentences: Mapping[str, object], above: str = "") -> list[tuple[str, tuple[str, ...]]]:
    found: list[tuple[str, tuple[str, ...]]] = []
    for name, held in sentences.items():
        if isinstance(held, Mapping):
            found += _flattened(held, f"{above}{name}.")
        elif isinstance(held, list):
            found.append((f"{above}{name}", tuple(map(str, held))))
        else:
            found.append((f"{above}{name}", (str(held),)))
    return found


# Forms: each is given the catalogue, the value's name and all values


def _plain(_: Catalogue, name: str, params: Params) -> str:
    return str(params[name])


def _money(_: Catalogue, name: str, params: Params) -> str:
    return format_money(cast(int, params[name]))


def _span(_: Catalogue, name: str, params: Params) -> str:
    return exact_span_text(cast(int, params[name]))


def _seconds(_: Catalogue, name: str, params: Params) -> str:
    return seconds_text(cast(int, params[name]))


def _words(said: Catalogue, name: str, params: Params) -> str:
    return said.word(name, params[name])


def _calls(said: Catalogue, name: str, params: Params) -> str:
    """A number of calls, of the kind that `of` names."""
    count = cast(int, params[name])
    one, _, many = said.word("calls", params.get("of", "calls")).partition("|")
    return f"{count} {one if count == 1 else many}"


def _read_values(said: Catalogue, name: str, params: Params) -> str:
    """What a condition read, ``; zip.state is "OK"``; nothing where it read nothing."""
    is_ = said.versions("values.is")[0]
    read = cast("Mapping[str, object]", params[name])
    told = [is_.format(name=each, value=_value(said, held)) for each, held in read.items()]
    return "".join(f"; {each}" for each in told)


def _value(said: Catalogue, held: object) -> str:
    if held is None:
        return said.versions("values.unknown")[0]
    if isinstance(held, bool):
        return said.versions("values.yes" if held else "values.no")[0]
    return f'"{held}"' if isinstance(held, str) else str(held)


def _lots(_: Catalogue, name: str, params: Params) -> str:
    first, last = params[name], params.get("last")
    return f"lot {first}" if first == last else f"lots {first} to {last}"


def _joined(_: Catalogue, name: str, params: Params) -> str:
    """The local time with the holiday or date that closes the day, where one does."""
    return ", ".join(str(params[each]) for each in (name, "closed") if each in params)


def _or_nobody(_: Catalogue, name: str, params: Params) -> str:
    return str(params[name]) or "nobody"


def _brief(_: Catalogue, name: str, params: Params) -> str:
    """A value of JSON, cut where it is long."""
    held = params[name]
    return "nothing" if held is None else _cut(held)


def _cut(held: object) -> str:
    text = repr(held) if isinstance(held, str) else str(held)
    return text if len(text) <= 80 else text[:77] + "…"


def _outcome(said: Catalogue, name: str, params: Params) -> str:
    return said.word("outcome", outcome_word(cast("bool | None", params[name])))


def _values(_: Catalogue, name: str, params: Params) -> str:
    """``seconds = 95.0, rounded = 95``."""
    held = cast("Mapping[str, object]", params[name])
    return ", ".join(f"{key} = {value}" for key, value in held.items()) or "nothing"


def _names(said: Catalogue, name: str, params: Params) -> str:
    """Names, or the word for none of that kind."""
    return ", ".join(cast("Sequence[str]", params[name])) or said.word("names", name)


def _change(_: Catalogue, name: str, params: Params) -> str:
    """An amount with its sign."""
    micros = cast(int, params[name])
    return format_money(micros) if micros < 0 else f"+{format_money(micros)}"


FORMS: Mapping[str, Callable[[Catalogue, str, Params], str]] = {
    "": _plain,
    "money": _money,
    "span": _span,
    "seconds": _seconds,
    "words": _words,
    "calls": _calls,
    "read": _read_values,
    "lots": _lots,
    "joined": _joined,
    "or_nobody": _or_nobody,
    "brief": _brief,
    "outcome": _outcome,
    "values": _values,
    "names": _names,
    "change": _change,
}
