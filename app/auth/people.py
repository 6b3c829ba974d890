"""Accounts: who makes them, hands out codes, and closes them."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.auth import codes, second_factor
from app.auth.roles import REGIONAL, Role
from app.auth.sign_in import tidy_name
from app.errors import RefusedError
from app.i18n import Language
from app.regions import service_regions
from app.store import accounts, audit, runs
from app.store.accounts import Code, User
from app.store.logins import Login
from app.store.session import Session, Store

NAME = re.compile(r"[a-zçğıöşü0-9][a-zçğıöşü0-9._-]{1,63}")
CODE_LIVES = dt.timedelta(minutes=15)
DEMONSTRATION_CODE_LIVES = dt.timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """An account about to be made."""

    name: str
    display: str
    role: Role
    region: str = ""
    steps: tuple[str, ...] = ()
    language: Language = "tr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as administrators see it."""

    name: str
    display: str
    role: Role
    region: str
    steps: tuple[str, ...]
    language: str
    has_password: bool
    has_second: bool
    disabled: bool


@dataclass(frozen=True, slots=True)
class OneTimeCode:
    """A code to hand over; it works once."""

    name: str
    code: str
    minutes: int


def add(store: Store, new: NewUser, *, actor: str, now: dt.datetime) -> OneTimeCode:
    """Make an account and its first code.

    Raises
    ------
    RefusedError
        If the name is taken or malformed, or the region or the steps do not go with the role.
    """
    name = tidy_name(new.name)
    if not NAME.fullmatch(name):
        raise RefusedError("users.bad_name", name=new.name)
    with store.session(Login.SERVICE) as session:
        if accounts.find(session, name) is not None:
            raise RefusedError("users.taken", name=name)
        _require_region(session, store, new.role, new.region)
        _require_steps(store, new.role, new.steps)
        user = User(
            name=name,
            display=new.display.strip() or name,
            role=new.role,
            region=new.region,
            steps=list(new.steps),
            language=new.language,
            second_step=0,
            made_at=now,
            made_by=actor,
        )
        session.add(user)
        session.flush()
        audit.record(session, actor=actor, action="user.add", detail={"user": name, "role": new.role})
        return _code(session, user, now)


def code(store: Store, name: str, *, lost_phone: bool = False, actor: str, now: dt.datetime) -> OneTimeCode:
    """A fresh code for an account; with `lost_phone` the phone has to be set up again.

    Raises
    ------
    RefusedError
        If there is no such account or it is disabled.
    """
    with store.session(Login.SERVICE) as session:
        user = accounts.get(session, tidy_name(name))
        if user.disabled_at is not None:
            raise RefusedError("users.disabled", name=user.name)
        if lost_phone:
            user.second_since = user.second_key = user.second_wrapped = None
            accounts.drop_codes(session, user, "recovery")
            accounts.close_all(session, user)
        detail = {"user": user.name, "lost_phone": lost_phone}
        audit.record(session, actor=actor, action="user.code", detail=detail)
        return _code(session, user, now)


def is_ready_for_network(store: Store) -> bool:
    """Whether a network may come in: phones are asked for, and an administrator has set one up."""
    with store.session(Login.SERVICE) as session:
        enrolled = any(
            user.role == Role.ADMIN and user.disabled_at is None and user.second_since is not None
            for user in accounts.everybody(session)
        )
    return enrolled and store.settings.second_factor != "off"


def begin_phone(store: Store, name: str) -> tuple[str, str]:
    """At the console: a new secret for a person's phone, as text and as the address in the QR picture.

    Raises
    ------
    RefusedError
        If there is no such account.
    """
    with store.session(Login.SERVICE) as session:
        return second_factor.begin(store, accounts.get(session, tidy_name(name)))


def confirm_phone(store: Store, name: str, given: str, *, actor: str, now: dt.datetime) -> Sequence[str]:
    """At the console: the phone's first code; returns recovery codes to print.

    Raises
    ------
    RefusedError
        If the code is wrong.
    """
    with store.session(Login.SERVICE) as session:
        user = accounts.get(session, tidy_name(name))
        return second_factor.confirm(session, store, user, given, actor=actor, now=now)


