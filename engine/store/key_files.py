"""Key files: one appears whole or not at all, readable by its owner alone; who comes first wins."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def make_key_file(path: Path, key: bytes) -> None:
    """Write the key where there is none yet; another's that came meanwhile counts. Raises OSError."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass  # another worker made it meanwhile: its key counts
    finally:
        draft.unlink()
