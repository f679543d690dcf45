"""Rows as RFC 4180 CSV that a spreadsheet may open: no cell of it is taken for a formula.

A text that begins like a formula gets an apostrophe in front. Numbers, negative ones too, and telephone
numbers stay as they are: no spreadsheet runs those.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence

from engine.core.json_values import Json, JsonObject

_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_HARMLESS = re.compile(r"-?\d+(\.\d+)?|\+\d{1,15}", re.ASCII)


def csv_line(cells: Sequence[Json]) -> str:
    """One line with its CRLF."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerow([_cell(cell) for cell in cells])
    return written.getvalue()


def csv_row(columns: Sequence[str], row: JsonObject) -> str:
    """One row; what it does not hold is an empty cell."""
    return csv_line([row.get(column) for column in columns])


def _cell(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    is_formula = text.lstrip(" ").startswith(_BEGINS_FORMULA) and not _HARMLESS.fullmatch(text)
    return f"'{text}" if is_formula else text
