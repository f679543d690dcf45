"""`cordboard diff` takes revisions of git wherever it takes a folder."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from engine.cli.diff import diff

ROOFING = Path(__file__).parents[2] / "examples" / "flows" / "roofing"
PRICE = """lonestar: price 45.00 → 46.00
not seen here:
  no calls were tried, so nothing here says what the change earns or costs"""


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A repository whose folder `acme` has a dearer buyer since its last commit."""
    folder = tmp_path / "acme"
    folder.mkdir()
    for file in ROOFING.glob("*.yaml"):
        shutil.copy(file, folder)
    git(tmp_path, "init", "-q")
    commit(tmp_path)
    dearer = (folder / "network.yaml").read_text(encoding="utf-8").replace('"45.00"', '"46.00"')
    (folder / "network.yaml").write_text(dearer, encoding="utf-8")
    commit(tmp_path)
    return folder


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=operator", "-c", "user.email=operator@example.com")
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "a change")


def told(*arguments: object) -> Result:
    return CliRunner().invoke(diff, [*map(str, arguments), "--generate", "0"])


@pytest.mark.parametrize("old", ["HEAD~1", "HEAD~1:acme", "HEAD~1:./"])
def test_a_revision_is_the_other_ones_folder_as_it_was(network: Path, old: str) -> None:
    result = told(old, network)
    assert (result.exit_code, result.output) == (1, f"{PRICE}\n")


def test_two_revisions_are_those_of_this_folder(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(network)
    assert told("HEAD~1", "HEAD").output == f"{PRICE}\n"
    assert told("HEAD", "HEAD").exit_code == 0


def test_what_is_neither_folder_nor_revision_is_said(network: Path, tmp_path: Path) -> None:
    result = told("v9", network)
    assert result.exit_code == 2
    assert "'v9' isn't a folder or a git revision" in result.stderr
    assert told("HEAD:nowhere", network).exit_code == 2
    outside = told("HEAD", ROOFING.parent / "none")
    assert outside.exit_code == 2


def test_a_broken_revision_is_named_with_its_mistakes(network: Path) -> None:
    text = (network / "network.yaml").read_text(encoding="utf-8")
    (network / "network.yaml").write_text(text.replace("currency: USD", "curency: USD"), encoding="utf-8")
    result = told("HEAD", network)
    assert result.exit_code == 2
    assert "curency" in result.stderr
    assert f"can't compare {network}" in result.stderr


def test_the_mistakes_of_a_git_revision_stand_under_its_own_name(network: Path) -> None:
    text = (network / "network.yaml").read_text(encoding="utf-8")
    (network / "network.yaml").write_text(text.replace("currency: USD", "curency: USD"), encoding="utf-8")
    commit(network)
    result = told("HEAD", network)
    assert result.exit_code == 2
    assert "HEAD/network.yaml:" in result.stderr
