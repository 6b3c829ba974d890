import numpy as np
from numba.core import caching

from models.compiled import compiled


@compiled
def ratios(above, below):
    out = np.empty(len(above))
    for place in range(len(above)):
        out[place] = above[place] / below[place]
    return out


def test_division_by_zero_is_not_an_error():
    assert ratios(np.array([1.0, 4.0]), np.array([0.0, 2.0])).tolist() == [np.inf, 2.0]


def test_where_no_cache_can_be_written_it_still_compiles(monkeypatch):
    monkeypatch.setattr(caching.CompileResultCacheImpl, "_locator_classes", [])
    assert compiled(lambda x: x + 1)(1) == 2
