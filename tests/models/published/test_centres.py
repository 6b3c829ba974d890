"""Published answers: San Francisco (spopt's test data) and the OR-Library p-centre optima (Beasley 1985)."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path

from models.siting.centre import p_center
from models.siting.cover import maximal_cover, set_cover

DATA = Path(__file__).parents[2] / "data" / "location"
OPTIMA = pd.read_csv(DATA / "pmed_optima.csv", index_col="instance")


@pytest.fixture(scope="module")
def san_francisco():
    table = pd.read_csv(DATA / "san_francisco.csv")
    return table.iloc[:, 2:].to_numpy(), table["population"].to_numpy(np.float64)


def distances(name):
    """Shortest paths; a repeated edge takes its last cost."""
    numbers = np.array((DATA / f"{name}.txt").read_text().split(), dtype=int)
    nodes, p, edges = numbers[0], numbers[2], numbers[3:].reshape(-1, 3)
    cost = np.zeros((nodes, nodes))
    for one, other, length in edges:
        cost[one - 1, other - 1] = cost[other - 1, one - 1] = length
    return shortest_path(csr_array(cost), directed=False), int(p)


@pytest.mark.parametrize("name", OPTIMA.index)
def test_or_library_centres_are_found_and_proven(name):
    metres, p = distances(name)
    plan = p_center(metres, p)
    assert (plan.objective, plan.bound) == (OPTIMA.loc[name, "pcenter_opt"],) * 2
    assert (plan.proven, plan.gap, len(plan.sites)) == (True, 0.0, p)
    assert metres[:, plan.sites].min(axis=1).max() == plan.objective


@pytest.mark.parametrize(("metres", "sites"), [(5000, 8), (8000, 3)])
def test_san_francisco_needs_so_many_sites(san_francisco, metres, sites):
    plan = set_cover(san_francisco[0], metres)
    assert (plan.objective, len(plan.sites), plan.proven) == (sites, sites, True)
    assert (san_francisco[0][:, plan.sites].min(axis=1) <= metres).all()


@pytest.mark.parametrize(
    ("metres", "tracts", "published"), [(5000, 145, 81.46341463414633), (8000, 140, 69.756)]
)
def test_san_francisco_backup(san_francisco, metres, tracts, published):
    """The published share counts tracts with ONE candidate in reach as backed, which they cannot be."""
    plan = set_cover(san_francisco[0], metres, backup=1)
    assert plan.backup_share == plan.backup_bound == tracts / 205
    assert (plan.times >= 2).sum() == tracts
    only_one = ((san_francisco[0] <= metres).sum(axis=1) < 2).sum()
    assert 100 * (tracts + only_one) / 205 == pytest.approx(published, abs=5e-4)


def test_san_francisco_cover_of_four_sites(san_francisco):
    metres, persons = san_francisco
    plan = maximal_cover(metres, persons, 4, 5000)
    assert (plan.objective, plan.bound, plan.sites.tolist()) == (875247, 875247, [1, 2, 5, 10])
    assert plan.covered_share == pytest.approx(0.9163805748639167, rel=1e-12)  # of persons
    assert len(plan.uncovered) == 21  # of 205 tracts: 89.756 % of them are covered


def test_san_francisco_centre_of_four_sites(san_francisco):
    plan = p_center(san_francisco[0], 4)
    assert (plan.objective, plan.proven) == (7403.063810849859, True)
    assert san_francisco[0][:, [1, 3, 5, 15]].min(axis=1).max() == plan.objective
