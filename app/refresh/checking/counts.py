"""What the checks say of one map of records, as numbers to keep with the run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from models.checking import (
    PredictiveCheck,
    Shift,
    edge_effect,
    leave_one_out,
    predictive_checks,
    prior_sensitivity,
    unit_sensitivity,
)
from models.replicates import Executor
from models.smoothing import BYM2
from models.zones import contiguous_zones

Floats = npt.NDArray[np.float64]
DRAWS = 400
DIGITS = 4
AREAS_A_UNIT = 2  # areas merged into one unit, on average
GOOD, MIND, BAD = "good", "mind", "bad"
RARE, VERY_RARE = 0.01, 0.001  # p below which a check is minded, and below which a map is doubted
MUCH_MOVED = 0.15  # share of areas that another prior moves by a fifth of the ranking


@dataclass(frozen=True, slots=True, kw_only=True)
class CountMap:
    """A map of records as it was smoothed.

    Attributes
    ----------
    key : of the map
    codes : of the areas
    count : (n,) cases, NaN where nobody lives
    exposure : (n,) people times years, or persons in need times years
    neighbours : (n, n) sparse, symmetric
    edge : (n,) areas at the border of the province
    """

    key: str
    codes: Sequence[str]
    count: Floats
    exposure: Floats
    neighbours: csr_array
    edge: npt.NDArray[np.bool_]


def examine_counts(one: CountMap, *, seed: int = 0, executor: Executor | None = None) -> dict[str, object]:
    """All checks of one map; ready for JSON, without any area's count or rate."""
    overall = np.nansum(one.count) / np.nansum(np.where(np.isnan(one.count), 0.0, one.exposure))
    data = (one.count, np.maximum(one.exposure, 1e-9) * overall, one.neighbours, None)
    model = BYM2(seed=seed).fit(*data)
    checks = predictive_checks(data[0], data[1], model.sample(DRAWS), one.neighbours, seed=seed)
    left_out = leave_one_out(model)
    priors = prior_sensitivity(model, data, executor=executor)
    units = unit_sensitivity(model, data, _units(one, model), seed=seed)
    outlying = [code for code, far in zip(one.codes, left_out.outlying, strict=True) if far]
    found: dict[str, object] = {
        "key": one.key,
        "areas": len(one.codes),
        "predictive": [check_numbers(check) for check in checks],
        "uniform_p": short(left_out.uniform_p()),
        "histogram": [short(share) for share in left_out.histogram()],
        "outlying": outlying,
        "priors": [_shift(shift) for shift in priors],
        "units": [_shift(shift) for shift in units],
    }
    if one.edge.any() and not one.edge.all():
        edge = edge_effect(model, data, one.edge)
        found["edge"] = {
            "areas": edge.areas,
            "sd_ratio": short(edge.sd_ratio),
            "next_in_sds": short(edge.next_in_sds),
        }
    return {**found, "verdict": verdict(found)}


def _units(one: CountMap, model: BYM2) -> npt.NDArray[np.int64]:
    """Neighbouring areas in pairs or so, alike in population and not in risk."""
    size = np.log(np.maximum(one.exposure, 1e-9))[:, None]
    wanted = max(len(one.codes) // AREAS_A_UNIT, 1)
    return np.asarray(contiguous_zones(size, one.neighbours, wanted).label)


def verdict(found: Mapping[str, object]) -> str:
    """`good`, `mind` or `bad`: whether the model would have made such data.

    >>> verdict({"predictive": [{"p": 0.4}], "uniform_p": 0.2, "priors": [{"moved": 0.02}]})
    'good'
    """
    chances = [float(str(check["p"])) for check in _list(found["predictive"])]
    if "uniform_p" in found:
        chances.append(float(str(found["uniform_p"])))
    if min(chances) < VERY_RARE:
        return BAD
    moved = max((float(str(shift["moved"])) for shift in _list(found.get("priors", []))), default=0.0)
    return MIND if min(chances) < RARE or moved > MUCH_MOVED else GOOD


def _list(given: object) -> list[Mapping[str, object]]:
    assert isinstance(given, list)
    return given


def check_numbers(check: PredictiveCheck) -> dict[str, object]:
    """What is kept of a predictive check; the largest count belongs to one area, so only its chance."""
    kept = {"name": check.name, "p": short(check.p_value)}
    if check.name == "maximum":
        return {**kept, "above": check.observed > check.expected}
    span = {name: short(getattr(check, name)) for name in ("observed", "expected", "lower", "upper")}
    return {**kept, **span}


def _shift(shift: Shift) -> dict[str, object]:
    names = ("rank_shift", "largest_rank_shift", "moved", "in_sds", "correlation")
    return {"name": shift.name, **{name: short(getattr(shift, name)) for name in names}}


def short(value: float) -> float:
    """A figure as it is kept."""
    return float(f"{float(value):.{DIGITS}g}")
