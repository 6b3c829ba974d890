"""A phone's time codes (RFC 6238) beside the password, and recovery codes for the day it is lost.

The secret is the beginning of a data key that only the instance's key file opens; it is stored wrapped.
"""

import datetime as dt
from collections.abc import Sequence

from app.auth import codes
from app.errors import RefusedError
from app.store import accounts, audit
from app.store.accounts import Code, User
from app.store.session import Session, Store

ISSUER = "Mahalle"
RECOVERY_CODES = 10


def begin(store: Store, user: User) -> tuple[str, str]:
    """Give an account a new secret: as text to type, and as the address in the QR picture."""
    made = store.vault.new_key(_owner(user))
    user.second_key, user.second_wrapped, user.second_since = made.wrap_key, made.wrapped, None
    address = codes.phone_address(made.key[: codes.SECRET_BYTES], user.name, ISSUER)
    return address.partition("secret=")[2].partition("&")[0], address


def confirm(
    session: Session, store: Store, user: User, given: str, *, actor: str, now: dt.datetime
) -> Sequence[str]:
    """The first code of the phone shows that it has the secret; returns fresh recovery codes.

    Raises
    ------
    RefusedError
        If the code is wrong, or no secret was given out.
    """
    step = None
    if user.second_wrapped is not None:
        step = codes.matching_step(_secret(store, user), given, now, after=user.second_step)
    if step is None:
        raise RefusedError("signin.wrong_code")
    user.second_since, user.second_step = now, step
    made = [codes.new_code(codes.RECOVERY_LETTERS) for _ in range(RECOVERY_CODES)]
    accounts.drop_codes(session, user, "recovery")
    for one in made:
        row = Code(digest=codes.digest(one), user_id=user.id, kind="recovery", made_at=now, ends_at=None)
        accounts.add_code(session, user, row)
    audit.record(session, actor=actor, action="second-factor.set", detail={"user": user.name})
    return made


def fits(session: Session, store: Store, user: User, given: str, *, now: dt.datetime) -> bool:
    """Whether this is the phone's code of now, or an unused recovery code; either counts once."""
    step = codes.matching_step(_secret(store, user), given, now, after=user.second_step)
    if step is not None:
        user.second_step = step
        return True
    return accounts.take_code(session, user, codes.digest(codes.tidy(given)), kind="recovery", now=now)


def _secret(store: Store, user: User) -> bytes:
    key = store.vault.open_key(user.second_wrapped, wrap_key=user.second_key or "", owner=_owner(user))
    return key.key[: codes.SECRET_BYTES]


def _owner(user: User) -> str:
    return f"users|{user.id}"
