"""A client generated from /openapi.json reads what the API answers of a real call."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
from pydantic import BaseModel, TypeAdapter

from tests.journeys.journey_world import LONESTAR, SHORT_BILLS, answering, keys, network, open_house

TOKEN = "the-client's-token"


def generated(folder: Path, document: str) -> ModuleType:
    """The models that datamodel-code-generator makes of the document, imported."""
    described, module = folder / "openapi.json", folder / "cordboard_client.py"
    described.write_text(document, "utf-8")
    options = {
        "--input": str(described),
        "--input-file-type": "openapi",
        "--output": str(module),
        "--output-model-type": "pydantic_v2.BaseModel",
        "--target-python-version": "3.11",
    }
    command = [sys.executable, "-m", "datamodel_code_generator", "--use-annotated"]
    made = subprocess.run(
        [*command, *(word for option in options.items() for word in option)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    spec = importlib.util.spec_from_file_location(module.stem, module)
    assert spec is not None
    assert spec.loader is not None
    client = importlib.util.module_from_spec(spec)
    sys.modules[module.stem] = client  # where pydantic looks for it
    spec.loader.exec_module(client)
    return client


def reader(client: ModuleType, schema: Mapping[str, Any]) -> TypeAdapter[Any]:
    """What reads an answer of this schema: a model, a list of one, or one of several."""
    if "$ref" in schema:
        model: type[BaseModel] = getattr(client, str(schema["$ref"]).rpartition("/")[2])
        return TypeAdapter(model)
    kinds = [
        list[getattr(client, str(each["items"]["$ref"]).rpartition("/")[2])]  # type: ignore[misc]
        for each in schema.get("anyOf", [schema])
    ]
    union: Any = kinds[0]
    for kind in kinds[1:]:
        union = union | kind
    return TypeAdapter(union)


async def test_a_generated_client_reads_a_real_call(tmp_path: Path) -> None:
    flows = network(tmp_path / "flows", SHORT_BILLS)
    async with (
        open_house(tmp_path, flows, api_token=TOKEN) as house,
        httpx.AsyncClient(
            base_url=f"http://{house.engine.http_address}", headers={"Authorization": f"Bearer {TOKEN}"}
        ) as http,
    ):
        house.carrier.buyer(LONESTAR, answering())
        await house.call(keys())
        document = (await http.get("/openapi.json")).text
        client = generated(tmp_path, document)
        (name,) = [line["call"] for line in (await http.get("/api/v1/calls")).json()]

        read = client.CallShown.model_validate_json((await http.get(f"/api/v1/calls/{name}")).text)
        assert read.call == name
        assert [step.exit for step in read.path][:1] == ["next"]
        assert read.answers["zip"].value == "78701"
        assert read.answers["zip"].mode.value == "keys"
        (decision,) = read.decisions
        assert decision.chosen == "lonestar"
        assert decision.candidates[0].clauses[0].outcome.value == "true"
        (verdict,) = read.verdicts
        assert (verdict.billable, verdict.revenue, verdict.timer.needed) == (True, "45.00", 2)
        assert {entry.kind.value: entry.amount for entry in read.ledger} == {
            "revenue": "45.00",
            "payout": "30.00",
        }

        asked = 0
        for path, operations in json.loads(document)["paths"].items():
            if "get" not in operations or "recordings" in path:
                continue
            content = operations["get"]["responses"]["200"]["content"]["application/json"]
            reads = reader(client, content["schema"])
            filled = [path.replace("{call}", name).replace("{number}", "1")]
            for place, words in {
                "{by}": ("campaign", "publisher", "buyer", "node", "reason", "day"),
                "{what}": ("calls", "ledger", "answers"),
            }.items():
                filled = [
                    each.replace(place, word) for each in filled for word in words if place in each
                ] or filled
            for target in filled:
                query = {"format": "json"} if "/export/" in target else {}
                reply = await http.get(target, params=query)
                if reply.status_code == 404:  # no dispute was opened
                    client.Refusal.model_validate_json(reply.text)
                    continue
                found = reads.validate_json(reply.text)
                assert (
                    reads.dump_python(found, mode="json", by_alias=True, exclude_unset=True) == reply.json()
                )
                asked += 1
        assert asked >= 19
