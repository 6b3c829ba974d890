"""Direct estimates: each cell from its own answers, with its design variance and design effect."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Bools, Floats, Ints, as_codes, as_floats, check_positive, check_same_length
from models.results import DirectEstimates

# With few blocks the pooled correlation is itself noise: it is averaged with a usual value for household
# topics, worth as many degrees of freedom as stated here.
USUAL_RHO, USUAL_RHO_DF = 0.05, 20
LARGEST_FRACTION = 0.99  # some answers are always missing or wrong


def direct_estimates(
    value: ArrayLike,
    weight: ArrayLike,
    *,
    area: ArrayLike,
    block: ArrayLike,
    n_areas: int,
    group: ArrayLike | None = None,
    n_groups: int = 1,
    stratum: ArrayLike | None = None,
) -> DirectEstimates:
    """Weighted means by area and group, with blocks as primary sampling units.

    Parameters
    ----------
    value : (n,) array, 0/1 or any number; NaN is unknown and leaves the base
    weight : (n,) array, design weight, > 0
    area : (n,) codes in 0..n_areas-1
    block : (n,) labels of the primary unit; equal labels in two areas are two blocks
    n_areas : number of areas
    group : (n,) codes in 0..n_groups-1, optional
    n_groups : number of groups
    stratum : (n,) labels within areas, optional

    Returns
    -------
    DirectEstimates

    Notes
    -----
    The variance is the linearised variance of a ratio; blocks of the area without a member of the group
    count as zero. It is NaN where an area (or a stratum of it) has one block. The pooled design effect is
    Kish's weighting factor times 1 + (b - 1) rho, b being the size of the block an average unit is in, so
    that an area with one block has one too.

    References
    ----------
    Kish (1965), Survey Sampling; Woodruff (1971), JASA 66, 411-414.
    """
    rows = _rows(
        value, weight, area=area, block=block, group=group, stratum=stratum, shape=(n_areas, n_groups)
    )
    n = rows.count(np.ones(len(rows.y)))
    total = rows.count(rows.w)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = rows.count(rows.w * rows.y) / total
        kish = n * rows.count(rows.w**2) / total**2
    rho, rho_df, take, n_blocks = _clustering(rows)
    rho_between, area_blocks = _across_groups(rows, rho)
    deff = kish * (1 + (take - 1) * rho)
    shape = (n_areas, n_groups)
    return DirectEstimates(
        mean=mean.reshape(shape),
        n=n.astype(np.int64).reshape(shape),
        n_blocks=n_blocks.astype(np.int64).reshape(shape),
        variance=_linearised(rows, mean, total).reshape(shape),
        deff=deff.reshape(shape),
        n_effective=np.where(n > 0, n / np.where(n > 0, deff, 1.0), 0.0).reshape(shape),
        rho=rho,
        rho_df=rho_df,
        rho_between=rho_between,
        area_blocks=area_blocks,
        kish=kish.reshape(shape),
        block_take=take.reshape(shape),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    y: Floats
    w: Floats
    cell: Ints
    area: Ints
    block: Ints  # 0..n_blocks-1, nested in (area, stratum)
    block_layer: Ints  # per block: its (area, stratum)
    layer_area: Ints  # per (area, stratum): its area
    n_areas: int
    n_groups: int

    @property
    def n_cells(self) -> int:
        return self.n_areas * self.n_groups

    def count(self, values: Floats) -> Floats:
        sums: Floats = np.bincount(self.cell, values, self.n_cells).astype(np.float64)
        return sums


def _rows(
    value: ArrayLike,
    weight: ArrayLike,
    *,
    area: ArrayLike,
    block: ArrayLike,
    group: ArrayLike | None,
    stratum: ArrayLike | None,
    shape: tuple[int, int],
) -> _Rows:
    y, w = as_floats("value", value), as_floats("weight", weight)
    areas = as_codes("area", area, count=shape[0])
    groups = np.zeros(len(y), np.int64) if group is None else as_codes("group", group, count=shape[1])
    layers = np.zeros(len(y), np.int64) if stratum is None else _codes(np.asarray(stratum))
    blocks = _codes(np.asarray(block))
    check_same_length(value=y, weight=w, area=areas, block=blocks, group=groups, stratum=layers)
    known: Bools = ~np.isnan(y)
    check_positive("weight", w[known])
    y, w, areas, groups = y[known], w[known], areas[known], groups[known]
    layer, layer_area = _nested(areas, layers[known])
    nested, block_layer = _nested(layer, blocks[known])
    return _Rows(y, w, areas * shape[1] + groups, areas, nested, block_layer, layer_area, *shape)


def _codes(labels: np.ndarray) -> Ints:
    small = labels.dtype.kind in "iu" and labels.size and labels.min() >= 0
    if small and labels.max() <= 10 * labels.size:  # already usable: spare the sort
        return labels.astype(np.int64)
    codes: Ints = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return codes


def _nested(outer: Ints, inner: Ints) -> tuple[Ints, Ints]:
    """Codes of the pairs (outer, inner), and the outer code of each pair."""
    if not len(outer):
        return outer, outer
    span = int(inner.max()) + 1
    pairs, code = np.unique(outer * span + inner, return_inverse=True)
    return code.astype(np.int64), (pairs // span).astype(np.int64)


def _clustering(rows: _Rows) -> tuple[float, int, Floats, Floats]:
    """Pooled intra-block correlation, its degrees of freedom; per cell block take and blocks."""
    pair, pair_cell = _nested(rows.cell, rows.block)
    size = np.bincount(pair, minlength=len(pair_cell)).astype(float)
    n_blocks: Floats = np.bincount(pair_cell, minlength=rows.n_cells).astype(float)
    n = rows.count(np.ones(len(rows.y)))
    squares = np.bincount(pair_cell, size**2, rows.n_cells)
    take: Floats = np.divide(squares, n, out=np.ones_like(n), where=n > 0)
    rho, df = _pooled_rho(rows.y, pair, pair_cell, n_cells=rows.n_cells)
    return rho, df, take, n_blocks


def _across_groups(rows: _Rows, rho: float) -> tuple[float, Floats]:
    """Correlation of two units of one block and different groups; effective blocks of each area.

    The correlation over all pairs of a block is a mean of that within groups (`rho`) and that between.
    """
    size = np.bincount(rows.block, minlength=len(rows.block_layer)).astype(float)
    block_area = rows.layer_area[rows.block_layer]
    n: Floats = np.bincount(block_area, size, rows.n_areas).astype(np.float64)
    squares = np.bincount(block_area, size**2, rows.n_areas)
    blocks: Floats = np.divide(n**2, squares, out=np.zeros_like(n), where=n > 0)
    if rows.n_groups == 1:
        return rho, blocks
    group = rows.cell % rows.n_groups
    usual = np.bincount(group, rows.y) / np.maximum(np.bincount(group), 1)
    overall, _ = _pooled_rho(rows.y - usual[group], rows.block, block_area, n_cells=rows.n_areas)
    same = float((np.bincount(_nested(rows.cell, rows.block)[0]) ** 2.0).sum()) - len(rows.y)
    every = float((size**2).sum()) - len(rows.y)
    between = (overall * every - rho * same) / (every - same) if every > same else overall
    return float(np.clip(between, 0.0, 1.0)), blocks


def _pooled_rho(y: Floats, pair: Ints, pair_cell: Ints, *, n_cells: int) -> tuple[float, int]:
    """Analysis of variance: blocks within cells, pooled over the cells with two blocks or more.

    `pair` is each unit's (cell, block), `pair_cell` each pair's cell.
    """
    size = np.bincount(pair, minlength=len(pair_cell)).astype(float)
    n_blocks = np.bincount(pair_cell, minlength=n_cells)
    n = np.bincount(pair_cell, size, n_cells)
    block_sum = np.bincount(pair, y, len(size))
    mean = np.divide(np.bincount(pair_cell, block_sum, n_cells), n, out=np.zeros(n_cells), where=n > 0)
    used = n_blocks >= 2
    between = float((size * (block_sum / size - mean[pair_cell]) ** 2)[used[pair_cell]].sum())
    within = float(((y - (block_sum / size)[pair]) ** 2)[used[pair_cell[pair]]].sum())
    df_between, df_within = int((n_blocks[used] - 1).sum()), int((n[used] - n_blocks[used]).sum())
    if df_between == 0 or df_within == 0:
        return USUAL_RHO, df_between
    squares = np.bincount(pair_cell, size**2, n_cells)
    usual_size = float((n[used] - squares[used] / n[used]).sum()) / df_between
    ms_between, ms_within = between / df_between, within / df_within
    spread = ms_between + (usual_size - 1) * ms_within
    rho = (ms_between - ms_within) / spread if spread > 0 else USUAL_RHO
    pooled = (df_between * rho + USUAL_RHO_DF * USUAL_RHO) / (df_between + USUAL_RHO_DF)
    return float(np.clip(pooled, 0.0, 1.0)), df_between


def _linearised(rows: _Rows, mean: Floats, total: Floats) -> Floats:
    """Variance of each cell's ratio from the spread of its block totals within (area, stratum)."""
    score = rows.w * (rows.y - mean[rows.cell]) / total[rows.cell]
    pair, pair_cell = _nested(rows.cell, rows.block)
    block_total = np.bincount(pair, score, len(pair_cell))
    pair_block = np.zeros(len(pair_cell), np.int64)
    pair_block[pair] = rows.block
    group = pair_cell % rows.n_groups
    slot = rows.block_layer[pair_block] * rows.n_groups + group  # (area, stratum) x group
    slots = len(rows.layer_area) * rows.n_groups
    blocks = np.repeat(np.bincount(rows.block_layer, minlength=len(rows.layer_area)), rows.n_groups)
    sums = np.bincount(slot, block_total, slots)
    squares = np.bincount(slot, block_total**2, slots)
    with np.errstate(divide="ignore", invalid="ignore"):
        layer_variance = blocks / (blocks - 1.0) * np.maximum(squares - sums**2 / blocks, 0.0)
    layer_variance[blocks < 2] = np.nan
    cell = np.repeat(rows.layer_area, rows.n_groups) * rows.n_groups + np.tile(
        np.arange(rows.n_groups), len(rows.layer_area)
    )
    variance: Floats = np.bincount(cell, layer_variance, rows.n_cells).astype(np.float64)
    variance[np.isnan(mean)] = np.nan
    return variance


def finite_population(direct: DirectEstimates, fraction: ArrayLike) -> DirectEstimates:
    """Tell estimates that a share of each area was asked, so that a complete round leaves no sampling error.

    Parameters
    ----------
    direct : estimates as of a sample from an endless population
    fraction : (n_areas,) share of the area's people who were asked, in [0, 1); at most 0.99 counts

    Returns
    -------
    DirectEstimates with variances times 1 - f and effective sizes over it

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., section 2.6.
    """
    share = as_floats("fraction", fraction)
    if len(share) != len(direct.mean) or not ((share >= 0) & (share <= 1)).all():
        raise ValueError(
            f"fraction needs one value in [0, 1] an area ({len(direct.mean)}); got {share.shape}"
        )
    left = (1 - np.minimum(share, LARGEST_FRACTION))[:, None]
    return replace(
        direct,
        variance=direct.variance * left,
        deff=direct.deff * left,
        kish=direct.kish * left,
        n_effective=direct.n_effective / left,
        area_blocks=direct.area_blocks / left[:, 0],
    )
