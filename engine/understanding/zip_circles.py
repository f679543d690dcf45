"""Which ZIP codes lie around a point: what a radius means, settled when terms are read and not in a call."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from functools import cache, lru_cache

from engine.understanding.zip_table import CODES, zip_table

Point = tuple[float, float]  # latitude and longitude in degrees

EARTH_RADIUS_MILES = 3958.7613  # the mean radius, 6371.0088 km
_MILES_OF_A_DEGREE = math.pi * EARTH_RADIUS_MILES / 180  # of latitude


def point_of(code: str) -> Point | None:
    """The middle of a ZIP code, None where there is none or nobody knows where it is."""
    place = zip_table().place(code)
    if place is None or place.latitude is None or place.longitude is None:
        return None
    return place.latitude, place.longitude


def miles_between(one: Point, other: Point) -> float:
    """The great circle's way, by the haversine formula: within half a percent of the true Earth's."""
    (north, east), (north_2, east_2) = map(_radians, (one, other))
    half = math.sin((north_2 - north) / 2) ** 2
    half += math.cos(north) * math.cos(north_2) * math.sin((east_2 - east) / 2) ** 2
    return 2 * EARTH_RADIUS_MILES * math.asin(min(1.0, math.sqrt(half)))


@lru_cache(maxsize=20_000)
def zips_within(miles: float, centre: Point) -> frozenset[str]:
    """Every ZIP code whose middle lies at most so far from the centre."""
    latitudes, placed = _by_latitude()
    reach = miles / _MILES_OF_A_DEGREE
    first, past = bisect_left(latitudes, centre[0] - reach), bisect_right(latitudes, centre[0] + reach)
    return frozenset(code for code, point in placed[first:past] if miles_between(point, centre) <= miles)


@cache
def _by_latitude() -> tuple[list[float], list[tuple[str, Point]]]:
    """The latitude of every ZIP code whose place is known, from south to north, and the code with it."""
    codes = (f"{number:05d}" for number in range(CODES))
    placed = [(code, point) for code in codes if (point := point_of(code)) is not None]
    placed.sort(key=lambda pair: pair[1][0])
    return [point[0] for _, point in placed], placed


def _radians(point: Point) -> Point:
    return math.radians(point[0]), math.radians(point[1])
