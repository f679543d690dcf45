"""The documents say what is: every setting, command and route is named, every link leads somewhere, every YAML loads."""

from __future__ import annotations

import ast
import importlib.util
import json
import re
import sys
import wave
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import click
import pytest
import yaml
from fastapi.routing import APIRoute

from docs.reference import FLOW_SCHEMA, TARGET, flow_schema, reference
from engine.accounts.call_shown import CallShown
from engine.carriers import CARRIERS
from engine.cli import main
from engine.core.commands import Record, SetTimer
from engine.core.events import CallArrived, TimerFired
from engine.core.facts import Step
from engine.core.machine import CallMachine
from engine.exchange.terms import Strategy
from engine.language.revisions import check_all, publish
from engine.language.schemas import schemas
from engine.nodes.types import NODE_TYPES
from engine.rehearsal.coverage import coverage
from engine.rehearsal.spoken import RecogniserEar
from engine.rehearsal.stories import run_story
from engine.runtime.metrics import Metrics
from engine.runtime.settings import Settings
from engine.web import health
from engine.web.server import every_route
from tests.language.test_schemas import hold_equal

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
DOCS = ROOT / "docs"
DOCUMENTS = [
    README,
    *(ROOT / f"{name}.md" for name in ("CHANGELOG", "CONTRIBUTING")),
    *sorted(DOCS.glob("*.md")),
]
ROOFING = ROOT / "examples" / "flows" / "roofing"
BILINGUAL = ROOT / "examples" / "flows" / "roofing_bilingual"
SHARED = ROOT / "examples" / "flows" / "home_services" / "lib"

FENCE = re.compile(r"^```yaml\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
GAP = "…"  # for what differs from one message to the next
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True)
class Snippet:
    """A fenced block of YAML. One whose first line is a comment with a file's name is that whole file."""

    document: Path
    line: int
    text: str

    @property
    def file(self) -> str | None:
        named = re.fullmatch(r"# ([a-z_./]+\.yaml)", self.text.partition("\n")[0])
        return named[1] if named else None

    def __str__(self) -> str:
        return f"{self.document.name}:{self.line}"


def snippets() -> Iterator[Snippet]:
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            yield Snippet(document, text.count("\n", 0, match.start()) + 1, match["text"])


SNIPPETS = list(snippets())
PARTS = [snippet for snippet in SNIPPETS if snippet.file is None]
WHOLE = [snippet for snippet in SNIPPETS if snippet.file is not None]


