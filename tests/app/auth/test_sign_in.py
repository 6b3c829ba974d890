"""Signing in: the steps, the waits, the ends."""

import datetime as dt
import time

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from sqlalchemy import text

from app.auth import codes, people, sign_in
from app.auth.people import NewUser
from app.auth.roles import Role
from app.errors import BusyError, RefusedError
from app.store import audit
from app.store.logins import Login
from app.store.people import rekey

NOW = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)
PASSWORD = "kirmizi kedi merdivende"
SECOND = dt.timedelta(seconds=1)
MINUTE = dt.timedelta(minutes=1)


def add(store, name="ayse", role=Role.PLANNER):
    return people.add(store, NewUser(name=name, display=name.title(), role=role), actor="test", now=NOW).code


def enter(store, secret, *, name="ayse", now=NOW, address="10.0.0.1"):
    return sign_in.sign_in(store, name, secret, address=address, now=now)


def with_password(store, name="ayse", role=Role.PLANNER):
    ticket = enter(store, add(store, name, role), name=name)
    return sign_in.set_password(store, ticket.token, PASSWORD, now=NOW)


def phone_code(secret_text, at):
    import base64

    secret = base64.b32decode(secret_text)
    return TOTP(secret, 6, SHA1(), 30).generate(int(at.timestamp())).decode()


def enrolled(store, role=Role.ADMIN):
    ticket = with_password(store, role=role)
    assert ticket.stage == "enrol"
    secret, _ = sign_in.begin_second(store, ticket.token, now=NOW)
    made = sign_in.confirm_second(store, ticket.token, phone_code(secret, NOW), now=NOW)
    return secret, made


def who(store, ticket, *, now=NOW, acts=False):
    return sign_in.who(store, ticket.token, now=now, acts=acts)


def test_a_first_code_leads_to_a_password_and_then_in(store):
    ticket = enter(store, add(store))
    assert ticket.stage == "password"
    inside = sign_in.set_password(store, ticket.token, PASSWORD, now=NOW)
    assert inside.stage == "full"
    assert who(store, inside).role is Role.PLANNER
    assert who(store, ticket) is None, "each step up makes a new session"
    assert enter(store, PASSWORD).stage == "full"


def test_a_code_works_once_and_for_fifteen_minutes(store):
    code = add(store)
    enter(store, code.lower().replace("-", " "))
    with pytest.raises(RefusedError, match=r"signin\.wrong"):
        enter(store, code)
    late = people.code(store, "ayse", actor="test", now=NOW).code
    with pytest.raises(RefusedError, match=r"signin\.wrong"):
        enter(store, late, now=NOW + 15 * MINUTE)


def test_a_new_code_ends_the_one_before(store):
    old = add(store)
    people.code(store, "ayse", actor="test", now=NOW)
    with pytest.raises(RefusedError, match=r"signin\.wrong"):
        enter(store, old)


@pytest.mark.parametrize("weak", ["kisa parola", "ayse ayse ayse", "Password12345!", "aaaaaaaaaaaaaaaa"])
def test_a_weak_password_is_refused_and_the_step_stays_open(store, weak):
    ticket = enter(store, add(store))
    with pytest.raises(RefusedError, match=r"signin\.password_"):
        sign_in.set_password(store, ticket.token, weak, now=NOW)
    assert sign_in.set_password(store, ticket.token, PASSWORD, now=NOW).stage == "full"


def test_roles_that_meet_personal_rows_set_a_phone_up_and_need_it_from_then_on(store):
    secret, made = enrolled(store)
    assert made.ticket.stage == "full"
    later = NOW + 2 * MINUTE
    ticket = enter(store, PASSWORD, now=later)
    assert ticket.stage == "second"
    assert sign_in.second(store, ticket.token, phone_code(secret, later), now=later).stage == "full"


