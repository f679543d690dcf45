"""Half a million mistakes are told as a hundred and a number."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from engine.cli import main
from engine.language.shapes import MOST_FINDINGS
from tests.language.test_folder import FLOW, NETWORK

MANY = 500_000 // 50  # as many as a test has the time for; the file of half a million is read alike


def checked(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["check", str(folder), *more])


def written(folder: Path, network: str, zips: str = "78701") -> Path:
    (folder / "network.yaml").write_text(network)
    (folder / "main.yaml").write_text(FLOW)
    (folder / "texas.txt").write_text(zips)
    return folder


def test_unknown_settings_stop_at_the_first_hundred(tmp_path: Path) -> None:
    unknown = "\n".join(f"setting{number}: 1" for number in range(MANY))
    result = checked(written(tmp_path, f"{NETWORK}\n{unknown}\n"))
    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert len(lines) == MOST_FINDINGS + 1
    assert lines[-1] == "and 1 more"  # a line that has the number of the rest
    found = json.loads(checked(tmp_path, "--json").stdout)
    assert (found["errors"], found["more"], len(found["mistakes"])) == (MOST_FINDINGS + 1, 1, MOST_FINDINGS)


def test_numbers_that_are_none_stop_at_the_first_hundred(tmp_path: Path) -> None:
    numbers = "".join(f"  nonsense{number}: {{campaign: roofing}}\n" for number in range(MANY))
    result = checked(written(tmp_path, NETWORK.replace("buyers:\n", f"publishers:\n{numbers}buyers:\n")))
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) <= MOST_FINDINGS + 1


def test_a_list_of_nonsense_is_told_as_a_hundred_and_a_number(tmp_path: Path) -> None:
    result = checked(written(tmp_path, NETWORK, "\n".join(f"nonsense{number}" for number in range(MANY))))
    lines = result.stdout.splitlines()
    assert (len(lines), lines[-1]) == (MOST_FINDINGS + 1, f"and {MANY - MOST_FINDINGS} more")
