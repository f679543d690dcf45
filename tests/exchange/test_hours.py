"""Open or closed by the wall clock of the buyer's zone, to the minute, on the odd days of the year too."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.exchange.calendars import HOLIDAY_CALENDARS
from engine.exchange.hours import Schedule, hours_text, window_starts
from engine.wording.sentences import candidate_sentence
from tests.exchange.exchange_world import ALMANAC, CHICAGO, buyer, call, candidates, hours, instant, network

WORKDAYS = dict.fromkeys(range(5), ((480, 720), (780, 1080))) | {5: ((540, 780),)}
NIGHT = dict.fromkeys(range(7), ((60, 120),))  # 01:00-02:00, the hour that autumn repeats
SMALL_HOURS = dict.fromkeys(range(7), ((120, 180),))  # 02:00-03:00, the hour that spring skips
ZONES = ("America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/London")


@pytest.mark.parametrize(
    ("local", "is_open"),
    [
        ("2026-11-23 07:59:59.999", False),
        ("2026-11-23 08:00", True),
        ("2026-11-23 11:59:59.999", True),
        ("2026-11-23 12:00", False),
        ("2026-11-23 12:59", False),
        ("2026-11-23 13:00", True),
        ("2026-11-23 17:59", True),
        ("2026-11-23 18:00", False),
        ("2026-11-28 09:00", True),
        ("2026-11-28 13:00", False),
        ("2026-11-29 10:00", False),
    ],
)
def test_a_window_holds_its_first_minute_and_not_its_last(local, is_open):
    assert Schedule(hours(WORKDAYS), ALMANAC).at(instant(local)).is_open is is_open


def test_a_window_to_midnight_ends_with_the_day():
    schedule = Schedule(hours({0: ((0, 1440),)}), ALMANAC)
    assert schedule.at(instant("2026-11-23 00:00")).is_open
    assert schedule.at(instant("2026-11-23 23:59:59.999")).is_open
    assert not schedule.at(instant("2026-11-24 00:00")).is_open
    assert not schedule.at(instant("2026-11-22 23:59:59.999")).is_open


def test_the_text_tells_days_of_like_windows_together():
    agreed = hours(WORKDAYS, closed=("2026-12-24",), holidays=("us_holidays",))
    assert hours_text(agreed) == (
        "hours mon-fri 08:00-12:00, 13:00-18:00; sat 09:00-13:00 America/Chicago, "
        "closed us_holidays, 2026-12-24"
    )
    assert hours_text(hours({0: ((480, 720),), 2: ((480, 720),)})) == (
        "hours mon 08:00-12:00; wed 08:00-12:00 America/Chicago"
    )
    assert hours_text(hours({})) == "hours never America/Chicago"


def test_the_trace_shows_the_time_on_the_buyers_wall():
    lonestar = buyer("lonestar", None, hours=hours(WORKDAYS))
    candidate = candidates(call(network(lonestar), at="2026-11-23 13:31", zone="America/New_York"))[
        "lonestar"
    ]
    (line, _) = candidate.clauses
    assert (line.outcome, line.values, line.place.at) == (False, {"local": "Mon 12:31"}, "network.yaml:45")
    assert candidate_sentence(candidate) == "lonestar is closed: it is Mon 12:31 in America/Chicago."


def test_the_moment_of_choosing_counts_not_that_of_arrival():
    lonestar = buyer("lonestar", None, hours=hours(WORKDAYS))
    waiting = call(network(lonestar), at="2026-11-23 11:59:30")
    assert candidates(waiting)["lonestar"].eligible
    waiting.at = 30_000
    assert candidates(waiting)["lonestar"].code == "closed"


@pytest.mark.parametrize("local", ["2026-11-26 10:00", "2026-12-25 10:00", "2026-07-03 10:00"])
def test_holidays_and_their_observed_days_close_the_day(local):
    opening = Schedule(hours(WORKDAYS, holidays=("us_holidays",)), ALMANAC).at(instant(local))
    assert not opening.is_open
    assert opening.values["closed"]


def test_new_year_observed_in_the_old_year_belongs_to_it():
    assert "2027-12-31" in ALMANAC.holidays("us_holidays", 2027)


def test_a_closed_date_closes_by_the_local_calendar():
    schedule = Schedule(hours(dict.fromkeys(range(7), ((0, 1440),)), closed=("2026-12-24",)), ALMANAC)
    assert schedule.at(instant("2026-12-23 23:59")).is_open
    assert not schedule.at(instant("2026-12-24 00:00")).is_open
    assert not schedule.at(instant("2026-12-24 23:59")).is_open
    assert schedule.at(instant("2026-12-25 00:00")).is_open


@pytest.mark.parametrize("calendar", sorted(HOLIDAY_CALENDARS))
def test_every_calendar_knows_christmas(calendar):
    assert "2026-12-25" in ALMANAC.holidays(calendar, 2026)


DST_2026 = {  # zone: spring forward, fall back
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "America/Chicago": ("2026-03-08", "2026-11-01"),
    "America/Los_Angeles": ("2026-03-08", "2026-11-01"),
    "America/Denver": ("2026-03-08", "2026-11-01"),
}


@pytest.mark.parametrize("zone", DST_2026)
def test_an_hour_that_comes_twice_is_open_twice(zone):
    schedule = Schedule(hours(NIGHT, zone), ALMANAC)
    day = DST_2026[zone][1]
    first, second = (instant(f"{day} 01:30", zone, fold=fold) for fold in (0, 1))
    assert second - first == 3_600_000
    assert schedule.at(first).is_open
    assert schedule.at(second).is_open
    assert _open_minutes(schedule, day, zone) == 120


@pytest.mark.parametrize("zone", DST_2026)
def test_an_hour_that_is_skipped_is_never_open(zone):
    assert _open_minutes(Schedule(hours(SMALL_HOURS, zone), ALMANAC), DST_2026[zone][0], zone) == 0


@pytest.mark.parametrize("zone", DST_2026)
def test_a_window_keeps_its_wall_time_through_both_changes(zone):
    schedule = Schedule(hours(dict.fromkeys(range(7), ((480, 1080),)), zone), ALMANAC)
    for day in DST_2026[zone]:
        assert not schedule.at(instant(f"{day} 07:59", zone)).is_open
        assert schedule.at(instant(f"{day} 08:00", zone)).is_open
        assert not schedule.at(instant(f"{day} 18:00", zone)).is_open
        assert _open_minutes(schedule, day, zone) == 600


def _open_minutes(schedule: Schedule, day: str, zone: str) -> int:
    start = instant(f"{day} 00:00", zone)
    minutes = [start + minute * 60_000 for minute in range(25 * 60)]
    return sum(schedule.at(minute).is_open for minute in minutes)


@pytest.mark.parametrize(
    ("zone", "day", "length_h"),
    [
        (zone, day, length)
        for zone, days in DST_2026.items()
        for day, length in zip(days, (23, 25), strict=True)
    ],
)
def test_a_caps_day_is_23_or_25_hours_long_when_the_clock_changes(zone, day, length_h):
    next_day = datetime.fromisoformat(day) + timedelta(days=1)
    start = window_starts(instant(f"{day} 12:00", zone), ZoneInfo(zone))[1]
    end = window_starts(instant(f"{next_day:%Y-%m-%d} 12:00", zone), ZoneInfo(zone))[1]
    assert end - start == length_h * 3_600_000


def test_cap_windows_begin_with_the_local_hour_day_and_month():
    now = instant("2026-11-23 14:31:07.250")
    assert window_starts(now, ZoneInfo(CHICAGO)) == (
        instant("2026-11-23 14:00"),
        instant("2026-11-23 00:00"),
        instant("2026-11-01 00:00"),
    )


def test_a_repeated_hour_counts_as_two_for_caps():
    first, second = (instant("2026-11-01 01:30", fold=fold) for fold in (0, 1))
    assert (
        window_starts(second, ZoneInfo(CHICAGO))[0] - window_starts(first, ZoneInfo(CHICAGO))[0] == 3_600_000
    )


def test_a_day_whose_midnight_is_skipped_begins_at_its_first_instant():
    noon = instant("2024-04-26 12:00", "Africa/Cairo")  # its clock went from 23:59:59 to 01:00
    start = datetime.fromtimestamp(
        window_starts(noon, ZoneInfo("Africa/Cairo"))[1] / 1000, ZoneInfo("Africa/Cairo")
    )
    assert f"{start:%Y-%m-%d %H:%M}" == "2024-04-26 01:00"


@given(
    st.integers(946_684_800_000, 2_145_000_000_000),
    st.sampled_from((*ZONES, "Asia/Kolkata", "Australia/Lord_Howe")),
)
def test_cap_windows_hold_their_instant_and_nest(now, zone):
    hour, day, month = window_starts(now, ZoneInfo(zone))
    assert month <= day <= now
    assert hour <= now < hour + 3_600_000
    assert now - day < 25 * 3_600_000
    assert window_starts(day, ZoneInfo(zone))[1] == day
    assert window_starts(month, ZoneInfo(zone))[2] == month
