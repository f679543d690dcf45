"""Webhooks without a web framework: a request as it came, and what it is answered with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from engine.core.nesting import check_nesting
from engine.core.printable import printable

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
MAX_FIELDS = 300
URL_ENCODED = "application/x-www-form-urlencoded"
JSON = "application/json"


class UnreadableBody(Exception):
    """A body that no webhook of this carrier has; `status` is the HTTP answer to it."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class CarrierForm:
    """The fields of a form, each with its values. Of one that was sent several times the first counts."""

    fields: Mapping[str, list[str]]

    def field(self, name: str) -> str:
        """Its value, "" where it was not sent."""
        return self.fields.get(name, [""])[0]


@dataclass(frozen=True, slots=True)
class CarrierWebhook:
    """`route` is the path behind the carrier's own, without a slash before it. `urls` are those under which
    the carrier may have asked, the one that the request itself names at last. Headers by their small names.
    """

    method: str
    route: str
    query: str
    urls: tuple[str, ...]
    headers: Mapping[str, str]
    peer: str
    body: bytes = b""

    @property
    def parameters(self) -> Mapping[str, str]:
        """The query's; of one that was sent several times the last value."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def kind(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    def must_be(self, expected: str, *also: str) -> None:
        """Raises UnreadableBody for a body of any other kind."""
        if self.body and self.kind not in (expected, *also):
            raise UnreadableBody(415, f"found {printable(self.kind, 40) or 'no type'}; expected {expected}")

    @property
    def is_from_here(self) -> bool:
        """Whether it came from this machine, and names it. A page in a browser here may name any host."""
        return self.peer in LOOPBACK and all(is_here(url) for url in self.urls[-1:])

    def form(self) -> CarrierForm:
        """Raises UnreadableBody for more than MAX_FIELDS."""
        fields: dict[str, list[str]] = {}
        text = self.body.decode("utf-8", "replace")
        try:
            for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS):
                fields.setdefault(name, []).append(value)
        except ValueError:
            raise UnreadableBody(413, f"at most {MAX_FIELDS} fields") from None
        return CarrierForm(fields)

    def json(self) -> Mapping[str, object]:
        """The body's object. Raises UnreadableBody."""
        try:
            text = self.body.decode()
            check_nesting(text)
            parsed: object = json.loads(text)
        except ValueError:
            raise UnreadableBody(400, "the body is not JSON") from None
        if not isinstance(parsed, dict):
            raise UnreadableBody(400, "the body is not a JSON object")
        return parsed


@dataclass(frozen=True, slots=True)
class WebhookAnswer:
    """`detail` is told as the API's refusals are, where there is one."""

    status: int = 200
    body: str = ""
    media_type: str = "application/xml"
    detail: str = ""

    @classmethod
    def refused(cls, status: int, detail: str) -> WebhookAnswer:
        return cls(status, detail=detail)


DONE = WebhookAnswer(204)


def is_here(url: str) -> bool:
    """Whether it names this machine."""
    try:
        return urlsplit(url).hostname in LOOPBACK
    except ValueError:
        return False  # a Host that is none
