"""A command imports what it uses: nobody waits for a web server, a database or speech to see a mistake in YAML."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from engine.cli import COMMANDS, main
from engine.cli.lazily import CommandAt
from engine.store import Store

ROOT = Path(__file__).parents[2]
ROOFING = str(ROOT / "examples/flows/roofing")

OUTSIDE = frozenset(
    [
        "alembic",
        "asyncio",
        "attr",
        "cryptography",
        "email",
        "fastapi",
        "httpx",
        "joserfc",
        "jsonschema",
        "loguru",
        "multiprocessing",
        "numpy",
        "pipecat",
        "prometheus_client",
        "pydantic",
        "sqlalchemy",
        "twilio",
        "uvicorn",
        "uvloop",
        "websockets",
    ]
)
ROOMS_OF_A_CALL = frozenset(f"engine.{room}" for room in ("accounts", "evidence", "runtime", "store", "web"))


@cache
def imported_by(*arguments: str) -> frozenset[str]:
    """Every module that `cordboard` with these arguments imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "engine.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert lines
    return frozenset(line.rpartition("|")[2].strip() for line in lines)


def test_the_version_is_told_without_the_engine() -> None:
    found = imported_by("--version")
    own = {name for name in found if name.partition(".")[0] == "engine"}
    assert own <= {"engine", "engine.cli", "engine.cli.lazily"}
    assert found & OUTSIDE <= {"email"}  # which importlib.metadata reads a package's version with


def test_the_list_of_commands_is_told_without_any_of_them() -> None:
    own = {name for name in imported_by("--help") if name.partition(".")[0] == "engine"}
    assert own <= {"engine", "engine.cli", "engine.cli.lazily"}


def test_checking_a_network_needs_neither_a_database_nor_a_server_nor_speech() -> None:
    found = imported_by("check", ROOFING)
    assert found & (OUTSIDE | ROOMS_OF_A_CALL | {"engine.media", "engine.rehearsal"}) == set()


def test_running_stories_needs_neither_a_database_nor_a_server_nor_speech() -> None:
    found = imported_by("test", ROOFING, "--story", "oklahoma_goes_to_redriver_alone")
    assert found & (OUTSIDE | ROOMS_OF_A_CALL | {"engine.media.speech", "engine.rehearsal.loopback"}) == set()


def test_reading_kept_calls_needs_neither_a_server_nor_speech(tmp_path: Path) -> None:
    found = imported_by("calls", "--db", f"sqlite:///{tmp_path / 'none.db'}")
    assert (
        found & {"fastapi", "pipecat", "numpy", "twilio", "uvicorn", "engine.web", "engine.runtime"} == set()
    )


async def test_a_database_of_the_newest_form_is_read_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'cordboard.db'}"
    await (await Store.open(url, "worker", lambda: 0)).close()
    found = imported_by("calls", "--db", url)
    assert "sqlalchemy" in found
    assert "alembic" not in found


def test_every_file_of_a_command_is_listed() -> None:
    """A file of the folder that makes a command is in the table."""
    files = {
        f"engine.cli.{file.stem}"
        for file in (ROOT / "engine/cli").glob("*.py")
        if "\n@click.command" in file.read_text("utf-8") or "\n@click.group" in file.read_text("utf-8")
    }
    assert files - {at.module for at in COMMANDS} == {"engine.cli.__init__"}


@pytest.mark.parametrize("at", COMMANDS, ids=lambda at: at.name)
def test_a_listed_command_answers_to_its_name(at: CommandAt) -> None:
    command = main.get_command(click.Context(main), at.name)
    assert command is not None
    assert command.name == at.name


def test_a_command_that_is_not_there_is_refused_with_the_usage() -> None:
    result = CliRunner().invoke(main, ["chekc"])
    assert result.exit_code == 2
    assert "No such command 'chekc'" in result.output
