"""The command, as a script uses it: exit codes, JSON on stdout, diagnostics on stderr."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli import main

ROOFING = Path("examples/flows/roofing")


def cordboard(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def copy_of_roofing(folder: Path, replace: tuple[str, str] | None = None) -> Path:
    for file in ROOFING.iterdir():
        text = file.read_text()
        if replace is not None:
            text = text.replace(*replace)
        (folder / file.name).write_text(text)
    return folder


def test_a_network_without_mistakes_checks_with_0() -> None:
    result = cordboard("check", ROOFING)
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no mistakes; 63 stories\n"


def test_a_mistake_is_named_with_its_place_and_ends_with_1(tmp_path: Path) -> None:
    folder = copy_of_roofing(tmp_path, ("next: ask_need", "next: ask_nead"))
    result = cordboard("check", folder)
    assert result.exit_code == 1
    line = next(line for line in result.stdout.splitlines() if "warning" not in line)
    number = (folder / "roofing.yaml").read_text().splitlines().index("    next: ask_nead") + 1
    assert line.startswith(f"{folder}/roofing.yaml:{number}:")
    assert "ask_need" in line


def test_mistakes_come_as_json_too(tmp_path: Path) -> None:
    result = cordboard("check", copy_of_roofing(tmp_path, ("next: ask_need", "next: ask_nead")), "--json")
    document = json.loads(result.stdout)
    assert (document["errors"], document["revision"]) == (2, None)  # both flows of roofing ask for it
    assert document["mistakes"][0]["file"] == "roofing.yaml"


@pytest.mark.parametrize("command", ["check", "test", "serve", "dial"])
def test_a_folder_that_is_not_there_ends_with_2(command: str) -> None:
    result = cordboard(command, "no/such/folder")
    assert result.exit_code == 2
    assert "folder 'no/such/folder' doesn't exist" in result.stderr


def test_stories_pass_and_cover_every_exit() -> None:
    result = cordboard("test", ROOFING)
    assert result.exit_code == 0
    assert "flow roofing: 10 of 10 nodes, 22 of 22 exits covered" in result.stdout
    assert result.stdout.endswith("63 passed, 0 failed\n")


def test_a_story_that_fails_says_what_differed_and_ends_with_1(tmp_path: Path) -> None:
    folder = copy_of_roofing(tmp_path, ('price: "45.00"', 'price: "44.00"'))
    result = cordboard("test", folder, "--story", "texas_replacement")
    assert result.exit_code == 1
    assert "revenue: expected 45.00, got 44.00" in result.stdout
    document = json.loads(cordboard("test", folder, "--json").stdout)
    assert document["failed"] >= 1
    assert document["coverage"][0]["nodes"] == {"covered": 10, "all": 10}


@pytest.mark.parametrize("arguments", [("calls",), ("show", "1"), ("replay", "1"), ("replay", "--all")])
def test_a_database_that_is_not_there_is_not_made(arguments: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "typo.db"
    result = cordboard(*arguments, "--db", f"sqlite:///{file}")
    assert result.exit_code == 2
    assert str(file) in result.stderr
    assert not file.exists()


def test_a_bad_setting_says_what_was_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORDBOARD_TWILIO_API_URL", "not a url")
    result = cordboard("serve", ROOFING)
    assert result.exit_code == 2
    assert "setting twilio_api_url" in result.stderr
    assert "https://" in result.stderr


def test_serving_a_network_with_errors_ends_with_1_and_names_them(tmp_path: Path) -> None:
    folder = copy_of_roofing(tmp_path, ("next: ask_need", "next: ask_nead"))
    result = cordboard("serve", folder, "--db", f"sqlite:///{tmp_path}/c.db", "--http", "127.0.0.1:0")
    assert result.exit_code == 1
    assert "ask_nead" in result.stderr


def test_help_lists_every_setting() -> None:
    from engine.runtime.settings import Settings

    text = cordboard("serve", "--help").stdout
    assert all(f"CORDBOARD_{name.upper()}" in text for name in Settings.model_fields)


def test_a_call_is_dialled_shown_and_replayed(tmp_path: Path) -> None:
    db = f"sqlite:///{tmp_path}/calls.db"
    people = ["--keys", "78701", "--keys", "2", "--keys", "1", "--buyer", "lonestar=busy", "--talk", "95s"]
    dialled = cordboard("dial", ROOFING, *people, "--speed", "20", "--db", db, "--json")
    assert dialled.exit_code == 0, dialled.stderr
    call = json.loads(dialled.stdout)
    assert [leg["outcome"] for leg in call["legs"]] == ["busy", "completed"]
    assert call["verdicts"][0]["billable"]

    (listed,) = json.loads(cordboard("calls", "--db", db, "--json").stdout)
    assert (listed["call"], listed["buyer"], listed["revenue"]) == (call["call"], "redriver", "38.00")
    shown = json.loads(cordboard("show", call["call"][:12], "--db", db, "--json").stdout)
    for told in (shown, call):  # a carrier's record may be read just after the call was shown
        told.pop("carrier_records")
    assert shown == call
    told = cordboard("show", call["call"], "--db", db).stdout
    assert "zip = 78701" in told
    assert "network.yaml:" in told
    of_one = cordboard("show", call["call"], "--db", db, "--buyer", "sunstate").stdout
    assert "sunstate wants" in of_one
    assert "redriver, rank" not in of_one
    nobody = cordboard("show", call["call"], "--db", db, "--buyer", "sunstat")
    assert (nobody.exit_code, "did you mean 'sunstate'?" in nobody.stderr) == (2, True)

    same = cordboard("replay", call["call"], "--db", db)
    assert same.exit_code == 0, same.stdout
    assert "the same commands for all" in same.stdout
    assert "1 of 1 calls replay" in cordboard("replay", "--all", "--db", db).stdout

    changed = tmp_path / "changed"
    changed.mkdir()
    copy_of_roofing(changed, ("Press 1 to take it.", "Press 1 now."))
    differs = cordboard("replay", call["call"], "--against", changed, "--db", db, "--json")
    assert differs.exit_code == 1
    document = json.loads(differs.stdout)
    assert document["difference"]["node"] == "connect"
    assert document["what_if"]["sentences"] == []

    dearer = tmp_path / "dearer"
    dearer.mkdir()
    copy_of_roofing(dearer, ('price: "38.00"', 'price: "39.00"'))
    what_if = json.loads(cordboard("replay", call["call"], "--against", dearer, "--db", db, "--json").stdout)
    assert what_if["what_if"]["sentences"] == ["redriver: billable, 39.00 instead of billable, 38.00"]


def test_a_caller_who_speaks_keeps_real_time() -> None:
    result = cordboard("dial", ROOFING, "--say", "a new roof", "--speed", "2")
    assert result.exit_code == 2
    assert "speech is recognised in real time" in result.stderr


def test_a_recording_that_is_not_there_places_no_call(tmp_path: Path) -> None:
    result = cordboard("dial", ROOFING, "--say", tmp_path / "no.wav")
    assert result.exit_code == 2
    assert "no.wav: this file doesn't exist" in result.stderr
    (tmp_path / "torn.wav").write_bytes(b"RIFF")
    torn = cordboard("dial", ROOFING, "--say", tmp_path / "torn.wav")
    assert torn.exit_code == 2
    assert "not a PCM WAV file" in torn.stderr


@pytest.mark.parametrize(
    ("at", "exit_"), [("2026-11-23T09:00:00-06:00", "open"), ("2026-11-22T15:00:00Z", "closed")]
)
def test_a_call_is_simulated_at_its_time_and_told_why_it_turns(at: str, exit_: str) -> None:
    told = cordboard("sim", ROOFING.parent / "tax_relief", "--at", at)
    assert f"why office → {exit_}: It is " in told.stdout
    zoneless = cordboard("sim", ROOFING, "--at", "2026-11-23T09:00:00")
    assert (zoneless.exit_code, "has no time zone" in zoneless.stderr) == (2, True)


def test_a_call_is_simulated_from_a_pipe() -> None:
    lines = "78701\n2\n1\nbusy\nanswers 95s\n"
    result = CliRunner().invoke(main, ["sim", str(ROOFING)], input=lines)
    assert result.exit_code == 0, result.output
    assert "zip" in result.stdout
    assert "redriver" in result.stdout
    assert "38.00" in result.stdout
    spoken = "it's 78701\na new roof\nfiling a claim\nbusy\nanswers 95s\n"
    told = CliRunner().invoke(main, ["sim", str(ROOFING)], input=spoken)
    assert "need is a new roof, said" in told.stdout
    assert "38.00" in told.stdout
    unknown_number = cordboard("sim", ROOFING, "--to", "+15550190")
    assert (unknown_number.exit_code, "available: +15550100" in unknown_number.stderr) == (2, True)
    unknown = cordboard("sim", ROOFING, "--flow", "roofs")
    assert unknown.exit_code == 2
    assert "available: roofing" in unknown.stderr
