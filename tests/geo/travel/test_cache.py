import json
from dataclasses import fields

import numpy as np
import pytest

from geo.travel import road_graph
from geo.travel.cache import cached, file_hash


def line():
    points = np.array([[0.0, 0], [100, 0], [200, 0]])
    tails, heads = np.array([0, 1, 1, 2]), np.array([1, 0, 2, 1])
    return road_graph(points, tails, heads, np.arange(1.0, 5.0), epsg=5254, facts={"extract": "town.osm.pbf"})


class Builder:
    """Builds the line and counts how often."""

    def __init__(self):
        self.built = 0

    def __call__(self):
        self.built += 1
        return line()


def same(one, other):
    return all(np.array_equal(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))


def test_a_graph_is_built_once_and_read_back_whole(tmp_path):
    build = Builder()
    first, second = (cached(tmp_path / "roads", {"speed": 30}, build) for _ in range(2))
    assert build.built == 1
    assert same(first, second)
    assert same(first, line())
    assert [path.suffix for path in (tmp_path / "roads").iterdir()] == [".npz"]


def test_other_settings_are_another_graph(tmp_path):
    build = Builder()
    for speed in (30, 40, 30):
        cached(tmp_path, {"speed": speed}, build)
    assert build.built == 2


def test_without_a_folder_nothing_is_kept(tmp_path):
    build = Builder()
    cached(None, {}, build)
    assert build.built == 1


def cut(path):
    path.write_bytes(path.read_bytes()[:-200])


def flipped(path):
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") - 1] ^= 255  # the last number of the last array
    path.write_bytes(data)


def emptied(path):
    path.write_bytes(b"")


def changed(**columns):
    def change(path):
        with np.load(path) as kept:
            parts = dict(kept)
        np.savez(path, **(parts | columns))

    return change


DAMAGE = {
    "cut": cut,
    "flipped": flipped,
    "empty": emptied,
    "out of bounds": changed(heads=np.array([10**6] * 2)),
    "another graph": changed(key=np.array("0" * 64)),
    "endless": changed(seconds=np.full(2, np.inf)),
    "too short": changed(seconds=np.ones(1)),
    "pickled": changed(tails=np.array([{}, {}], dtype=object)),
    "facts": changed(facts=np.frombuffer(b"{", dtype=np.uint8)),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_file_is_built_anew(tmp_path, damage):
    build = Builder()
    cached(tmp_path, {}, build)
    (path,) = tmp_path.iterdir()
    damage(path)
    assert same(cached(tmp_path, {}, build), line())
    assert build.built == 2
    cached(tmp_path, {}, build)
    assert build.built == 2


def test_a_build_that_fails_leaves_nothing(tmp_path):
    def fail():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        cached(tmp_path, {}, fail)
    assert not list(tmp_path.iterdir())


def test_the_hash_is_that_of_the_bytes(tmp_path):
    (tmp_path / "a").write_bytes(json.dumps("x").encode())
    assert file_hash(tmp_path / "a").startswith("ba2df490")
