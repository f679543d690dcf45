"""A call's JSON as the commands and the API write it, for tests that read it."""

from __future__ import annotations

from typing import Any

from engine.accounts.call_line import CallLine
from engine.accounts.call_shown import CallShown
from engine.accounts.shown import members
from engine.store.views import CallSummary, CallView


def show_json(view: CallView) -> dict[str, Any]:
    """`cordboard show --json`."""
    return members(CallShown.of(view))


def summary_json(summary: CallSummary) -> dict[str, Any]:
    """One item of `cordboard calls --json`."""
    return members(CallLine.of(summary))
