"""The one table of roles: nobody left out, and the separations that matter stated outright."""

import pytest

from app.auth.roles import MAY, SECOND_FACTOR, Action, Role, may


def test_every_role_has_its_actions_and_every_action_somebody():
    assert set(MAY) == set(Role)
    assert set().union(*MAY.values()) == set(Action)


@pytest.mark.parametrize(
    ("action", "roles"),
    [
        (Action.VALUES_READ, {Role.MANAGER, Role.HEAD}),
        (Action.USERS_MANAGE, {Role.ADMIN}),
        (Action.PROPOSAL_FORMAL, {Role.HEAD}),
        (Action.AUDIT_READ, {Role.PRIVACY}),
        (Action.RUN_PUBLISH, {Role.HEAD, Role.ADMIN}),
    ],
)
def test_only_these_roles_may(action, roles):
    assert {role for role in Role if may(role, action)} == roles


def test_who_sends_in_personal_rows_needs_a_second_factor():
    loaders = {role for role in Role if may(role, Action.DATA_LOAD)}
    assert loaders | {Role.ADMIN, Role.PRIVACY} <= SECOND_FACTOR


def test_planners_meet_nobody_and_no_exact_value():
    assert not may(Role.PLANNER, Action.DATA_LOAD)
    assert not may(Role.PLANNER, Action.VALUES_READ)
