"""Public holidays by name, as `closed: [us_holidays]` uses them, observed days among them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# name → country. To offer another calendar, add it here.
HOLIDAY_CALENDARS: Mapping[str, str] = MappingProxyType(
    {
        "us_holidays": "US",
        "ca_holidays": "CA",
        "mx_holidays": "MX",
    }
)
