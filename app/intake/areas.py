"""Load a boundary version: every neighbourhood of the city, checked as one coverage."""

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import shapely

from app.intake.columns import Field, Record, propose
from app.intake.lists import CODE, DISTRICT, NAME
from app.intake.offer import LoadOptions, Offer
from app.intake.outcome import Outcome, SheetCounts
from app.store import places
from app.store.session import Session
from app.store.tables.geo import Boundary
from geo.areas import AreaFinding, AreaProblem, check_areas, repair
from geo.crs import WGS84, guess_units, metric_crs_for
from geo.layers import Feature, Layer, control_points
from survey import values
from survey.layerfile import problems_of, questions_of
from survey.problems import Code, Problem, Question, Refused, Severity, Where, problem, severity

FIELDS = (
    Field("code", CODE.synonyms, "code", required=True),
    Field("district", DISTRICT.synonyms, required=True),
    Field("neighbourhood", NAME.synonyms, required=True),
)
LISTED = 50  # findings of one kind that a report names one by one


@dataclass(frozen=True, slots=True)
class ReadAreas:
    """Features as areas in EPSG:4326, and what is wrong with the others."""

    frame: gpd.GeoDataFrame  # code, name, district, rows (feature numbers from 1), geometry
    features: int
    problems: tuple[Problem, ...]
    heading: str  # of the code column


def load_areas(offer: Offer, session: Session) -> Outcome:
    """Read, check and store a boundary layer, in the caller's transaction.

    A layer with a rejected feature is not stored: a city with a hole in it would mislead every map.
    """
    parsed = offer.parse("layer")
    assert parsed.layer is not None
    asked = questions_of(parsed.layer.findings, what=offer.name)
    if asked:
        raise Refused(questions=tuple(_helped(one, parsed.layer) for one in asked))
    read = read_areas(parsed.layer, offer.options)
    _require_inside(read.frame, offer.country)
    seen = [
        found for found in problems_of(parsed.layer.findings) if found.code is not Code.LAYER_GEOMETRY_INVALID
    ]  # of invalid boundaries, what became of them is said instead
    problems = (*parsed.findings, *seen, *read.problems)
    rejected = len({found.row for found in problems if severity(found.code) is Severity.REJECT and found.row})
    metric = read.frame.to_crs(metric_crs_for(read.frame)) if len(read.frame) else read.frame
    findings = check_areas(metric, code="code").findings if len(read.frame) else ()
    report = {**_report(read.frame, findings), "code_system": _code_system(offer.options, read.heading)}
    base = Outcome(kind="areas", file=offer.name, sha256=offer.sha256, problems=problems, report=report)
    if rejected or not len(read.frame):
        counts = SheetCounts(sheet=offer.name, read=read.features, rejected=read.features)
        return replace(base, sheets=(counts,))
    counts = _store(session, read, offer, report, int(metric.crs.to_epsg()))
    return replace(base, sheets=(counts,))


def _require_inside(frame: gpd.GeoDataFrame, country: values.Bounds) -> None:
    """Refuse a layer that lies elsewhere: its coordinate system is not the one named."""
    if frame.empty:
        return
    west, south, east, north = (float(edge) for edge in frame.total_bounds)
    if not country.holds(south, west) or not country.holds(north, east):
        detail = f"{south:.2f}-{north:.2f} N, {west:.2f}-{east:.2f} E; --crs?"
        raise Refused((problem(Code.POINT_OUTSIDE, Where(column="geometry"), detail=detail),))


def _helped(asked: Question, layer: Layer) -> Question:
    """Add to a question on coordinates what helps to answer it.

    Systems are ordered by where they put the layer; two readings of a datum show where each puts one corner,
    to hold against a known place.
    """
    if asked.code is Code.LAYER_DATUM_UNSURE:
        points = control_points(layer, asked.choices, count=1)
        shown = tuple(f"{crs}: {at[0][1]:.5f} {at[0][0]:.5f}" for crs, at in points.items())
        return replace(asked, choices=shown)
    if asked.code is not Code.LAYER_CRS_MISSING:
        return asked
    corners = shapely.get_coordinates(shapely.from_wkb([f.wkb for f in layer.features if f.wkb is not None]))
    guess = guess_units(corners[:, 0], corners[:, 1])
    likely = {f"EPSG:{epsg}" for epsg in guess.candidates}
    choices = tuple(sorted(asked.choices, key=lambda choice: choice not in likely))
    return replace(asked, choices=choices, option=f"--crs {choices[0]}")


