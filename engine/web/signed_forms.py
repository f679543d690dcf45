"""The form of a request that the carrier signed.

The proof comes before the work: without a signature that could hold nothing is read of a request, and with
one no more than a form of ours can have. Only URL-encoded forms are read.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request, Response

from engine.core.printable import printable
from engine.media.doors.rationed_log import RationedLog
from engine.media.doors.turns import Turns
from engine.runtime.engine import Engine
from engine.web.forms import refusal

SIGNATURE = "X-Twilio-Signature"
UNSIGNED = "the signature is missing or invalid"
FORM = "cordboard.form"  # where a request's scope keeps what was proven
URL_ENCODED = "application/x-www-form-urlencoded"
MAX_FORM_BYTES = 8 * 1024  # a voice webhook has one or two thousand
MAX_FIELDS = 300
SHOWN_CHARS = 100  # of a path, in the log

_refusals = RationedLog(logging.getLogger("cordboard.web"))


class CarrierForm:
    """The fields. Of one that was sent several times the first value counts."""

    __slots__ = ("fields",)

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self.fields = fields

    @classmethod
    def read(cls, body: bytes) -> CarrierForm:
        """Raises ValueError for more than MAX_FIELDS."""
        fields: dict[str, list[str]] = {}
        text = body.decode("utf-8", "replace")
        for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS):
            fields.setdefault(name, []).append(value)
        return cls(fields)

    def field(self, name: str) -> str:
        """Its value, "" where it was not sent."""
        return self.fields.get(name, [""])[0]

    def singly(self) -> dict[str, str]:
        """Each field with its value."""
        return {name: values[0] for name, values in self.fields.items()}


async def signed_form(request: Request) -> CarrierForm:
    """The form that the edge has proven to be the carrier's; 403 where nobody did."""
    form = request.scope.get(FORM)
    if not isinstance(form, CarrierForm):
        raise HTTPException(403, UNSIGNED)
    return form


SignedForm = Annotated[CarrierForm, Depends(signed_form)]


async def prove(request: Request, engine: Engine, readings: Turns) -> Response | None:
    """Keep the form of a request that Twilio signed for its route; a refusal of any other.

    A signature that could hold may be false: forms are read in the turns of `readings`.
    """
    peer = request.client.host if request.client else ""
    signature = request.headers.get(SIGNATURE)
    signatures = engine.signatures
    if signatures.may_hold(signature, peer):
        form = await _read(request, readings)
        if isinstance(form, Response):
            return form
        if signatures.hold(_urls(request, engine.public_url), form.fields, signature, peer):
            request.scope[FORM] = form
            return None
    engine.metrics.webhooks.labels("unsigned").inc()
    path = printable(request.scope["path"], SHOWN_CHARS)
    _refusals.warn("%s from %s refused: its signature is missing or invalid", path, peer)
    return refusal(403, UNSIGNED)


async def _read(request: Request, readings: Turns) -> CarrierForm | Response:
    size = int(request.headers.get("content-length", "0"))  # the edge has seen to it
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if size and kind != URL_ENCODED:
        return refusal(415, f"found {printable(kind, 40) or 'no type'}; expected {URL_ENCODED}")
    if size > MAX_FORM_BYTES:
        return refusal(413, f"at most {MAX_FORM_BYTES} bytes")
    body = await request.body()
    await readings.turn()
    try:
        return CarrierForm.read(body)
    except ValueError:
        return refusal(413, f"at most {MAX_FIELDS} fields")


def _urls(request: Request, public_url: str) -> list[str]:
    """Under which the carrier may have asked us: as we are known, and as the request says."""
    scope = request.scope
    path = (scope.get("raw_path") or b"").decode("latin-1")
    if query := scope.get("query_string", b"").decode("latin-1"):
        path = f"{path}?{query}"
    host = request.headers.get("host", "")
    return [f"{public_url}{path}", f"{scope['scheme']}://{host}{path}"]
