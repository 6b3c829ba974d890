"""What of a plan may be shown: no figure that would tell one neighbourhood's."""

from collections.abc import Mapping

FEWEST_AREAS = 3  # a region of fewer neighbourhoods would tell a neighbourhood's own figure
REGION_FIGURES = ("region_need", "region_population", "mean_minutes", "p95_minutes")
PERSONS = ("longer", "served", "shorter", "newly_reached", "lose", "gain")
EXACT = ("loss_person_minutes", "extra_person_minutes", "least_extra_person_minutes")
NEED_STEP = 50  # persons in need are told in such steps: two plans a neighbourhood apart do not tell it


def shown(result: Mapping[str, object]) -> dict[str, object]:
    """The plan without figures that would give away one neighbourhood's.

    A region of fewer than three neighbourhoods loses its figures; where that is the only one, so does the
    next smallest, or the city's total would give it back. Persons in need of a region are rounded.
    """
    centres = [dict(place) for kind in ("existing", "new") for place in as_list(result.get(kind))]
    by_size = sorted(centres, key=lambda place: int(str(place["region_areas"])))
    hidden = [place for place in by_size if int(str(place["region_areas"])) < FEWEST_AREAS]
    if len(hidden) == 1:
        hidden = by_size[:2]
    for place in hidden:
        place.update(dict.fromkeys(REGION_FIGURES))
    for place in centres:
        place["region_need"] = _stepped(place.get("region_need"))
    count = len(as_list(result.get("existing")))
    return {
        **result,
        "existing": centres[:count],
        "new": centres[count:],
        "groups": _shown_groups(result),
        **_shown_study(result, {str(place["key"]) for place in hidden}),
    }


def _shown_study(result: Mapping[str, object], hidden: set[str]) -> dict[str, object]:
    """The study of a plan with persons in steps, and without figures of very few neighbourhoods."""
    told: dict[str, object] = {}
    if isinstance(why := result.get("reasons"), dict):
        sites = [_stepped_parts(one, one.get("key") in hidden) for one in as_list(why.get("sites"))]
        told["reasons"] = {
            "sites": sites,
            "districts": [_stepped_parts(one, False) for one in as_list(why.get("districts"))],
        }
    if isinstance(fair := result.get("fairness"), dict):
        districts = [_shown_district(one) for one in as_list(fair.get("districts"))]
        points = [_stepped_parts(one, False) for one in as_list(fair.get("points"))]
        told["fairness"] = {**fair, "districts": districts, "points": points}
    if isinstance(even := result.get("balance"), dict) and "loads" in even:
        told["balance"] = {**even, "loads": [_shown_load(one) for one in as_list(even["loads"])]}
    if "pins" in result:
        told["pins"] = [_stepped_parts(one, False) for one in as_list(result["pins"])]
    return told


def _stepped_parts(one: Mapping[str, object], hide: bool) -> dict[str, object]:
    """A line whose counts of persons, alone or by group, are in steps or gone; exact sums are left out."""
    made = {name: value for name, value in one.items() if name not in EXACT}
    for name in PERSONS:
        if isinstance(counts := made.get(name), dict):
            made[name] = {group: None if hide else _stepped(count) for group, count in counts.items()}
        elif name in made:
            made[name] = None if hide else _stepped(made[name])
    if hide and "shorter_minutes" in made:
        made["shorter_minutes"] = None
    return made


def _shown_load(one: Mapping[str, object]) -> dict[str, object]:
    """A region's persons in steps; none of very few neighbourhoods."""
    few = int(str(one.get("areas", 0))) < FEWEST_AREAS
    return {**one, **{name: None if few else _stepped(one.get(name)) for name in ("nearest", "persons")}}


def _shown_district(one: Mapping[str, object]) -> dict[str, object]:
    """A district's line; of fewer than three neighbourhoods it keeps its name alone."""
    if int(str(one.get("areas", 0))) < FEWEST_AREAS:
        return {"district": one["district"]}
    return {**one, "persons": _stepped(one.get("persons"))}


def _shown_groups(result: Mapping[str, object]) -> dict[str, object]:
    """Persons of each group in steps; none where the plan counts fewer than three neighbourhoods."""
    groups = result.get("groups")
    few = int(str(result.get("areas", FEWEST_AREAS))) < FEWEST_AREAS
    told: dict[str, object] = {}
    for name, figures in (groups if isinstance(groups, dict) else {}).items():
        hidden = {what: None if few else _stepped(figures.get(what)) for what in ("persons", "nearer")}
        told[name] = {**figures, **hidden}
    return told


def _stepped(persons: object) -> int | None:
    return None if persons is None else NEED_STEP * round(float(str(persons)) / NEED_STEP)


def as_list(value: object) -> list[dict[str, object]]:
    """A list of a plan's document; empty where it has none."""
    return value if isinstance(value, list) else []
