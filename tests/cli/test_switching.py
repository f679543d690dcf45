"""Threads hand the interpreter over soon, so that a call never waits milliseconds for the database's."""

from __future__ import annotations

import sys

import pytest

from engine.cli.options import SWITCH_S, run


def test_the_loop_of_a_command_gets_the_interpreter_soon() -> None:
    before = sys.getswitchinterval()

    async def interval() -> float:
        return sys.getswitchinterval()

    try:
        assert run(interval()) == pytest.approx(SWITCH_S)
    finally:
        sys.setswitchinterval(before)
