"""Passwords by argon2id at the strength OWASP names for small servers: 19 MiB, 2 rounds, 1 lane."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import RefusedError

SHORTEST = 12
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
AT_ONCE = threading.BoundedSemaphore(2)  # two cores: more at once only make everybody wait
# what people type when they are made to think of one; compared without digits, signs and case
TOO_COMMON = frozenset(
    {
        *("password", "parola", "sifre", "şifre", "qwerty", "qwertyuiop", "asdfghjkl", "mahalle", "belediye"),
        *("antalya", "istanbul", "ankara", "welcome", "hosgeldin", "hoşgeldin", "letmein", "turkiye"),
        *("türkiye", "administrator", "yonetici", "yönetici", "sosyalhizmet", "buyuksehir"),
    }
)


def hash_password(password: str) -> str:
    """The text to store."""
    with AT_ONCE:
        return HASHER.hash(password)


# what an unknown name is checked against, so that it takes as long as a known one
NOBODY = HASHER.hash("nobody has this password")


def is_password(stored: str | None, given: str) -> bool:
    """Whether this is the password; takes the same time where there is none."""
    with AT_ONCE:
        try:
            return HASHER.verify(stored or NOBODY, given) and stored is not None
        except (VerificationError, InvalidHashError):
            return False


def require_strong(password: str, name: str) -> None:
    """Refuse a password that others would try first.

    Raises
    ------
    RefusedError
        If it is short, common, one sign repeated, or holds the account's own name.
    """
    if len(password) < SHORTEST:
        raise RefusedError("signin.password_short", least=SHORTEST)
    letters = "".join(sign for sign in password.casefold() if sign.isalpha())
    if letters in TOO_COMMON or len(set(password)) < 5 or name.casefold() in password.casefold():
        raise RefusedError("signin.password_common")