def test_a_phones_code_counts_once(store):
    secret, _ = enrolled(store)
    later = NOW + 2 * MINUTE
    code = phone_code(secret, later)
    sign_in.second(store, enter(store, PASSWORD, now=later).token, code, now=later)
    ticket = enter(store, PASSWORD, now=later)
    with pytest.raises(RefusedError, match=r"signin\.wrong_code"):
        sign_in.second(store, ticket.token, code, now=later + SECOND)


def test_a_recovery_code_stands_in_for_the_phone_once(store):
    _, made = enrolled(store)
    assert len(set(made.recovery_codes)) == 10
    one = made.recovery_codes[3]
    ticket = enter(store, PASSWORD)
    assert sign_in.second(store, ticket.token, one.lower(), now=NOW).stage == "full"
    ticket = enter(store, PASSWORD)
    with pytest.raises(RefusedError, match=r"signin\.wrong_code"):
        sign_in.second(store, ticket.token, one, now=NOW)


def test_the_phones_secret_survives_a_change_of_keys(store):
    secret, _ = enrolled(store)
    path = store.settings.here.secrets / "keys.json"
    keys = store.vault.keys.with_new_key()
    path.unlink()
    keys.save(path)
    with store.session(Login.SERVICE) as session:
        rekey(session, store.vault)
    path.unlink()
    keys.only_active().save(path)
    later = NOW + 3 * MINUTE
    ticket = enter(store, PASSWORD, now=later)
    assert sign_in.second(store, ticket.token, phone_code(secret, later), now=later).stage == "full"


def test_a_lost_phone_is_set_up_again_after_the_administrators_code(store):
    enrolled(store)
    code = people.code(store, "ayse", lost_phone=True, actor="test", now=NOW).code
    ticket = sign_in.set_password(store, enter(store, code).token, PASSWORD, now=NOW)
    assert ticket.stage == "enrol"


def test_a_halfway_session_opens_nothing_and_ends_soon(store):
    ticket = enter(store, add(store))
    assert who(store, ticket).stage == "password"
    assert who(store, ticket, now=NOW + 11 * MINUTE) is None


def test_a_session_rests_after_twenty_minutes_unless_somebody_acts(store):
    ticket = with_password(store)
    for minutes in (10, 15, 19):  # polls
        assert who(store, ticket, now=NOW + minutes * MINUTE) is not None
    assert who(store, ticket, now=NOW + 19 * MINUTE, acts=True) is not None
    assert who(store, ticket, now=NOW + 38 * MINUTE) is not None
    assert who(store, ticket, now=NOW + 40 * MINUTE) is None


def test_a_session_ends_after_ten_hours_however_busy(store):
    ticket, moment = with_password(store), NOW
    while moment < NOW + dt.timedelta(hours=10):
        assert who(store, ticket, now=moment, acts=True) is not None
        moment += 15 * MINUTE
    assert who(store, ticket, now=NOW + dt.timedelta(hours=10, seconds=1), acts=True) is None


def test_a_disabled_person_is_out_at_once_and_cannot_come_back(store):
    add(store, "mehmet", Role.ADMIN)
    ticket = with_password(store)
    assert people.disable(store, "ayse", actor="test", now=NOW) == 1
    assert who(store, ticket) is None
    with pytest.raises(RefusedError, match=r"signin\.wrong"):
        enter(store, PASSWORD)


def test_a_changed_role_ends_the_sessions_of_the_old_one(store):
    ticket = with_password(store)
    people.change(store, "ayse", role=Role.FIELD, region="", actor="test")
    assert who(store, ticket) is None


def test_signing_out_ends_the_session(store):
    ticket = with_password(store)
    sign_in.sign_out(store, ticket.token)
    assert who(store, ticket) is None


