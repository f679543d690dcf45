"""Whether a network sells calls by a browser, and what `check` says of terms that can't hold for them."""

from __future__ import annotations

from pathlib import Path

from engine.language.revisions import publish, read_network_dir

FILES = read_network_dir(Path("flows"))
SELLS = "sells_browser_calls: true\n"


def test_calls_by_a_browser_are_practice_unless_a_network_sells_them() -> None:
    plain, sold = (publish({**FILES, "network.yaml": each + FILES["network.yaml"]}) for each in ("", SELLS))
    assert plain.network is not None
    assert sold.network is not None
    assert (plain.network.sells_browser_calls, sold.network.sells_browser_calls) == (False, True)


def test_terms_over_duplicates_are_warned_of() -> None:
    roofing = read_network_dir(Path("examples/flows/roofing"))
    assert "duplicates:" in roofing["network.yaml"]
    warned = [
        str(each) for each in publish({**roofing, "network.yaml": SELLS + roofing["network.yaml"]}).mistakes
    ]
    (told,) = [each for each in warned if "calls by a browser have no caller's number" in each]
    assert told.startswith("network.yaml:1:")
    assert "leave 'sells_browser_calls' out" in told
    assert not any("calls by a browser" in str(each) for each in publish(roofing).mistakes)
