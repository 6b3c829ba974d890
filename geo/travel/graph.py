"""A road graph as plain arrays: islands dropped, chains between junctions joined, shapes kept to snap to."""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.travel.chains import chains
from geo.travel.dijkstra import Arcs, Bools, Floats, Ints, arcs

ISLAND_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class RoadGraph:
    """Links between junctions, and the straight segments that they run along.

    Attributes
    ----------
    epsg : metric CRS of all coordinates: metres, x to the east, y to the north
    nodes_m : (n, 2) junctions
    tails, heads : (k,) junctions each link leads from and to; a two-way street is two links
    seconds : (k,) >= 0; parallel links and loops are among them, since points may lie on them
    points_m : (r, 2) ends of segments
    segments : (s, 2) numbers of points
    links : (s, 2) link along the segment (first to second point) and against it, -1 where it is not allowed
    before : (s, 2) seconds from the tail of that link to where it enters the segment
    spent : (s, 2) seconds on the segment
    entered : (s,) whether points may be put on the segment itself; not on a motorway
    facts : what was read, what was dropped: to print
    """

    epsg: int
    nodes_m: Floats
    tails: Ints
    heads: Ints
    seconds: Floats
    points_m: Floats
    segments: Ints
    links: Ints
    before: Floats
    spent: Floats
    entered: Bools
    facts: dict[str, float | str] = field(default_factory=dict)

    def arcs(self) -> Arcs:
        """The links as rows of arcs, without loops and all but the shortest of parallel ones."""
        return arcs(self.tails, self.heads, self.seconds, n=len(self.nodes_m))


def road_graph(
    points_m: Floats,
    tails: Ints,
    heads: Ints,
    seconds: Floats,
    *,
    epsg: int,
    island_share: float = ISLAND_SHARE,
    contract: bool = True,
    closed: Ints | None = None,
    facts: dict[str, float | str] | None = None,
) -> RoadGraph:
    """Make a road graph of straight directed arcs between points.

    Parameters
    ----------
    points_m : (r, 2) metres in the CRS `epsg`, x to the east
    tails, heads : (m,) numbers of points; a two-way street is two arcs
    seconds : (m,) finite, >= 0
    island_share : parts in which every point reaches every other are kept if they hold at least this share of
        the points; the largest always is
    contract : join the arcs between junctions to links; the times are the same without
    closed : (c, 2) points between which nobody can stop or set out, as on a motorway: it is only driven along
    facts : of the data, to keep with the graph

    Raises
    ------
    ValueError
        If the arrays do not fit, a point is not finite, a time is negative or not finite, or no arc is left.
    """
    _check(points_m, tails, heads, seconds)
    whole = arcs(tails, heads, seconds, n=len(points_m))
    inside = _mainland(whole, island_share)
    kept = _within(whole, inside)
    if not len(kept.nodes):
        raise ValueError("the roads form no network in which one can go and come back; check the one-ways")
    told = {**(facts or {}), "island_points_share": float(1 - inside.mean())}
    graph = _linked(points_m[inside], kept, epsg=epsg, contract=contract, facts=told)
    return graph if closed is None else replace(graph, entered=~_among(graph.segments, closed, inside))


def _among(segments: Ints, closed: Ints, inside: Bools) -> Bools:
    """(s,) segments that are among pairs of points, which were numbered before some were dropped."""
    n = len(inside)
    pairs = np.flatnonzero(inside)[segments]  # rising, as the points are
    return np.isin(pairs[:, 0] * n + pairs[:, 1], closed.min(axis=1) * n + closed.max(axis=1))


def _check(points_m: Floats, tails: Ints, heads: Ints, seconds: Floats) -> None:
    if points_m.ndim != 2 or points_m.shape[1] != 2 or not np.isfinite(points_m).all():
        raise ValueError(f"points must be (n, 2) finite metres; got shape {points_m.shape}")
    if not tails.shape == heads.shape == seconds.shape == (len(seconds),) or not len(seconds):
        raise ValueError(
            f"tails, heads and seconds must be as long, at least 1; got "
            f"{len(tails)}, {len(heads)}, {len(seconds)}"
        )
    ends = np.concatenate([tails, heads])
    if ends.min() < 0 or ends.max() >= len(points_m):
        raise ValueError(f"tails and heads must number the {len(points_m)} points from 0; got {ends.max()}")
    if not (np.isfinite(seconds) & (seconds >= 0)).all():
        raise ValueError("seconds of an arc must be finite and >= 0; leave out an arc nobody may use")


def _mainland(graph: Arcs, share: float) -> Bools:
    """(n,) points in the largest part where all reach all, and in others that hold their share."""
    n = len(graph.indptr) - 1
    matrix = csr_array((np.ones(len(graph.nodes)), graph.nodes, graph.indptr), shape=(n, n))
    _, part = connected_components(matrix, directed=True, connection="strong")
    size = np.bincount(part)
    large: Bools = size >= max(share * n, 2)
    large[size.argmax()] = True
    return large[part]


def _within(graph: Arcs, inside: Bools) -> Arcs:
    """The arcs between points inside, which are numbered anew."""
    number = np.cumsum(inside) - 1
    both = inside[graph.tails] & inside[graph.nodes]
    tails, heads = number[graph.tails[both]], number[graph.nodes[both]]
    return arcs(tails, heads, graph.seconds[both], n=int(inside.sum()))


def _linked(
    points_m: Floats, graph: Arcs, *, epsg: int, contract: bool, facts: dict[str, float | str]
) -> RoadGraph:
    """Join chains to links, and remember where on its link each segment lies."""
    found = chains(graph, join=contract)
    junction = np.cumsum(found.junction) - 1
    tails, heads = graph.tails, graph.nodes.astype(np.int64)
    against = (tails > heads).astype(np.int64)
    pairs, segment = np.unique(
        np.stack([np.minimum(tails, heads), np.maximum(tails, heads)], axis=1), axis=0, return_inverse=True
    )
    place = (segment, against)
    links, before, spent = np.full(pairs.shape, -1), np.zeros(pairs.shape), np.zeros(pairs.shape)
    links[place], before[place], spent[place] = found.link, found.before, graph.seconds
    return RoadGraph(
        epsg=epsg,
        nodes_m=points_m[found.junction],
        tails=junction[found.tails],
        heads=junction[found.heads],
        seconds=found.seconds,
        points_m=points_m,
        segments=pairs,
        links=links,
        before=before,
        spent=spent,
        entered=np.ones(len(pairs), dtype=np.bool_),
        facts=facts,
    )
