"""What the published recipes share: indicators with or without draws, parts, and the result."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import rankdata

from models.checks import Bools, Floats, Ints, as_codes, check_same_length
from models.index.ranks import summary
from models.results import IndexEstimates, _Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class CompositeEstimates(_Frozen):
    """An index made after a published recipe.

    Attributes
    ----------
    summary : means, intervals and ranks over draws; rank 1 is the worst off
    parts : (n_parts, n_areas) themes, dimensions or domains, means over draws
    draws : (n_areas, draws) of the index; one column if the indicators had no draws
    """

    summary: IndexEstimates
    parts: Floats
    draws: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        parts = {f"part{number}": row for number, row in enumerate(self.parts)}
        return self.summary.to_frame().assign(**parts)


def composite(index: Floats, parts: Floats) -> CompositeEstimates:
    """Result from an index (n_areas, draws) and its parts (n_parts, n_areas, draws)."""
    return CompositeEstimates(summary=summary(index), parts=parts.mean(axis=2), draws=index)


def indicator_draws(values: ArrayLike, reverse: ArrayLike | None = None) -> Floats:
    """Indicators as (k, n_areas, draws), high = bad.

    Raises
    ------
    ValueError
        If a value is unknown, or there are fewer than two areas.
    """
    array = np.asarray(values, dtype=np.float64)
    table = array[:, :, None] if array.ndim == 2 else array
    if table.ndim != 3 or table.shape[1] < 2 or not table.size:
        raise ValueError(
            f"values must be (indicators, areas) or (indicators, areas, draws) with two areas or more; got "
            f"{array.shape}"
        )
    if not np.isfinite(table).all():
        raise ValueError("values must be known in every area; estimate or drop areas first")
    if reverse is None:
        return table
    turned: Bools = np.asarray(reverse, dtype=bool)
    check_same_length(values=table, reverse=turned)
    return np.where(turned[:, None, None], -table, table)


def part_codes(name: str, codes: ArrayLike, table: Floats) -> Ints:
    """Part of each indicator, 0.. without a gap."""
    part = as_codes(name, codes, count=len(table))
    check_same_length(values=table, **{name: part})
    missing = np.flatnonzero(np.bincount(part) == 0)
    if len(missing):
        raise ValueError(f"{name} must use every number from 0; {int(missing[0])} is missing")
    return part


def sums_by(part: Ints, table: Floats) -> Floats:
    """Sum the rows of (k, n, draws) with the same code: (n_parts, n, draws)."""
    member = np.eye(int(part.max()) + 1)[part]
    sums: Floats = np.tensordot(member.T, table, axes=1)
    return sums


def percentile_rank(table: Floats, *, decimals: int | None = None) -> Floats:
    """(rank - 1) / (areas - 1) along axis 1, ties sharing the lower rank: 0 lowest, 1 highest."""
    share = (rankdata(table, method="min", axis=1) - 1) / (table.shape[1] - 1)
    ranks: Floats = share if decimals is None else np.round(share, decimals)
    return ranks
