"""What of a journal may be sensitive, unreadable in the database.

A replay needs the very keys, words and values, so they are kept, but encrypted (Fernet: AES-128-CBC with
HMAC-SHA256).
The key comes from the setting CORDBOARD_JOURNAL_KEY or from a file beside the database.
"""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from engine.store.errors import SealError
from engine.store.key_files import make_key_file

SETTING = "CORDBOARD_JOURNAL_KEY"
PREFIX = "sealed:"


class Seal:
    """Seals and unseals short texts.

    `setting` holds one key, or several with commas between: the first seals, each unseals. Without it
    the key is read from `key_file`, which is made when something is first sealed.
    """

    def __init__(self, key_file: Path, setting: str | None = None) -> None:
        self._key_file = key_file
        self._setting = setting
        self._fernet: MultiFernet | None = None
        self._keys: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"Seal({'by setting' if self._setting else self._key_file})"

    def seal(self, text: str) -> str:
        fernet = self._fernet or self._load(make=True)
        return PREFIX + fernet.encrypt(text.encode()).decode()

    def unseal(self, text: str) -> str:
        """What was sealed; a text that never was comes back as it is."""
        if not text.startswith(PREFIX):
            return text
        fernet = self._fernet or self._load(make=False)
        try:
            return fernet.decrypt(text.removeprefix(PREFIX)).decode()
        except InvalidToken as error:
            raise SealError(
                f"the journal was sealed with another key than {self._origin}; "
                f"set {SETTING} to the key that it was written with"
            ) from error

    def marks_of(self, digits: str, *, is_kept: bool = False) -> tuple[str, ...]:
        """What a sealed telephone number is found by, under each key; the first is kept with the number.

        Empty where nothing was ever sealed, unless it `is_kept` now. It may outlive the number.
        """
        if self._fernet is None:
            try:
                self._load(make=is_kept)
            except SealError:
                if is_kept:
                    raise
                return ()
        return tuple(
            hmac.new(key, f"number {digits}".encode(), hashlib.sha256).hexdigest() for key in self._keys
        )

    @property
    def _origin(self) -> str:
        return f"the one in {SETTING}" if self._setting else f"the one in {self._key_file}"

    def _load(self, make: bool) -> MultiFernet:
        texts = self._setting or self._read(make)
        try:
            keys = [text.strip() for text in texts.strip().split(",")]
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise SealError(
                f"the journal's key ({self._origin}) isn't valid; expected {SETTING} to be 32 bytes as "
                "44 characters of URL-safe base64, as `openssl rand -base64 32 | tr +/ -_` prints"
            ) from error
        self._keys = tuple(key.encode() for key in keys)
        return self._fernet

    def _read(self, make: bool) -> str:
        try:
            return self._key_file.read_text("ascii")
        except FileNotFoundError as error:
            if not make:
                raise SealError(
                    f"the journal is sealed, but {SETTING} is not set and {self._key_file} doesn't exist; "
                    f"restore that file, or set {SETTING} to its content"
                ) from error
        make_key_file(self._key_file, Fernet.generate_key())
        return self._key_file.read_text("ascii")