def merged(base: Any, over: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        return {**base, **{name: merged(base.get(name), value) for name, value in over.items()}}
    return over


def lay(folder: Path, network: Any, flow: Any, stories: Any) -> None:
    """The roofing example with a part of a document in it, and the files that documents name."""
    for name, tree in (("network.yaml", network), ("roofing.yaml", flow), ("docs.stories.yaml", stories)):
        if tree:
            (folder / name).write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    for name in ("lib", "zips", "audio"):
        (folder / name).mkdir()
    (folder / "zips" / "lonestar.txt").write_text("78701 78702\n")
    (folder / "blocked.txt").write_text("+15550166\n")
    for shared in SHARED.iterdir():
        (folder / "lib" / shared.name).write_bytes(shared.read_bytes())
    with wave.open(str(folder / "audio" / "welcome.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))


def placed(part: Any) -> tuple[Any, Any, Any]:
    """Network, flow and stories with the part where it belongs; by the names of its settings."""
    if "languages" in part:
        network, flow = (
            yaml.safe_load((BILINGUAL / f"{name}.yaml").read_text("utf-8")) for name in ("network", "roofing")
        )
        return network, merged(flow, part), None
    network = yaml.safe_load((ROOFING / "network.yaml").read_text(encoding="utf-8"))
    del network["numbers"]["+15550101"], network["campaigns"]["roofing_form"]
    network["lookups"] = {"hosts": ["api.example.com"]}
    flow = yaml.safe_load((ROOFING / "roofing.yaml").read_text(encoding="utf-8"))
    flow["answers"] |= {"agreed": {"type": "yes_no"}}
    intake = {"type": "form", "answers": ["need", "zip"], "prompt": "What do you need?", "next": "ask_need"}
    flow["nodes"] |= {"intake": intake}
    files: Any = schemas()
    if set(part) == {"stories"}:
        return network, flow, part
    if all(isinstance(value, Mapping) and value.get("type") in NODE_TYPES for value in part.values()):
        return network, {**flow, "nodes": {**flow["nodes"], **part}}, None
    if set(part) <= set(files["flow.schema.json"]["properties"]):
        return network, merged(flow, part), None
    if set(part) <= {"call", "given", "caller", "buyers", "lookups", "bids", "expect"} and "expect" in part:
        return network, flow, {"stories": {"an_example": part}}
    return merged(network, part), flow, None


@pytest.mark.parametrize("snippet", PARTS, ids=str)
def test_a_part_of_a_network_in_a_document_fits_the_roofing_example(snippet: Snippet, tmp_path: Path) -> None:
    lay(tmp_path, *placed(yaml.safe_load(snippet.text)))
    checked = check_all(tmp_path)
    assert [str(found) for found in checked.mistakes if found.severity == "error"] == []
    if "stories:" in snippet.text:
        assert checked.stories
        results = [run_story(story, checked.published, RecogniserEar(tmp_path)) for story in checked.stories]
        assert [line for result in results for line in result.differences] == []


@pytest.mark.parametrize("document", sorted({snippet.document for snippet in WHOLE}), ids=lambda it: it.name)
def test_a_whole_network_in_a_document_checks_clean_and_keeps_its_stories(
    document: Path, tmp_path: Path
) -> None:
    for snippet in WHOLE:
        if snippet.document == document and snippet.file is not None:
            (tmp_path / snippet.file).write_text(snippet.text, encoding="utf-8")
    checked = check_all(tmp_path)
    assert [str(found) for found in checked.mistakes] == []
    assert checked.stories
    assert checked.published.revision is not None
    results = [run_story(story, checked.published, RecogniserEar(tmp_path)) for story in checked.stories]
    assert [line for result in results for line in result.differences] == []
    assert coverage(checked.published.revision, results)


def test_the_reference_is_what_the_schemas_say() -> None:
    assert TARGET.read_text(encoding="utf-8") == reference(), "a schema changed; run `make reference`"


def test_the_flow_schema_lists_the_types_that_there_are() -> None:
    assert FLOW_SCHEMA.read_text(encoding="utf-8") == flow_schema(), "a type is new; run `make reference`"


def test_every_strategy_is_explained() -> None:
    network = (ROOT / "docs" / "network.md").read_text(encoding="utf-8")
    assert [name for name in get_args(Strategy) if f"| `{name}`" not in network] == []


def test_every_setting_of_the_network_is_met_in_the_guide() -> None:
    told = "\n".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md") if path != TARGET
    )
    network: Any = schemas()["network.schema.json"]["properties"]
    groups = [network, network["campaigns"]["additionalProperties"]["properties"]]
    groups.append(network["buyers"]["additionalProperties"]["properties"])
    missing = {name for group in groups for name in group if not re.search(rf"\b{name}\b", told)}
    assert missing == set()


def commands(group: click.Group, before: str = "cordboard") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{before} {name}")
        else:
            yield f"{before} {name}"


def test_the_readme_fits_two_screens() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 100


def test_every_document_is_reached_from_the_readme() -> None:
    readme = README.read_text(encoding="utf-8")
    assert [path.name for path in DOCS.glob("*.md") if f"docs/{path.name}" not in readme] == []


def test_the_guide_to_commands_names_every_command() -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    assert [name for name in commands(main) if f"`{name}" not in text] == []


def test_the_guide_to_settings_names_every_setting() -> None:
    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    settings = [f"`CORDBOARD_{name.upper()}`" for name in Settings.model_fields]
    assert [name for name in settings if name not in text] == []


def test_the_guide_to_the_api_names_every_route() -> None:
    text = re.sub(r"\{\w+\}", "{}", (DOCS / "api.md").read_text(encoding="utf-8"))
    own = [route.path for route in health.routes.routes if isinstance(route, APIRoute)]
    described = [path.removeprefix("/api/v1") for path in every_route().openapi()["paths"]]
    assert len(own) + len(described) >= 20
    missing = [path for path in (*own, *described) if re.sub(r"\{\w+\}", "{}", path) not in text]
    assert missing == []


def test_each_carriers_page_says_where_it_reaches_us_and_every_setting() -> None:
    for carrier in CARRIERS:
        text = (DOCS / "carriers" / f"{carrier.name}.md").read_text(encoding="utf-8")
        wanted = [f"/carriers/{carrier.name}/", *(f"CORDBOARD_{name.upper()}" for name in carrier.needs)]
        assert [each for each in wanted if each not in text] == [], carrier.name


def test_the_guide_to_commands_names_every_part_of_a_shown_call() -> None:
    told = re.search(r"`show --json` has `([^`]+)`", (DOCS / "commands.md").read_text(encoding="utf-8"))
    assert told is not None
    assert set(told[1].split(", ")) == set(CallShown.__struct_encode_fields__)


def guided(guide: str, name: str, folder: Path, patch: pytest.MonkeyPatch) -> Any:
    """The class that a guide adds, from its first block of Python, held to its schema."""
    text = (DOCS / f"{guide}.md").read_text(encoding="utf-8")
    blocks = {kind: re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S) for kind in ("python", "json")}
    source = folder / "guided.py"
    source.write_text(blocks["python"][0], encoding="utf-8")
    spec = importlib.util.spec_from_file_location("guided", source)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    patch.setitem(sys.modules, "guided", module)
    spec.loader.exec_module(module)
    schema = json.loads(blocks["json"][0])
    settings = {key: of for key, of in schema["properties"].items() if key not in ("type", "next", "exits")}
    hold_equal(getattr(module, name), settings, schema["required"])
    return getattr(module, name)


def test_the_node_that_the_guide_adds_runs_in_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = guided("adding-a-node", "WaitNode", tmp_path, monkeypatch)(for_ms=8000)
    network = """
network: acme
numbers: {"+15550100": {campaign: calls}}
campaigns: {calls: {flow: calls}}
"""
    flow = """
flow: calls
start: fetch_card
nodes:
  fetch_card: {type: say, say: One moment., next: bye}
  bye: {type: hangup}
"""
    revision = publish({"network.yaml": network, "calls.yaml": flow}).revision
    assert revision is not None
    calls = revision.flows["calls"]
    nodes = {**calls.nodes, "fetch_card": replace(calls.nodes["fetch_card"], node=node)}
    machine = CallMachine(replace(revision, flows={"calls": replace(calls, nodes=nodes)}))
    began = machine.receive(
        CallArrived(0, "c", "loopback", "l", "+15550123", "+15550100", 1_795_000_000_000, 7)
    )
    (timer,) = [command for command in began if isinstance(command, SetTimer)]
    ended = machine.receive(TimerFired(timer.after_ms, timer.timer))
    steps = [each.fact for each in ended if isinstance(each, Record) and isinstance(each.fact, Step)]
    assert [(step.at, step.node, step.exit) for step in steps] == [
        (8000, "fetch_card", "next"),
        (8000, "bye", "hangup"),
    ]


def test_the_answer_that_the_guide_adds_is_keyed_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    year = guided("adding-an-answer", "Year", tmp_path, monkeypatch)(min=1980)
    assert [understood.value for understood in year.understand_words("nineteen ninety four")] == [1994]
    assert [understood.value for understood in year.understand_words("two thousand five")] == [2005]
    assert year.understand_keys("2012").value == 2012
    assert year.understand_keys("1960") is None


def pieces_of(source: Path) -> Iterator[str]:
    """Every text in a module, those between the braces of a formatted one apart."""
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"%[sdr]|\{\w+\}", GAP, node.value)


