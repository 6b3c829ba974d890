"""Sign in, step by step, and who a session's token belongs to.

A session climbs: a one-time code asks for a password to be set, a password for the phone's code, a role that
must have a second factor for its set-up. Only a full session opens anything. Every step up makes a new token,
so a token caught earlier is worth nothing (session fixation).
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.auth import codes, passwords, second_factor
from app.auth.roles import SECOND_FACTOR, Role
from app.errors import BusyError, RefusedError
from app.i18n import Language
from app.store import accounts, audit, places, runs
from app.store.accounts import SignedIn, User
from app.store.logins import Login
from app.store.session import Session, Store

IDLE = dt.timedelta(minutes=20)
LONGEST = dt.timedelta(hours=10)
HALFWAY = dt.timedelta(minutes=10)  # to finish signing in
FREE_TRIES = 5
LONGEST_WAIT = dt.timedelta(minutes=15)
FORGET = dt.timedelta(hours=12)
TRIES_OF_AN_ADDRESS = 4  # times as many as of a name: an office may share one address


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is asking, read from the database for every request.

    `region` is the key of the service region of whoever is bound to one, `region_name` its name for people;
    `steps` are those of the approval chain that this person notes.
    """

    user_id: int
    name: str
    display: str
    role: Role
    region: str
    language: Language
    stage: str
    region_name: str = ""
    steps: tuple[str, ...] = ()

    @property
    def actor(self) -> str:
        """How the audit names this person."""
        return f"user:{self.name}"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A token for the cookie and how far the session is."""

    token: str
    stage: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """The end of setting a phone up: codes to print, for the day it is lost."""

    ticket: Ticket
    recovery_codes: Sequence[str]


def tidy_name(name: str) -> str:
    """An account's name as it is stored: small letters, no blanks around."""
    return name.strip().replace("İ", "i").replace("I", "i").lower()[:64]


def sign_in(store: Store, name: str, secret: str, *, address: str, now: dt.datetime) -> Ticket:
    """Check a name with its password or one-time code; the same time and words whoever it is.

    Raises
    ------
    RefusedError
        If they do not go together.
    BusyError
        If too many tries failed; says how long to wait.
    """
    keys = (f"name:{tidy_name(name)}", f"address:{address}")
    with store.session(Login.SERVICE) as session:
        _require_patience(session, keys, now)
        user = accounts.find(session, tidy_name(name))
        stored = user.password if user else None
        code_fits = _take_code(session, user, secret, now)
    fits = passwords.is_password(stored, secret) or code_fits  # the slow part outside the transaction
    with store.session(Login.SERVICE) as session:
        if user is None or not fits or user.disabled_at is not None:
            _note_failures(session, keys, now)
            audit.record(session, actor="visitor", action="sign-in.refused", detail={"address": address})
            refused = True
        else:
            refused = False
            accounts.forgive(session, keys[0])
            stage = _stage_after_code(session, user, store) if code_fits else _next(session, user, store)
            ticket = _open(session, user, stage, address=address, now=now)
    if refused:
        raise RefusedError("signin.wrong")
    return ticket


def second(store: Store, token: str, code: str, *, now: dt.datetime) -> Ticket:
    """The phone's six digits, or a recovery code.

    Raises
    ------
    RefusedError
        If the code is wrong or was used.
    """
    with store.session(Login.SERVICE) as session:
        signed_in, user = _require_stage(session, token, "second", now)
        key = f"second:{user.name}"
        _require_patience(session, (key,), now)
        fits = second_factor.fits(session, store, user, code, now=now)
        if fits:
            accounts.forgive(session, key)
            ticket = _climb(session, signed_in, user, "full", now)
        else:
            _note_failures(session, (key,), now)
    if not fits:
        raise RefusedError("signin.wrong_code")
    return ticket


def set_password(store: Store, token: str, password: str, *, now: dt.datetime) -> Ticket:
    """Set the first password, or a new one after a one-time code; every other session ends.

    Raises
    ------
    RefusedError
        If the password is weak, or the session is not at this step.
    """
    with store.session(Login.SERVICE) as session:
        _, user = _require_stage(session, token, "password", now)
        passwords.require_strong(password, user.name)
    stored = passwords.hash_password(password)
    with store.session(Login.SERVICE) as session:
        signed_in, user = _require_stage(session, token, "password", now)
        user.password = stored
        accounts.close_all(session, user, but=codes.digest(token))
        audit.record(session, actor=f"user:{user.name}", action="password.set")
        return _climb(session, signed_in, user, _next(session, user, store), now)


def begin_second(store: Store, token: str, *, now: dt.datetime) -> tuple[str, str]:
    """A new secret for the phone: as text to type, and as the address in the QR picture."""
    with store.session(Login.SERVICE) as session:
        _, user = _require_stage(session, token, "enrol", now)
        return second_factor.begin(store, user)


