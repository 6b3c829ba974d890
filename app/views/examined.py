"""What the checks of a map say, in sentences; from the numbers kept with the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from app.i18n import Language, number, say

Json = Mapping[str, object]
RARE = 0.01  # p below which a check is told as a warning
MUCH_MOVED = 0.15
NAMED = 8  # outlying areas named; the rest are counted
FINE, WARNING = "fine", "warning"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One finding; `level` is fine or warning."""

    level: str
    text: str


def sentences(found: Json, names: Mapping[str, str], language: Language) -> list[Sentence]:
    """All findings of one map, in the order of the method's page.

    Parameters
    ----------
    found : as `app.refresh.checking` keeps it
    names : of the areas by code
    """
    if "sensitivity" in found:
        return [_sensitivity(cast(Json, found["sensitivity"]), str(found["verdict"]), language)]
    said = [_predictive(check, language) for check in _list(found["predictive"])]
    if "uniform_p" not in found:
        return said  # a topic of the survey: its answers are not left out one by one
    said.append(_left_out(_float(found["uniform_p"]), language))
    said.append(_outlying(cast(Sequence[str], found["outlying"]), names, language))
    said.append(_priors(_list(found["priors"]), language))
    if "edge" in found:
        edge = cast(Json, found["edge"])
        fields = {"areas": edge["areas"], "sds": number(_float(edge["next_in_sds"]), language, digits=2)}
        said.append(Sentence(FINE, say("check.edge", language, **fields)))
    merged, split = (
        number(_float(shift["correlation"]), language, digits=2) for shift in _list(found["units"])
    )
    return [*said, Sentence(FINE, say("check.units", language, merged=merged, split=split))]


def interviews(found: Json, language: Language) -> Sentence:
    """What was noticed of a run's interviews, from the numbers kept with the run."""
    changed = found["areas_changed"]
    fields = {
        name: number(_float(found[name]), language) for name in ("interviews", "asked", "short", "alike")
    }
    if not found["interviews"]:
        return Sentence(FINE, say("check.interviews_ok", language, **fields))
    if changed is None:
        return Sentence(WARNING, say("check.interviews_most", language, **fields))
    return Sentence(
        WARNING, say("check.interviews", language, **fields, changed=number(_float(changed), language))
    )


def _predictive(check: Json, language: Language) -> Sentence:
    name, fields = str(check["name"]), {}
    if name == "zeros":
        fields = {part: number(_float(check[part]), language) for part in ("observed", "lower", "upper")}
    if _float(check["p"]) >= RARE:
        return Sentence(FINE, say(f"check.{name}_ok", language, **fields))
    above = (
        bool(check["above"]) if "above" in check else _float(check["observed"]) > _float(check["expected"])
    )
    way = "more" if above else "fewer"
    return Sentence(WARNING, say(f"check.{name}_{way}", language, **fields))


def _left_out(chance: float, language: Language) -> Sentence:
    fine = chance >= RARE
    return Sentence(FINE if fine else WARNING, say(f"check.left_out_{'ok' if fine else 'bad'}", language))


def _outlying(codes: Sequence[str], names: Mapping[str, str], language: Language) -> Sentence:
    if not codes:
        return Sentence(FINE, say("check.outlying_none", language))
    text = ", ".join(names.get(code, code) for code in codes[:NAMED])
    if len(codes) > NAMED:
        text = say("check.outlying_more", language, names=text, more=len(codes) - NAMED)
    return Sentence(WARNING, say("check.outlying", language, names=text))


def _priors(shifts: Sequence[Json], language: Language) -> Sentence:
    worst = max(shifts, key=lambda shift: _float(shift["moved"]))
    moved = _float(worst["moved"])
    fields = {
        "moved": number(100 * moved, language, digits=1),
        "places": number(_float(worst["rank_shift"]), language, digits=1),
    }
    fine = moved <= MUCH_MOVED
    return Sentence(
        FINE if fine else WARNING, say(f"check.priors_{'ok' if fine else 'bad'}", language, **fields)
    )


def _sensitivity(found: Json, verdict: str, language: Language) -> Sentence:
    """How far ranks of the index move, and the choice that moves them most."""
    most = max(_list(found["factors"]), key=lambda factor: _float(factor["total"]))
    fields = {
        "places": number(_float(found["mean_shift"]), language, digits=1),
        "factor": say(f"check.factor_{most['name']}", language),
        "share": number(100 * _float(most["total"]), language),
    }
    fine = verdict == "good"
    return Sentence(
        FINE if fine else WARNING, say(f"check.index_{'ok' if fine else 'bad'}", language, **fields)
    )


def _list(given: object) -> Sequence[Json]:
    return cast(Sequence[Json], given)


def _float(given: object) -> float:
    return float(str(given))
