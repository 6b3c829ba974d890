"""What of a plan may be shown: no figure that would tell one neighbourhood's."""

from collections.abc import Mapping

FEWEST_AREAS = 3  # a region of fewer neighbourhoods would tell a neighbourhood's own figure
REGION_FIGURES = ("region_need", "region_population", "mean_minutes", "p95_minutes")
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
    }


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
