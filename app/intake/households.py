"""Load an area survey: KoBo exports and plain tables, typed by the form, under pseudonyms."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

from app.errors import RefusedError
from app.intake.batch import Fates, Incoming, bring, last_of_each
from app.intake.offer import LoadOptions, Offer
from app.intake.outcome import Outcome, SheetCounts
from app.store import places, surveys
from app.store.people import NUMBER, Registrar
from app.store.records import HOUSEHOLDS
from app.store.session import Session
from app.store.tables.survey import Campaign
from survey.answers import Styles, column_styles
from survey.form import Form
from survey.households import household_conflicts
from survey.problems import Code, FieldClass, Problem, Question, Refused
from survey.sources import Fields, Layout, RawSubmission, SourceTable, TableMapping, detect, read_source
from survey.submission import (
    CampaignKeys,
    Person,
    Reading,
    Submission,
    content_hash,
    content_keys,
    parse_submission,
    propose_keys,
)
from survey.tablefile import Sheet
from survey.values import Point

KINDS = ("sample", "complete", "targeted")


def load_survey(offer: Offer, session: Session, registrar: Registrar) -> Outcome:
    """Read, type, check and store households, in the caller's transaction."""
    options = offer.options
    parsed = offer.parse("table")
    form_id, form = surveys.form(session, options.form)
    table = read_source(parsed.sheets, form, _mapping(session, parsed.sheets, form, options))
    keys = _keys(form, options)
    reading = Reading(form, keys, places.name_index(session), _styles(form, table, keys, options))
    good: list[tuple[RawSubmission, Submission]] = []
    problems: list[Problem] = [*parsed.findings, *table.problems]
    for key, raw in zip(content_keys(table.submissions), table.submissions, strict=True):
        found = parse_submission(raw, reading, key=key)
        if isinstance(found, Submission):
            good.append((raw, found))
            problems += found.warnings
        else:
            problems += found
    campaign = _campaign(session, form_id, form, [submission for _, submission in good], options)
    boundary = places.current_boundary(session)
    incoming = [_incoming(raw, submission, form, boundary.id) for raw, submission in good]
    problems += [conflict.finding for conflict in household_conflicts(one for _, one in good)]
    fates = bring(
        session, HOUSEHOLDS, list(last_of_each(incoming).values()), registrar, {"campaign_id": campaign.id}
    )
    surveys.settle_households(session, campaign.id)
    return Outcome(
        kind="survey",
        file=offer.name,
        sha256=offer.sha256,
        sheets=_counts(table, [raw for raw, _ in good], [record.key for record in incoming], fates),
        problems=tuple(problems),
        report={
            "campaign": campaign.key,
            "campaign_kind": campaign.kind,
            "form": f"{form.form_id} {form.version}",
        },
    )


# ------------------------------------------------------------------ reading
def _mapping(
    session: Session, sheets: Sequence[Sheet], form: Form, options: LoadOptions
) -> TableMapping | None:
    """A saved mapping, or one made of the headings that a plain table shares with the form."""
    if options.mapping:
        return TableMapping.from_dict(surveys.mapping(session, options.mapping))
    if detect(sheets) is Layout.KOBO:
        return None
    names = {question.name: question for question in form.level("")}
    columns: dict[str, str] = {}
    for heading in sheets[0].header:
        for name, question in names.items():
            if heading == name or heading in question.labels.values():
                columns.setdefault(name, heading)
    columns |= {name: heading for name, heading in options.columns.items() if name in names}
    if not columns:
        return None
    key = options.columns.get("key") or next(
        (h for h in sheets[0].header if h in ("KEY", "_uuid", "key")), None
    )
    made = TableMapping(columns, key)
    if options.save_mapping:
        surveys.save_mapping(session, options.save_mapping, made.to_dict())
    return made


def _keys(form: Form, options: LoadOptions) -> CampaignKeys:
    """Which questions carry area, block, weight and outcome; the sender's word wins."""
    fields = {field.name for field in dataclasses.fields(CampaignKeys)}
    given = {name: question for name, question in options.columns.items() if name in fields}
    keys = dataclasses.replace(propose_keys(form), **given)
    if not keys.area_code and not keys.neighbourhood:
        names = tuple(question.name for question in form.level(""))[:12]
        raise Refused(questions=(Question(Code.COLUMN_UNMAPPED, "mahalle", names, '--map area_code="..."'),))
    return keys