def test_wrong_tries_make_the_next_one_wait_longer_each_time(store):
    with_password(store)
    moment, waits = NOW, []
    for _ in range(9):
        with pytest.raises(RefusedError, match=r"signin\.wrong"):
            enter(store, "wrong", now=moment)
        try:
            enter(store, "wrong", now=moment)
        except BusyError as busy:
            waits.append(busy.fields["seconds"])
            moment += dt.timedelta(seconds=int(busy.fields["seconds"]) + 1)
        except RefusedError:
            pass
    assert waits == sorted(waits)
    assert len(waits) >= 4
    assert waits[-1] >= 16
    assert enter(store, PASSWORD, now=moment).stage == "full", "the right password ends the waiting"


def test_waiting_is_the_same_for_a_name_nobody_has(store):
    for _ in range(5):
        with pytest.raises(RefusedError, match=r"signin\.wrong"):
            enter(store, "wrong", name="nobody")
    with pytest.raises(BusyError, match=r"signin\.wait"):
        enter(store, "wrong", name="nobody")


def test_an_unknown_name_takes_as_long_as_a_known_one(store):
    with_password(store)

    def seconds(name, number):
        began = time.process_time()  # of this process alone: other work on the machine does not count
        with pytest.raises(RefusedError):
            enter(store, "wrong", name=name, address=f"10.1.0.{number}", now=NOW + number * 30 * MINUTE)
        return time.process_time() - began

    pairs = [(seconds("ayse", n), seconds(f"kimse{n}", n + 20)) for n in range(1, 8)]
    known, unknown = (min(column) for column in zip(*pairs, strict=True))
    assert 0.6 < known / unknown < 1.6


def test_the_last_administrator_cannot_be_closed(store):
    add(store, role=Role.ADMIN)
    with pytest.raises(RefusedError, match=r"users\.last_admin"):
        people.disable(store, "ayse", actor="test", now=NOW)
    with pytest.raises(RefusedError, match=r"users\.last_admin"):
        people.change(store, "ayse", role=Role.PLANNER, region="", actor="test")


def test_an_approver_has_steps_of_the_chain_and_nobody_else_has(store):
    add(store)
    with pytest.raises(RefusedError, match=r"users\.steps_without_use"):
        people.change(store, "ayse", role=Role.PLANNER, region="", steps=("Belediye Başkanı",), actor="test")
    for steps in ((), ("Yok",)):
        with pytest.raises(RefusedError, match=r"users\.steps_unknown"):
            people.change(store, "ayse", role=Role.APPROVER, region="", steps=steps, actor="test")
    people.change(store, "ayse", role=Role.APPROVER, region="", steps=("Belediye Başkanı",), actor="test")
    assert [one.steps for one in people.everybody(store)] == [("Belediye Başkanı",)]


def test_nothing_secret_is_stored_as_it_is(store):
    code = add(store)
    secret, made = enrolled_after(store, code)
    with store.session(Login.OWNER) as session:
        rows = [
            str(row)
            for table in ("users", "codes", "sessions")
            for row in session.execute(text(f"SELECT t::text FROM auth.{table} t"))
        ]
    kept = "\n".join(rows)
    for one in (PASSWORD, secret, made.ticket.token, *made.recovery_codes, codes.tidy(code)):
        assert one not in kept
        assert one.encode().hex() not in kept


def enrolled_after(store, code):
    people.change(store, "ayse", role=Role.PRIVACY, region="", actor="test")
    ticket = sign_in.set_password(store, enter(store, code).token, PASSWORD, now=NOW)
    secret, _ = sign_in.begin_second(store, ticket.token, now=NOW)
    return secret, sign_in.confirm_second(store, ticket.token, phone_code(secret, NOW), now=NOW)


def test_every_step_is_in_the_audit(store):
    enrolled(store)
    with pytest.raises(RefusedError):
        enter(store, "wrong")
    with store.session(Login.OWNER) as session:
        actions = list(session.scalars(text("SELECT action FROM audit.events ORDER BY id")))
        assert audit.first_broken(session) is None
    assert actions == ["user.add", "password.set", "second-factor.set", "sign-in", "sign-in.refused"]
