"""Ways to sign in and out, and to manage accounts."""

import io

import segno

from app.auth import people, sign_in
from app.auth.people import Account, NewUser, OneTimeCode
from app.auth.roles import Action, Role
from app.auth.sign_in import Ticket
from app.errors import RefusedError, SignedOutError
from app.i18n import Language
from app.service.ways import Asked, Door, Way


def _sign_in(asked: Asked) -> object:
    address = asked.text("address", "")
    return _ticket(
        sign_in.sign_in(asked.store, asked.text("name"), asked.text("secret"), address=address, now=asked.at)
    )


def _second(asked: Asked) -> object:
    return _ticket(sign_in.second(asked.store, asked.token, asked.text("code"), now=asked.at))


def _password(asked: Asked) -> object:
    return _ticket(sign_in.set_password(asked.store, asked.token, asked.text("password"), now=asked.at))


def _begin_second(asked: Asked) -> object:
    secret, address = sign_in.begin_second(asked.store, asked.token, now=asked.at)
    picture = io.BytesIO()
    segno.make(address, error="m").save(picture, kind="svg", scale=5, border=3, xmldecl=False, light="#fff")
    return {"secret": secret, "picture": picture.getvalue().decode()}


def _confirm_second(asked: Asked) -> object:
    made = sign_in.confirm_second(asked.store, asked.token, asked.text("code"), now=asked.at)
    return {**_ticket(made.ticket), "recovery_codes": list(made.recovery_codes)}


def _who(asked: Asked) -> object:
    """Asked for every page and every click of the web process; a poll does not keep a session awake."""
    acts = asked.query.get("acts") == "1"
    found = sign_in.who(asked.store, asked.token, now=asked.at, acts=acts)
    if found is None:
        raise SignedOutError("signin.not_signed_in")
    return {
        "user_id": found.user_id,
        "name": found.name,
        "display": found.display,
        "role": found.role,
        "region": found.region,
        "region_name": found.region_name,
        "language": found.language,
        "stage": found.stage,
    }


def _sign_out(asked: Asked) -> object:
    sign_in.sign_out(asked.store, asked.token)
    return {}


def _language(asked: Asked) -> object:
    people.set_language(asked.store, asked.who.name, _tongue(asked.text("language")))
    return {}


def _users(asked: Asked) -> object:
    return {"users": [_account(one) for one in people.everybody(asked.store)]}


def _add(asked: Asked) -> object:
    new = NewUser(
        name=asked.text("name"),
        display=asked.text("display", ""),
        role=role_of(asked.text("role")),
        region=asked.text("region", ""),
        steps=_steps(asked),
        language=_tongue(asked.text("language", "tr")),
    )
    return _code(people.add(asked.store, new, actor=asked.who.actor, now=asked.at))


def _new_code(asked: Asked) -> object:
    lost = asked.body.get("lost_phone") is True
    return _code(
        people.code(asked.store, asked.path["name"], lost_phone=lost, actor=asked.who.actor, now=asked.at)
    )


def _disable(asked: Asked) -> object:
    ended = people.disable(asked.store, asked.path["name"], actor=asked.who.actor, now=asked.at)
    return {"ended": ended}


def _enable(asked: Asked) -> object:
    people.enable(asked.store, asked.path["name"], actor=asked.who.actor)
    return {}


def _change(asked: Asked) -> object:
    role, region = role_of(asked.text("role")), asked.text("region", "")
    name, actor = asked.path["name"], asked.who.actor
    people.change(asked.store, name, role=role, region=region, steps=_steps(asked), actor=actor)
    return {}


def _steps(asked: Asked) -> tuple[str, ...]:
    given = asked.body.get("steps", [])
    if not isinstance(given, list) or not all(isinstance(step, str) for step in given):
        raise RefusedError("service.bad_field", field="steps")
    return tuple(given)


def _ticket(ticket: Ticket) -> dict[str, object]:
    return {"token": ticket.token, "stage": ticket.stage}


def _code(made: OneTimeCode) -> dict[str, object]:
    return {"name": made.name, "code": made.code, "minutes": made.minutes}


def _account(one: Account) -> dict[str, object]:
    return {name: getattr(one, name) for name in Account.__dataclass_fields__}


def _tongue(given: str) -> Language:
    return "en" if given == "en" else "tr"


def role_of(given: str) -> Role:
    """A role by name.

    Raises
    ------
    RefusedError
        If there is none of that name.
    """
    try:
        return Role(given)
    except ValueError:
        raise RefusedError("users.bad_role", role=given, known=", ".join(Role)) from None


WAYS = (
    Way(method="POST", path="/sign-in", needs=Door.ANYBODY, answer=_sign_in),
    Way(method="POST", path="/sign-in/second", needs=Door.HALFWAY, answer=_second),
    Way(method="POST", path="/sign-in/password", needs=Door.HALFWAY, answer=_password),
    Way(method="POST", path="/sign-in/enrol", needs=Door.HALFWAY, answer=_begin_second),
    Way(method="POST", path="/sign-in/confirm", needs=Door.HALFWAY, answer=_confirm_second),
    Way(method="GET", path="/me", needs=Door.HALFWAY, answer=_who),
    Way(method="POST", path="/sign-out", needs=Door.HALFWAY, answer=_sign_out),
    Way(method="POST", path="/me/language", needs=Door.SIGNED_IN, answer=_language),
    Way(method="GET", path="/users", needs=Action.USERS_MANAGE, answer=_users),
    Way(method="POST", path="/users", needs=Action.USERS_MANAGE, answer=_add),
    Way(method="POST", path="/users/{name}/code", needs=Action.USERS_MANAGE, answer=_new_code),
    Way(method="POST", path="/users/{name}/disable", needs=Action.USERS_MANAGE, answer=_disable),
    Way(method="POST", path="/users/{name}/enable", needs=Action.USERS_MANAGE, answer=_enable),
    Way(method="POST", path="/users/{name}/change", needs=Action.USERS_MANAGE, answer=_change),
)
