"""Turns a YAML parser's complaint into what an operator did and how to mend it.

The parser says where it gave up; the operator's slip is often elsewhere (the quote that was opened, the
line above without a colon). The lines themselves are read for the cause, so that the words are the same
whichever parser is at work.
"""

import re
from collections.abc import Sequence

from yaml import MarkedYAMLError
from yaml.error import Mark

from engine.core.places import Place
from engine.language.mistakes import Mistake, phrase

_KEY_WITH_VALUE = re.compile(r"\s*(?:- +)*[^\s#:][^:]*: +\S")
_ENTRY = re.compile(r"\s*(?:- |-$|[^#]*:(?: |$))")


def syntax_mistake(problem: MarkedYAMLError, file: str, lines: Sequence[str]) -> Mistake:
    """The mistake behind a syntax error, at the place where the operator should look."""
    mark, opened = problem.problem_mark, problem.context_mark
    if mark is None:
        return Mistake(Place(file, 1, 1), phrase(f"this isn't valid YAML: {problem.problem}"))
    what, context = str(problem.problem or ""), str(problem.context or "")
    here = _place(file, mark)
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        tab = Place(file, mark.line + 1, line.index("\t") + 1)
        return _mistake(tab, "this line is indented with a tab", "spaces", "replace each tab with two spaces")
    if "quoted scalar" in context and opened is not None and "escape" not in what:
        return _mistake(
            _place(file, opened), "the quote opened here is never closed", "", "add the closing quote"
        )
    if "escape" in what:
        cure = "write the text in single quotes, or double the backslash"
        return _mistake(here, "this backslash starts an escape that YAML doesn't know", "", cure)
    if "mapping values" in what:
        return _stray_colon(file, mark, lines)
    if "flow" in context and opened is not None and opened.line < len(lines):
        bracket = lines[opened.line][opened.column : opened.column + 1]
        closing = {"[": "]", "{": "}"}.get(bracket)
        if closing is not None:
            found = f"the '{bracket}' opened here is never closed, or a comma is missing inside it"
            return _mistake(_place(file, opened), found, f"',' or '{closing}'", "")
    return _other(here, what, context, mark, lines)


def _other(here: Place, what: str, context: str, mark: Mark, lines: Sequence[str]) -> Mistake:
    if mark.line >= len(lines) or not "".join(lines[mark.line :]).strip():
        return _mistake(here, "the file ends in the middle of something", "", "close every bracket and quote")
    line = lines[mark.line]
    character = line[mark.column : mark.column + 1]
    if "alias" in context or "anchor" in context:
        found = "an unquoted '*' or '&' starts a reference to another part of the file"
        return _mistake(here, found, "a name after it", 'put the value in quotes, as in "*"')
    if "cannot start any token" in what:
        return _mistake(here, f"a value can't start with '{character}'", "", "put the value in quotes")
    if character and character in "]}":
        return _mistake(
            here, f"this '{character}' has nothing to close", "", "remove it, or put the text in quotes"
        )
    if "block scalar" in context:
        found = "there is text on the same line as '|' or '>'"
        return _mistake(here, found, "the text on the lines below, indented", "")
    if "block" in context:
        found = f"'{_shortened(line.strip())}' doesn't line up with the lines above it"
        return _mistake(here, found, "", "indent it like its neighbours; every list item starts with '- '")
    return _mistake(here, f"this isn't valid YAML: {what}", "", "")


def _stray_colon(file: str, mark: Mark, lines: Sequence[str]) -> Mistake:
    line = lines[mark.line]
    here = _place(file, mark)
    if _KEY_WITH_VALUE.match(line[: mark.column]):
        return _mistake(here, "a second ': ' in one value", "", "put the whole value in quotes")
    above = next(
        (n for n in range(mark.line - 1, -1, -1) if lines[n].strip() and not _is_comment(lines[n])), None
    )
    start = Place(file, mark.line + 1, len(line) - len(line.lstrip()) + 1)
    if above is None:
        return _mistake(here, "a ':' in an unexpected place", "", "put the text in quotes")
    upper = lines[above]
    if not _ENTRY.match(upper):
        place = Place(file, above + 1, len(upper) - len(upper.lstrip()) + 1)
        found = f"'{_shortened(upper.strip())}' has no ':' after it"
        return _mistake(place, found, "'key: value'", "add the ':' and a space")
    found = f"this line is indented under '{_shortened(upper.strip())}', which already has a value"
    return _mistake(start, found, "", "indent it like the line above")


def _mistake(place: Place, found: str, expected: str, cure: str) -> Mistake:
    return Mistake(place, phrase(found, expected=expected, cure=cure))


def _place(file: str, mark: Mark) -> Place:
    return Place(file, mark.line + 1, mark.column + 1)


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("#")


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
