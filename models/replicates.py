"""Random replicates that do not depend on how the work is split, in one process or on many machines."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import numpy as np

Batch = TypeVar("Batch")
Answer = TypeVar("Answer")


class Executor(Protocol):
    """What is needed of a `concurrent.futures.Executor`; that of a `dask.distributed` client has it too."""

    def map(self, fn: Callable[[Batch], Answer], /, *iterables: Iterable[Batch]) -> Iterable[Answer]:
        """Apply `fn` to each item, answers in the order of the items."""


def generator(seed: int, replicate: int, *, stream: int = 0) -> np.random.Generator:
    """Random numbers of one replicate: the same whoever draws it, and whatever else is drawn.

    Parameters
    ----------
    seed : of the whole analysis, >= 0
    replicate : number of the replicate, >= 0
    stream : separates uses of one seed, such as simulations and permutations

    References
    ----------
    Salmon et al. (2011), Parallel random numbers: as easy as 1, 2, 3 (Philox), SC '11.
    """
    return np.random.Generator(np.random.Philox(key=[seed, stream], counter=[0, 0, 0, replicate]))


def batches(count: int, size: int) -> list[range]:
    """0..count-1 in consecutive batches of at most `size`.

    >>> batches(5, 2)
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    return [range(first, min(first + size, count)) for first in range(0, count, size)]


def run(
    work: Callable[[Batch], Answer], items: Sequence[Batch], *, executor: Executor | None = None
) -> list[Answer]:
    """Apply `work` to each item, in order; in this process without an executor.

    Parameters
    ----------
    work : must be picklable where the executor uses other processes (`functools.partial` of a function)
    """
    if executor is None:
        return [work(item) for item in items]
    return list(executor.map(work, items))
