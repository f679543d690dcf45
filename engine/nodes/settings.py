"""What a text in a node's settings names. A check hangs on the setting, never on the type of the node.

An answer's name (`AnswerName`) is the core's, for subflows rename it.
"""

from __future__ import annotations

from typing import Annotated, NewType, TypeAlias

ExitName: TypeAlias = Annotated[str, "an exit that the operator names: a key of the setting"]
NodeName: TypeAlias = Annotated[str, "a node of the same flow, which is an exit of its own"]
FlowName: TypeAlias = Annotated[str, "a flow to enter: its file without .yaml"]
CampaignName: TypeAlias = Annotated[str, "a campaign of the network"]
Reachable: TypeAlias = Annotated[str, "a number or SIP address to call, and what is keyed once it answers"]
ModelName: TypeAlias = Annotated[str, "a language model that the network lists under models"]
LookupUrl: TypeAlias = Annotated[str, "an address whose host the network lists under lookups"]

JsonSchemaText = NewType("JsonSchemaText", str)
"""A JSON Schema, as JSON."""
