"""Secrets made by chance: session tokens, one-time codes, recovery codes, and time codes of a phone."""

import datetime as dt
import hashlib
import hmac
import secrets

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

# no 0/O, 1/I/L: read from paper and over the telephone
LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LETTERS, RECOVERY_LETTERS = 12, 16  # 59 and 79 bits
STEP_SECONDS = 30
SECRET_BYTES = 20


def new_token() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def new_code(letters: int = CODE_LETTERS) -> str:
    """A code in groups of four."""
    signs = "".join(secrets.choice(LETTERS) for _ in range(letters))
    return "-".join(signs[place : place + 4] for place in range(0, letters, 4))


def digest(secret: str) -> bytes:
    """What is stored of a token or code: it is random, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(secret.encode()).digest()


def tidy(code: str) -> str:
    """A code as it was made, however it was typed.

    >>> tidy(" abcd efgh-2345 ")
    'ABCD-EFGH-2345'
    """
    signs = "".join(sign for sign in code.upper() if sign.isalnum())
    return "-".join(signs[place : place + 4] for place in range(0, len(signs), 4))


def time_step(moment: dt.datetime) -> int:
    """Number of the 30 s step a moment lies in (RFC 6238)."""
    return int(moment.timestamp()) // STEP_SECONDS


def matching_step(secret: bytes, given: str, now: dt.datetime, *, after: int) -> int | None:
    """The step whose code was given, one step of clock drift allowed; a step counts once.

    Parameters
    ----------
    secret : 20 bytes
    given : six digits
    now : moment of the try
    after : the last step used; that one and those before are refused
    """
    made = TOTP(secret, 6, SHA1(), STEP_SECONDS, enforce_key_length=True)  # noqa: S303 RFC 6238: what phones speak
    typed = "".join(sign for sign in given if sign.isdigit()).encode()
    for step in (time_step(now) + drift for drift in (0, -1, 1)):
        if step > after and hmac.compare_digest(made.generate(step * STEP_SECONDS), typed):
            return step
    return None


def phone_address(secret: bytes, name: str, issuer: str) -> str:
    """The otpauth address that a phone's program reads from a QR picture."""
    made = TOTP(secret, 6, SHA1(), STEP_SECONDS, enforce_key_length=True)  # noqa: S303
    return made.get_provisioning_uri(name, issuer)
