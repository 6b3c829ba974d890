"""What the checks say of the survey's topics, whose maps come from the area model."""

from collections.abc import Iterator

import numpy as np

from app.refresh.checking.counts import check_numbers, verdict
from app.refresh.results import map_key
from app.refresh.survey_maps import Evidence, estimate
from models.checking import predictive_checks
from models.estimates import posterior_draws

DRAWS = 300
# how many areas have nobody in need depends on how answers cluster, which effective numbers do not keep
ASKED = ("dispersion", "moran")


def examine_topics(evidence: Evidence, *, seed: int = 0) -> Iterator[dict[str, object]]:
    """Predictive checks of each topic, on the effective numbers of answers that the area model was given."""
    for topic in evidence.indicators.topics:
        if topic.key not in evidence.need:
            continue
        direct, fit = estimate(evidence, evidence.need[topic.key], persons=True)
        evidence.fits[topic.key] = fit
        asked = direct.n_effective[:, 0]
        yes = np.where(asked > 0, np.nan_to_num(direct.mean[:, 0]) * asked, np.nan)
        draws = posterior_draws(fit, draws=DRAWS, seed=seed)[:, 0].T
        checks = predictive_checks(
            yes, asked, draws, evidence.city.neighbours.matrix, family="binomial", seed=seed
        )
        kept = [check_numbers(one) for one in checks if one.name in ASKED]
        found: dict[str, object] = {
            "key": map_key("topic", topic.key),
            "areas": int((asked > 0).sum()),
            "predictive": kept,
        }
        yield {**found, "verdict": verdict(found)}
