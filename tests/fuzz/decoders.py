"""What reads a stranger's bytes without a socket: each is given a random message, and may only refuse it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml
from click.testing import CliRunner

from engine.carriers.twilio.stream import TwilioStream
from engine.cli import main
from engine.core.journal import JournalUnreadableError, event_from_json, fact_from_json
from engine.core.money import parse_money
from engine.core.places import Place
from engine.evidence.parts import canonical
from engine.evidence.signing import HEADER, signing_key
from engine.exchange.bid_answers import MalformedError, read_bid, read_confirmation
from engine.language.cel.expressions import Vocabulary, compile_clause
from engine.language.revisions import load, publish, read_network_dir
from engine.nodes.model_words import as_spoken, unfit
from engine.runtime.outward.model_wire import MalformedReply, read_reply
from engine.runtime.outward.parameters import believed, collected
from engine.runtime.outward.requests import Secrets
from engine.understanding.zip import Zip
from tests.corpus.write_corpus import read_lines
from tests.fuzz.mutation import json_message, mutated, mutated_bytes, mutated_text, odd_text

CORPUS = Path("tests/corpus/924edba")
EXAMPLES = sorted(Path("examples/flows").glob("*/"))

Shot = Callable[[Random], object]


@dataclass(frozen=True, slots=True)
class Fuzzer:
    """One reader; `share` of a run's messages, in thousandths."""

    name: str
    share: int
    prepare: Callable[[Path], Shot]  # in a folder of its own


START = {
    "event": "start",
    "sequenceNumber": "1",
    "start": {
        "accountSid": "AC" + "1" * 32,
        "streamSid": "MZ" + "2" * 32,
        "callSid": "CA" + "3" * 32,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"token": "secret"},
    },
    "streamSid": "MZ" + "2" * 32,
}
MEDIA = {
    "event": "media",
    "streamSid": "MZ" + "2" * 32,
    "media": {
        "track": "inbound",
        "chunk": "1",
        "timestamp": "20",
        "payload": base64.b64encode(b"\xff" * 160).decode(),
    },
}
MESSAGES: Sequence[Any] = (
    *({"event": "connected", "protocol": "Call", "version": "1.0.0"}, START, MEDIA),
    {"event": "dtmf", "streamSid": "MZ" + "2" * 32, "dtmf": {"track": "inbound_track", "digit": "1"}},
    {"event": "mark", "streamSid": "MZ" + "2" * 32, "mark": {"name": "p1"}},
    {"event": "stop", "streamSid": "MZ" + "2" * 32, "stop": {"accountSid": "AC", "callSid": "CA"}},
)


def media(_folder: Path) -> Shot:
    """The carrier's websocket messages, before and after the stream has started."""
    draw, start = json_message(MESSAGES), json.dumps(START)

    def shot(rng: Random) -> None:
        stream = TwilioStream()
        if rng.random() < 0.7:
            stream.decode(start)
        message = draw(rng)
        stream.decode(message if rng.random() < 0.8 else message.decode("utf-8", "replace"))

    return shot


def bids(_folder: Path) -> Shot:
    """What bidders answer to a ping and to a confirmation."""
    draw = json_message(
        (
            {"bid": "31.50", "to": "+15550111", "expires_in": 30, "id": "b-7"},
            {"bid": 0, "reason": "no agents"},
            {"accepted": True, "to": "+15550111"},
            {"accepted": False, "reason": "busy"},
        )
    )

    def shot(rng: Random) -> None:
        body = draw(rng)
        for read in (read_bid, read_confirmation):
            try:
                read(body)
            except MalformedError as refused:
                str(refused).encode()

    return shot


def models(_folder: Path) -> Shot:
    """What language models reply, and what a voice would be given of it."""
    fill = {"answer": "zip", "value": "78701", "quote": "seven eight seven oh one"}
    draw = json_message(
        (
            {"say": "Which ZIP code?", "fills": [], "leave": ""},
            {"say": "", "fills": [fill], "leave": "person"},
        )
    )

    def shot(rng: Random) -> None:
        text = draw(rng).decode("utf-8", "surrogateescape")
        try:
            said, fills, _ = read_reply(f"```json\n{text}\n```" if rng.random() < 0.1 else text)
        except MalformedReply as refused:
            str(refused).encode()
        else:
            unfit(as_spoken(said), 40)
            for each in fills:
                Zip().understand_value(each.value)

    return shot


