"""What is believed before the data: spread of area effects, their spatial share, slopes."""

from dataclasses import dataclass, field
from typing import Protocol, Self

import numpy as np
from scipy.special import betaln

from models.smoothing.field import Field


class SpreadPrior(Protocol):
    """Prior of sigma, the sd of the area effects."""

    def log_density(self, sigma: float) -> float:
        """Log-density of sigma, but for a constant."""

    def scaled(self, factor: float) -> Self:
        """The prior with its scale multiplied, for sensitivity."""


class MixingPrior(Protocol):
    """Prior of rho, the spatial share of the area effects' variance."""

    def log_density(self, rho: float, field: Field) -> float:
        """Log-density of rho on a map, but for a constant."""


@dataclass(frozen=True, slots=True)
class HalfNormal:
    """sigma is the size of a normal with mean 0."""

    sd: float = 1.0

    def log_density(self, sigma: float) -> float:
        """Log-density of sigma."""
        return -0.5 * (sigma / self.sd) ** 2

    def scaled(self, factor: float) -> "HalfNormal":
        """Half-normal with another sd."""
        return HalfNormal(self.sd * factor)


@dataclass(frozen=True, slots=True)
class PCSpread:
    """Exponential prior with P(sigma > upper) = tail.

    References
    ----------
    Simpson, Rue, Riebler, Martins & Sorbye (2017), Statistical Science 32, 1-28.
    """

    upper: float = 1.0
    tail: float = 0.01

    def log_density(self, sigma: float) -> float:
        """Log-density of sigma."""
        return float(np.log(self.tail)) / self.upper * sigma

    def scaled(self, factor: float) -> "PCSpread":
        """The same tail above another bound."""
        return PCSpread(self.upper * factor, self.tail)


@dataclass(frozen=True, slots=True)
class Beta:
    """rho is beta distributed; (0.5, 0.5) lets the data choose between all and nothing."""

    a: float = 0.5
    b: float = 0.5

    def log_density(self, rho: float, field: Field) -> float:
        """Log-density of rho."""
        return float((self.a - 1) * np.log(rho) + (self.b - 1) * np.log1p(-rho) - betaln(self.a, self.b))


@dataclass(frozen=True, slots=True)
class PCMixing:
    """Penalised complexity: no spatial structure unless the data ask for it, with P(rho < below) = share.

    References
    ----------
    Riebler, Sorbye, Simpson & Rue (2016), Statistical Methods in Medical Research 25, 1145-1165.
    """

    below: float = 0.5
    share: float = 2 / 3

    def log_density(self, rho: float, field: Field) -> float:
        """Log-density of rho on a map."""
        if field.parts.islands.all():
            return Beta(1.0, 1.0).log_density(rho, field)  # nothing is spatial: no distance to penalise
        rate = -np.log1p(-self.share) / _distance(self.below, field)[0]
        distance, slope = _distance(rho, field)
        return float(np.log(rate) - rate * distance + np.log(max(slope, 1e-300)))


def _distance(rho: float, field: Field) -> tuple[float, float]:
    """sqrt(2 KLD) from no mixing, and its slope in rho."""
    at = angle(rho)
    inner = field.mixing_divergence
    twice = float(inner(at)) - field.bound_pieces * (rho + np.log1p(-rho))
    along = float(inner(at, 1)) / (np.pi * np.sqrt(rho * (1 - rho)))
    distance = float(np.sqrt(max(twice, 1e-12)))
    return distance, float((along + field.bound_pieces * rho / (1 - rho)) / (2 * distance))


def angle(rho: float) -> float:
    """(2 / pi) asin sqrt(rho): a scale on which Beta(0.5, 0.5) is uniform on 0..1."""
    return float(2 / np.pi * np.arcsin(np.sqrt(rho)))


@dataclass(frozen=True, slots=True)
class Priors:
    """Priors of a BYM2 model.

    Attributes
    ----------
    sigma : of the sd of the area effects
    rho : of the spatial share of their variance
    slope_sd : of a covariate's coefficient, the covariate scaled to sd 1; the intercept's prior is flat
    """

    sigma: SpreadPrior = field(default_factory=HalfNormal)
    rho: MixingPrior = field(default_factory=Beta)
    slope_sd: float = 1.0

    @classmethod
    def penalised(cls) -> Self:
        """Penalised complexity priors, P(sigma > 1) = 0.01 and P(rho < 0.5) = 2 / 3, as usual in INLA."""
        return cls(sigma=PCSpread(), rho=PCMixing())
