"""`cordboard hear` tells what choices make of a sentence, and what each part found."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.cli import main

ROOFING = Path(__file__).parents[2] / "examples" / "flows" / "roofing"

pytestmark = pytest.mark.skipif(find_spec("onnxruntime") is None, reason="the extra is missing")


def hear(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["hear", str(ROOFING), *arguments])
    return result.exit_code, result.output


def test_each_part_is_told_of_a_sentence_in_other_words() -> None:
    code, output = hear("my roof is leaking", "--flow", "roofing", "--ask", "need", "--json")
    (document,) = json.loads(output)
    assert code == 0
    assert document["readings"][0]["option"] == "repair"
    assert {"grammar", "words", "meaning", "certainty"} <= document["readings"][0].keys()


def test_a_phrase_is_taken_by_the_grammar_alone() -> None:
    code, output = hear("I need a new roof", "--flow", "roofing", "--ask", "need")
    assert (code, "replace: taken" in output) == (0, True)


def test_a_question_that_is_not_asked_is_told() -> None:
    code, output = hear("my roof is leaking", "--ask", "nothing")
    assert code == 2
    assert "no such choice" in output


def test_a_file_that_is_not_there_is_told() -> None:
    code, output = hear("gone.wav", "--flow", "roofing", "--ask", "need")
    assert code == 2
    assert "gone.wav" in output
