"""A journal that was sealed with a key from the settings is opened by every command that is given it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from engine.cli import main
from engine.store.seal import SETTING, Seal
from engine.store.store import Store
from tests.evidence.evidence_world import START, keep_story

MEDICARE = Path("examples/flows/medicare")
KEY = Fernet.generate_key().decode()
COMMANDS = (
    ("dispute", "open", "call-1", "--buyer", "lakeside", "--reason", "other", "--says", "it was not"),
    ("replay", "call-1"),
)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A database with a billed call whose answers are sealed by a key that lies in no file."""
    url = f"sqlite:///{tmp_path}/c.db"

    async def keep() -> None:
        async with await Store.open(url, "w", lambda: START, seal=Seal(Path(), KEY)) as store:
            await keep_story(store, "medicaid_in_ohio_is_lakesides", MEDICARE)

    asyncio.run(keep())
    assert not list(tmp_path.glob("*.key"))
    return url


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_opens_the_journal_with_the_key_of_its_settings(command: tuple[str, ...], url: str) -> None:
    opened = CliRunner(env={SETTING: KEY}).invoke(main, [*command, "--db", url])
    assert opened.exit_code == 0, opened.output


@pytest.mark.parametrize("command", COMMANDS)
def test_without_the_key_a_command_says_which_setting_is_missing(command: tuple[str, ...], url: str) -> None:
    refused = CliRunner(env={SETTING: None}).invoke(main, [*command, "--db", url])
    assert refused.exit_code != 0
    assert f"{SETTING} is not set" in refused.output
