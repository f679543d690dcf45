"""A command's file is imported when the command is called, not when another one is, or the list is shown."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class CommandAt:
    """A command by its name: the module it is in, what it is called there, and its line in `--help`."""

    name: str
    module: str
    attribute: str
    summary: str

    def command(self) -> click.Command:
        found = getattr(importlib.import_module(self.module), self.attribute)
        assert isinstance(found, click.Command), f"{self.module}.{self.attribute}"
        return found


class LazyGroup(click.Group):
    """A group of commands that are imported one by one, when they are asked for."""

    def __init__(
        self, name: str | None = None, *, commands_at: Sequence[CommandAt], **settings: object
    ) -> None:
        super().__init__(name, **settings)  # type: ignore[arg-type]  # click's own settings, handed on
        self._commands_at = {each.name: each for each in commands_at}

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Whatever is written there may be stored or printed, so it is text to begin with."""
        for number, given in enumerate(args, start=1):
            try:
                given.encode()
            except UnicodeEncodeError:
                ctx.fail(f"argument {number} isn't UTF-8; found {ascii(given)[:80]}")
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self._commands_at)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        at = self._commands_at.get(cmd_name)
        return None if at is None else at.command()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list in `--help`, of the summaries: importing every command for it takes seconds."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._commands_at[name].summary) for name in self.list_commands(ctx)])
