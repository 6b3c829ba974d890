"""Queries on accounts, their codes, sessions and failed tries."""

import datetime as dt

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.tables.auth import Code, Failure, SignedIn, User

__all__ = ["Code", "Failure", "SignedIn", "User"]


def find(session: Session, name: str) -> User | None:
    """The account of a name, disabled or not."""
    return session.scalars(select(User).where(User.name == name)).first()


def get(session: Session, name: str) -> User:
    """The account of a name.

    Raises
    ------
    RefusedError
        If nobody has it.
    """
    user = find(session, name)
    if user is None:
        raise RefusedError("users.unknown", name=name)
    return user


def everybody(session: Session) -> list[User]:
    """All accounts by name, Turkish order."""
    return list(session.scalars(select(User).order_by(User.display.collate("tr-x-icu"), User.name)))


def count(session: Session) -> int:
    """Accounts that may sign in."""
    return session.scalar(select(func.count()).where(User.disabled_at.is_(None))) or 0


# ------------------------------------------------------------------ codes
def add_code(session: Session, user: User, code: Code) -> None:
    """Store a code; an older one of the same kind to sign in with ends."""
    if code.kind == "sign-in":
        drop_codes(session, user, "sign-in")
    session.add(code)
    session.flush()


def drop_codes(session: Session, user: User, kind: str) -> None:
    """End all codes of a kind."""
    session.execute(delete(Code).where(Code.user_id == user.id, Code.kind == kind))


def take_code(session: Session, user: User, digest: bytes, *, kind: str, now: dt.datetime) -> bool:
    """Use a code up; False if there is none, or it has ended. Two at once: one gets it."""
    query = delete(Code).where(Code.digest == digest, Code.user_id == user.id, Code.kind == kind)
    ends = session.execute(query.returning(Code.ends_at)).first()
    return ends is not None and (ends[0] is None or now < ends[0])


def count_codes(session: Session, user: User, kind: str) -> int:
    """Codes of a kind that are left."""
    query = select(func.count()).where(Code.user_id == user.id, Code.kind == kind)
    return session.scalar(query) or 0


# --------------------------------------------------------------- sessions
def open_session(session: Session, signed_in: SignedIn) -> None:
    """Store a session."""
    session.add(signed_in)


def read_session(session: Session, digest: bytes) -> tuple[SignedIn, User] | None:
    """A session and whose it is; a disabled account has none."""
    query = (
        select(SignedIn, User)
        .join(User, User.id == SignedIn.user_id)
        .where(SignedIn.digest == digest, User.disabled_at.is_(None))
    )
    found = session.execute(query).first()
    return (found[0], found[1]) if found else None


def touch(session: Session, digest: bytes, now: dt.datetime) -> None:
    """Note that somebody acted."""
    session.execute(update(SignedIn).where(SignedIn.digest == digest).values(used_at=now))


def close_session(session: Session, digest: bytes) -> None:
    """End one session."""
    session.execute(delete(SignedIn).where(SignedIn.digest == digest))


def close_all(session: Session, user: User, *, but: bytes = b"") -> int:
    """End every session of an account, except perhaps the one that asks; returns how many."""
    gone = delete(SignedIn).where(SignedIn.user_id == user.id, SignedIn.digest != but)
    return len(session.scalars(gone.returning(SignedIn.digest)).all())


def sweep(session: Session, *, made_before: dt.datetime, used_before: dt.datetime) -> None:
    """Drop sessions that have ended by age or by rest."""
    session.execute(
        delete(SignedIn).where((SignedIn.made_at < made_before) | (SignedIn.used_at < used_before))
    )


# --------------------------------------------------------------- failures
def waits_until(session: Session, keys: tuple[str, ...], now: dt.datetime) -> dt.datetime | None:
    """The latest moment before which none of these may try again."""
    query = select(func.max(Failure.wait_until)).where(Failure.key.in_(keys), Failure.wait_until > now)
    return session.scalar(query)


def note_failure(session: Session, key: str, now: dt.datetime, *, forget_before: dt.datetime) -> int:
    """One more failed try; returns how many in a row, those long ago forgotten."""
    fresh = insert(Failure).values(key=key, count=1, last_at=now, wait_until=now)
    in_a_row = case((Failure.last_at < forget_before, 0), else_=Failure.count)
    row = fresh.on_conflict_do_update(
        index_elements=[Failure.key], set_={"count": in_a_row + 1, "last_at": now}
    ).returning(Failure.count)
    return session.scalar(row) or 1


def hold_off(session: Session, key: str, until: dt.datetime) -> None:
    """Let nobody try under this key before a moment."""
    session.execute(update(Failure).where(Failure.key == key).values(wait_until=until))


def forgive(session: Session, key: str) -> None:
    """Forget the failed tries under a key."""
    session.execute(delete(Failure).where(Failure.key == key))
