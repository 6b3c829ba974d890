"""The Social Vulnerability Index of the CDC."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.checks import Floats, check_bounds
from models.index.ranks import summary
from models.index.recipes import indicator_draws, part_codes, percentile_rank, sums_by
from models.results import IndexEstimates, _Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class SviEstimates(_Frozen):
    """Percentile ranks of vulnerability; 1 = most vulnerable.

    Attributes
    ----------
    summary : of the overall percentile rank
    themes : (n_themes, n_areas) percentile rank of each theme, means over draws
    flags : (n_themes, n_areas) variables of the theme in the top tenth; the expected number with draws
    draws : (n_areas, draws) overall percentile rank
    """

    summary: IndexEstimates
    themes: Floats
    flags: Floats
    draws: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        themes = {f"theme{number}": row for number, row in enumerate(self.themes)}
        return self.summary.to_frame().assign(**themes, flags=self.flags.sum(axis=0))


def svi(
    values: ArrayLike,
    themes: ArrayLike,
    *,
    reverse: ArrayLike | None = None,
    flag_from: float = 0.9,
    decimals: int | None = 4,
) -> SviEstimates:
    """Percentile ranks of variables, summed by theme and ranked again, summed over themes and ranked again.

    Parameters
    ----------
    values : (variables, areas) or (variables, areas, draws), high = vulnerable
    themes : (variables,) codes 0..
    reverse : (variables,) true where low is vulnerable, such as income
    flag_from : percentile rank from which a variable is flagged
    decimals : of every percentile rank, as published; None for all digits

    Notes
    -----
    The overall sum is that of the themes' sums, so each variable has equal weight, and so a theme with more
    variables weighs more. Ranks are relative to the areas given.

    References
    ----------
    Flanagan et al. (2011), J Homeland Security and Emergency Management 8(1), article 3; CDC/ATSDR SVI 2018
    documentation.
    """
    table = indicator_draws(values, reverse)
    theme = part_codes("themes", themes, table)
    check_bounds({"flag_from": flag_from}, {"flag_from": (0.0, 1.0)})
    ranks = percentile_rank(table, decimals=decimals)
    # sums of rounded ranks are rounded again: 0.1 + 0.2 and 0.3 must tie
    sums = np.round(sums_by(theme, ranks), 10)
    overall = percentile_rank(np.round(sums.sum(axis=0), 10)[None], decimals=decimals)[0]
    return SviEstimates(
        summary=summary(overall),
        themes=percentile_rank(sums, decimals=decimals).mean(axis=2),
        flags=sums_by(theme, (ranks >= flag_from).astype(np.float64)).mean(axis=2),
        draws=overall,
    )
