"""One file in: parsed in a child, checked, stored in one transaction, and every row accounted for."""

from dataclasses import replace
from pathlib import Path

from app.errors import MahalleError, MixedDataError, RefusedError
from app.intake.areas import load_areas
from app.intake.cases import load_cases
from app.intake.forms import load_form
from app.intake.households import load_survey
from app.intake.lists import LISTS, load_list
from app.intake.offer import LoadOptions, Offer, offer
from app.intake.outcome import Outcome
from app.intake.rejected import write_rejected
from app.store import audit, surveys
from app.store.logins import Login
from app.store.people import Registrar, hold_intake
from app.store.session import Session, Store
from survey.problems import Code, Refused, problem

KINDS = (
    "areas",
    "population",
    "regions",
    "centres",
    "sites",
    "groups",
    "crosswalk",
    "form",
    "survey",
    "cases",
)


class _NothingToKeep(Exception):
    """Ends a transaction that was only to be tried, or of whose rows none was good."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def load(kind: str, path: Path, *, options: LoadOptions, store: Store, actor: str) -> Outcome:
    """Take in one file, whole or not at all.

    Never raises for what is wrong with the file: that is in the outcome. A kill at any moment leaves the
    store as it was, and offering the file again completes it.

    Raises
    ------
    MixedDataError
        If simulated data meets real data.
    RefusedError
        If the file cannot be opened, or what it refers to (areas, a form) is not loaded.
    """
    if kind not in KINDS:
        raise RefusedError("load.unknown_kind", kind=kind, kinds=", ".join(KINDS))
    offered = offer(kind, path, options=options, settings=store.settings, actor=actor)
    try:
        with store.session(Login.SERVICE) as session:
            hold_intake(session)
            outcome = _take_in(offered, session, store)
            good = any(sheet.read > sheet.rejected for sheet in outcome.sheets)
            if options.check or not good:
                raise _NothingToKeep(outcome)
            outcome = replace(outcome, stored=True)
    except _NothingToKeep as tried:
        outcome = replace(tried.outcome, checked=options.check)
        if not any(sheet.read for sheet in outcome.sheets):
            outcome = outcome.with_problems([problem(Code.TABLE_EMPTY, given=offered.name)])
    except Refused as refusal:
        outcome = Outcome(
            kind=kind,
            file=offered.name,
            sha256=offered.sha256,
            problems=refusal.problems,
            questions=refusal.questions,
        )
    except MahalleError:
        with store.session(Login.SERVICE) as session:
            _note(session, offered, Outcome(kind=kind, file=offered.name, sha256=offered.sha256))
        raise
    if any(sheet.rejected for sheet in outcome.sheets) and not options.check:
        outcome = replace(outcome, rejected_file=write_rejected(offered, outcome))
    with store.session(Login.SERVICE) as session:
        _note(session, offered, outcome)
    return outcome


def _take_in(offered: Offer, session: Session, store: Store) -> Outcome:
    _keep_apart(session, simulation=offered.options.simulation)
    if offered.kind == "areas":
        return load_areas(offered, session)
    if offered.kind == "form":
        return load_form(offered, session)
    if offered.kind in LISTS:
        return load_list(offered, session)
    batch = surveys.open_batch(
        session, kind=offered.kind, sha256=offered.sha256, name=offered.name, actor=offered.actor
    )
    registrar = Registrar(session, store.vault, batch.id)
    take_in = load_survey if offered.kind == "survey" else load_cases
    outcome = take_in(offered, session, registrar)
    batch.counts = {"sheets": [sheet.as_dict() for sheet in outcome.sheets]}
    return outcome


def _keep_apart(session: Session, *, simulation: bool) -> None:
    """Note what the store holds; refuse a demonstration among real data and the other way round."""
    about = surveys.about(session)
    coming = "demonstration" if simulation else "real"
    if about.holds == "nothing":
        about.holds = coming
    elif about.holds != coming:
        raise MixedDataError("load.mixed_simulated" if coming == "real" else "load.mixed_real")


def _note(session: Session, offered: Offer, outcome: Outcome) -> None:
    surveys.note_attempt(
        session,
        kind=offered.kind,
        sha256=offered.sha256,
        name=offered.name,
        actor=offered.actor,
        outcome=outcome.state,
    )
    detail = {"kind": offered.kind, "sha256": offered.sha256, "state": outcome.state}
    audit.record(session, actor=offered.actor, action="load", detail=detail)
