"""Two maps with different boundaries on one geography."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, csr_matrix

from models.checks import Floats, as_floats, check_counts

WHOLE = 1e-6


def on_common_areas(counts: ArrayLike, shares: csr_array | csr_matrix) -> Floats:
    """Counts of old areas as counts of new ones.

    Parameters
    ----------
    counts : (old,) cases, persons or expected cases: anything that adds up
    shares : (new, old) sparse, the share of an old area's people who live in the new one; columns sum to one

    Returns
    -------
    (new,) counts with the same total

    Raises
    ------
    ValueError
        If shapes differ, a count is negative, or shares do not sum to one over the new areas.

    Examples
    --------
    >>> on_common_areas([10.0, 4.0], csr_array([[0.5, 0.0], [0.5, 1.0]])).tolist()
    [5.0, 9.0]
    """
    values, matrix = as_floats("counts", counts), csr_array(shares)
    if matrix.shape[1] != len(values):
        raise ValueError(f"shares must have one column an old area ({len(values)}); got {matrix.shape}")
    check_counts("counts", values)
    total = np.asarray(matrix.sum(axis=0)).ravel()
    wrong = np.abs(total - 1) > WHOLE
    if (matrix.data < 0).any() or wrong.any():
        raise ValueError(
            f"shares of an old area must be >= 0 and sum to 1; {int(wrong.sum())} do not (first: column "
            f"{int(wrong.argmax())}, {total[int(wrong.argmax())]:g})"
        )
    moved: Floats = matrix @ values
    return moved
