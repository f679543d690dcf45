"""The catalogue has a sentence for every code, says nothing that it does not know, and can be translated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.core.facts import Candidate
from engine.exchange.codes import CANDIDATE_CODES, DISPUTE_REASONS, VERDICT_REASONS
from engine.wording.catalogue import FORMS, Catalogue, catalogue, english, forms, languages, placeholders
from engine.wording.codes import meaning
from engine.wording.sentences import candidate_sentence

ENGINE = Path(__file__).parents[2] / "engine"


@pytest.mark.parametrize("code", CANDIDATE_CODES)
def test_a_candidates_code_has_a_sentence_that_needs_nothing_but_the_buyer(code: str) -> None:
    """So that a view without its details, or an older record, still says why."""
    said = candidate_sentence(Candidate("lonestar", False, code, ()))
    assert said.endswith(".")
    assert "{" not in said


@pytest.mark.parametrize(
    ("group", "code"),
    [
        *(("candidate", code) for code in CANDIDATE_CODES),
        *(("verdict", code) for code in VERDICT_REASONS),
        *(("dispute", code) for code in DISPUTE_REASONS),
    ],
)
def test_every_code_has_its_meaning_for_the_reference(group: str, code: str) -> None:
    assert meaning(group, code).endswith(".")


def test_every_sentence_uses_forms_that_there_are() -> None:
    said = english()
    wrong = [
        (name, version)
        for name in said.names()
        if not name.startswith("words.")
        for version in said.versions(name)
        if not forms(version) <= FORMS.keys()
    ]
    assert wrong == []


def test_every_code_that_the_engine_gives_has_a_sentence() -> None:
    """Codes of faults, turns, endings and clauses, as they stand in the code."""
    text = "\n".join(
        path.read_text() for room in ("core", "nodes", "exchange") for path in (ENGINE / room).glob("*.py")
    )
    faults = set(re.findall(r'(?:_fault\([^"]*"\w+"|_fault\(call\.node|Fault\([\w.]+, "\w+"), "(\w+)"', text))
    clauses = set(re.findall(r'clause_of_kind\(\s*"(\w+)"', text)) - {"hours"}
    said = english()
    assert faults
    assert clauses
    assert [code for code in faults if not said.versions(f"fault.{code}")] == []
    assert [kind for kind in clauses if not said.versions(f"clause.{kind}")] == []


def test_another_language_says_what_it_has_and_english_what_it_lacks() -> None:
    spanish = Catalogue({"candidate": {"paused": "{buyer} está en pausa: {why}."}}, english())
    paused = Candidate("lonestar", False, "paused", (), {"why": "presupuesto"})
    tried = Candidate("lonestar", False, "already_tried", ())
    assert candidate_sentence(paused, spanish) == "lonestar está en pausa: presupuesto."
    assert candidate_sentence(tried, spanish) == "lonestar was already called in this call."


def test_a_language_that_nobody_wrote_is_english() -> None:
    assert catalogue("xx") is english()
    assert "en" in languages()


def test_of_several_versions_the_first_is_said_whose_names_are_known() -> None:
    said = Catalogue({"a": ["{x} and {y}", "{x} alone", "nothing"]})
    assert said.say("a", {"x": 1, "y": 2}) == "1 and 2"
    assert said.say("a", {"x": 1}) == "1 alone"
    assert said.say("a", {}) == "nothing"
    assert placeholders("{x} and {y:money}") == {"x", "y"}


def test_a_code_without_a_sentence_is_shown_as_it_is() -> None:
    assert english().say("nowhere", {}) == "nowhere"
    assert english().say("verdict.of.tomorrow", {"ran_ms": 80, "buyer": "a"}) == (
        "verdict.of.tomorrow (buyer 'a', ran_ms 80)"
    )
