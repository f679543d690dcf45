"""A year of days in four zones: hours and day caps switch at the right minute, daylight saving included."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.exchange.hours import Schedule, window_starts
from tests.exchange.exchange_world import ALMANAC, hours, instant

ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
HOUR_MS = 3_600_000


def midnight(day: date, zone: str) -> int:
    return instant(f"{day} 00:00", zone)


@pytest.mark.parametrize("zone", ZONES)
def test_every_morning_opens_and_every_evening_closes_to_the_millisecond(zone):
    office = Schedule(hours(dict.fromkeys(range(7), ((480, 1080),)), zone), ALMANAC)
    for day in DAYS:
        opens, closes = instant(f"{day} 08:00", zone), instant(f"{day} 18:00", zone)
        told = [office.at(at).is_open for at in (opens - 1, opens, closes - 1, closes)]
        assert told == [False, True, True, False], day
        assert closes - opens == 10 * HOUR_MS


@pytest.mark.parametrize("zone", ZONES)
def test_every_day_cap_begins_at_midnight_on_the_buyers_wall(zone):
    for day in DAYS:
        begins = midnight(day, zone)
        _, before, _ = window_starts(begins - 1, ZoneInfo(zone))
        _, since, month = window_starts(begins, ZoneInfo(zone))
        assert (before, since) == (midnight(day - timedelta(days=1), zone), begins), day
        assert month == midnight(day.replace(day=1), zone)
        next_begins = midnight(day + timedelta(days=1), zone)
        length = {SPRING: 23, AUTUMN: 25}.get(day, 24) * HOUR_MS
        assert next_begins - begins == length
        assert window_starts(next_begins - 1, ZoneInfo(zone))[1] == begins


@pytest.mark.parametrize("zone", ZONES)
def test_every_hour_cap_begins_on_the_hour_that_the_wall_shows_also_twice(zone):
    for day in (SPRING, AUTUMN, date(2026, 7, 1)):
        for at in range(midnight(day, zone), midnight(day + timedelta(days=1), zone), HOUR_MS):
            assert window_starts(at, ZoneInfo(zone))[0] == at
            assert window_starts(at + HOUR_MS - 1, ZoneInfo(zone))[0] == at


@pytest.mark.parametrize("zone", ZONES)
def test_a_night_that_goes_on_past_midnight_is_open_by_the_wall_whatever_the_clock_does(zone):
    night = Schedule(hours(dict.fromkeys(range(7), ((22 * 60, 26 * 60 + 30),)), zone), ALMANAC)
    info = ZoneInfo(zone)
    for day in (*DAYS[:2], SPRING - timedelta(days=1), SPRING, AUTUMN - timedelta(days=1), AUTUMN):
        begins = midnight(day, zone)
        for at in range(begins, midnight(day + timedelta(days=1), zone), 15 * 60_000):
            wall = datetime.fromtimestamp(at / 1000, info)
            minute = wall.hour * 60 + wall.minute
            assert night.at(at).is_open is (minute < 150 or minute >= 1320), wall
    # The hour that comes twice is open twice; of the one that is skipped there is nothing.
    minutes = []
    for day in (AUTUMN, SPRING):
        morning = range(midnight(day, zone), instant(f"{day} 12:00", zone), 60_000)
        minutes.append(sum(night.at(at).is_open for at in morning))
    assert minutes == [210, 120]


def test_a_window_of_a_closed_day_does_not_go_on_the_morning_after():
    friday = {4: ((22 * 60, 26 * 60),)}
    assert Schedule(hours(friday), ALMANAC).at(instant("2026-11-28 01:59")).is_open
    assert not Schedule(hours(friday), ALMANAC).at(instant("2026-11-28 02:00")).is_open
    assert (
        not Schedule(hours(friday, closed=("2026-11-27",)), ALMANAC).at(instant("2026-11-28 01:00")).is_open
    )
    assert (
        not Schedule(hours(friday, closed=("2026-11-28",)), ALMANAC).at(instant("2026-11-28 01:00")).is_open
    )


def test_a_date_with_windows_of_its_own_has_these_alone_holiday_or_not():
    office = hours(dict.fromkeys(range(5), ((480, 1080),)), holidays=("us_holidays",))
    special = Schedule(replace(office, dates={"2026-12-25": ((600, 720),), "2026-12-24": ()}), ALMANAC)
    assert [special.at(instant(f"2026-12-25 {at}")).is_open for at in ("09:59", "10:00", "12:00")] == [
        *(False, True, False)
    ]
    assert not special.at(instant("2026-12-24 09:00")).is_open
    assert special.at(instant("2026-12-28 09:00")).is_open
    assert special.text.endswith("closed us_holidays, 2026-12-24 closed, 2026-12-25 10:00-12:00")
