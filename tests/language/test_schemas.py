"""The schemas are the contract: the same settings and defaults as the values they become."""

import json
import re
import textwrap
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.exchange.bids import Ask, Bidding, BidTerms, Breaker
from engine.exchange.caps import Caps, Counts, PaidCaps, Spending
from engine.exchange.telling import TellTerms
from engine.exchange.terms import Buyer, Duplicates, Hours, LookupHosts, Terms
from engine.exchange.webhooks import Webhook
from engine.language.building import setting_of
from engine.language.revisions import check_all, publish
from engine.language.schemas import schema_folder, schemas
from engine.language.yaml.units import duration_ms
from engine.nodes.bridge import Accept, Recover
from engine.nodes.choose_buyer import Rollover
from engine.nodes.menu import MenuOption
from engine.nodes.types import NODE_TYPES
from engine.rehearsal.stories import run_story
from engine.understanding.choice import ChoiceOption
from engine.understanding.kinds import ANSWER_KINDS

COMMON = schemas()["common.schema.json"]["$defs"]


def resolved(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A setting's schema with what it refers to in the common one; its own words win."""
    reference = schema.get("$ref", "")
    if "common.schema.json#/$defs/" not in reference and not reference.startswith("#/$defs/"):
        return dict(schema)
    assert isinstance(COMMON, Mapping)
    return {**resolved(COMMON[reference.rpartition("/")[2]]), **schema}


def default_of(schema: Mapping[str, Any], field: str) -> object:
    default = resolved(schema).get("default")
    if field.endswith("_ms") and isinstance(default, str):
        return duration_ms(default)
    return default


def hold_equal(made: type, properties: Mapping[str, Any], required: list[str]) -> None:
    """A dataclass and a schema name the same settings, with the same defaults."""
    own = [field for field in fields(made) if field.init and field.name not in ("place", "places")]
    assert {setting_of(field.name) for field in own} == set(properties)
    for field in own:
        setting = setting_of(field.name)
        has_default = field.default is not MISSING or field.default_factory is not MISSING
        assert has_default == (setting not in required), setting
        if field.default is not MISSING and field.default not in (None, ()):
            assert default_of(properties[setting], field.name) == field.default, setting


@pytest.mark.parametrize("kind", NODE_TYPES)
def test_a_nodes_fields_are_its_schemas_properties(kind: str) -> None:
    schema: Any = schemas()[f"nodes/{kind}.schema.json"]
    settings = {
        name: value
        for name, value in schema["properties"].items()
        if name not in ("type", "next", "exits", "texts")
    }
    hold_equal(NODE_TYPES[kind], settings, schema["required"])


@pytest.mark.parametrize("kind", NODE_TYPES)
def test_a_nodes_exits_are_documented(kind: str) -> None:
    schema: Any = schemas()[f"nodes/{kind}.schema.json"]
    properties = schema["properties"]
    exits = set(NODE_TYPES[kind].EXITS)
    documented = set(properties.get("exits", {}).get("properties", {}))
    assert exits - {"next"} == documented
    usual = NODE_TYPES[kind].EXIT_OF_NEXT
    assert ("next" in properties) == (usual in exits)
    assert all(
        resolved(exit_)["description"] for exit_ in properties.get("exits", {}).get("properties", {}).values()
    )


@pytest.mark.parametrize("kind", ANSWER_KINDS)
def test_an_answers_fields_are_its_schemas_properties(kind: str) -> None:
    schema: Any = schemas()[f"answers/{kind}.schema.json"]
    settings = {name: value for name, value in schema["properties"].items() if name != "type"}
    hold_equal(ANSWER_KINDS[kind], settings, schema["required"])


def test_every_type_has_its_schema_and_no_other_has_one() -> None:
    assert {name for name in schemas() if name.startswith("nodes/")} == {
        f"nodes/{kind}.schema.json" for kind in NODE_TYPES
    }
    assert {name for name in schemas() if name.startswith("answers/")} == {
        f"answers/{kind}.schema.json" for kind in ANSWER_KINDS
    }
    flow: Any = schemas()["flow.schema.json"]["properties"]
    assert flow["nodes"]["additionalProperties"]["properties"]["type"]["enum"] == list(NODE_TYPES)
    assert flow["answers"]["additionalProperties"]["properties"]["type"]["enum"] == list(ANSWER_KINDS)


def test_parts_of_nodes_and_answers_agree_with_their_schemas() -> None:
    bridge: Any = schemas()["nodes/bridge.schema.json"]["properties"]
    accept = bridge["accept"]
    hold_equal(Accept, accept["properties"], accept.get("required", []))
    hold_equal(Recover, bridge["recover"]["properties"], [])
    rollover = schemas()["nodes/choose_buyer.schema.json"]["properties"]["rollover"]  # type: ignore[index]
    hold_equal(Rollover, rollover["properties"], rollover["required"])
    menu: Any = schemas()["nodes/menu.schema.json"]["properties"]
    option = menu["options"]["additionalProperties"]
    hold_equal(MenuOption, option["properties"], option["required"])
    choice: Any = schemas()["answers/choice.schema.json"]["properties"]
    option = choice["options"]["additionalProperties"]
    hold_equal(ChoiceOption, option["properties"], option["required"])


def test_a_networks_terms_agree_with_their_schemas() -> None:
    network: Any = schemas()["network.schema.json"]["properties"]
    buyer = network["buyers"]["additionalProperties"]["properties"]
    assert set(resolved(buyer["caps"])["properties"]) == settings_of(Caps)
    assert set(resolved(COMMON["counts"])["properties"]) == settings_of(Counts)
    assert set(resolved(COMMON["spending"])["properties"]) == settings_of(Spending)
    assert set(resolved(COMMON["paid_caps"])["properties"]) == settings_of(PaidCaps)
    assert set(buyer["duplicates"]["properties"]) == settings_of(Duplicates)
    assert set(buyer["billable"]["properties"]) == settings_of(Terms) - {
        "amount",
        "caps",
        "heard",
        "chosen_by",
    }
    payout = network["campaigns"]["additionalProperties"]["properties"]["payout"]
    assert set(payout["properties"]) == settings_of(Terms) - {"near_miss", "heard", "chosen_by"}
    assert {"zone", "closed", "dates"} == set(buyer["hours"]["properties"])
    assert "zone" in settings_of(Hours)
    assert set(buyer) - {"price"} == settings_of(Buyer) - {"key"}
    assert set(network["lookups"]["properties"]) == settings_of(LookupHosts)
    webhook = network["webhooks"]["additionalProperties"]
    hold_equal(Webhook, webhook["properties"], webhook["required"])
    hold_equal(TellTerms, buyer["tell"]["properties"], buyer["tell"]["required"])
    bid = buyer["bid"]
    hold_equal(BidTerms, bid["properties"], bid["required"])
    hold_equal(Breaker, bid["properties"]["breaker"]["properties"], [])
    hold_equal(Ask, COMMON["ask"]["properties"], COMMON["ask"]["required"])
    hold_equal(
        Bidding, network["campaigns"]["additionalProperties"]["properties"]["bidding"]["properties"], []
    )


def settings_of(made: type) -> set[str]:
    return {setting_of(field.name) for field in fields(made)} - {"place", "places"}


def test_every_schema_is_valid_and_speaks_to_editors() -> None:
    assert len(schemas()) == 4 + len(NODE_TYPES) + len(ANSWER_KINDS)
    for name, schema in schemas().items():
        Draft202012Validator.check_schema(dict(schema))
        assert schema["title"], name
        assert schema["description"], name
        assert name == "common.schema.json" or schema["examples"], name


def test_no_schema_admits_a_key_that_it_does_not_name() -> None:
    for name, schema in schemas().items():
        if name != "common.schema.json":
            assert schema.get("additionalProperties") is False, name


def test_the_schemas_lie_where_the_package_finds_them() -> None:
    assert (schema_folder() / "flow.schema.json").is_file()


NETWORK = """
network: small
numbers: {"+15550100": {campaign: roofing}}
campaigns: {roofing: {flow: example, buyers: [one]}}
lookups: {hosts: [api.example.com]}
buyers: {one: {to: "+15550111", price: "1"}}
"""

FLOW = """
flow: example
start: example
answers:
  zip: {type: zip}
  need: {type: choice, options: {repair: {key: "1"}, replace: {key: "2"}}}
  agreed: {type: yes_no}
nodes:
  ask_zip: {type: collect, answer: zip, prompt: ZIP?, next: ask_need, exits: {noinput: bye, nomatch: bye}}
  ask_need: {type: collect, answer: need, prompt: Need?, next: find, exits: {noinput: bye, nomatch: bye}}
  find: {type: choose_buyer, next: connect, exits: {none: bye}}
  connect: {type: bridge, next: bye}
  desk: {type: bridge, to: "+15550199", next: bye}
  bye: {type: hangup}
  example: EXAMPLE
"""

QUALIFY = """
flow: qualify
start: ask
parameters: {trade: {type: text}}
returns: [area]
answers: {area: {type: zip}}
nodes:
  ask: {type: collect, answer: area, prompt: "ZIP, for {{ trade }}?", next: done, exits: {noinput: none, nomatch: none}}
  done: {type: return}
  none: {type: return, exit: no_answer}
"""

FRONT = """
flow: front
start: enter
nodes:
  enter: {type: subflow, flow: example, next: bye, exits: {no_answer: bye}}
  bye: {type: hangup}
"""


def errors_of(kind: str, flow: str) -> list[str]:
    """The errors of a flow with an example in it; one that returns is entered by another."""
    files = {"network.yaml": NETWORK, "example.yaml": flow, "lib/qualify.yaml": QUALIFY}
    if kind == "return":
        files |= {"network.yaml": NETWORK.replace("flow: example", "flow: front"), "front.yaml": FRONT}
    errors = [found for found in publish(files).mistakes if found.severity == "error"]
    return [str(found) for found in errors if kind != "return" or found.place.file == "example.yaml"]


@pytest.mark.parametrize("kind", NODE_TYPES)
def test_the_example_of_a_nodes_schema_loads(kind: str) -> None:
    examples: Any = schemas()[f"nodes/{kind}.schema.json"]["examples"]
    for example in examples:
        assert errors_of(kind, FLOW.replace("EXAMPLE", json.dumps(example))) == []


@pytest.mark.parametrize("kind", NODE_TYPES)
def test_the_example_of_a_nodes_docstring_loads(kind: str) -> None:
    assert errors_of(kind, docstring_flow(kind)[1]) == []


def docstring_blocks(kind: str) -> list[str]:
    blocks = re.findall(r"```yaml\n(.*?)```", NODE_TYPES[kind].__doc__ or "", re.DOTALL)
    return [textwrap.dedent(block) for block in blocks]


def docstring_flow(kind: str) -> tuple[str, str]:
    """The node of a docstring's example, and a flow that begins with it."""
    blocks = docstring_blocks(kind)
    assert blocks, "a node's docstring holds a YAML example"
    name = blocks[0].strip().partition(":")[0]
    base = "\n".join(line for line in FLOW.splitlines() if not line.startswith((f"  {name}:", "  example:")))
    flow = base.replace("start: example", f"start: {name}") + "\n" + textwrap.indent(blocks[0], "  ")
    return name, flow


TOLD = [kind for kind in NODE_TYPES if len(docstring_blocks(kind)) > 1]


@pytest.mark.parametrize("kind", TOLD)
def test_the_stories_of_a_nodes_docstring_come_true_and_walk_its_exits(kind: str, tmp_path: Path) -> None:
    name, flow = docstring_flow(kind)
    stories = docstring_blocks(kind)[1]
    for file, text in {"network.yaml": NETWORK, "example.yaml": flow, "told.stories.yaml": stories}.items():
        (tmp_path / file).write_text(text, encoding="utf-8")
    checked = check_all(tmp_path)
    assert [str(found) for found in checked.mistakes if found.severity == "error"] == []
    results = [run_story(story, checked.published) for story in checked.stories]
    assert [line for result in results for line in result.differences] == []
    left = {step.exit for result in results for step in result.steps if step.node == name}
    assert left >= set(NODE_TYPES[kind].EXITS)
