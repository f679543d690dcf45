"""An installed wheel works outside the checkout: what it needs travels in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from site import getsitepackages

import pytest

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Installed:
    """A wheel, the environment that it is installed in, and a folder far from the checkout."""

    wheel: Path
    bin: Path
    elsewhere: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        program = self.bin / command[0]
        return subprocess.run(
            [str(program), *command[1:]],
            cwd=self.elsewhere,
            env=_plain(),
            check=False,
            capture_output=True,
            text=True,
            timeout=500,
        )


def _plain() -> Mapping[str, str]:
    """The environment without what could lead back to the checkout."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "CORDBOARD_"))
    }


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Built and installed once. The dependencies are those of the tests' own environment."""
    folder = tmp_path_factory.mktemp("wheel")
    _done([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)])
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    pip = [sys.executable, "-m", "pip", "--python", str(scripts / "python"), "--disable-pip-version-check"]
    _done([*pip, "install", "--quiet", "--no-deps", "--no-index", str(wheel)])
    found = subprocess.run(
        [scripts / "python", "-c", "import site; print(site.getsitepackages()[0])"],
        capture_output=True,
        text=True,
        check=True,
        env=_plain(),
    )
    # A plain path: the editable install of the checkout, which lies in there as a .pth file, is not followed.
    (Path(found.stdout.strip()) / "dependencies.pth").write_text("\n".join(getsitepackages()) + "\n")
    elsewhere = folder / "elsewhere"
    shutil.copytree(ROOT / "examples" / "flows" / "roofing", elsewhere / "roofing")
    return Installed(wheel, scripts, elsewhere)


def _done(command: list[str]) -> None:
    ran = subprocess.run(
        command, capture_output=True, text=True, env=_plain(), cwd=ROOT.anchor, timeout=500, check=False
    )
    assert ran.returncode == 0, f"{command}\n{ran.stdout}\n{ran.stderr}"


def test_what_the_engine_reads_at_run_time_travels_in_the_wheel(installed: Installed) -> None:
    held = set(zipfile.ZipFile(installed.wheel).namelist())
    wanted = [
        *(
            f"engine/schemas/{path.relative_to(ROOT / 'schemas').as_posix()}"
            for path in (ROOT / "schemas").rglob("*.json")
        ),
        *(f"engine/benchmarks/{path.name}" for path in (ROOT / "benchmarks").glob("*.py")),
        *(
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / "engine").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        ),
    ]
    assert [name for name in wanted if name not in held] == []
    assert any(name.startswith("engine/media/sounds/") and not name.endswith(".py") for name in held)
    assert any(name.startswith("engine/store/migrations/versions/") for name in held)
    assert "engine/benchmarks/roofing/network.yaml" in held  # what `cordboard bench core` calls
    assert not any(name.startswith(("tests/", "examples/")) for name in held)


def test_the_installed_engine_is_not_the_checkouts(installed: Installed) -> None:
    told = installed.run("python", "-c", "import engine; print(engine.__file__)")
    assert told.returncode == 0, told.stderr
    assert not Path(told.stdout.strip()).is_relative_to(ROOT)


@pytest.mark.parametrize(
    "command", [["cordboard"], ["python", "-m", "engine.cli"]], ids=["cordboard", "python -m"]
)
def test_an_installed_command_checks_a_network(installed: Installed, command: list[str]) -> None:
    checked = installed.run(*command, "check", "roofing")
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr


def test_an_installed_command_names_a_networks_mistake(installed: Installed) -> None:
    broken = installed.elsewhere / "broken"
    shutil.copytree(installed.elsewhere / "roofing", broken)
    flow = broken / "roofing.yaml"
    flow.write_text(flow.read_text().replace("answer: zip", "answer: zap"))
    checked = installed.run("cordboard", "check", "broken")
    assert checked.returncode == 1
    assert "roofing.yaml:" in checked.stdout
    assert "zap" in checked.stdout


def test_an_installed_command_runs_the_stories(installed: Installed) -> None:
    tested = installed.run("cordboard", "test", "roofing")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert " 0 failed" in tested.stdout


def test_an_installed_engine_makes_its_database_finds_its_sounds_and_benchmarks(installed: Installed) -> None:
    script = """
import asyncio
from importlib import import_module
from engine.media.sounds import sound
from engine.store import Store

async def opened():
    async with await Store.open("sqlite:///new.db", "worker-1", lambda: 0) as store:
        return await store.calls(1)

print(asyncio.run(opened()))
print(min(sound(name).duration_ms for name in ("ringback", "hold", "sorry")) > 0)
for name in ("media", "core", "exchange", "bids"):
    print(callable(import_module(f"engine.benchmarks.{name}").run))
"""
    ran = installed.run("python", "-c", script)
    assert (ran.returncode, ran.stdout.split()) == (0, ["[]", *["True"] * 5]), ran.stderr