def confirm_second(store: Store, token: str, code: str, *, now: dt.datetime) -> Recovery:
    """The first code of the phone shows that it has the secret.

    Raises
    ------
    RefusedError
        If the code is wrong.
    """
    with store.session(Login.SERVICE) as session:
        signed_in, user = _require_stage(session, token, "enrol", now)
        made = second_factor.confirm(session, store, user, code, actor=f"user:{user.name}", now=now)
        return Recovery(_climb(session, signed_in, user, "full", now), made)


def who(store: Store, token: str, *, now: dt.datetime, acts: bool) -> Visitor | None:
    """Whose session it is; None if it has ended. Only a person's act (`acts`) keeps it from resting."""
    with store.session(Login.SERVICE) as session:
        found = _alive(session, token, now)
        if found is None:
            return None
        signed_in, user = found
        if acts and now - signed_in.used_at > dt.timedelta(seconds=15):  # not a write for every click
            accounts.touch(session, signed_in.digest, now)
        return Visitor(
            user_id=user.id,
            name=user.name,
            display=user.display,
            role=Role(user.role),
            region=user.region,
            language="en" if user.language == "en" else "tr",
            stage=signed_in.stage,
            region_name=places.region_name(session, user.region) if user.region else "",
            steps=tuple(user.steps),
        )


def sign_out(store: Store, token: str) -> None:
    """End the session."""
    with store.session(Login.SERVICE) as session:
        accounts.close_session(session, codes.digest(token))


def sweep(store: Store, *, now: dt.datetime) -> None:
    """Drop sessions that have ended."""
    with store.session(Login.SERVICE) as session:
        accounts.sweep(session, made_before=now - LONGEST, used_before=now - IDLE)


# ------------------------------------------------------------------- parts
def _alive(session: Session, token: str, now: dt.datetime) -> tuple[SignedIn, User] | None:
    found = accounts.read_session(session, codes.digest(token))
    if found is None:
        return None
    longest = LONGEST if found[0].stage == "full" else HALFWAY
    rested, aged = now - found[0].used_at, now - found[0].made_at
    return None if rested > IDLE or aged > longest else found


def _require_stage(session: Session, token: str, stage: str, now: dt.datetime) -> tuple[SignedIn, User]:
    found = _alive(session, token, now)
    if found is None or found[0].stage != stage:
        raise RefusedError("signin.begin_again")
    return found


def _require_patience(session: Session, keys: tuple[str, ...], now: dt.datetime) -> None:
    until = accounts.waits_until(session, keys, now)
    if until is not None:
        raise BusyError("signin.wait", seconds=max(int((until - now).total_seconds()), 1))


def _note_failures(session: Session, keys: tuple[str, ...], now: dt.datetime) -> None:
    """Each failure beyond the free ones doubles the wait."""
    for key in keys:
        free = FREE_TRIES * (TRIES_OF_AN_ADDRESS if key.startswith("address:") else 1)
        failed = accounts.note_failure(session, key, now, forget_before=now - FORGET)
        if failed >= free:
            wait = min(dt.timedelta(seconds=2 ** min(failed - free + 1, 12)), LONGEST_WAIT)
            accounts.hold_off(session, key, now + wait)


def _take_code(session: Session, user: User | None, secret: str, now: dt.datetime) -> bool:
    if user is None or user.disabled_at is not None:
        return False
    return accounts.take_code(session, user, codes.digest(codes.tidy(secret)), kind="sign-in", now=now)


def _stage_after_code(session: Session, user: User, store: Store) -> str:
    """People of a demonstration come and go by codes; others set a password now."""
    return "full" if runs.holds(session) == "demonstration" else "password"


def _next(session: Session, user: User, store: Store) -> str:
    """The step after a right password."""
    if user.second_since is not None:
        return "second"
    return "enrol" if needs_second(session, user, store) else "full"


def needs_second(session: Session, user: User, store: Store) -> bool:
    """Whether this account must set up a phone."""
    rule = store.settings.second_factor
    if rule == "off" or (rule == "roles" and runs.holds(session) == "demonstration"):
        return False
    return rule == "all" or Role(user.role) in SECOND_FACTOR


def _open(session: Session, user: User, stage: str, *, address: str, now: dt.datetime) -> Ticket:
    token = codes.new_token()
    digest = codes.digest(token)
    accounts.open_session(
        session,
        SignedIn(digest=digest, user_id=user.id, stage=stage, made_at=now, used_at=now, address=address),
    )
    if stage == "full":
        audit.record(session, actor=f"user:{user.name}", action="sign-in", detail={"address": address})
    return Ticket(token, stage)


def _climb(session: Session, signed_in: SignedIn, user: User, stage: str, now: dt.datetime) -> Ticket:
    """A new session one step higher in place of the old."""
    accounts.close_session(session, signed_in.digest)
    session.flush()
    return _open(session, user, stage, address=signed_in.address, now=now)
