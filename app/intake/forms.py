"""Load a questionnaire; each version is kept."""

import datetime as dt
import hashlib
import json

from app.intake.offer import Offer
from app.intake.outcome import Outcome, SheetCounts
from app.store import surveys
from app.store.session import Session
from app.store.tables.survey import FormVersion
from survey.form import Form
from survey.problems import Code, Refused, problem


def load_form(offer: Offer, session: Session) -> Outcome:
    """Store a form's version; the same version with another content is refused."""
    parsed = offer.parse("form")
    definition = dict(parsed.form)
    form = Form.from_json(json.dumps(definition))
    content = hashlib.sha256(form.to_json().encode()).hexdigest()
    known = surveys.form_version(session, form.form_id, form.version)
    if known is not None and known.content_sha != content:
        detail = f"{form.form_id} {form.version}"
        raise Refused((problem(Code.FORM_DUPLICATE_NAME, given=form.version, detail=detail),))
    if known is None:
        now = dt.datetime.now(dt.UTC)
        session.add(
            FormVersion(
                form_id=form.form_id,
                version=form.version,
                content_sha=content,
                definition=definition,
                loaded_at=now,
            )
        )
    asked = len(form.questions)
    counts = SheetCounts(
        sheet="survey", read=asked, new=0 if known else asked, unchanged=asked if known else 0
    )
    return Outcome(
        kind="form",
        file=offer.name,
        sha256=offer.sha256,
        sheets=(counts,),
        problems=parsed.findings,
        report={
            "form_id": form.form_id,
            "version": form.version,
            "languages": list(form.languages),
            "questions": asked,
            "repeats": list(form.repeats),
            "identifying": list(form.identifying()),
        },
    )
