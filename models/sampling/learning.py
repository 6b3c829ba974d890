"""What interviews teach about joint need: a linear Gaussian update, learnt from draws."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from models.checks import Floats, Ints
from models.replicates import generator

STREAM = 41
TOGETHER, ALIKE = 5, 0.5  # areas that get a batch before values are looked at again: nearly as good ones


def shrunk_covariance(draws: Floats) -> Floats:
    """(n, n) covariance of joint draws (k, n); chance correlations of few draws are shrunk towards none.

    References
    ----------
    Schaefer & Strimmer (2005), Statistical Applications in Genetics and Molecular Biology 4, 32.
    """
    k = len(draws)
    centred = draws - draws.mean(axis=0)
    sd = np.sqrt((centred**2).sum(axis=0) / (k - 1))
    unit = np.divide(centred, sd, out=np.zeros_like(centred), where=sd > 0)
    mean = unit.T @ unit / k
    spread = k / (k - 1) ** 3 * ((unit**2).T @ (unit**2) - k * mean**2)
    correlation = mean * k / (k - 1)
    off = ~np.eye(draws.shape[1], dtype=np.bool_)
    total = float((correlation[off] ** 2).sum())
    share = min(max(float(spread[off].sum()) / total, 0.0), 1.0) if total > 0 else 1.0
    correlation[off] *= 1 - share
    np.fill_diagonal(correlation, 1.0)
    made: Floats = correlation * sd[:, None] * sd
    return made


def learnt(mean: Floats, covariance: Floats, answers: Floats, error: Floats) -> Floats:
    """(k, n) expected weights after answers.

    Parameters
    ----------
    mean, covariance : of the weights before
    answers : (k, n) estimates from the interviews
    error : (n,) variances of these estimates, inf without interviews
    """
    asked = np.flatnonzero(np.isfinite(error))
    found = np.tile(mean, (len(answers), 1))
    if not len(asked):
        return found
    inner = covariance[np.ix_(asked, asked)] + np.diag(error[asked])
    inner[np.diag_indices(len(asked))] += 1e-12 * max(float(inner.diagonal().max()), 1e-300)
    gain = cho_solve(cho_factor(inner), (answers[:, asked] - mean[asked]).T)
    found += (covariance[:, asked] @ gain).T
    return np.maximum(found, 0.0)


def answers_of(draws: Floats, error: Floats, seed: int) -> Floats:
    """(k, n) what interviews would say if each draw were the truth."""
    noise = np.stack(
        [generator(seed, k, stream=STREAM).standard_normal(draws.shape[1]) for k in range(len(draws))]
    )
    asked = np.isfinite(error)
    made: Floats = draws + noise * np.sqrt(np.where(asked, error, 0.0))
    return made


@dataclass(frozen=True, slots=True)
class Rivals:
    """Plans that some draw prefers, by what they cost more than the plan at the mean weights.

    Attributes
    ----------
    lead : (plans,) expected weight x minutes by which each is dearer
    slope : (plans, n) minutes by which each is longer
    """

    lead: Floats
    slope: Floats

    def allocate(
        self, covariance: Floats, variance: Floats, budget: int, batch: int, *, draws: int, seed: int
    ) -> Ints:
        """(n,) interviews, batch by batch where the value of choosing among the plans rises most.

        The expected saving of a choice after the survey is a mean of max(0, -difference) over what the
        differences are then expected to be, which are Gaussian with the covariance that the survey takes
        away. Where no batch moves it, the one that teaches most about the differences is taken.
        """
        remaining, taught = covariance.copy(), self.slope @ covariance  # taught: (plans, n)
        count = np.zeros(len(variance), dtype=np.int64)
        rng = generator(seed, 0, stream=STREAM + 1)
        known = np.tile(self.lead, (draws, 1))
        while (left := budget - int(count.sum())) > 0:
            noise = rng.standard_normal((TOGETHER, draws))
            room = np.maximum(remaining.diagonal(), 0.0) + variance / batch
            step = np.divide(taught, np.sqrt(room), out=np.zeros_like(taught), where=room > 0)
            for own, area in zip(noise, self._best(known, step, noise[0]), strict=False):
                if left <= 0:
                    break
                size = min(batch, left)
                spread = max(remaining[area, area], 0.0) + variance[area] / size
                if spread > 0:
                    known = known + own[:, None] * taught[:, area] / np.sqrt(spread)
                    row = remaining[area] / spread
                    taught = taught - np.outer(taught[:, area], row)
                    remaining -= np.outer(remaining[:, area], row)
                count[area] += size
                left -= size
        return count

    def _best(self, known: Floats, step: Floats, noise: Floats) -> Ints:
        """Areas by what a batch adds to the value, the best first."""
        before = np.maximum(-known.min(axis=1, initial=0.0), 0.0).mean()
        value = np.array(
            [
                np.maximum(-(known + noise[:, None] * step[:, area]).min(axis=1, initial=0.0), 0.0).mean()
                for area in range(step.shape[1])
            ]
        )
        gain = value - before
        if gain.max(initial=0.0) <= 1e-12 * max(float(np.abs(known).max(initial=0.0)), 1e-300):
            gain = (step**2).sum(axis=0)
        order = np.argsort(-gain, kind="stable")[:TOGETHER]
        alike: Ints = order[gain[order] >= ALIKE * gain[order[0]]].astype(np.int64)
        return alike


def shared_out(size: Floats, budget: int) -> Ints:
    """(n,) whole numbers in proportion that add up (largest remainders); equal ones where all are 0."""
    share = size / size.sum() if size.sum() > 0 else np.full(len(size), 1 / len(size))
    whole: Ints = np.floor(share * budget).astype(np.int64)
    rest = np.argsort(-(share * budget - whole), kind="stable")[: budget - int(whole.sum())]
    whole[rest] += 1
    return whole
