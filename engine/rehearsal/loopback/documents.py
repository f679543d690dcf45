"""A call follows a document: it fetches the TwiML, runs its verbs, and goes where a Redirect leads.

After `<Connect><Stream>` the next verb runs as soon as the stream is closed, whoever closed it. What the
engine served wrong is noted with Twilio's error code and leaves nothing to run, so the call ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin

from engine.rehearsal.loopback.handset import Handset
from engine.rehearsal.loopback.lines import NOT_A_WEBSOCKET, MediaLine, StreamRefused
from engine.rehearsal.loopback.timeline import What, Who
from engine.rehearsal.loopback.trunk import EndedBy, Status, Trunk
from engine.rehearsal.loopback.twiml import (
    ConnectStream,
    DocumentMistake,
    HangupVerb,
    Method,
    Pause,
    Played,
    Redirect,
    Reject,
    SayVerb,
    Verb,
    parse,
)
from engine.rehearsal.loopback.webhooks import SIGNATURE, WebhookFailed
from engine.rehearsal.loopback.wire import Stream

_MOST_DOCUMENTS = 50


@dataclass(frozen=True, slots=True)
class DocumentAt:
    """TwiML that the engine serves at an address."""

    url: str
    method: Method = "POST"


@dataclass(frozen=True, slots=True)
class DocumentText:
    """TwiML given in full, by REST."""

    twiml: str


Document = DocumentAt | DocumentText


class Followed(Protocol):
    """What a document needs of the call that follows it."""

    sid: str
    trunk: Trunk
    handset: Handset
    answered_ms: int | None
    line: MediaLine | None
    away_s: float

    def fields(self) -> dict[str, str]: ...

    def record(self, who: Who, what: What, detail: str = "") -> None: ...

    def complain(self, code: int | None, message: str) -> None: ...

    def answered(self) -> None: ...

    def over(self, status: Status, by: EndedBy) -> None: ...


async def follow(call: Followed, document: Document) -> None:
    """Runs a document and those that it redirects to."""
    base = ""
    for _ in range(_MOST_DOCUMENTS):
        if isinstance(document, DocumentAt):
            base = document.url
        verbs = await _verbs_of(call, document)
        call.handset.notice()
        redirect = await _run_verbs(call, verbs)
        if redirect is None:
            return
        document = DocumentAt(urljoin(base, redirect.url), redirect.method)
    call.complain(None, f"more than {_MOST_DOCUMENTS} documents in one call: it runs in a circle")


async def _verbs_of(call: Followed, document: Document) -> tuple[Verb, ...]:
    """The document's verbs; a failure is noted, and leaves none to run."""
    try:
        if isinstance(document, DocumentAt):
            call.record("carrier", "webhook_sent", f"{document.method} {document.url}")
            text = await call.trunk.webhooks.fetch_document(document.url, document.method, call.fields())
        else:
            text = document.twiml
        verbs = parse(text)
    except (WebhookFailed, DocumentMistake) as failure:
        call.complain(failure.code, str(failure))
        return ()
    call.record("engine", "document_given", " ".join(type(verb).__name__ for verb in verbs))
    return verbs


async def _run_verbs(call: Followed, verbs: tuple[Verb, ...]) -> Redirect | None:
    """Runs them in order; the redirect that ended the document, if one did."""
    if verbs and isinstance(verbs[0], Reject) and call.answered_ms is None:
        call.record("engine", "verb_run", f"Reject {verbs[0].reason}")
        call.over("busy" if verbs[0].reason == "busy" else "no-answer", "engine")
        return None
    if verbs:
        call.answered()
    for verb in verbs:
        match verb:
            case ConnectStream():
                await _stream(call, verb)
            case SayVerb(text):
                call.record("engine", "verb_run", f"Say {text}")
            case Played(url):
                call.record("engine", "verb_run", f"Play {url}")
            case Pause(length_s):
                call.record("engine", "verb_run", f"Pause {length_s:g} s")
                await call.trunk.clock.sleep_ms(length_s * 1000)
            case Redirect(url):
                call.record("engine", "verb_run", f"Redirect {url}")
                return verb
            case HangupVerb():
                call.record("engine", "verb_run", "Hangup")
                return None
            case Reject():
                call.complain(
                    None, "<Reject> works only as the first verb of an unanswered call; passed over"
                )
    return None


async def _stream(call: Followed, verb: ConnectStream) -> None:
    trunk = call.trunk
    headers = {SIGNATURE: trunk.webhooks.signature(verb.url)} if trunk.signs_streams else {}
    stream = Stream(verb.url, trunk.account_sid, call.sid, verb.parameters)
    call.line = MediaLine(stream, call.handset, trunk.clock, trunk.timeline, headers)
    try:
        await call.line.run()
    except StreamRefused as refusal:
        call.complain(NOT_A_WEBSOCKET, f"the stream was refused: {refusal}")
    finally:
        call.line = None
    if call.away_s:
        away_s, call.away_s = call.away_s, 0.0
        await trunk.clock.sleep_ms(away_s * 1000)
