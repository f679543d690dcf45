"""Evidence in parts, each with a digest of its own, so that a part can be left out and the rest still holds.

Theory of operation. A call's evidence is a list of parts: an answer, a journal entry, a buyer's terms.
Each part's digest covers its name, its body and a salt; the list of all digests is signed, and the hash of
that list is the evidence's *root*. A view for a buyer carries the whole list of digests but only the
parts that the buyer may see: what is there can be checked, and nothing can be guessed of what is not.
Salts come from the signing key, so that every export of the same call has the same root, and a buyer's
view and the network's own file can be held against each other.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.core.json_values import Json, JsonObject

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Part:
    """A named piece of evidence. `index` is its digest's place in the list of digests."""

    index: int
    name: str
    salt: str
    body: Json

    @property
    def digest(self) -> str:
        return hashlib.sha256(canonical([self.name, self.salt, self.body])).hexdigest()

    @property
    def group(self) -> str:
        """The first word of the name: answer/zip is among the answers."""
        return self.name.partition("/")[0]


def canonical(value: Json) -> bytes:
    """One spelling for one value: keys sorted, no spaces, UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def numbered(bodies: Mapping[str, Json], salt_key: bytes) -> tuple[Part, ...]:
    """The parts of these bodies (name → body), in their order, salted."""
    return tuple(
        Part(index, name, _salt(salt_key, name), body) for index, (name, body) in enumerate(bodies.items())
    )


def root_of(digests: Sequence[str]) -> str:
    """What stands for all parts together."""
    return "sha256:" + hashlib.sha256("\n".join(digests).encode()).hexdigest()


def part_json(part: Part) -> JsonObject:
    return {"index": part.index, "name": part.name, "salt": part.salt, "body": part.body}


def part_from_json(value: Json) -> Part | None:
    """The part that `part_json` wrote, None for anything else."""
    if not isinstance(value, dict) or set(value) != {"index", "name", "salt", "body"}:
        return None
    index, name, salt = value["index"], value["name"], value["salt"]
    if type(index) is not int or not isinstance(name, str) or not isinstance(salt, str):
        return None
    return Part(index, name, salt, value["body"])


def _salt(key: bytes, name: str) -> str:
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[: 2 * SALT_BYTES]
