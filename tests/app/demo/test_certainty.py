"""What the demonstration's maps say of themselves, against the truth behind them."""

import contextlib

import numpy as np
import pandas as pd
import pytest

from app.demo.truth import TOPICS
from app.refresh.classes import spread
from app.store import runs
from app.store.logins import Login
from app.store.session import Store
from geo.legend import make_legend

MAPS = {"need": "ihtiyac_sahibi", "reach": "erisim", **{f"topic:{name}": name for name in TOPICS}}


@pytest.fixture(scope="module")
def judged(demonstration):
    """A row an area and map: what was said, and what is true."""
    truth = pd.read_csv(demonstration.out / "girdi" / "dogru.csv", sep=";", encoding="utf-8-sig", dtype=str)
    truth = truth.set_index("mahalle_kodu").astype(float)
    truth["ihtiyac_sahibi"] /= truth["nufus"]
    with (
        contextlib.closing(Store.open(demonstration.settings)) as store,
        store.session(Login.REFRESH) as session,
    ):
        run_id = runs.get(session, state="published").id
        rows = {key: pd.DataFrame(runs.estimates(session, run_id, key)) for key in MAPS}
    return pd.concat([_beside_truth(key, rows[key], truth) for key in MAPS], ignore_index=True)


def _levels(values):
    legend = make_legend(values)
    return spread(legend.classes)[legend.class_of(values)]


def _beside_truth(key, rows, truth):
    """The class each area would truly have, cut like the map, and whether it truly is worse than the city."""
    real = truth.loc[rows["area_code"], MAPS[key]].to_numpy()
    sign = -1 if key == "reach" else 1
    said, true = (_levels(sign * values) for values in (rows["value"].to_numpy(), real))
    people = truth.loc[rows["area_code"], "nufus"].to_numpy()
    if key == "reach":
        people = people * truth.loc[rows["area_code"], "ihtiyac_sahibi"].to_numpy()
    return rows.assign(
        key=key,
        apart=np.abs(said - true),
        worse=sign * real > sign * (people @ real) / people.sum(),
        true_rank=pd.Series(-sign * real).rank().to_numpy(),
    )


def test_reliable_classes_are_the_true_ones_as_often_as_the_grade_says(judged):
    survey = judged[judged["key"] != "reach"]
    right = survey.assign(right=survey["apart"] == 0).groupby("reliability")["right"].mean()
    near = survey.assign(near=survey["apart"] <= 1).groupby("reliability")["near"].mean()
    assert right["A"] > 0.8
    assert right["B"] > 0.55
    assert right["A"] > right["B"] > right["C"] > right["D"]
    assert near[["A", "B", "C"]].min() > 0.75
    assert near["D"] < 0.78


def test_the_probability_of_a_class_is_how_often_it_is_right(judged):
    survey = judged[judged["key"] != "reach"]
    for low, high in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        inside = survey[(survey["membership"] >= low) & (survey["membership"] < high)]
        assert (inside["apart"] == 0).mean() == pytest.approx(inside["membership"].mean(), abs=0.06)


def test_areas_said_to_be_worse_than_the_city_are(judged):
    assert judged[judged["exceedance"] > 0.95]["worse"].mean() > 0.95
    assert judged[judged["exceedance"] < 0.05]["worse"].mean() < 0.05
    unsure = judged[(judged["exceedance"] > 0.2) & (judged["exceedance"] < 0.8)]["worse"].mean()
    assert 0.2 < unsure < 0.8


def test_true_ranks_lie_in_their_intervals(judged):
    inside = (judged["rank_lower"] <= judged["true_rank"]) & (judged["true_rank"] <= judged["rank_upper"])
    assert inside.groupby(judged["key"]).mean().min() > 0.9


def test_areas_of_least_need_are_not_hidden_for_having_little_of_it(judged):
    need = judged[judged["key"] == "need"].sort_values("value", ignore_index=True)
    fifths = (need["reliability"] == "D").groupby(need.index * 5 // len(need)).mean()
    assert fifths[0] < fifths[2]
    assert fifths[4] < fifths[2]


def test_clusters_of_little_reach_lie_where_reach_truly_is_below_the_citys(judged):
    reach = judged[judged["key"] == "reach"]
    found = reach["cluster"].notna()
    assert reach[found]["worse"].mean() > 0.95
