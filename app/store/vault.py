"""Envelope encryption of personal data: one key a person and a key a received record.

Data keys are wrapped by a key that lives in a file outside the database and its backups. Destroying a wrapped
key destroys what it sealed, in old backups too once they are read with the current database's list of keys.
AES-256-GCM (NIST SP 800-38D) with random 96-bit nonces; the associated data binds a ciphertext to its place.
Identity numbers are matched by HMAC-SHA256 (RFC 2104): a plain hash of eleven digits is found in minutes.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import os
import tempfile
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from app.errors import KeyFileError
from app.store.server import write_secret

NONCE_BYTES = 12
KEY_BYTES = 32
SCRYPT = {"n": 2**15, "r": 8, "p": 1}


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A wrapping key and a matching key that were made together."""

    wrap: bytes
    match: bytes
    made: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """All keys of an instance by name; `active` wraps new data keys."""

    active: str
    keys: dict[str, KeyPair]
    content: bytes  # keeps digests of records from being guessed; stays when the others are renewed
    confirmed: str | None = None  # fingerprint of the last copy that was read back

    @classmethod
    def fresh(cls) -> "KeyFile":
        """One new pair of keys."""
        return cls(active="k1", keys={"k1": _new_pair()}, content=os.urandom(KEY_BYTES))

    @classmethod
    def make_if_missing(cls, path: Path) -> None:
        """Write a new key file where there is none; never over an old one."""
        if path.exists():
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as folder:
            made = Path(folder) / "keys"
            cls.fresh().save(made)
            # a link, unlike a rename, fails where another process was first: its keys are in use already
            with contextlib.suppress(FileExistsError):
                os.link(made, path)

    @classmethod
    def load(cls, path: Path) -> "KeyFile":
        """Read the key file.

        Raises
        ------
        KeyFileError
            If it is missing, unreadable, or not a key file.
        """
        try:
            return cls.from_json(path.read_text())
        except OSError as why:
            raise KeyFileError("keys.missing", file=path, why=why.strerror) from None
        except (ValueError, KeyError, TypeError):
            raise KeyFileError("keys.damaged", file=path) from None

    def save(self, path: Path) -> None:
        """Write it, readable by its owner only."""
        write_secret(path, self.to_json(), mode=0o400)

    def to_json(self) -> str:
        """The file's text."""
        keys = {name: [_text(pair.wrap), _text(pair.match), pair.made] for name, pair in self.keys.items()}
        return json.dumps(
            {
                "mahalle_keys": 1,
                "active": self.active,
                "keys": keys,
                "content": _text(self.content),
                "confirmed": self.confirmed,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "KeyFile":
        """Read the file's text."""
        data = json.loads(text)
        pairs = {n: KeyPair(_bytes(w), _bytes(m), made) for n, (w, m, made) in data["keys"].items()}
        if data["mahalle_keys"] != 1 or data["active"] not in pairs:
            raise ValueError("not a key file of this application")
        content = _bytes(data["content"])
        return cls(active=data["active"], keys=pairs, content=content, confirmed=data.get("confirmed"))

    @property
    def fingerprint(self) -> str:
        """Short name of exactly these keys; tells copies apart and reveals nothing."""
        pairs = b"".join(n.encode() + p.wrap + p.match for n, p in sorted(self.keys.items()))
        parts = pairs + self.content
        return hashlib.sha256(b"mahalle fingerprint" + parts).hexdigest()[:16]

    def with_new_key(self) -> "KeyFile":
        """The same keys and a new active one; a copy must be locked away again."""
        name = f"k{max(int(name[1:]) for name in self.keys) + 1}"
        return replace(self, active=name, keys={**self.keys, name: _new_pair()}, confirmed=None)

    def only_active(self) -> "KeyFile":
        """Without the retired keys, once nothing is wrapped by them."""
        return replace(self, keys={self.active: self.keys[self.active]}, confirmed=None)

    def confirm(self) -> "KeyFile":
        """The same keys, noted as safely copied."""
        return replace(self, confirmed=self.fingerprint)

    def sealed_copy(self, passphrase: str) -> str:
        """A copy to lock away: scrypt (RFC 7914) of the passphrase seals the file."""
        salt = os.urandom(16)
        box = _seal(_stretch(passphrase, salt), self.to_json().encode(), b"mahalle key copy")
        return json.dumps(
            {"mahalle_key_copy": 1, "fingerprint": self.fingerprint, "salt": _text(salt), "box": _text(box)}
        )

    @classmethod
    def from_copy(cls, text: str, passphrase: str) -> "KeyFile":
        """Open a copy.

        Raises
        ------
        KeyFileError
            If the passphrase is wrong or the file is no copy.
        """
        try:
            data = json.loads(text)
            key = _stretch(passphrase, _bytes(data["salt"]))
            return cls.from_json(_open(key, _bytes(data["box"]), b"mahalle key copy").decode())
        except InvalidTag:
            raise KeyFileError("keys.wrong_passphrase") from None
        except (ValueError, KeyError, TypeError):
            raise KeyFileError("keys.not_a_copy") from None


@dataclass(frozen=True, slots=True)
class DataKey:
    """A person's or a record's key, open and as it is stored."""

    key: bytes
    wrapped: bytes
    wrap_key: str


class Vault:
    """Seal and open personal data."""

    def __init__(self, keys: KeyFile) -> None:
        self.keys = keys
        self._wrapping = {name: AESGCM(pair.wrap) for name, pair in keys.keys.items()}

    def new_key(self, owner: str) -> DataKey:
        """A fresh data key for `owner` (a place such as `persons|<uuid>`), wrapped by the active key."""
        key = os.urandom(KEY_BYTES)
        return DataKey(key, self._wrap(key, owner, self.keys.active), self.keys.active)

    def open_key(self, wrapped: bytes | None, *, wrap_key: str, owner: str) -> DataKey:
        """A stored data key.

        Raises
        ------
        KeyFileError
            If the key was destroyed, or the key file lacks or mismatches the wrapping key.
        """
        if wrapped is None:
            raise KeyFileError("keys.erased")
        if wrap_key not in self._wrapping:
            raise KeyFileError("keys.unknown", name=wrap_key)
        try:
            key = self._wrapping[wrap_key].decrypt(
                wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], owner.encode()
            )
        except InvalidTag:
            raise KeyFileError("keys.mismatch", name=wrap_key) from None
        return DataKey(key, wrapped, wrap_key)

    def rewrap(self, key: DataKey, owner: str) -> DataKey:
        """The same data key under the active wrapping key."""
        return DataKey(key.key, self._wrap(key.key, owner, self.keys.active), self.keys.active)

    def _wrap(self, key: bytes, owner: str, name: str) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrapping[name].encrypt(nonce, key, owner.encode())

    @staticmethod
    def seal(key: DataKey, value: object, place: str) -> bytes:
        """Encrypt a JSON value; `place` binds it to its row."""
        plain = zlib.compress(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), 1)
        return _seal(key.key, plain, place.encode())

    @staticmethod
    def open(key: DataKey, sealed: bytes, place: str) -> object:
        """Decrypt what `seal` made at the same place."""
        try:
            return json.loads(zlib.decompress(_open(key.key, sealed, place.encode())))
        except InvalidTag:
            raise KeyFileError("keys.mismatch", name=key.wrap_key) from None

    def digest(self, content: str) -> str:
        """Keyed digest of a record: a plain one lets an identity number be guessed from the rest of a row."""
        return hmac.digest(self.keys.content, content.encode(), "sha256").hex()

    def match_code(self, identity_number: str, *, name: str | None = None) -> bytes:
        """The keyed code under which one identity number is always stored."""
        pair = self.keys.keys[name or self.keys.active]
        return hmac.digest(pair.match, identity_number.encode(), "sha256")


def _new_pair() -> KeyPair:
    return KeyPair(
        os.urandom(KEY_BYTES), os.urandom(KEY_BYTES), datetime.now(UTC).isoformat(timespec="seconds")
    )


def _seal(key: bytes, plain: bytes, place: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def _open(key: bytes, sealed: bytes, place: bytes) -> bytes:
    return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place)


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, **SCRYPT).derive(passphrase.encode())


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _bytes(value: str) -> bytes:
    return base64.b64decode(value, validate=True)
