"""A real private PostGIS for the whole run, a fresh store for each test, and a small generated city."""

import contextlib
import importlib.util
import itertools
import os
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest
from psycopg import sql

from app.intake import LoadOptions, load
from app.settings import Settings
from app.store import bootstrap
from app.store.logins import Target, target
from app.store.migrate import migrate
from app.store.server import PrivateServer, make_folders
from app.store.session import Store

NUMBERS = itertools.count(1)
MEMORY_BYTES = 4 << 30


def _begins(item):
    """Longest first, so that no worker is left with it at the end; the others stay in their order."""
    if item.get_closest_marker("long"):
        return 0
    return 1 if "demonstration" in getattr(item, "fixturenames", ()) else 2


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items):
    """With several workers a file stays on one of them, and what needs the demonstration on the same one.

    A wrapper, since pytest-xdist reads the groups in its own hook of this name, before a plain one here.
    """
    items.sort(key=_begins)
    for item in items:
        shared = "demonstration" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("demonstration" if shared else str(item.path)))
    return (yield)


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside():
    """A developer's own MAHALLE_* variables must not reach the tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("MAHALLE_")]:
            patch.delenv(name)
        yield


def _base() -> str:
    """Memory, where there is plenty: copying a database makes hundreds of small files."""
    memory = Path("/dev/shm")
    plenty = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_BYTES
    return str(memory) if plenty else "/tmp"


@pytest.fixture(scope="session")
def short_folder():
    """A folder with a short path, since a socket's path holds at most 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="mh", dir=_base()))
    folder.chmod(0o711)  # as root the server runs as another user, who must pass through
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def new_settings(short_folder):
    """Make settings of a new, empty instance in folders of its own; servers left running are stopped."""
    made = []

    def _new(**changes) -> Settings:
        number = next(NUMBERS)
        home = short_folder / f"h{number}"
        given = {"home": home, "sockets": short_folder / f"s{number}", "language": "en", **changes}
        made.append(Settings(**given))
        return made[-1]

    yield _new
    for settings in made:
        if settings.here.cluster.exists():
            PrivateServer(settings).stop()


@pytest.fixture(scope="session")
def cluster(new_settings):
    """The run's own PostgreSQL, with a migrated, empty database that others are copied from."""
    settings = new_settings()
    PrivateServer(settings, durable=False).start()
    migrate(settings, keep_backup=False)
    return settings


@pytest.fixture(scope="session")
def copy_store(cluster, new_settings):
    """Make an instance whose database is a copy of another's, on the same server."""

    def _copy(source: Settings, **changes) -> Settings:
        host = source if source.here.cluster.exists() else cluster  # a copy has no server of its own
        server = PrivateServer(host)
        settings = new_settings(**changes)
        make_folders(settings)
        shutil.copytree(source.here.secrets, settings.here.secrets, dirs_exist_ok=True)
        name = f"t{next(NUMBERS)}"
        where = Target(host=str(host.here.socket), database=name, prefix=target(host).prefix, private=False)
        where.save(settings.here.server_file)
        template = target(source).database
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        names = (name, template, where.role("owner"))
        with server.connect() as admin:
            admin.execute(copy.format(*map(sql.Identifier, names)))
        with server.connect(name) as inside:
            bootstrap.prepare(inside, where)
        return settings

    return _copy


@pytest.fixture
def fresh_copy(cluster, copy_store):
    """Copy a store for one test; dropped afterwards, since each takes some megabytes."""
    made = []

    def _fresh(source: Settings) -> Settings:
        made.append(copy_store(source))
        return made[-1]

    yield _fresh
    with PrivateServer(cluster).connect() as admin:
        for settings in made:
            name = sql.Identifier(target(settings).database)
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
            shutil.rmtree(settings.home)


@pytest.fixture
def settings(cluster, fresh_copy):
    """Settings of a fresh, migrated, empty store."""
    return fresh_copy(cluster)


@pytest.fixture
def store(settings):
    """A fresh, migrated, empty store."""
    with contextlib.closing(Store.open(settings)) as opened:
        yield opened


@pytest.fixture(scope="session")
def city():
    """The module that generates the small city: names, codes, columns, rows."""
    path = Path(__file__).parent / "data" / "city" / "make.py"
    spec = importlib.util.spec_from_file_location("small_city", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def city_files(city, tmp_path_factory):
    """The small city's files by kind, in the order they load."""
    return city.write(tmp_path_factory.mktemp("city"))


@pytest.fixture(scope="session")
def city_options(city):
    """The answers each kind of file of the small city needs."""

    def _options(kind, **more) -> LoadOptions:
        given = {"columns": city.COLUMNS[kind]}
        if kind == "areas":
            given["code_system"] = "river"
        if kind == "survey":
            given |= {"campaign": "river-2026", "campaign_kind": "sample"}
        return LoadOptions(**{**given, **more})

    return _options


@pytest.fixture(scope="session")
def city_store(cluster, copy_store, city_files, city_options):
    """Settings of a store that holds the small city; copied, never changed."""
    settings = copy_store(cluster)
    with contextlib.closing(Store.open(settings)) as opened:
        for kind, path in city_files.items():
            outcome = load(kind, path, options=city_options(kind), store=opened, actor="test")
            assert outcome.state == "stored", (kind, outcome.problems, outcome.questions)
            assert not outcome.problems, (kind, outcome.problems)
    return settings


@pytest.fixture
def small_city(city_store, fresh_copy):
    """A fresh store that holds the small city."""
    with contextlib.closing(Store.open(fresh_copy(city_store))) as opened:
        yield opened


@pytest.fixture
def places_only(city_places, fresh_copy):
    """A fresh store with the small city's areas and form, and no household or case yet."""
    with contextlib.closing(Store.open(fresh_copy(city_places))) as opened:
        yield opened


@pytest.fixture(scope="session")
def city_places(cluster, copy_store, city_files, city_options):
    """Settings of a store with the small city's areas and form only; copied, never changed."""
    settings = copy_store(cluster)
    with contextlib.closing(Store.open(settings)) as opened:
        for kind in ("areas", "form"):
            load(kind, city_files[kind], options=city_options(kind), store=opened, actor="test")
    return settings


class Demonstration(NamedTuple):
    """The demonstration city as `mahalle demo` leaves it; for reading only."""

    settings: Settings
    out: Path


@pytest.fixture(scope="session")
def demonstration(short_folder, tmp_path_factory):
    """The command as a person gives it, on a server of its own."""
    from app.cli import main

    out = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAHALLE_HOME", str(short_folder / "demo"))
        patch.setenv("MAHALLE_SOCKETS", str(short_folder / "ds"))
        with pytest.raises(SystemExit) as ended:
            main(["demo", "--no-serve", "--out", str(out), "--language", "tr"])
        assert ended.value.code == 0
        settings = Settings(instance="demo")
    yield Demonstration(settings, out)
    PrivateServer(settings).stop()
