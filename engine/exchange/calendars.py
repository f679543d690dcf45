"""Public holidays by name, as `closed: [us_holidays]` uses them, observed days among them.

The dates come from the package holidays, reckoned once a year and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

# name → country. To offer another calendar, add it here.
HOLIDAY_CALENDARS: Mapping[str, str] = MappingProxyType(
    {
        "us_holidays": "US",
        "ca_holidays": "CA",
        "mx_holidays": "MX",
    }
)


@cache
def holidays_of(calendar: str, year: int) -> Mapping[str, str]:
    """ISO date → the holiday's name. The calendar is one of HOLIDAY_CALENDARS."""
    import holidays  # half a second, and only for networks that close on holidays

    days = holidays.country_holidays(HOLIDAY_CALENDARS[calendar], years=year, language="en_US")
    return {day.isoformat(): name for day, name in sorted(days.items()) if day.year == year}
