"""What a document about a plan stands on: the plan as it may be shown, and the published run behind it."""

from dataclasses import dataclass

import pandas as pd

from app import views
from app.errors import RefusedError
from app.store import places, plans, proposals
from app.store.logins import Login
from app.store.plans import PlanRecord
from app.store.proposals import ProposalRecord
from app.store.session import Store
from app.views import Contents, MapRun, Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSource:
    """A plan without small figures, the run it serves, and the proposal made of it, if any."""

    plan: PlanRecord
    shown: Plan
    contents: Contents
    region_name: str = ""
    proposal: ProposalRecord | None = None

    @property
    def constructed(self) -> bool:
        """Whether any boundary is not official."""
        return bool(self.contents.areas["constructed"].any())


def of_proposal(store: Store, proposal_id: int) -> PlanSource:
    """The version of the plan that is proposed.

    Raises
    ------
    RefusedError
        If there is no such proposal, or the run of its plan is not published.
    """
    with store.session(Login.SERVICE) as session:
        proposal = proposals.get(session, proposal_id)
        open_ = proposal.state in (proposals.DRAFT, proposals.RETURNED)
        plan = plans.get(session, proposal.plan_id) if open_ else plans.version(session, proposal.version_id)
    return _source(store, plan, proposal)


def of_plan(store: Store, plan_id: int) -> PlanSource:
    """A plan as it stands.

    Raises
    ------
    RefusedError
        If there is no such plan, or its run is not published.
    """
    with store.session(Login.SERVICE) as session:
        plan = plans.get(session, plan_id)
    return _source(store, plan, None)


def _source(store: Store, plan: PlanRecord, proposal: ProposalRecord | None) -> PlanSource:
    run = next((run for run in views.runs(store) if run.run_id == plan.run_id), None)
    if run is None:
        raise RefusedError("documents.run_not_published", plan=plan.id, run=plan.run_id)
    shown = plans.shown(plan.result)
    contents = read_run(store, run, shown, with_classes=False)
    with store.session(Login.SERVICE) as session:
        name = places.region_name(session, plan.region) if plan.region else ""
    return PlanSource(plan=plan, shown=shown, contents=contents, region_name=name, proposal=proposal)


def read_run(store: Store, run: MapRun, plan: Plan | None = None, *, with_classes: bool = True) -> Contents:
    """A published run, in force or not, in frames."""
    return Contents(
        run=run,
        maps=views.maps(store, run),
        classes=views.all_classes(store, run) if with_classes else pd.DataFrame(),
        areas=views.areas(store, run),
        zones=views.zones(store, run),
        points=views.points(store),
        plan=plan,
    )


def stamps(*, simulation: bool, constructed: bool) -> list[str]:
    """Keys of the words that go across every page."""
    words = ["map.watermark"] if simulation else []
    return [*words, "documents.draft"] if constructed else words


__all__ = ["PlanSource", "of_plan", "of_proposal", "read_run", "stamps"]
