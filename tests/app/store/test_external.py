"""An existing PostGIS server instead of our own: roles and schemas once, then the same rights."""

import contextlib

import psycopg
import pytest

from app.errors import ServerError
from app.intake import load
from app.store import bootstrap
from app.store.logins import RIGHTS, Login, target
from app.store.migrate import migrate
from app.store.server import ADMIN, PrivateServer
from app.store.session import Store


@pytest.fixture
def admin_url(cluster):
    """The run's server, as its administrator would be named on the command line."""
    password = PrivateServer(cluster).admin_secret.read_text().strip()
    return f"postgresql://{ADMIN}:{password}@/postgres?host={cluster.here.socket}"


@pytest.fixture
def external(new_settings, admin_url, cluster):
    """An instance that lives on that server."""
    settings = new_settings(instance="elsewhere")
    bootstrap.make_external(settings, admin_url)
    migrate(settings)
    yield settings
    with PrivateServer(cluster).connect() as admin:
        admin.execute("DROP DATABASE mahalle_elsewhere WITH (FORCE)")
        for login in Login:
            admin.execute(f"DROP ROLE {target(settings).role(login)}")


def test_it_is_set_up_and_works_without_a_server_of_its_own(external, city_files, city_options):
    assert not external.here.cluster.exists()
    with contextlib.closing(Store.open(external)) as store:
        outcome = load("areas", city_files["areas"], options=city_options("areas"), store=store, actor="test")
    assert outcome.state == "stored"


def test_its_rights_are_the_declared_ones(external, refused):
    for schema, table in (("agg", "about"), ("survey", "households"), ("ident", "persons"), ("plan", "runs")):
        for login in (login for login in Login if login is not Login.OWNER):
            may = "SELECT" in RIGHTS[schema].get(login, "")
            statement = f"SELECT count(*) FROM {schema}.{table}"
            assert refused(external, login, statement) == (None if may else "42501"), (login, statement)


def test_its_logins_do_not_enter_another_instances_database(external, cluster):
    foreign = target(cluster).database
    secret = (external.here.secrets / "service.secret").read_text()
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(
            host=str(cluster.here.socket), dbname=foreign, user="mahalle_elsewhere_service", password=secret
        )


def test_the_administrators_address_is_not_kept(external, admin_url, cluster):
    password = PrivateServer(cluster).admin_secret.read_text().strip()
    for path in external.home.rglob("*"):
        if path.is_file():
            assert password not in path.read_text()


def test_setting_up_again_keeps_the_data_and_the_passwords(external, admin_url):
    before = {path.name: path.read_text() for path in external.here.secrets.iterdir()}
    bootstrap.make_external(external, admin_url)
    assert {path.name: path.read_text() for path in external.here.secrets.iterdir()} == before
    Store.open(external).close()


def test_a_server_that_does_not_answer_is_said(new_settings):
    settings = new_settings()
    with pytest.raises(ServerError) as caught:
        bootstrap.make_external(settings, "postgresql://nobody@/postgres?host=/nowhere")
    assert caught.value.key == "server.setup_failed"
    assert not settings.here.server_file.exists()


@pytest.mark.parametrize("address", ["not an address", "postgresql://[", "host="])
def test_an_address_that_is_none_is_said(new_settings, address):
    with pytest.raises(ServerError) as caught:
        bootstrap.make_external(new_settings(), address)
    assert caught.value.key == "server.setup_failed"


def test_a_second_folder_is_told_where_the_secrets_are_and_may_renew_them(external, new_settings, admin_url):
    second = new_settings(instance="elsewhere")
    with pytest.raises(ServerError, match=r"server\.set_up_elsewhere"):
        bootstrap.make_external(second, admin_url)
    assert not second.here.server_file.exists()
    bootstrap.make_external(second, admin_url, renew_secrets=True)
    with contextlib.closing(Store(second)) as store:
        assert store.schema() is not None
