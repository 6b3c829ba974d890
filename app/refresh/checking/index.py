"""What the checks say of the index: how far its ranks hang on choices that might have been others."""

from collections.abc import Mapping

import numpy as np

from app.refresh.checking.counts import GOOD, MIND, short
from app.refresh.composite import city_means, ingredients
from app.refresh.inputs import Floats
from app.refresh.results import map_key
from app.refresh.survey_maps import Evidence
from models.index import sobol_rank_shift
from models.replicates import Executor

DRAWS, SAMPLES = 200, 256
MUCH_MOVED = 0.1  # mean shift as a share of all ranks; unrelated orders differ by a third


def examine_index(
    evidence: Evidence, base: Mapping[str, float], *, seed: int = 0, executor: Executor | None = None
) -> dict[str, object] | None:
    """Move weights by a quarter, make the index otherwise, draw the survey anew; None without an index.

    Parameters
    ----------
    evidence : with the fits of its topics
    base : city means that the run's ratios were taken to
    """
    made = ingredients(evidence, base, draws=DRAWS, seed=seed)
    if made is None:
        return None
    now = city_means(evidence)
    bases = _bases(made.means, np.array([now[topic.key] for topic in made.topics]))
    moved = sobol_rank_shift(made.theta, made.weights, bases, samples=SAMPLES, seed=seed, executor=executor)
    areas = made.theta.shape[1]
    factors = [
        {"name": name, "first": short(first), "total": short(total)}
        for name, first, total in zip(moved.factors, moved.indices.first, moved.indices.total, strict=True)
    ]
    return {
        "key": map_key("index"),
        "areas": areas,
        "sensitivity": {"mean_shift": short(moved.mean_shift), "factors": factors},
        "verdict": MIND if moved.mean_shift > MUCH_MOVED * areas else GOOD,
    }


def _bases(chosen: Floats, now: Floats) -> Floats:
    """(choices, topics), the one chosen first; once if both are the same."""
    return np.stack([chosen] if np.allclose(chosen, now, rtol=1e-6) else [chosen, now])
