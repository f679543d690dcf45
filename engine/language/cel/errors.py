"""What CEL's checker says, in an operator's words: what is wrong, with the name and the cure.

CEL reports ``ERROR: <input>:LINE:COLUMN: message``. The words around that column tell which name or value
was meant; operators slip in a handful of ways, and each has its own cure here.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

from engine.language.mistakes import nearest, phrase, suggestion


class ExpressionFault(NamedTuple):
    """A mistake at a line and column of the expression, both counted from 1."""

    line: int
    column: int
    message: str


FUNCTIONS = ("startsWith", "endsWith", "contains", "matches", "size", "int", "double", "string", "has")

_ERROR = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*?)(?: \[[A-Z_]+\])?$", re.MULTILINE)
_UNDECLARED = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD = re.compile(r"found no matching overload for '([^']*)' applied to '\((.*)\)'")
_RESERVED = re.compile(r"reserved identifier: (\w+)")
_OPERAND = r"""[A-Za-z_][\w.]*|"[^"]*"|'[^']*'|-?[\d.]+"""
_LEFT = re.compile(rf"({_OPERAND})\s*$")
_RIGHT = re.compile(rf"\s*({_OPERAND})")
_STRINGS = re.compile(r""""[^"]*"|'[^']*'""")
_DOTTED = re.compile(r"[\w.]*\Z")

_TYPES = {
    "string": "text",
    "int": "a whole number",
    "uint": "a whole number",
    "double": "a number with decimals",
    "bool": "yes or no (true or false)",
    "null_type": "null",
}


def faults_of(report: str, text: str, names: Mapping[str, str]) -> tuple[ExpressionFault, ...]:
    """The faults in CEL's report on a text; ``names`` describes each name that may be used."""
    faults: list[ExpressionFault] = []
    for match in _ERROR.finditer(report):
        line, column, message = int(match[1]), int(match[2]), match[3]
        if "Syntax error" in message:
            # After the first syntax error the parser only guesses.
            return (*faults, _syntax(message, text, line, column))
        faults.append(_fault(message, text, line, column, names))
    if "recursion limit" in report or "too large" in report:
        return (
            ExpressionFault(1, 1, phrase("this expression is nested too deeply", cure="write it as several")),
        )
    return tuple(faults) or (
        ExpressionFault(1, 1, phrase(f"this expression can't be read: {_brief(report)}")),
    )


def _fault(message: str, text: str, line: int, column: int, names: Mapping[str, str]) -> ExpressionFault:
    row = _row(text, line)
    if match := _UNDECLARED.search(message):
        return _undeclared(match[1], row, line, column, names)
    if "operand of a select" in message:
        before = _DOTTED.search(row[: column - 1])
        start = before.start() if before else column - 1
        whole = re.match(r"[\w.]+", row[start:])
        return ExpressionFault(line, start + 1, _unknown_field(whole[0] if whole else row, names))
    if match := _OVERLOAD.search(message):
        kinds = [kind.strip() for kind in match[2].split(", ")]
        return ExpressionFault(line, column, _mismatch(match[1], kinds, row, column, names))
    if match := _RESERVED.search(message):
        found = f"'{match[1]}' is a keyword in expressions and can't be a name"
        return ExpressionFault(line, column, phrase(found, cure="give the answer another name"))
    return ExpressionFault(line, column, phrase(f"this expression can't be used: {message}"))


def _undeclared(name: str, row: str, line: int, column: int, names: Mapping[str, str]) -> ExpressionFault:
    if row[column - 1 : column] == "(":
        start = max(row.rfind(name, 0, column), 0) + 1
        message = phrase(f"function '{name}' doesn't exist", cure=suggestion(name, FUNCTIONS))
        return ExpressionFault(line, start, message)
    start = max(row.rfind(name, 0, column + len(name)), 0)
    return ExpressionFault(line, start + 1, _unknown_name(name, row[:start], names))


def _unknown_name(name: str, before: str, names: Mapping[str, str]) -> str:
    root = name.partition(".")[0]
    if name.casefold() in ("true", "false"):
        return phrase(f"'{name}' isn't a value", cure=f"write {name.lower()}")
    if "." in name and any(known.startswith(f"{root}.") for known in names):
        return _unknown_field(name, names)
    near = nearest(name, names)
    if near is None and "." not in name and re.search(r"(?:==|!=|\[|,)\s*\Z", before):
        return phrase(f"'{name}' isn't an answer here", cure=f'if it is text, put it in quotes: "{name}"')
    if near is not None:
        return phrase(f"'{name}' isn't an answer of this flow", cure=f"did you mean '{near}'?")
    roots = sorted({known.partition(".")[0] for known in names})
    return phrase(f"'{name}' isn't an answer of this flow", cure=suggestion(name, roots))


def _unknown_field(name: str, names: Mapping[str, str]) -> str:
    root, _, rest = name.partition(".")
    offered = [known for known in names if known.startswith(f"{root}.")]
    if not offered:
        return phrase(f"'{root}' has no '{rest}'", cure=f"use '{root}' by itself")
    return phrase(f"'{root}' has no '{rest}'", cure=suggestion(name, offered))


