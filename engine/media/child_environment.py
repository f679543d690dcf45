"""What a child process gets of our environment: what it needs to run, and none of the secrets.

A list of what may pass, not of what may not: nobody knows how the next secret is called.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

_NAMES = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"}
    | {"VIRTUAL_ENV", "LD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "COMSPEC", "PATHEXT", "WINDIR"}
    | {"USERPROFILE", "APPDATA", "LOCALAPPDATA", "SSL_CERT_FILE", "SSL_CERT_DIR"}
    | {"PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE"}
    | {"PYTHONIOENCODING", "PYTHONUTF8", "PYTHONWARNINGS", "PYTHONNOUSERSITE", "PYTHONUSERBASE"}
    | {"PYTHONPYCACHEPREFIX", "PYTHONMALLOC", "PYTHONFAULTHANDLER"}
)
_BEGINNINGS = ("LC_", "XDG_", "DYLD_", "OMP_", "MKL_", "OPENBLAS_", "NUMBA_", "ORT_")


def child_environment(environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for a program that we start."""
    ours = os.environ if environment is None else environment
    return {name: value for name, value in ours.items() if name in _NAMES or name.startswith(_BEGINNINGS)}
