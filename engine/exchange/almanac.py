"""What decides and is written in no file of a network: the clocks of time zones, the days of holidays.

The exchange asks an almanac and no package, so that a revision can bring the answers of its own day
(`engine.language.almanac`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol
from zoneinfo import ZoneInfo


class Almanac(Protocol):
    """Answers alike whenever it is asked."""

    def zone(self, key: str) -> ZoneInfo:
        """The clock of an IANA zone, such as America/Chicago."""
        ...

    def holidays(self, calendar: str, year: int) -> Mapping[str, str]:
        """ISO date → the holiday's name. The calendar is one of HOLIDAY_CALENDARS."""
        ...
