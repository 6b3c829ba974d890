"""What is worth knowing of a plan beyond its sites: how sure, for whom, why, in what order."""

from app.recommend.insight.balance import balance
from app.recommend.insight.certainty import certainty
from app.recommend.insight.fairness import fairness
from app.recommend.insight.order import order
from app.recommend.insight.reasons import instead, reasons
from app.recommend.insight.study import Study
from app.recommend.options import Tell

__all__ = ["Study", "insights", "instead"]

LONGEST_SECONDS = 30.0  # of each part: what is not proven by then says its gap


def insights(study: Study, *, tell: Tell) -> dict[str, object]:
    """Every part by its name.

    Parameters
    ----------
    tell : called with the stage and the share done; what it raises ends the work
    """
    seconds = min(study.options.time_limit_seconds, LONGEST_SECONDS)
    parts = {
        "certainty": certainty,
        "fairness": fairness,
        "reasons": reasons,
        "phases": order,
        "balance": balance,
    }
    found: dict[str, object] = {}
    for place, (name, part) in enumerate(parts.items()):
        tell(f"plans.stage_{name}", place / len(parts))
        found[name] = part(study, seconds=seconds)
    return found
