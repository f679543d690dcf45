"""Every node type by the word that flows use for it."""

from __future__ import annotations

from collections.abc import Mapping

from engine.nodes.branch import Branch
from engine.nodes.bridge import Bridge
from engine.nodes.choose_buyer import ChooseBuyer
from engine.nodes.collect import Collect
from engine.nodes.consent import Consent
from engine.nodes.form import Form
from engine.nodes.hangup import Hangup
from engine.nodes.hours import Hours
from engine.nodes.interview import Interview
from engine.nodes.lookup import Lookup
from engine.nodes.menu import Menu
from engine.nodes.node_type import NodeType
from engine.nodes.say import Say
from engine.nodes.set import Set
from engine.nodes.split import Split
from engine.nodes.subflow import Return, Subflow
from engine.nodes.tag import Tag
from engine.nodes.voicemail import Voicemail

NODE_TYPES: Mapping[str, type[NodeType]] = {
    "say": Say,
    "menu": Menu,
    "collect": Collect,
    "form": Form,
    "interview": Interview,
    "set": Set,
    "branch": Branch,
    "hours": Hours,
    "split": Split,
    "consent": Consent,
    "tag": Tag,
    "voicemail": Voicemail,
    "subflow": Subflow,
    "return": Return,
    "lookup": Lookup,
    "choose_buyer": ChooseBuyer,
    "bridge": Bridge,
    "hangup": Hangup,
}
