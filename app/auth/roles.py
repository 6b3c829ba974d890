"""ONE table, role by action: screens, routes, service checks and tests are all made from it."""

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """What a person is in the institution."""

    FIELD = "field"  # saha ekibi
    PROFESSIONAL = "professional"  # meslek elemanı
    MANAGER = "manager"  # birim sorumlusu: one service region
    PLANNER = "planner"  # planlama uzmanı
    HEAD = "head"  # daire başkanı
    APPROVER = "approver"  # notes the steps of the chain above
    PRIVACY = "privacy"  # kişisel veri sorumlusu
    ADMIN = "admin"  # sistem yöneticisi


class Action(StrEnum):
    """What can be done; every route and every screen names one."""

    MAP_READ = "map.read"
    VALUES_READ = "values.read"  # a neighbourhood's estimate with its interval; audited
    PLAN_READ = "plan.read"
    PLAN_MAKE = "plan.make"
    PLAN_PUBLISH = "plan.publish"
    PROPOSAL_READ = "proposal.read"
    PROPOSAL_DRAFT = "proposal.draft"
    PROPOSAL_SEND = "proposal.send"
    PROPOSAL_FORMAL = "proposal.formal"  # the department head's proposal to the mayor
    PROPOSAL_STEP = "proposal.step"
    RUN_READ = "run.read"
    RUN_MAKE = "run.make"
    RUN_CHECK = "run.check"
    RUN_APPROVE = "run.approve"
    RUN_PUBLISH = "run.publish"
    REPORT_MAKE = "report.make"
    DATA_LOAD = "data.load"  # survey results and cases
    PLACES_LOAD = "places.load"  # boundaries, population, centres, candidate sites, forms
    INDICATORS_SET = "indicators.set"
    USERS_MANAGE = "users.manage"
    SYSTEM_READ = "system.read"  # set-up, jobs of everybody, health
    BACKUP_MAKE = "backup.make"
    AUDIT_READ = "audit.read"


_A = Action
MAY: Mapping[Role, frozenset[Action]] = {
    Role.FIELD: frozenset({_A.DATA_LOAD}),
    Role.PROFESSIONAL: frozenset({_A.DATA_LOAD, _A.MAP_READ, _A.PLAN_READ}),
    Role.MANAGER: frozenset(
        {
            *(_A.MAP_READ, _A.VALUES_READ, _A.PLAN_READ, _A.PLAN_MAKE, _A.REPORT_MAKE),
            *(_A.PROPOSAL_READ, _A.PROPOSAL_DRAFT, _A.PROPOSAL_SEND),
            *(_A.RUN_READ, _A.RUN_MAKE, _A.RUN_CHECK, _A.DATA_LOAD),
        }
    ),
    Role.PLANNER: frozenset(
        {
            *(_A.MAP_READ, _A.PLAN_READ, _A.PLAN_MAKE, _A.PROPOSAL_READ, _A.REPORT_MAKE),
            *(_A.RUN_READ, _A.RUN_MAKE, _A.RUN_CHECK, _A.PLACES_LOAD, _A.INDICATORS_SET),
        }
    ),
    Role.HEAD: frozenset(
        {
            *(_A.MAP_READ, _A.VALUES_READ, _A.PLAN_READ, _A.PLAN_PUBLISH, _A.REPORT_MAKE),
            *(_A.PROPOSAL_READ, _A.PROPOSAL_FORMAL, _A.PROPOSAL_STEP),
            *(_A.RUN_READ, _A.RUN_CHECK, _A.RUN_APPROVE, _A.RUN_PUBLISH),
        }
    ),
    Role.APPROVER: frozenset({_A.MAP_READ, _A.PLAN_READ, _A.PROPOSAL_READ, _A.PROPOSAL_STEP}),
    Role.PRIVACY: frozenset({_A.AUDIT_READ, _A.SYSTEM_READ}),
    Role.ADMIN: frozenset(
        {
            *(_A.USERS_MANAGE, _A.SYSTEM_READ, _A.BACKUP_MAKE, _A.MAP_READ),
            *(_A.DATA_LOAD, _A.PLACES_LOAD, _A.INDICATORS_SET),
            *(_A.RUN_READ, _A.RUN_MAKE, _A.RUN_CHECK, _A.RUN_APPROVE, _A.RUN_PUBLISH),
        }
    ),
}
# who meets personal rows, or can hand out the right to: a password alone does not let them in
SECOND_FACTOR = frozenset({Role.ADMIN, Role.PRIVACY, Role.FIELD, Role.PROFESSIONAL, Role.MANAGER, Role.HEAD})
REGIONAL = frozenset({Role.MANAGER})


def may(role: Role, action: Action) -> bool:
    """Whether the role may do it.

    >>> may(Role.PLANNER, Action.VALUES_READ)
    False
    """
    return action in MAY[role]
