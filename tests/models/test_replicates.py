from concurrent.futures import ThreadPoolExecutor

import numpy as np

from models.replicates import batches, generator, run


def draws(replicates):
    return [generator(7, one).random() for one in replicates]


def test_a_replicate_is_the_same_however_the_work_is_split():
    alone = [generator(7, one).random() for one in range(10)]
    for size in (1, 3, 10):
        assert [x for part in run(draws, batches(10, size)) for x in part] == alone


def test_an_executor_answers_in_order():
    with ThreadPoolExecutor(3) as pool:
        assert run(draws, batches(10, 2), executor=pool) == run(draws, batches(10, 2))


def test_replicates_streams_and_seeds_differ():
    assert len({generator(s, r, stream=t).random() for s in (0, 1) for r in (0, 1) for t in (0, 1)}) == 8


def test_neighbouring_replicates_share_no_numbers():
    first, second = (generator(0, r).integers(0, 2**63, 5000) for r in (0, 1))
    assert not np.intersect1d(first, second).size
