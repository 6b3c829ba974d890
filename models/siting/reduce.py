"""Dominance in set cover: rows that others imply, and columns that others do better, are left out."""

import numpy as np
from numpy.typing import NDArray

from models.checks import Bools, Floats, Ints
from models.compiled import compiled

Words = NDArray[np.uint64]


def reduced(covers: Bools, price: Floats) -> tuple[Ints, Ints]:
    """Rows and columns that a cheapest cover needs to look at; each pass makes room for the next.

    A row goes if every column of some other row covers it; a column goes if another covers all its rows and
    is not dearer. A cheapest cover of what is left covers everything and costs no more.

    Parameters
    ----------
    covers : (rows, columns)
    price : (columns,) >= 0

    Examples
    --------
    >>> [part.tolist() for part in reduced(np.array([[1, 1, 0], [1, 1, 1]], bool), np.ones(3))]
    [[0], [0]]
    """
    rows, columns = np.arange(covers.shape[0]), np.arange(covers.shape[1])
    while True:
        left = covers[np.ix_(rows, columns)]
        kept_columns = _largest(left.T, price[columns])
        kept_rows = _largest(~left[:, kept_columns], np.zeros(len(rows)))
        done = len(kept_rows) == len(rows) and len(kept_columns) == len(columns)
        rows, columns = rows[kept_rows], columns[kept_columns]
        if done:
            return rows, columns


def _largest(members: Bools, price: Floats) -> Ints:
    """Sets (rows of `members`) that are not part of another one that is as cheap; of equal ones the first."""
    size = members.sum(axis=1)
    order = np.lexsort((np.arange(len(members)), price, -size))
    kept = np.zeros(len(members), np.bool_)
    kept[order] = not_contained(_words(members[order]), price[order])
    return np.flatnonzero(kept).astype(np.int64)


def _words(members: Bools) -> Words:
    """Sets as bits, 64 to a word."""
    packed = np.packbits(members, axis=1)
    padded = np.zeros((len(packed), -(-max(packed.shape[1], 1) // 8) * 8), np.uint8)
    padded[:, : packed.shape[1]] = packed
    return padded.view(np.uint64)


@compiled
def not_contained(words: Words, price: Floats) -> Bools:
    """Which sets, largest first, are part of none before that is kept and not dearer."""
    count, width = words.shape
    kept = np.ones(count, np.bool_)
    before, held = np.empty(count, np.int64), 0
    for i in range(count):
        for place in range(held):
            k = before[place]
            if price[k] > price[i]:
                continue
            inside = True
            for word in range(width):
                if words[i, word] & ~words[k, word]:
                    inside = False
                    break
            if inside:
                kept[i] = False
                break
        if kept[i]:
            before[held] = i
            held += 1
    return kept