def test_the_messages_in_the_guide_to_trouble_are_the_engines() -> None:
    """Those in fences; `…` stands for what differs. What is reworded must be reworded there, too."""
    guide = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    quoted = [
        line for fence in re.findall(r"^```\n(.*?)^```$", guide, re.M | re.S) for line in fence.splitlines()
    ]
    sources = [ROOT / "engine" / "wording" / "en.toml", *(ROOT / "engine").rglob("*.py")]
    texts = [
        sources[0].read_text(encoding="utf-8"),
        *(text for path in sources[1:] for text in pieces_of(path)),
    ]
    said = "\n".join(texts)
    parts = [part.strip(" :;,.()'") for line in quoted for part in line.split(GAP)]
    assert len(quoted) >= 20
    assert [part for part in parts if len(part) > 3 and part not in said] == []


def test_every_metric_is_explained() -> None:
    operating = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    families = {family.name for family in Metrics().registry.collect()}
    assert [name for name in families if name not in operating] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file_and_a_heading(document: Path) -> None:
    for link in LINK.finditer(document.read_text(encoding="utf-8")):
        path, _, anchor = link["target"].partition("#")
        if "://" in path:
            continue
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), link["target"]
        assert not anchor or anchor in headings(target), link["target"]


def headings(document: Path) -> set[str]:
    """A Markdown file's headings, as links name them."""
    lines = document.read_text(encoding="utf-8").splitlines()
    titles = [line.lstrip("#").strip().lower() for line in lines if line.startswith("#")]
    return {re.sub(r"[^\w -]", "", title).replace(" ", "-") for title in titles}
