"""What conditions and prompts in a file may read, and the reading of them.

A flow's own answers, their parts (`zip.state`) and what every call offers (`call.hour`). An answer whose
declaration is itself mistaken is *unsure*: what reads it is not judged, so that one mistake is one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from engine.core.answers import AnswerType, ValueType
from engine.core.conditions import All, AnyOf, Clause, Condition, Not
from engine.core.expressions import Expression
from engine.core.filters import FILTERS
from engine.core.places import Place
from engine.core.prompts import Prompt
from engine.exchange.market import CALL_VALUE_TYPES
from engine.language.cel.expressions import Vocabulary, comparisons, compile_clause, compile_value
from engine.language.each_language import EACH, prompt_in_each
from engine.language.mistakes import Mistakes, suggestion
from engine.language.sounds import recorded_prompt
from engine.language.templates import parse
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import value_at

DECIDES_NOTHING = ", which is whatever callers say; nothing may be decided or paid by it"
ASK_OTHERWISE = "ask for it as another type, such as choice or yes_no, or take it out"

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_PARAMETERS: Mapping[str, ValueType] = {}


@dataclass(frozen=True)
class Names:
    """The names with their types, the options of each choice, the unsure answers, and all answers."""

    types: Mapping[str, ValueType]
    options: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()
    answers: frozenset[str] = frozenset()
    free: frozenset[str] = frozenset()  # those of the answers that are whatever callers say

    @cached_property
    def vocabulary(self) -> Vocabulary:
        return Vocabulary(self.types, answers=self.answers)

    def condition(self, document: Document, path: Pointer, mistakes: Mistakes) -> Condition | None:
        """The condition at a path, or None where part of it is mistaken."""
        value = value_at(document, path)
        if isinstance(value, str):
            return self._clause(document, path, value, mistakes)
        if not isinstance(value, dict) or len(value) != 1:
            return None
        group, children = next(iter(value.items()))
        if group == "not":
            child = self.condition(document, (*path, "not"), mistakes)
            return None if child is None else Not(child)
        if group not in ("all", "any") or not isinstance(children, list):
            return None
        read = [self.condition(document, (*path, group, index), mistakes) for index in range(len(children))]
        whole = tuple(condition for condition in read if condition is not None)
        if len(whole) < len(read):
            return None
        return All(whole) if group == "all" else AnyOf(whole)

    def expression(self, document: Document, path: Pointer, mistakes: Mistakes) -> Expression | None:
        """The computed value at a path, or None where it is mistaken."""
        text = value_at(document, path)
        if not isinstance(text, str) or self._is_unsure(text):
            return None
        place = document.content_place(path)
        compiled = compile_value(text, place, self.vocabulary)
        if isinstance(compiled, tuple):
            mistakes.add(*compiled)
            return None
        return compiled if self._compares_options(text, place, mistakes) else None

    def prompt(self, document: Document, path: Pointer, language: str, mistakes: Mistakes) -> Prompt | None:
        """The prompt at a path, or None where it is mistaken."""
        text = value_at(document, path)
        if isinstance(text, dict) and EACH in text:
            return prompt_in_each(document, path, language, self.prompt, mistakes)
        if isinstance(text, dict):
            return recorded_prompt(document, path, language, mistakes)
        if not isinstance(text, str) or text == "":
            return None
        if "{{" in text and self._is_unsure(text):
            return None
        parsed = parse(text, document.content_place(path), self.types, FILTERS, language)
        if isinstance(parsed, Prompt):
            return parsed
        mistakes.add(*parsed)
        return None

    def _clause(self, document: Document, path: Pointer, text: str, mistakes: Mistakes) -> Clause | None:
        if self._is_unsure(text):
            return None
        place = document.content_place(path)
        compiled = compile_clause(text, place, self.vocabulary)
        if isinstance(compiled, tuple):
            mistakes.add(*compiled)
            return None
        for answer in sorted(self.free.intersection(compiled.answers)):
            mistakes.refuse(place, f"a condition reads '{answer}'{DECIDES_NOTHING}", cure=ASK_OTHERWISE)
        return compiled if self._compares_options(text, place, mistakes) else None

    def _is_unsure(self, text: str) -> bool:
        return bool(self.unsure) and not self.unsure.isdisjoint(_WORD.findall(text))

    def _compares_options(self, text: str, place: Place, mistakes: Mistakes) -> bool:
        """Whether every choice is compared with options that it has."""
        is_right = True
        if not mistakes.is_judging:
            return True
        for name, literal in comparisons(text, self.vocabulary):
            options = self.options.get(name)
            if options is not None and literal not in options:
                is_right = False
                found = f"'{literal}' isn't an option of '{name}'"
                cure = suggestion(str(literal), options)
                mistakes.error(_literal_place(place, text, str(literal)), found, cure=cure)
        return is_right


def names_of(
    answers: Mapping[str, AnswerType],
    unsure: Iterable[str] = (),
    parameters: Mapping[str, ValueType] = _NO_PARAMETERS,
) -> Names:
    """What a flow's own conditions and prompts may read."""
    types: dict[str, ValueType] = {**CALL_VALUE_TYPES, **parameters}
    options: dict[str, frozenset[str]] = {}
    for name, answer in answers.items():
        types |= {f"{name}.{suffix}" if suffix else name: kind for suffix, kind in answer.value_types.items()}
        texts = [value for value in answer.few_values if isinstance(value, str)]
        if texts:
            options[name] = frozenset(texts)
    free = frozenset(name for name, answer in answers.items() if answer.IS_FREE)
    return Names(types, options, frozenset(unsure), frozenset(answers), free)


def union(many: Iterable[Names]) -> Names:
    """What a buyer's terms may read whose calls come from several flows.

    A name that two flows type differently is unsure: whoever merges has to say so.
    """
    types: dict[str, ValueType] = dict(CALL_VALUE_TYPES)
    options: dict[str, frozenset[str]] = {}
    unsure: set[str] = set()
    answers: set[str] = set()
    free: set[str] = set()
    for names in many:
        answers |= names.answers
        free |= names.free
        for name, kind in names.types.items():
            if types.setdefault(name, kind) != kind:
                unsure.add(name.partition(".")[0])
        for name, known in names.options.items():
            options[name] = options.get(name, frozenset()) | known
        unsure |= names.unsure
    return Names(types, options, frozenset(unsure), frozenset(answers), frozenset(free))


def _literal_place(place: Place, text: str, literal: str) -> Place:
    """Where a quoted literal stands in an expression that begins at `place`."""
    start = max(text.find(f'"{literal}"'), text.find(f"'{literal}'"), 0)
    return place.moved(text.count("\n", 0, start), start - (text.rfind("\n", 0, start) + 1))