def _mismatch(function: str, kinds: list[str], row: str, column: int, names: Mapping[str, str]) -> str:
    sign = function.replace("_", "").replace("@", "")
    left, right = _neighbours(row, column, sign)
    if sign in ("&&", "||", "!", "?:"):
        words = {"!": (right,), "?:": (left,)}.get(sign, (left, right))
        pairs = zip(words, kinds, strict=False)
        wrong = next(((word, kind) for word, kind in pairs if kind != "bool"), None)
        if wrong is not None:
            found = f"{_described(wrong[0], wrong[1], names)}, and '{sign}' needs a condition there"
            return phrase(found, cure="compare it with something")
        return phrase(
            f"the two results of '{sign}' have different types", expected="two results of the same type"
        )
    if sign in ("==", "!=", "<", "<=", ">", ">=") and len(kinds) == 2:
        other = f"{right} ({_TYPES.get(kinds[1], kinds[1])})" if right else _TYPES.get(kinds[1], kinds[1])
        found = f"{_described(left, kinds[0], names)}, compared with {other}"
        return phrase(found, cure=_comparison_cure(kinds, left, right, sign))
    if sign == "in":
        found = f"'in' looks into {_TYPES.get(kinds[-1], 'this')}"
        return phrase(found, expected=f"a list, as in {left or 'name'} in [{right or '…'}]")
    shown = ", ".join(_TYPES.get(kind, kind) for kind in kinds)
    return phrase(f"'{sign}' can't be used with ({shown})")


def _comparison_cure(kinds: list[str], left: str, right: str, sign: str) -> str:
    if kinds[0] == "bool" and kinds[1] == "string":
        value = "false" if right.strip("\"'").lower() in ("no", "false", "off") else "true"
        return f"write {left} {sign} {value}"
    if "null_type" in kinds:
        return "remove it: an answer that isn't given yet is unknown"
    if kinds[0] == "string" and right and right[0] not in "\"'":
        return f'put it in quotes: "{right}"'
    if kinds[0] in ("int", "double") and kinds[1] == "string" and right.strip("\"'").isdecimal():
        return "remove the quotes"
    if kinds == ["double", "int"] and right.lstrip("-").isdecimal():
        return f"write {right}.0"
    if kinds == ["int", "double"]:
        return "compare with a whole number"
    return ""


def _described(word: str, kind: str, names: Mapping[str, str]) -> str:
    if word in names:
        return f"'{word}' is {names[word]}"
    if kind.startswith("type("):
        return f"'{word}' is a keyword in expressions"
    return f"{word} is {_TYPES.get(kind, kind)}" if word else f"this is {_TYPES.get(kind, kind)}"


def _neighbours(row: str, column: int, sign: str) -> tuple[str, str]:
    left = _LEFT.search(row[: column - 1])
    width = 1 if sign == "?:" else len(sign)
    right = _RIGHT.match(row[column - 1 + width :])
    return (left[1] if left else "", right[1] if right else "")


def _syntax(message: str, text: str, line: int, column: int) -> ExpressionFault:
    row = _row(text, line)
    bare = _STRINGS.sub(lambda match: "x" * len(match[0]), row)
    if match := re.search(r"\b(and|or|not)\b", bare, re.IGNORECASE):
        written = {"and": "&&", "or": "||", "not": "!"}[match[1].lower()]
        return ExpressionFault(
            line, match.start() + 1, phrase(f"'{match[1]}' isn't an operator", cure=f"write {written}")
        )
    if match := re.search(r"===|<>|=>|=<|(?<![=!<>])=(?!=)", bare):
        written = {"===": "==", "<>": "!=", "=>": ">=", "=<": "<=", "=": "=="}[match[0]]
        return ExpressionFault(
            line, match.start() + 1, phrase(f"'{match[0]}' isn't an operator", cure=f"write {written}")
        )
    if match := re.search("[\u201c\u201d\u2018\u2019]", bare):
        return ExpressionFault(line, match.start() + 1, phrase("a typographic quote", cure="write \" or '"))
    if "token recognition" in message and row[column - 1 : column] in ('"', "'"):
        return ExpressionFault(
            line, column, phrase("the quote opened here is never closed", cure="add the closing quote")
        )
    if re.search(r"\bin\s*\(", bare):
        start = bare.index("(", re.search(r"\bin\s*\(", bare).start())  # type: ignore[union-attr]
        return ExpressionFault(line, start + 1, phrase("a list in round brackets", cure="write [ and ]"))
    if "missing ')'" in message:
        return ExpressionFault(line, column, phrase("a '(' is never closed", cure="add the ')'"))
    if "'<EOF>'" in message:
        return ExpressionFault(
            line, column, phrase("the expression ends too soon", expected="a value or a name")
        )
    if match := re.search(r"(?:extraneous|mismatched) input '(.*?)'", message):
        return ExpressionFault(line, column, phrase(f"'{match[1]}' is out of place here"))
    return ExpressionFault(
        line, column, phrase("this isn't an expression", expected='one like need == "repair"')
    )


def _row(text: str, line: int) -> str:
    rows = text.split("\n")
    return rows[line - 1] if line <= len(rows) else ""


def _brief(report: str) -> str:
    return report.split("\n", 1)[0][:200]
