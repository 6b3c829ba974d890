"""Load applications and tip-offs from a table; people under pseudonyms, places fixed at intake."""

import datetime as dt
from collections.abc import Mapping, Sequence

import geopandas as gpd
import shapely

from app.intake.batch import Fates, Incoming, bring, last_of_each
from app.intake.columns import in_headings, propose_targets, unused
from app.intake.offer import LoadOptions, Offer
from app.intake.outcome import Outcome, SheetCounts
from app.store import places, surveys
from app.store.people import NUMBER, Registrar
from app.store.records import CASES
from app.store.session import Session
from geo.areas import locate
from survey.answers import Styles, column_styles
from survey.cases import Case, CaseReading, parse_case
from survey.mapping import CASE_TARGETS
from survey.problems import Code, Problem, Question, Refused, Where, problem
from survey.sources import RawSubmission, SourceTable, TableMapping, read_mapped
from survey.submission import content_hash, content_keys
from survey.tablefile import Cell, Sheet
from survey.values import Bounds

MARGIN_DEGREES = 0.05


def load_cases(offer: Offer, session: Session, registrar: Registrar) -> Outcome:
    """Read, type, check and store cases, in the caller's transaction."""
    options = offer.options
    parsed = offer.parse("table")
    if len(parsed.sheets) > 1:
        names = tuple(sheet.name for sheet in parsed.sheets)
        raise Refused(
            questions=(Question(Code.TABLE_WHICH_SHEET, offer.name, names, f"--sheet {names[0]!r}"),)
        )
    sheet = parsed.sheets[0]
    mapping = _mapping(session, sheet, options)
    table = _read(sheet, mapping, options)
    boundary = places.current_boundary(session)
    frame = places.areas(session, boundary.id)
    today = dt.datetime.now(dt.UTC).date()
    reading = CaseReading(
        places.name_index(session), today, _styles(table, options), _bounds(frame, offer.country)
    )
    found = [
        parse_case(raw, reading, key=key)
        for key, raw in zip(content_keys(table.submissions), table.submissions, strict=True)
    ]
    problems: list[Problem] = [*parsed.findings, *table.problems]
    pairs: list[tuple[RawSubmission, Case]] = []
    for raw, case in zip(table.submissions, found, strict=True):
        if isinstance(case, Case):
            pairs.append((raw, case))
            problems += case.warnings
        else:
            problems += case
    placed, outside = _place(pairs, frame)
    problems += outside
    incoming = [_incoming(raw, case, area, boundary.id, options) for raw, case, area in placed]
    problems += _repeated(incoming, parsed.sheets[0].name)
    fates = bring(session, CASES, list(last_of_each(incoming).values()), registrar, {})
    return Outcome(
        kind="cases",
        file=offer.name,
        sha256=offer.sha256,
        sheets=(_counts(table, [record.key for record in incoming], fates),),
        problems=(*in_headings(problems, mapping.columns), *unused(sheet, mapping.columns.values())),
    )


def _mapping(session: Session, sheet: Sheet, options: LoadOptions) -> TableMapping:
    if options.mapping:
        return TableMapping.from_dict(surveys.mapping(session, options.mapping))
    columns = propose_targets(CASE_TARGETS, sheet.header, options)
    mapping = TableMapping(columns, columns.get("key"))
    if options.save_mapping:
        surveys.save_mapping(session, options.save_mapping, mapping.to_dict())
    return mapping


def _read(sheet: Sheet, mapping: TableMapping, options: LoadOptions) -> SourceTable:
    table = read_mapped([sheet], mapping)
    if not options.constants:
        return table
    rows = tuple(_with_constants(raw, options.constants) for raw in table.submissions)
    return SourceTable(table.layout, rows, table.problems, table.counts)


def _with_constants(raw: RawSubmission, constants: Mapping[str, str]) -> RawSubmission:
    fields = {**raw.fields, **constants}
    return RawSubmission(raw.source_key, fields, raw.repeats, raw.row, raw.submitted_at, raw.sheet)


