"""The engine's settings, as the environment and a command's flags state them."""

from __future__ import annotations

from pydantic import ValidationError

from engine.cli.options import stop
from engine.runtime.settings import Settings


def settings_from(flags: dict[str, str | bool]) -> Settings:
    """Read once; a setting that makes no sense ends the command."""
    try:
        return Settings(**flags)  # type: ignore[arg-type]
    except ValidationError as error:
        stop(
            "\n".join(
                f"setting {'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
                for problem in error.errors(include_url=False, include_input=False)
            )
        )
