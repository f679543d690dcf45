"""A call follows a document: it fetches the TwiML, runs its verbs, and goes where a Redirect leads.

After `<Connect><Stream>` the next verb runs as soon as the stream is closed, whoever closed it. What the
engine served wrong is noted with Twilio's error code and leaves nothing to run, so the call ends.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from engine.rehearsal.loopback.parts import Document, DocumentAt, DocumentText, PlayedCall
from engine.rehearsal.loopback.posts import WebhookFailed
from engine.rehearsal.loopback.streaming import streamed
from engine.rehearsal.loopback.twilio.twiml import (
    ConnectStream,
    DialConference,
    DocumentMistake,
    HangupVerb,
    Pause,
    Played,
    Redirect,
    Reject,
    SayVerb,
    Verb,
    parse,
)
from engine.rehearsal.loopback.twilio.webhooks import Webhooks
from engine.rehearsal.loopback.wires import Stream

Reading = Callable[[str], tuple[Verb, ...]]
"""A document's verbs; raises DocumentMistake."""

_MOST_DOCUMENTS = 50


async def follow(call: PlayedCall, document: Document, webhooks: Webhooks, read: Reading = parse) -> None:
    """Runs a document and those that it redirects to."""
    base = ""
    for _ in range(_MOST_DOCUMENTS):
        if isinstance(document, DocumentAt):
            base = document.url
        verbs = await _verbs_of(call, document, webhooks, read)
        call.handset.notice()
        redirect = await _run_verbs(call, verbs)
        if redirect is None:
            return
        document = DocumentAt(urljoin(base, redirect.url), redirect.method)
    call.complain(None, f"more than {_MOST_DOCUMENTS} documents in one call: it runs in a circle")


async def _verbs_of(
    call: PlayedCall, document: Document, webhooks: Webhooks, read: Reading
) -> tuple[Verb, ...]:
    """The document's verbs; a failure is noted, and leaves none to run."""
    try:
        if isinstance(document, DocumentAt):
            call.record("carrier", "webhook_sent", f"{document.method} {document.url}")
            text = await webhooks.fetch_document(document.url, document.method, call.fields())
        else:
            assert isinstance(document, DocumentText)
            text = document.twiml
        verbs = read(text)
    except (WebhookFailed, DocumentMistake) as failure:
        call.complain(failure.code, str(failure))
        return ()
    call.record("engine", "document_given", " ".join(type(verb).__name__ for verb in verbs))
    return verbs


async def _run_verbs(call: PlayedCall, verbs: tuple[Verb, ...]) -> Redirect | None:
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
                await streamed(call, Stream(verb.url, call.trunk.account_sid, call.sid, verb.parameters))
            case DialConference(room, at_most_s):
                call.record("engine", "conference_joined", room)
                ended = await call.trunk.conferences.sit_in(room, call.handset, at_most_s)
                call.record("carrier", "conference_left", ended)
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
