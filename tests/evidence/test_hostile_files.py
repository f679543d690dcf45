"""Files that strangers made to harm whoever checks them: refused in one line, soon, and without a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main
from engine.core.journal import named_twice
from engine.core.json_values import Json
from engine.evidence import vcon
from engine.evidence.parts import Part, part_json
from engine.evidence.signing import EvidenceError, SigningKey, signing_key
from engine.evidence.strictly import parsed
from engine.evidence.vcon import read_evidence


@pytest.fixture
def key(tmp_path: Path) -> SigningKey:
    return signing_key(tmp_path / "key.pem")


def verified(file: Path) -> Result:
    result = CliRunner().invoke(main, ["verify", str(file)])
    assert isinstance(result.exception, SystemExit), result.exception
    return result


def told(vcon_: Json, key: SigningKey) -> str:
    """A file that is signed well, whatever is in it."""
    header: dict[str, Json] = {"audience": "network", "format": 2, "root": "", "uuid": "", "created_at": ""}
    return json.dumps(key.sign(json.dumps(vcon_).encode(), header))


@pytest.mark.parametrize("number", ["9" * 4_000, "9" * 5_000, "-" + "9" * 30, str(2**63)])
def test_numbers_beyond_64_bits_are_no_numbers(number: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="beyond all numbers"):
        parsed(f'{{"at": {number}}}')
    file = tmp_path / "call.json"
    file.write_text(f'{{"payload": {number}}}')
    result = verified(file)
    assert result.exit_code == 1
    assert len(result.output) < 500
    assert parsed(f"[{2**63 - 1}, -{2**63}]") == [2**63 - 1, -(2**63)]


@pytest.mark.parametrize("name", ["zeros", "big"])
def test_a_file_that_never_ends_is_read_as_far_as_evidence_goes(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cli.verify.MOST_BYTES", 1 << 20)
    monkeypatch.setattr(vcon, "MOST_BYTES", 1 << 20)
    file = tmp_path / name
    if name == "zeros":
        file.symlink_to("/dev/zero")
    else:
        file.write_text(" " * (2 << 20))
    result = verified(file)
    assert (result.exit_code, "the file is too large; expected at most 1 MiB" in result.output) == (1, True)


def test_a_file_with_more_parts_than_any_call_has_is_refused(
    key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vcon, "MOST_PARTS", 100)
    parts = [part_json(Part(number, f"answer/{number}", "", {})) for number in range(200)]
    attachment: Json = {"type": "cordboard/answer", "body": json.dumps(parts)}
    with pytest.raises(EvidenceError, match="more than 100 parts"):
        read_evidence(told({"attachments": [attachment]}, key))


def test_one_name_twice_among_a_hundred_thousand_is_found_at_once() -> None:
    members = [(f"member-{number}", number) for number in range(100_000)]
    assert named_twice(members) is None
    assert named_twice([*members, ("member-99999", 0)]) == "member-99999"


def test_a_file_that_takes_for_ever_is_given_up(
    tmp_path: Path, key: SigningKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cli.verify.MOST_S", 0.000_001)
    file = tmp_path / "call.json"
    file.write_text(told({"attachments": [{"type": "cordboard/answer", "body": "[]"}] * 20_000}, key))
    result = verified(file)
    assert result.exit_code == 1
    assert "can't be checked within" in result.output


def test_dates_beyond_all_years_are_told_and_no_traceback(tmp_path: Path, key: SigningKey) -> None:
    call: Json = {"call": "c1", "started_at": 2**62, "to_number": "+1", "started": "", "source": {}}
    recording: Json = {"recording": "r1", "format": "wav", "started_at_ms": 2**62, "duration_ms": 1}
    parts = [part_json(Part(0, "call", "", call)), part_json(Part(1, "recording/r1", "", recording))]
    file = tmp_path / "call.json"
    file.write_text(told({"attachments": [{"type": "cordboard/call", "body": json.dumps(parts)}]}, key))
    assert verified(file).exit_code == 1
