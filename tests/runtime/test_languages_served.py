"""What a machine lacks to speak and hear a language is said where the language is written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.core.flow import Flow
from engine.language.revisions import publish
from engine.runtime import languages_served
from engine.runtime.languages_served import lacking
from engine.runtime.settings import Settings

NETWORK = """\
network: acme
currency: USD
numbers: {"+15550100": {campaign: roofing}}
campaigns:
  roofing: {flow: main}
"""
FLOW = """\
flow: main
language: LANGUAGE
start: ask
answers: {zip: {type: zip}}
nodes:
  ask: {type: collect, answer: zip, prompt: "¿Su código postal?", next: bye, exits: {noinput: bye, nomatch: bye}}
  bye: {type: hangup, say: "Adiós."}
"""


def flows(language: str) -> list[Flow]:
    published = publish({"network.yaml": NETWORK, "main.yaml": FLOW.replace("LANGUAGE", language)})
    assert published.revision is not None, published.mistakes
    return [each for flow in published.revision.flows.values() for each in flow.in_all]


def said(language: str, **settings: object) -> list[str]:
    return [str(mistake) for mistake in lacking(flows(language), Settings(**settings))]  # type: ignore[arg-type]


def test_a_language_that_no_voice_speaks_is_an_error_at_its_line() -> None:
    ear, voice = said("fr-FR")
    assert voice.startswith("main.yaml:2:")
    assert "flow 'main' has to say \"" in voice
    assert "no default voice speaks 'fr-FR' (they speak English, Spanish)" in voice
    assert voice.endswith("or set CORDBOARD_VOICE_VENDOR to a voice that speaks it")
    assert "warning: callers of flow 'main' can only key in 'fr-FR'" in ear


@pytest.mark.parametrize("vendor", [{"class": "a.B"}, {"fr": {"class": "a.B"}}, {"*": {"class": "a.B"}}])
def test_a_vendor_that_is_set_speaks_and_hears_it(vendor: dict[str, object]) -> None:
    assert said("fr-FR", voice_vendor=vendor, speech_vendor=vendor) == []


def test_a_vendor_of_another_language_does_not() -> None:
    assert len(said("fr-FR", voice_vendor={"es": {"class": "a.B"}})) == 2


def test_what_is_only_not_installed_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages_served, "voice_missing", lambda language: "no Spanish voice is installed")
    monkeypatch.setattr(languages_served, "ear_missing", lambda language: None)
    (voice,) = said("es-US")
    assert "warning: flow 'main' has to say" in voice


def test_a_flow_of_own_sounds_needs_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages_served, "voiced", lambda flow: "")
    assert said("fr-FR", speech="off") == []


def test_english_is_not_looked_at() -> None:
    assert said("en-GB") == []
    assert lacking([replace(flows("fr-FR")[0], language_at=None)], Settings()) == []
