"""Addresses of the screens, and who sees each; no Streamlit here, so that the gate can read it."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.auth.roles import Action, Role, may


@dataclass(frozen=True, slots=True)
class Screen:
    """One screen: its address, its words' key, its module, and the actions of which one opens it."""

    place: str
    key: str
    module: str
    needs: tuple[Action, ...]

    def opens_for(self, role: Role) -> bool:
        """Whether a role sees it."""
        return any(may(role, action) for action in self.needs)


SCREENS = (
    Screen("risk-haritasi", "screen.risk", "risk", (Action.MAP_READ,)),
    Screen("yer-secimi", "screen.siting", "siting", (Action.PLAN_READ,)),
    Screen("saha-verisi", "screen.field", "field", (Action.DATA_LOAD, Action.PLACES_LOAD)),
    Screen("onay", "screen.approval", "approval", (Action.RUN_CHECK, Action.PROPOSAL_STEP)),
    Screen(
        "yonetim", "screen.admin", "admin", (Action.USERS_MANAGE, Action.SYSTEM_READ, Action.INDICATORS_SET)
    ),
    Screen("yontem", "screen.method", "method", (Action.MAP_READ,)),
)
METHOD_PAGE = "sayfa"  # parameter of a link to one page of the method
METHOD_PAGES = (
    "need",
    "area",
    "smoothing",
    "certainty",
    "clusters",
    "change",
    "index",
    "reach",
    "zones",
    "checking",
)
PLACES = tuple(f"/{screen.place}" for screen in SCREENS)
BY_MODULE: Mapping[str, Screen] = {screen.module: screen for screen in SCREENS}


def first_for(role: Role) -> Screen:
    """Where a role begins."""
    return next(screen for screen in SCREENS if screen.opens_for(role))


def method_page(kind: str, *, from_records: bool) -> str:
    """The page that tells how a map of this kind is made.

    >>> method_page("topic", from_records=False), method_page("indicator", from_records=True)
    ('area', 'smoothing')
    """
    own = {"need": "need", "index": "index", "reach": "reach"}
    return own.get(kind, "smoothing" if from_records else "area")
