"""The known truth behind the simulation: need by topic, neighbourhood, age and sex."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.demo.city import AGE_BANDS, SEXES, City, Floats

TOPICS = ("yoksulluk", "barinma", "saglik_bakim", "egitim", "engellilik", "yaslilik", "goc")
OF_THE_HOUSEHOLD = ("yoksulluk", "barinma", "goc")  # shared by all its members
BASE_LOGIT = {
    "yoksulluk": -2.3,
    "barinma": -2.8,
    "saglik_bakim": -3.3,
    "egitim": -2.3,
    "engellilik": -3.6,
    "yaslilik": -1.6,
    "goc": -3.8,
}
EDGE = {"yoksulluk": 1.3, "barinma": 1.1, "egitim": 0.9, "goc": 0.8}
MOUNTAIN = {"yaslilik": 0.9, "saglik_bakim": 0.9, "engellilik": 0.4, "barinma": 0.5, "yoksulluk": 0.2}
GREENHOUSE = {"goc": 1.5, "egitim": 0.8, "barinma": 0.7, "yoksulluk": 0.3}
DISTRICT_SD, AREA_SD = 0.35, 0.55
SHARED = 0.5  # correlation of the area effects of two topics
BLOCK_SD = 0.42  # gives an intra-block correlation near 0.05 on the scale of answers
# two planted clusters of raised need: centre (degrees), radius (km), rise (logit)
CLUSTERS = (((30.645, 36.945), 2.6, 1.0), ((32.02, 36.56), 4.0, 1.0))
AGE_EFFECT = {
    "saglik_bakim": (-2.0, -2.0, -1.2, 0.0, 1.6, 2.4),
    "engellilik": (-0.4, -0.2, -0.2, 0.0, 0.8, 1.2),
    "yaslilik": (-np.inf, -np.inf, -np.inf, -np.inf, 0.0, 0.7),
    "egitim": (-np.inf, 0.0, -np.inf, -np.inf, -np.inf, -np.inf),
}
FEMALE_EFFECT = {"yaslilik": 0.4, "saglik_bakim": 0.25, "egitim": 0.2}


@dataclass(frozen=True)
class Truth:
    """Logits by topic; (n_topics, n_areas) and (n_topics, 6 ages, 2 sexes)."""

    city: City
    area_logit: Floats
    group_effect: Floats

    @cached_property
    def theta(self) -> Floats:
        """(n_topics, n, 6, 2) true prevalence, averaged over blocks."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(15)
        theta = np.zeros(self.area_logit.shape + self.group_effect.shape[1:])
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            theta += weight * self.at(BLOCK_SD * node)
        return theta

    @cached_property
    def theta_any(self) -> Floats:
        """(n, 6, 2) true share with at least one need (topics share the block's effect, else independent)."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(15)
        none = np.zeros((self.city.size, len(AGE_BANDS), len(SEXES)))
        for node, weight in zip(nodes, weights / weights.sum(), strict=True):
            none += weight * np.prod(1 - self.at(BLOCK_SD * node), axis=0)
        return 1 - none

    def at(self, block_effect: float) -> Floats:
        """(n_topics, n, 6, 2) prevalence in blocks with this effect."""
        logit = self.area_logit[:, :, None, None] + self.group_effect[:, None] + block_effect
        return np.asarray(1 / (1 + np.exp(-logit)), dtype=np.float64)

    @cached_property
    def persons_in_need(self) -> Floats:
        """(n,) true persons with at least one need."""
        return np.asarray((self.city.people * self.theta_any).sum(axis=(1, 2)), dtype=np.float64)

    @cached_property
    def topic_prevalence(self) -> Floats:
        """(n_topics, n) true share of all residents with the topic's need."""
        people = self.city.people
        return np.asarray((people * self.theta).sum(axis=(2, 3)) / people.sum(axis=(1, 2)), dtype=np.float64)


def simulate(city: City, seed: int) -> Truth:
    """Draw the truth from its law; the same seed gives the same city."""
    rng = np.random.default_rng([seed, 1])
    n_districts = int(city.district_index.max()) + 1
    common = rng.normal(size=city.size)
    rows = []
    for topic in TOPICS:
        own = rng.normal(size=city.size)
        area = AREA_SD * (np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own)
        district = DISTRICT_SD * rng.normal(size=n_districts)[city.district_index]
        rows.append(BASE_LOGIT[topic] + area + district + _landscape(city, topic) + _clusters(city))
    return Truth(city=city, area_logit=np.array(rows), group_effect=_group_effects())


def _landscape(city: City, topic: str) -> Floats:
    return np.asarray(
        EDGE.get(topic, 0.0) * city.urban_edge
        + MOUNTAIN.get(topic, 0.0) * city.mountain
        + GREENHOUSE.get(topic, 0.0) * city.greenhouse
    )


def _clusters(city: City) -> Floats:
    rise = np.zeros(city.size)
    for (lon, lat), radius_km, height in CLUSTERS:
        rise += height * (city.km_to(lon, lat) <= radius_km)
    return rise


def _group_effects() -> Floats:
    effects = np.zeros((len(TOPICS), len(AGE_BANDS), len(SEXES)))
    for k, topic in enumerate(TOPICS):
        effects[k] += np.array(AGE_EFFECT.get(topic, (0.0,) * len(AGE_BANDS)))[:, None]
        effects[k, :, SEXES.index("female")] += FEMALE_EFFECT.get(topic, 0.0)
    return effects
