"""`recording:` in network.yaml: read, inherited, and refused where callers would not be told."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

from engine.core.market import RecordingTerms
from engine.language.building import setting_of
from engine.language.revisions import publish
from engine.language.schemas import schemas

FLOW = """
flow: main
start: bye
nodes:
  bye: {type: hangup, say: Goodbye.}
"""
NETWORK = """network: acme
%s
numbers: {"+15550100": {campaign: roofing}, "+15550101": {campaign: solar}}
campaigns:
  roofing: {flow: main, buyers: [lonestar]}
  solar: {flow: main, buyers: [lonestar]%s}
buyers: {lonestar: {to: "+15550111", price: "45.00"}}
"""


def published(network: str = "", campaign: str = "") -> Any:
    own = f", recording: {campaign}" if campaign else ""
    whole = f"recording: {network}" if network else ""
    return publish({"network.yaml": NETWORK % (whole, own), "main.yaml": FLOW})


def terms(network: str = "", campaign: str = "") -> dict[str, RecordingTerms | None]:
    found = published(network, campaign)
    assert found.network is not None, "\n".join(map(str, found.mistakes))
    return {name: one.recording for name, one in found.network.campaigns.items()}


TOLD = '{channels: both, announcement: "This call may be recorded.", format: flac, until: bridge, keep: 90d}'


def test_nothing_is_recorded_unless_it_is_written() -> None:
    assert terms() == {"roofing": None, "solar": None}


def test_the_networks_setting_holds_for_every_campaign_that_has_none() -> None:
    found = terms(TOLD, "{channels: none}")
    assert found["solar"] is None
    roofing = found["roofing"]
    assert roofing is not None
    assert roofing.announcement is not None
    assert (roofing.channels, roofing.format, roofing.until, roofing.keep_ms) == (
        "both",
        "flac",
        "bridge",
        90 * 86_400_000,
    )
    assert roofing.announcement.text == "This call may be recorded."


def test_a_campaigns_own_setting_stands_in_place_of_the_networks() -> None:
    solar = terms(TOLD, "{channels: caller, announcement: none, consent_elsewhere: true}")["solar"]
    assert solar is not None
    assert (solar.channels, solar.announcement, solar.keep_ms) == ("caller", None, None)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{channels: both}", "callers never hear so"),
        ("{channels: both, announcement: none}", "consent_elsewhere: true"),
        ("{channels: both, announcement: none, consent_elsewhere: false}", "without an announcement"),
        ("{channels: stereo, announcement: Hello.}", "caller, both or none"),
        ("{announcement: Hello.}", "'channels' is missing"),
        ("{channels: both, announcement: Hello., keep: long}", "a duration such as"),
        ('{channels: both, announcement: "Hello {{ zip }}."}', "'zip' isn't an answer"),
    ],
)
def test_what_would_record_in_secret_or_makes_no_sense_is_refused(written: str, said: str) -> None:
    found = published(written)
    assert found.revision is None
    assert any(said in str(mistake) for mistake in found.mistakes), "\n".join(map(str, found.mistakes))
    assert all(str(mistake).startswith("network.yaml:2:") for mistake in found.mistakes)


def test_the_schema_and_the_terms_name_the_same_settings() -> None:
    schema: Any = schemas()["common.schema.json"]["$defs"]["recording"]  # type: ignore[index]
    own = {setting_of(field.name): field for field in fields(RecordingTerms)}
    del own["place"], own["announcements"]  # the file's line; the announcement in each language
    assert set(own) == set(schema["properties"])
    for name, field in own.items():
        if field.default is not MISSING and field.default is not None:
            assert schema["properties"][name]["default"] == field.default


def test_the_roofing_example_is_checked_with_recording(tmp_path: Path) -> None:
    from engine.language.revisions import check
    from tests.journeys.journey_world import network

    folder = network(tmp_path / "flows", {"currency: USD": f"currency: USD\nrecording: {TOLD}"})
    assert [str(one) for one in check(folder) if one.severity == "error"] == []
