"""A reader's store: the planner's login and nothing else, with a small memory of what never changes."""

import contextlib
from collections.abc import Iterator, Mapping

from app.errors import RefusedError
from app.settings import Settings
from app.store import published
from app.store.logins import Login
from app.store.session import Session, Store
from app.views.certainty import Certainty
from app.views.gazetteer import Gazetteer
from app.views.kept import Kept
from app.views.layer import Layer
from app.views.published import MapRun, RiskMap, maps

BOUNDARIES, RUNS, LAYERS, VERSIONS = 2, 6, 96, 64
TILE_BYTES = 48 << 20


class Reader(Store):
    """A store that opens no login but the planner's; its pool and memory are safe in threads."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.gazetteers: Kept[int, Gazetteer] = Kept(BOUNDARIES)
        self.maps: Kept[int, Mapping[str, RiskMap]] = Kept(RUNS)
        self.layers: Kept[tuple[int, str], Layer] = Kept(LAYERS)
        self.certainties: Kept[tuple[int, str], Certainty] = Kept(LAYERS)
        self.versions: Kept[tuple[str, str], int] = Kept(VERSIONS)
        self.tiles: Kept[tuple[str, str, int, int, int], bytes] = Kept(TILE_BYTES, weigh=len)

    @contextlib.contextmanager
    def session(self, login: Login = Login.PLANNER) -> Iterator[Session]:
        """One transaction of the planner's.

        Raises
        ------
        PermissionError
            For any other login.
        """
        if login is not Login.PLANNER:
            raise PermissionError(f"a reader does not use the login {login}")
        with super().session(login) as session:
            yield session

    def gazetteer(self, run: MapRun) -> Gazetteer:
        """Names of the run's boundary version."""
        return self.gazetteer_of(run.boundary_id)

    def gazetteer_of(self, boundary_id: int) -> Gazetteer:
        """Names of a boundary version."""
        return self.gazetteers.get(boundary_id, lambda: self._read_names(boundary_id))

    def _read_names(self, boundary_id: int) -> Gazetteer:
        with self.session() as session:
            digest, rows = published.gazetteer(session, boundary_id)
        return Gazetteer.of(boundary_id, digest, rows)

    def maps_of(self, run: MapRun) -> Mapping[str, RiskMap]:
        """Maps of a run by key."""
        return self.maps.get(run.run_id, lambda: {about.key: about for about in maps(self, run)})

    def map_of(self, run: MapRun, key: str) -> RiskMap:
        """One map of a run.

        Raises
        ------
        RefusedError
            If the run has no such map.
        """
        found = self.maps_of(run).get(key)
        if found is None:
            raise RefusedError("risk.no_map", key=key, run=run.run_id)
        return found

    def layer(self, run: MapRun, key: str) -> Layer:
        """Classes of one map by place."""
        return self.layers.get((run.run_id, key), lambda: self._read_layer(run, self.map_of(run, key)))

    def _read_layer(self, run: MapRun, about: RiskMap) -> Layer:
        with self.session() as session:
            columns = published.layer(session, run.run_id, about.key, by_district=about.level == "district")
        return Layer.of(*columns)

    def certainty(self, run: MapRun, key: str) -> Certainty:
        """How sure one map is, by place."""
        about = self.map_of(run, key)
        return self.certainties.get((run.run_id, key), lambda: self._read_certainty(run, about))

    def _read_certainty(self, run: MapRun, about: RiskMap) -> Certainty:
        by_district = about.level == "district"
        with self.session() as session:
            return Certainty(*published.sure(session, run.run_id, about.key, by_district=by_district))


def open_reader(settings: Settings) -> Reader:
    """Open what a screen or a tile route reads from; close it at the end.

    Reads the planner's secret and no other; an unreachable server is refused on first use.

    Raises
    ------
    ServerError
        If this process may not read the planner's secret.
    """
    reader = Reader(settings)
    reader.engine(Login.PLANNER)
    return reader