def _styles(form: Form, table: SourceTable, keys: CampaignKeys, options: LoadOptions) -> Styles:
    """Settle decimal marks and date order over whole columns, or ask."""
    numbers = [q.name for q in form.questions if q.type in ("decimal", "range")]
    numbers += [keys.weight] if keys.weight and keys.weight not in numbers else []
    days = [q.name for q in form.questions if q.type in ("date", "today")]
    wanted = {*numbers, *days}
    columns = {name: [raw.fields.get(name) for raw in table.submissions] for name in wanted}
    styles, asks = column_styles(columns, numbers=numbers, days=days)
    asks = tuple(
        ask
        for ask in asks
        if not (ask.code is Code.VALUE_DECIMAL_FORMAT and options.decimal)
        and not (ask.code is Code.VALUE_DATE_ORDER and options.dates)
    )
    if asks:
        raise Refused(questions=asks)
    decimals = dict.fromkeys(numbers, options.decimal) if options.decimal else styles.decimals
    return Styles(decimals, options.dates or styles.dates)


def _campaign(
    session: Session, form_id: int, form: Form, good: Sequence[Submission], options: LoadOptions
) -> Campaign:
    """The campaign a file belongs to; a new one must say what it is."""
    days = [submission.day for submission in good if submission.day]
    year = options.year or (max(days).year if days else dt.datetime.now(dt.UTC).year)
    key = options.campaign or f"{form.form_id}-{year}"
    known = surveys.campaign(session, key)
    if known is not None:
        if options.campaign_kind not in (None, known.kind):
            raise RefusedError(
                "load.campaign_kind", campaign=key, have=known.kind, given=options.campaign_kind
            )
        return known
    if options.campaign_kind is None:
        raise Refused(questions=(Question(Code.SURVEY_KIND, key, KINDS, "--campaign-kind sample"),))
    made = Campaign(
        key=key, kind=options.campaign_kind, year=year, form_id=form_id, is_simulation=options.simulation
    )
    session.add(made)
    session.flush()
    return made


# ------------------------------------------------------------------ records
def _incoming(raw: RawSubmission, submission: Submission, form: Form, boundary_id: int) -> Incoming:
    sensitive = {q.name for q in form.questions if q.field_class is FieldClass.IDENTITY}
    persons = [(submission.identifying, raw.row), *((p.identifying, p.row) for p in submission.persons)]
    return Incoming(
        key=submission.key,
        content_sha=content_hash(raw.fields, raw.repeats),
        row=submission.row,
        columns={
            "boundary_id": boundary_id,
            "area_code": submission.area_code,
            "stratum": submission.stratum or "",
            "block": submission.block or "",
            "weight": 1.0 if submission.weight is None else submission.weight,
            "outcome": str(submission.outcome),
            "household": submission.household or "",
            "superseded": False,
            "day": submission.day,
            "answers": _plain(submission.answers),
            "roster": [_member(person) for person in submission.persons],
        },
        raw={
            "fields": _written(raw.fields),
            "repeats": {n: [_written(r) for r in rows] for n, rows in raw.repeats.items()},
        },
        identities=[_identity(answers, sensitive) for answers, _ in persons if answers],
    )


def _member(person: Person) -> dict[str, object]:
    return {"_repeat": person.repeat, **_plain(person.answers)}


def _plain(answers: Mapping[str, object]) -> dict[str, object]:
    """Answers as JSON holds them."""
    return {name: _value(value) for name, value in answers.items()}


def _value(value: object) -> object:
    if isinstance(value, Point):
        return {"lat": value.lat, "lon": value.lon, "accuracy_m": value.accuracy_m}
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else value


def _written(fields: Fields) -> dict[str, object]:
    return {
        name: _value(value)
        for name, value in fields.items()
        if value is not None and not name.startswith("_")
    }


def _identity(answers: Mapping[str, object], sensitive: set[str]) -> tuple[str | None, Mapping[str, object]]:
    number = next((str(answers[name]) for name in answers if name in sensitive), None)
    plain = _plain(answers)
    return number, ({**plain, NUMBER: number} if number else plain)


# ------------------------------------------------------------- conservation
def _counts(
    table: SourceTable, good: Sequence[RawSubmission], keys: Sequence[str], fates: Fates
) -> tuple[SheetCounts, ...]:
    """Every row of every sheet: a member's row shares its household's fate."""
    fate = {key: name for name in ("new", "updated", "unchanged") for key in getattr(fates, name)}
    tally: dict[str, dict[str, int]] = {
        count.sheet: dict.fromkeys(("new", "updated", "unchanged"), 0) for count in table.counts
    }
    for raw, key in zip(good, keys, strict=True):
        for sheet in _sheets_of(raw):
            tally[sheet][fate[key]] += 1
    return tuple(
        SheetCounts(
            sheet=count.sheet,
            read=count.read,
            rejected=count.read - sum(tally[count.sheet].values()),
            **tally[count.sheet],
        )
        for count in table.counts
    )


def _sheets_of(raw: RawSubmission) -> Iterable[str]:
    yield raw.sheet
    for rows in raw.repeats.values():
        for row in rows:
            yield str(row["_sheet"])
