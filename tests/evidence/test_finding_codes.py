"""Every code that a check of evidence can find has its sentence, and no sentence is left of a code that is gone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from engine.wording.catalogue import english

EVIDENCE = Path("engine/evidence")
MADE_BY = {"holds": 1, "fails": 1, "not_checked": 1, "Phrase": 0}
"""What makes a finding, or a part of one, and which of its arguments is the code."""

CHOSEN = {"required_is_known", "required_is_missing"}  # by one line that makes either


def codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MADE_BY:
            place = MADE_BY[node.func.id]
            if len(node.args) > place and isinstance(node.args[place], ast.Constant):
                yield str(node.args[place].value)  # type: ignore[attr-defined]


def test_codes_and_sentences_are_the_same() -> None:
    found = {code for path in EVIDENCE.glob("*.py") for code in codes_in(ast.parse(path.read_text("utf-8")))}
    said = {name.partition(".")[2] for name in english().names() if name.partition(".")[0] == "finding"}
    assert found | CHOSEN == said