def parameters(_folder: Path) -> Shot:
    """What publishers send along with a webhook."""
    network = load(EXAMPLES[0]).network
    assert network is not None
    text = "network: n\nnumbers: {'+15550100': {campaign: c, publisher: p}}\n"
    text += "publishers: {p: {parameters: {secret: P, answers: {zip: zip}}}}\ncampaigns: {c: {flow: f}}\n"
    flow = "flow: f\nstart: a\nanswers: {zip: {type: zip}}\nnodes: {a: {type: hangup}}\n"
    published = publish({"network.yaml": text, "f.yaml": flow})
    assert published.network is not None, published.mistakes
    secrets, network = Secrets({"CORDBOARD_SECRET_P": "s"}), published.network
    signature = "t=1795341600,v1=" + "0" * 64

    def shot(rng: Random) -> None:
        query = {"zip": "78701", "signature": signature, "SipHeader_X-Cordboard-zip": "78701"}
        changed = mutated(query, rng)
        texts = (
            {name: value for name, value in changed.items() if isinstance(value, str)}
            if isinstance(changed, dict)
            else {}
        )
        sent = {_received(name): _received(value) for name, value in texts.items()}
        believed(collected(sent, sent), network, "+15550100", secrets, 1795341600.0)

    return shot


def _received(text: str) -> str:
    """As it comes out of a query or a form."""
    return text.encode("utf-8", "replace").decode()


def journals(_folder: Path) -> Shot:
    """The records of journals, as evidence and databases bring them."""
    seeds: list[Any] = []
    for line in read_lines(CORPUS / "journals" / "roofing.jsonl.xz"):
        for event, commands in line.get("journal", ())[:40]:
            seeds.append(event)
            seeds += [each["fact"] for each in commands if "fact" in each]
    seeds = seeds[:2_000]

    def shot(rng: Random) -> None:
        record = mutated(rng.choice(seeds), rng)
        for read in (event_from_json, fact_from_json):
            if isinstance(record, dict):
                try:
                    read(record)
                except JournalUnreadableError as refused:
                    str(refused)

    return shot


def answers(_folder: Path) -> Shot:
    """What callers key and say, publishers send and services find, for every answer of every example."""
    revisions = [load(folder).revision for folder in EXAMPLES]
    flows = [flow for revision in revisions if revision is not None for flow in revision.flows.values()]
    kinds = list({repr(kind): kind for flow in flows for kind in flow.answers.values()}.values())
    said = (
        "seven eight seven oh one",
        "yes",
        "a new roof no a repair",
        "the third of may",
        "about forty thousand dollars",
    )

    def shot(rng: Random) -> None:
        kind = rng.choice(kinds)
        match rng.randrange(3):
            case 0:
                kind.understand_keys("".join(rng.choices("0123456789*#", k=rng.randrange(20))))
            case 1:
                kind.understand_words(mutated_text(rng.choice(said), rng)[:400])
            case _:
                kind.understand_value(
                    rng.choice((odd_text(rng), mutated_text("78701", rng), rng.randrange(-9, 9), True))
                )
        try:
            parse_money(mutated_text("45.00", rng))
        except ValueError as refused:
            str(refused)

    return shot


