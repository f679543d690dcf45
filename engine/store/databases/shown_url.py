"""A database's URL as a message or a log may have it: without its password, wherever that is written."""

from __future__ import annotations

import re

_USERINFO = re.compile(r"(://[^:/@\s]*):[^\s]*@")  # a password may hold slashes, colons and at signs
_SECRETS = re.compile(r"([?&][^=&\s]*(?:pass|secret|token|key)[^=&\s]*=)[^&\s]*", re.IGNORECASE)


def shown_url(url: str) -> str:
    return _SECRETS.sub(r"\1***", _USERINFO.sub(r"\1:***@", url))
