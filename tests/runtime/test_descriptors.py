"""Of the files that may be open calls get what strangers at both ports can't take."""

from __future__ import annotations

import pytest

from engine.runtime.descriptors import BESIDE_CALLS, calls_share, doorway_share, http_share
from engine.runtime.settings import Settings


@pytest.mark.parametrize("files", [64, 256, 1024, 4096, 65_536])
def test_the_shares_together_are_what_there_is(files: int) -> None:
    settings = Settings()
    strangers = http_share(settings, files) + doorway_share(files) + settings.max_waiting_sockets
    assert calls_share(settings, files) == max(0, files - strangers - BESIDE_CALLS)
    assert http_share(settings, files) + doorway_share(files) <= files * 3 // 8


def test_with_the_usual_limit_over_a_third_is_for_calls() -> None:
    assert (http_share(Settings(), 1024), doorway_share(1024)) == (256, 128)
    assert calls_share(Settings(), 1024) >= 1024 // 3