def expressions(_folder: Path) -> Shot:
    """Conditions, as operators write them."""
    vocabulary = {"zip": "string", "zip.state": "string", "need": "string", "age": "int", "agrees": "bool"}
    known = Vocabulary(vocabulary)  # type: ignore[arg-type]
    written = (
        *(
            'zip.state == "TX" && !zip.startsWith("787")',
            "age >= 18 || agrees == true",
            'need in ["repair", "replace"]',
        ),
        *("(age + 1) * 2 < 40", 'zip.matches("^7.*")', "size(need) > 3 ? agrees : !agrees"),
    )
    values: Mapping[str, Any] = {
        "zip": "78701",
        "zip.state": "TX",
        "need": "repair",
        "age": 40,
        "agrees": True,
    }

    def shot(rng: Random) -> None:
        found = compile_clause(mutated_text(rng.choice(written), rng)[:300], Place("f.yaml", 1, 1), known)
        if not isinstance(found, tuple):
            found.evaluate(values)

    return shot


@cache
def _networks() -> Sequence[tuple[Mapping[str, str], Mapping[str, Any]]]:
    read = [read_network_dir(folder) for folder in EXAMPLES]
    return [
        (files, {name: yaml.safe_load(text) for name, text in files.items() if name.endswith(".yaml")})
        for files in read
    ]


def networks(_folder: Path) -> Shot:
    """The folders that `check` is given: the examples, with mistakes of every kind."""
    _networks()

    def shot(rng: Random) -> None:
        files, trees = rng.choice(_networks())
        name = rng.choice(list(trees))
        if rng.random() < 0.5:
            text = mutated_bytes(files[name].encode(), rng).decode("utf-8", "surrogateescape")
        else:
            tree = mutated(json.loads(json.dumps(trees[name])), rng, rng.randrange(1, 4))
            text = yaml.safe_dump(json.loads(json.dumps(tree)), sort_keys=False)
        for mistake in publish({**files, name: text}).mistakes:
            str(mistake)

    return shot


def proofs(folder: Path) -> Shot:
    """The files that `verify` is given: changed on the wire, or changed and signed anew by somebody."""
    lines = list(read_lines(CORPUS / "evidence" / "roofing.jsonl.xz"))
    documents = [line["document"] for line in lines if len(json.dumps(line)) < 90_000][:12]
    key, file = signing_key(folder / "key.pem"), folder / "proof.json"

    def changed(document: Any, rng: Random) -> bytes:
        if rng.random() < 0.3:
            return mutated_bytes(json.dumps(document).encode(), rng)
        padded = str(document["payload"]) + "=="
        vcon = json.loads(base64.urlsafe_b64decode(padded))
        _change_parts(vcon, rng)
        protected = json.loads(base64.urlsafe_b64decode(document["signatures"][0]["protected"] + "=="))
        header = {name: held for name, held in protected.items() if name not in HEADER}
        header = mutated(header, rng) if rng.random() < 0.2 else header
        return json.dumps(key.sign(canonical(vcon), header if isinstance(header, dict) else {})).encode()

    def shot(rng: Random) -> None:
        file.write_bytes(changed(rng.choice(documents), rng))
        result = CliRunner().invoke(main, ["verify", str(file)])
        if result.exit_code not in (0, 1) or not isinstance(result.exception, SystemExit | None):
            raise AssertionError(f"verify: {result.exit_code}") from result.exception

    return shot


def _change_parts(vcon: Any, rng: Random) -> None:
    """Mutates a part inside an attachment, else the envelope itself."""
    attachments = [each for each in vcon.get("attachments", ()) if isinstance(each.get("body"), str)]
    if not attachments or rng.random() < 0.2:
        changed = mutated(vcon, rng)
        if isinstance(changed, dict):
            vcon.clear()
            vcon.update({name: held for name, held in changed.items() if isinstance(name, str)})
        return
    attachment = rng.choice(attachments)
    body = mutated(json.loads(attachment["body"]), rng, rng.randrange(1, 3))
    attachment["body"] = json.dumps(body)


FUZZERS: Sequence[Fuzzer] = (
    Fuzzer("media messages", 538, media),
    Fuzzer("model replies", 30, models),
    Fuzzer("bids", 160, bids),
    Fuzzer("parameters", 110, parameters),
    Fuzzer("journal records", 100, journals),
    Fuzzer("answers", 50, answers),
    Fuzzer("expressions", 8, expressions),
    Fuzzer("networks", 1, networks),
    Fuzzer("proofs", 1, proofs),
)