def _styles(table: SourceTable, options: LoadOptions) -> Styles:
    days = [] if options.dates else ["day"]
    columns = {"day": [raw.fields.get("day") for raw in table.submissions]}
    styles, asks = column_styles(columns, numbers=(), days=days)
    if asks:
        raise Refused(questions=asks)
    decimals = {"": options.decimal} if options.decimal else {}
    return Styles(decimals, options.dates or styles.dates)


def _bounds(frame: gpd.GeoDataFrame, country: Bounds) -> Bounds:
    """Where the city's coordinates may lie; a little more than its areas."""
    if frame.empty:
        return country
    west, south, east, north = frame.total_bounds
    margin = MARGIN_DEGREES
    return Bounds(south=south - margin, west=west - margin, north=north + margin, east=east + margin)


def _place(
    pairs: Sequence[tuple[RawSubmission, Case]], frame: gpd.GeoDataFrame
) -> tuple[list[tuple[RawSubmission, Case, str]], list[Problem]]:
    """The area of each case; those with coordinates only are found on the map."""
    points = [case.point for _, case in pairs if case.area_code is None and case.point is not None]
    places_ = shapely.points([p.lon for p in points], [p.lat for p in points])
    rows = iter(locate(places_, frame))
    placed: list[tuple[RawSubmission, Case, str]] = []
    problems: list[Problem] = []
    for raw, case in pairs:
        if case.area_code is not None:
            placed.append((raw, case, case.area_code))
        elif (row := int(next(rows))) >= 0:
            placed.append((raw, case, str(frame["code"].iloc[row])))
        else:
            problems.append(problem(Code.POINT_OUTSIDE, Where(case.sheet, case.row, "lat")))
    return placed, problems


def _incoming(
    raw: RawSubmission, case: Case, area_code: str, boundary_id: int, options: LoadOptions
) -> Incoming:
    person = {"person_name": case.person.name, "phone": case.person.phone, "identity": case.person.identity}
    answers: dict[str, object] = {name: value for name, value in person.items() if value}
    if case.point is not None:
        answers |= {"lat": case.point.lat, "lon": case.point.lon}
    number = case.person.identity
    if number:
        answers[NUMBER] = number
    return Incoming(
        key=case.key,
        content_sha=content_hash(_said(case, area_code), {}),
        row=case.row,
        columns={
            "boundary_id": boundary_id,
            "area_code": area_code,
            "kind": str(case.kind),
            "reason": case.reason,
            "subject": case.subject or "",
            "priority": case.priority or "",
            "channel": case.channel or "",
            "day": case.day,
            "protected": case.protected,
            "is_simulation": options.simulation,
        },
        raw={name: _plain(value) for name, value in raw.fields.items() if value is not None},
        identities=[(number, answers)] if answers else [],
    )


def _said(case: Case, area_code: str) -> dict[str, Cell]:
    """What a row says, typed: the same application from a workbook and from a text file is the same."""
    point = None if case.point is None else f"{case.point.lat} {case.point.lon}"
    words = {"area": area_code, "kind": str(case.kind), "point": point, "protected": case.protected}
    names = ("reason", "subject", "priority", "day", "channel", "sex", "age")
    person = (case.person.name, case.person.identity, case.person.phone)
    return {
        **words,
        **{name: getattr(case, name) for name in names},
        **dict(zip(("name", "identity", "phone"), person, strict=True)),
    }


def _repeated(incoming: Sequence[Incoming], sheet: str) -> list[Problem]:
    """Rows of one record number that say different things; the last of them is kept."""
    by_key: dict[str, list[Incoming]] = {}
    for record in incoming:
        by_key.setdefault(record.key, []).append(record)
    return [
        problem(
            Code.CASE_REPEATED, Where(sheet, same[-1].row), detail=", ".join(str(one.row) for one in same)
        )
        for same in by_key.values()
        if len({one.content_sha for one in same}) > 1
    ]


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else value


def _counts(table: SourceTable, keys: Sequence[str], fates: Fates) -> SheetCounts:
    fate = {key: name for name in ("new", "updated", "unchanged") for key in getattr(fates, name)}
    tally = dict.fromkeys(("new", "updated", "unchanged"), 0)
    for key in keys:
        tally[fate[key]] += 1
    count = table.counts[0]
    return SheetCounts(sheet=count.sheet, read=count.read, rejected=count.read - len(keys), **tally)
