"""Whatever comes to the HTTP port is answered or closed: never 500, a page of the log, or a letter that is none."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from engine.core.printable import is_letter
from engine.runtime.logs import FORMAT, PrintableFormatter
from tests.journeys.journey_world import TOKEN, House, network, open_house
from tests.properties.random_networks import hunting
from tests.unhurried import SkippingLoop
from tests.web.raw_http import asked, request

API_TOKEN = "let-me-in"
ODD = ["\x1b[2J", "\r\nx", "²", "٣", "9" * 5000, "\0", "\u202e", "\x9b", "-1", "%", "é", ""]
TEXT = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=("Cs",)), max_size=30)
SEGMENT = TEXT.map(lambda text: quote(text, safe=""))
FIELDS = ["CallSid", "From", "To", "CallToken", "CallStatus", "CallDuration", "SipHeader_X-Cordboard-Zip"]
FORM = st.lists(st.tuples(st.sampled_from(FIELDS) | TEXT, TEXT), max_size=8)
PATHS = st.one_of(
    st.sampled_from(["/carriers/twilio/voice", "/healthz", "/readyz", "/metrics", "/openapi.json"]),
    SEGMENT.map("/carriers/twilio/after/{}".format),
    st.tuples(SEGMENT, SEGMENT).map(lambda two: "/carriers/twilio/status/{}/{}".format(*two)),
    st.sampled_from(["calls", "disputes", "reports", "export", "outbox", "key"]).map("/api/v1/{}".format),
    st.tuples(st.sampled_from(["calls", "disputes", "reports", "export"]), SEGMENT).map(
        lambda two: "/api/v1/{}/{}".format(*two)
    ),
    SEGMENT.map("/{}".format),
)
QUERY = st.lists(
    st.tuples(st.sampled_from(["limit", "from", "zone", "signature", "state"]) | TEXT, TEXT), max_size=3
)
HEADER = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40).map(
    lambda text: text.encode("latin-1")
)
HEADERS = st.dictionaries(
    st.sampled_from(
        b"Host,Content-Length,Content-Type,Transfer-Encoding,X-Twilio-Signature,X-Forwarded-For,Authorization,"
        b"X-Forwarded-Proto,Expect,Upgrade,Connection".split(b",")
    ),
    HEADER | st.sampled_from([b"\xb2", b"9" * 5000, b"0", b"chunked", b"a:b", b"[::1", b"websocket"]),
    max_size=4,
)


@st.composite
def carried(draw: st.DrawFn, house: House) -> bytes:
    """A request of somebody who has the secrets, or has not."""
    target = draw(PATHS)
    if query := draw(QUERY):
        target += f"?{urlencode(query)}"
    form = draw(FORM)
    given_headers = {b"Content-Type": b"application/x-www-form-urlencoded"}
    if draw(st.booleans()):
        given_headers |= {b"X-Twilio-Signature": signature(house, target, form)}
        given_headers |= {b"Authorization": f"Bearer {API_TOKEN}".encode()}
    given_headers |= {b"Host": house.engine.http_address.encode(), **draw(HEADERS)}
    method = draw(st.sampled_from([b"POST", b"POST", b"GET", b"PUT", b"HEAD", b"\xff", b"get"]))
    return request(target.encode(), method=method, headers=given_headers, body=urlencode(form).encode())


class Repeated(dict[str, list[str]]):
    """A form as the signing package reads one with repeated fields."""

    def getlist(self, name: str) -> list[str]:
        return self[name]


def signature(house: House, target: str, form: list[tuple[str, str]]) -> bytes:
    fields = Repeated()
    for name, value in form:
        fields.setdefault(name, []).append(value)
    url = f"http://{house.engine.http_address}{target}"
    return str(RequestValidator(TOKEN).compute_signature(url, fields)).encode()


class Written(logging.Handler):
    """What the process's log would hold."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(PrintableFormatter(FORMAT))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def written() -> Iterator[Written]:
    handler = Written()
    logging.getLogger().addHandler(handler)
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)


@pytest.mark.parametrize("allow_unsigned", [False, True])
def test_the_edge_answers_whatever_comes_in_a_line_at_most(tmp_path: Path, allow_unsigned: bool) -> None:
    with asyncio.Runner(loop_factory=SkippingLoop) as runner, written() as log:
        opened = AsyncExitStack()
        flows = network(tmp_path / "flows")
        serving = open_house(tmp_path, flows, api_token=API_TOKEN, allow_unsigned=allow_unsigned)
        house = runner.run(opened.enter_async_context(serving))

        @hunting(40)
        @given(
            carried(house) | st.binary(max_size=300) | st.binary(max_size=50).map(lambda end: b"GET /" + end)
        )
        def holds(sent: bytes) -> None:
            log.lines.clear()
            answer = runner.run(asked(house.engine.http_address, sent))
            assert answer is None or answer.status != 500, answer
            assert len(log.lines) <= 2
            assert all(is_letter(each) for line in log.lines for each in line), log.lines
            assert answer is None or "\x1b" not in answer.head

        try:
            holds()
            odd = request(b"/carriers/twilio/voice", method=b"POST", headers={b"Host": b"[::1"})
            assert (refused := runner.run(asked(house.engine.http_address, odd))) is not None
            assert refused.status == 403
            assert runner.run(asked(house.engine.http_address, request(b"/healthz"))) is not None
        finally:
            runner.run(opened.aclose())
