"""Joint draws kept small: whole steps from each area's mean, compressed."""

import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
STEP_SDS = 1 / 512  # a draw is off by at most half a step: 0.1 % of its area's sd
LARGEST = 2**15 - 1


class Packed(NamedTuple):
    """Draws of a group as stored: `scale` is one step, in sds of the area."""

    draws: int
    scale: float
    payload: bytes


def pack(draws: Floats) -> Packed:
    """Pack draws of persons, (n_areas, draws), not negative.

    Raises
    ------
    ValueError
        If a draw is unknown.
    """
    if draws.ndim != 2 or not draws.size or not np.isfinite(draws).all():
        raise ValueError(f"draws must be finite, one row an area; got shape {draws.shape}")
    mean, sd = draws.mean(axis=1), draws.std(axis=1)
    unit = np.where(sd > 0, sd, 1.0)[:, None]
    steps = np.rint((draws - mean[:, None]) / unit / STEP_SDS)
    whole = np.clip(steps, -LARGEST, LARGEST).astype(np.int16)
    # high bytes are nearly all alike, low ones never: apart, the former vanish
    planes = np.ascontiguousarray(whole.astype("<i2")).view(np.uint8).reshape(-1, 2).T
    table = np.stack([mean, sd]).astype("<f8")
    return Packed(draws.shape[1], STEP_SDS, zlib.compress(table.tobytes() + planes.tobytes()))


def unpack(packed: Packed, areas: int) -> Floats:
    """(n_areas, draws) as packed; below zero only by rounding, so not at all."""
    plain = zlib.decompress(packed.payload)
    mean, sd = np.frombuffer(plain, "<f8", 2 * areas).reshape(2, areas, 1)
    planes = np.frombuffer(plain, np.uint8, offset=16 * areas).reshape(2, -1)
    steps = np.ascontiguousarray(planes.T).view("<i2").reshape(areas, packed.draws)
    found: Floats = np.maximum(mean + sd * packed.scale * steps, 0.0)
    return found
