"""The form of everything that is shown: immutable records with the very members of the JSON.

The commands' `--json` and the API write the same records, and /openapi.json describes them
(`engine.web.answers`). Times are ISO 8601 in UTC with milliseconds, amounts decimal text ("45.00"), `…_ms`
milliseconds since the call's start. A member is never left out, unless its type says so (`UnsetType`); what
is not known is null.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from engine.core.json_values import Json, JsonObject


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A record in an API answer. Later engines may add members; readers skip unknown ones."""


def as_json(shown: Shown | Sequence[Shown]) -> Json:
    """The record, or the list of them, as plain JSON."""
    return cast(Json, msgspec.json.decode(msgspec.json.encode(shown)))


def members(shown: Shown) -> JsonObject:
    """The record's members by their names in JSON, in their order."""
    return cast(JsonObject, as_json(shown))