def disable(store: Store, name: str, *, actor: str, now: dt.datetime) -> int:
    """Close an account; its sessions end at once. Returns how many there were.

    Raises
    ------
    RefusedError
        If there is no such account, or it is the last administrator's.
    """
    with store.session(Login.SERVICE) as session:
        user = accounts.get(session, tidy_name(name))
        _keep_one_administrator(session, user)
        user.disabled_at = user.disabled_at or now
        accounts.drop_codes(session, user, "sign-in")
        ended = accounts.close_all(session, user)
        audit.record(session, actor=actor, action="user.disable", detail={"user": user.name})
        return ended


def enable(store: Store, name: str, *, actor: str) -> None:
    """Open a closed account again."""
    with store.session(Login.SERVICE) as session:
        user = accounts.get(session, tidy_name(name))
        user.disabled_at = None
        audit.record(session, actor=actor, action="user.enable", detail={"user": user.name})


def change(
    store: Store, name: str, *, role: Role, region: str, steps: tuple[str, ...] = (), actor: str
) -> None:
    """Give an account another role, region or steps; its sessions end, so that no old right lingers.

    Raises
    ------
    RefusedError
        If it is the last administrator's, or the region or the steps do not go with the role.
    """
    with store.session(Login.SERVICE) as session:
        user = accounts.get(session, tidy_name(name))
        if role is not Role.ADMIN:
            _keep_one_administrator(session, user)
        _require_region(session, store, role, region)
        _require_steps(store, role, steps)
        user.role, user.region, user.steps = role, region, list(steps)
        accounts.close_all(session, user)
        detail = {"user": user.name, "role": role, "region": region, "steps": list(steps)}
        audit.record(session, actor=actor, action="user.change", detail=detail)


def set_language(store: Store, name: str, language: Language) -> None:
    """Remember which language a person reads."""
    with store.session(Login.SERVICE) as session:
        accounts.get(session, tidy_name(name)).language = language


def everybody(store: Store) -> list[Account]:
    """All accounts by name."""
    with store.session(Login.SERVICE) as session:
        return [_account(user) for user in accounts.everybody(session)]


def _account(user: User) -> Account:
    return Account(
        name=user.name,
        display=user.display,
        role=Role(user.role),
        region=user.region,
        steps=tuple(user.steps),
        language=user.language,
        has_password=user.password is not None,
        has_second=user.second_since is not None,
        disabled=user.disabled_at is not None,
    )


def _require_region(session: Session, store: Store, role: Role, region: str) -> None:
    if role not in REGIONAL:
        if region:
            raise RefusedError("users.region_without_use", role=role)
        return
    known = sorted(set(service_regions(session, store.settings).values()))
    if region not in known:
        raise RefusedError("users.region_unknown", region=region or "-", known=", ".join(known) or "-")


def _require_steps(store: Store, role: Role, steps: tuple[str, ...]) -> None:
    """Whoever notes steps of the chain is told which; nobody else has any."""
    if role is not Role.APPROVER:
        if steps:
            raise RefusedError("users.steps_without_use", role=role)
        return
    chain = store.settings.approval_chain
    if not steps or not set(steps) <= set(chain):
        raise RefusedError("users.steps_unknown", steps=", ".join(steps) or "-", known=", ".join(chain))


def _keep_one_administrator(session: Session, user: User) -> None:
    others = [
        other
        for other in accounts.everybody(session)
        if other.role == Role.ADMIN and other.disabled_at is None and other.id != user.id
    ]
    if user.role == Role.ADMIN and user.disabled_at is None and not others:
        raise RefusedError("users.last_admin")


def _code(session: Session, user: User, now: dt.datetime) -> OneTimeCode:
    lives = DEMONSTRATION_CODE_LIVES if runs.holds(session) == "demonstration" else CODE_LIVES
    made = codes.new_code()
    row = Code(digest=codes.digest(made), user_id=user.id, kind="sign-in", made_at=now, ends_at=now + lives)
    accounts.add_code(session, user, row)
    return OneTimeCode(user.name, made, int(lives.total_seconds()) // 60)
