"""Every node type by the word that flows use for it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.nodes.branch import Branch
from engine.nodes.bridge import BridgeNode
from engine.nodes.choose_buyer import ChooseBuyer
from engine.nodes.collect import Collect
from engine.nodes.consent import ConsentNode
from engine.nodes.converse import Converse
from engine.nodes.form import Form
from engine.nodes.hangup import Hangup
from engine.nodes.hours import HoursNode
from engine.nodes.interview import Interview
from engine.nodes.lookup import Lookup
from engine.nodes.menu import Menu
from engine.nodes.node_type import NodeType
from engine.nodes.say import Say
from engine.nodes.set import Set
from engine.nodes.split import Split
from engine.nodes.subflow import Return, Subflow
from engine.nodes.tag import TagNode
from engine.nodes.voicemail import VoicemailNode

NODE_TYPES: Mapping[str, type[NodeType]] = {
    "say": Say,
    "menu": Menu,
    "collect": Collect,
    "form": Form,
    "converse": Converse,
    "interview": Interview,
    "set": Set,
    "branch": Branch,
    "hours": HoursNode,
    "split": Split,
    "consent": ConsentNode,
    "tag": TagNode,
    "voicemail": VoicemailNode,
    "subflow": Subflow,
    "return": Return,
    "lookup": Lookup,
    "choose_buyer": ChooseBuyer,
    "bridge": BridgeNode,
    "hangup": Hangup,
}