def read_areas(layer: Layer, options: LoadOptions) -> ReadAreas:
    """Areas of a layer in degrees; parts of one area given as several features become one."""
    header = list(dict.fromkeys(name for feature in layer.features for name in feature.properties))
    if not header:
        raise Refused(problems_of(layer.findings) or (problem(Code.LAYER_EMPTY),))
    chosen = propose(FIELDS, header, options)
    problems: list[Problem] = []
    records: list[Record] = []
    for number, feature in enumerate(layer.features, start=1):
        record, wrong = _record(feature, number, chosen, options)
        problems += wrong
        if not wrong and feature.wkb is not None:
            records.append(record)
    frame = gpd.GeoDataFrame(
        {name: [record[name] for record in records] for name in ("code", "name", "district", "row")},
        geometry=[record["geometry"] for record in records],
        crs=layer.crs,
    )
    frame, more = _repaired(frame, options)
    frame, clashes = _joined(frame.to_crs(WGS84))
    return ReadAreas(frame, len(layer.features), (*problems, *more, *clashes), chosen.get("code", ""))


def _record(
    feature: Feature, number: int, chosen: dict[str, str], options: LoadOptions
) -> tuple[Record, list[Problem]]:
    record: Record = {"row": number}
    wrong: list[Problem] = []
    for field in FIELDS:
        given = options.constants.get(field.key) or feature.properties.get(chosen.get(field.key, ""))
        value = values.text(given)
        if value is None or isinstance(value, Code):
            code = value or Code.VALUE_MISSING
            wrong.append(problem(code, Where("", number, chosen.get(field.key, field.key)), given=given))
        record["name" if field.key == "neighbourhood" else field.key] = value
    if feature.wkb is not None:
        shape = shapely.force_2d(shapely.from_wkb(feature.wkb))
        if not isinstance(shape, shapely.Polygon | shapely.MultiPolygon):
            wrong.append(problem(Code.LAYER_NOT_POLYGON, Where("", number), detail=shape.geom_type))
        record["geometry"] = shape
    return record, wrong


