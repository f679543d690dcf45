"""Progress of long work where stderr is no terminal: a line now and then, and none of what is soon done."""

from __future__ import annotations

import pytest

from engine.cli import progress
from engine.cli.progress import status_line


def test_a_log_gets_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = iter([0.0, 4.0, 12.0, 12.0, 13.0, 23.0, 23.0])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))
    with status_line("measuring understand") as on_progress:
        for number in range(4):
            on_progress(f"{number} of 4")
    told = capsys.readouterr()
    assert told.err.splitlines() == ["measuring understand: 1 of 4", "measuring understand: 3 of 4"]
    assert told.out == ""
