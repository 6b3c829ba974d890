"""Smoothing of rates: empirical Bayes, and a spatial model of neighbours and own effects (BYM2)."""

from models.marshall import marshall
from models.smoothing.bym2 import BYM2
from models.smoothing.empirical import EmpiricalBayes
from models.smoothing.priors import Beta, HalfNormal, PCMixing, PCSpread, Priors
from models.smoothing.results import Hyperparameters, SmoothedRisk, Summary

__all__ = [
    "BYM2",
    "Beta",
    "EmpiricalBayes",
    "HalfNormal",
    "Hyperparameters",
    "PCMixing",
    "PCSpread",
    "Priors",
    "SmoothedRisk",
    "Summary",
    "marshall",
]