def _repaired(frame: gpd.GeoDataFrame, options: LoadOptions) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Mend invalid boundaries if the sender said so; ask otherwise."""
    bad = [place for place, shape in enumerate(frame.geometry) if not shape.is_valid]
    if not bad:
        return frame, []
    if not options.repair:
        named = tuple(
            f"{frame['name'].iloc[place]}: {shapely.is_valid_reason(frame.geometry.iloc[place])}"
            for place in bad[:5]
        )
        raise Refused(questions=(Question(Code.LAYER_REPAIR, str(len(bad)), named, "--repair"),))
    problems: list[Problem] = []
    shapes = list(frame.geometry)
    for place in bad:
        where = Where("", int(frame["row"].iloc[place]), str(frame["name"].iloc[place]))
        try:
            mended = repair(shapes[place])
        except ValueError:
            problems.append(problem(Code.LAYER_REPAIR_REFUSED, where))
            continue
        shapes[place] = mended.geometry
        problems.append(problem(Code.LAYER_REPAIRED, where, detail=f"{mended.relative_change:.4%}"))
    return frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)), problems


def _joined(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """One row a code, in order of code; a code that two different names bear is refused."""
    problems: list[Problem] = []
    rows: list[dict[str, object]] = []
    for code, group in frame.groupby("code", sort=True):
        if group[["name", "district"]].drop_duplicates().shape[0] > 1:
            names = " / ".join(group["name"])
            wheres = [Where("", int(number), "code") for number in group["row"]]
            problems += [problem(Code.LAYER_CODE_TWICE, at, given=code, detail=names) for at in wheres]
            continue
        first = group.iloc[0]
        shape = _multi(shapely.union_all(list(group.geometry)) if len(group) > 1 else first.geometry)
        rows.append({"code": code, "name": first["name"], "district": first["district"], "geometry": shape})
    columns = {name: [row[name] for row in rows] for name in ("code", "name", "district")}
    joined = gpd.GeoDataFrame(columns, geometry=[row["geometry"] for row in rows], crs=frame.crs)
    return joined, problems


def _multi(shape: shapely.Geometry) -> shapely.Geometry:
    return shapely.MultiPolygon([shape]) if isinstance(shape, shapely.Polygon) else shape


def _report(frame: gpd.GeoDataFrame, findings: Sequence[AreaFinding]) -> dict[str, object]:
    counts = Counter(str(finding.problem) for finding in findings)
    worst = sorted(findings, key=lambda finding: -np.nan_to_num(finding.area_m2))
    listed = [f for f in worst if f.problem is not AreaProblem.MULTIPART][:LISTED]
    return {
        "areas": len(frame),
        "districts": int(frame["district"].nunique()) if len(frame) else 0,
        "names_not_unique": int((frame["name"].value_counts() > 1).sum()) if len(frame) else 0,
        "findings": dict(counts),
        "worst": [_finding(frame, finding) for finding in listed],
    }


def _finding(frame: gpd.GeoDataFrame, finding: AreaFinding) -> dict[str, object]:
    names = [
        f"{frame['district'].iloc[row]} / {frame['name'].iloc[row]}"
        for row in (finding.feature, finding.other)
        if row >= 0
    ]
    size = None if np.isnan(finding.area_m2) else round(float(finding.area_m2))
    return {"what": str(finding.problem), "where": names, "m2": size, "detail": finding.detail}


def _code_system(options: LoadOptions, heading: str) -> str:
    """As named; a column called UAVT names itself; otherwise the city's own."""
    if options.code_system:
        return options.code_system
    return "UAVT" if "uavt" in heading.lower() else "yerel"


def _store(
    session: Session, read: ReadAreas, offer: Offer, report: dict[str, object], epsg: int
) -> SheetCounts:
    options = offer.options
    before = _previous(session)
    now = {row.code: _digest(row.name, row.district, row.geometry) for row in _rows(read.frame)}
    new = sum(code not in before for code in now)
    updated = sum(code in before and before[code] != digest for code, digest in now.items())
    joined = read.features - len(now)  # further parts of the same area count with it
    counts = SheetCounts(
        sheet=offer.name,
        read=read.features,
        new=new + (joined if new else 0),
        updated=updated + (joined if updated and not new else 0),
        unchanged=len(now) - new - updated + (joined if not new and not updated else 0),
    )
    content = hashlib.sha256("".join(f"{c}{d}" for c, d in sorted(now.items())).encode()).hexdigest()
    if not places.has_boundary(session, content):
        places.add_boundary(session, _boundary(content, options, report, epsg, offer.name), read.frame)
    return counts


def _boundary(
    content: str, options: LoadOptions, report: dict[str, object], epsg: int, name: str
) -> Boundary:
    now = dt.datetime.now(dt.UTC)
    return Boundary(
        code_system=str(report["code_system"]),
        valid_from=options.valid_from or now.date(),
        valid_to=options.valid_to,
        source=name,
        constructed=options.constructed,
        metric_epsg=epsg,
        content_sha=content,
        report=report,
        loaded_at=now,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    code: str
    name: str
    district: str
    geometry: shapely.Geometry


def _rows(frame: gpd.GeoDataFrame) -> Iterable[_Row]:
    for code, name, district, shape in zip(
        frame["code"], frame["name"], frame["district"], frame.geometry, strict=True
    ):
        yield _Row(str(code), str(name), str(district), shape)


def _previous(session: Session) -> dict[str, str]:
    """Digest of each area of the latest boundary version."""
    before = places.latest_areas(session)
    return {row.code: _digest(row.name, row.district, row.geometry) for row in _rows(before)}


def _digest(name: str, district: str, shape: shapely.Geometry) -> str:
    # a tenth of a millimetre: below what a reprojection there and back may change
    grid = shapely.normalize(shapely.set_precision(shape, 1e-9))
    return hashlib.sha256(f"{name}|{district}|".encode() + shapely.to_wkb(grid)).hexdigest()
