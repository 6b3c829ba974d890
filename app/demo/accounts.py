"""One account a role for the demonstration; people come in by codes."""

import datetime as dt

from app.auth import people
from app.auth.people import NewUser, OneTimeCode
from app.auth.roles import REGIONAL, Role
from app.regions import service_regions
from app.store.logins import Login
from app.store.session import Store

ACCOUNTS = {
    "plan": ("Deniz Planlama", Role.PLANNER),
    "birim": ("Zeynep Sorumlu", Role.MANAGER),
    "saha": ("Emre Saha", Role.FIELD),
    "meslek": ("Elif Meslek", Role.PROFESSIONAL),
    "daire": ("Murat Başkan", Role.HEAD),
    "onay": ("Selin Onay", Role.APPROVER),
    "kvkk": ("Can Veri", Role.PRIVACY),
    "yonetici": ("Ayşe Yönetici", Role.ADMIN),
}
ACTOR = "benzetim"


def fresh_codes(store: Store, *, now: dt.datetime) -> list[tuple[OneTimeCode, Role]]:
    """A fresh code for each account, made where it is missing."""
    known = {one.name for one in people.everybody(store)}
    region = ""
    if not set(ACCOUNTS) <= known:
        with store.session(Login.SERVICE) as session:
            region = min(service_regions(session, store.settings).values())
    codes = []
    for name, (display, role) in ACCOUNTS.items():
        if name in known:
            made = people.code(store, name, actor=ACTOR, now=now)
        else:
            own = region if role in REGIONAL else ""
            steps = store.settings.approval_chain if role is Role.APPROVER else ()
            new = NewUser(name=name, display=display, role=role, region=own, steps=steps)
            made = people.add(store, new, actor=ACTOR, now=now)
        codes.append((made, role))
    return codes
