"""No simulated name, number or telephone of a loaded city is readable without the key, wherever one looks."""

import itertools

import pytest
from sqlalchemy import text

from app.store import backup
from app.store.logins import Login
from app.store.tables.ident import Raw
from app.store.vault import Vault
from survey.submission import content_hash


@pytest.fixture(scope="module")
def canaries(city):
    """Every way in which the people of the small city are written, in text and in bytes."""
    known = []
    for row in city.visits():
        known += row[6:9]
    for row in city.cases():
        known += row[9:12]
    plain = {str(word) for word in known if word}
    plain |= {"".join(word.split()) for word in plain if word.startswith("0500")}
    plain |= {"+90" + word[1:] for word in plain if word.startswith("0500") and " " not in word}
    return plain | {word.encode().hex() for word in plain}


def found(canaries, content):
    """Canaries in a text; a quick look for what all of them share comes first."""
    return {word for word in canaries if word in content}


def test_the_canaries_are_what_people_gave(canaries, city):
    assert len(canaries) > 800
    assert city.identity(2) in canaries


def test_the_key_opens_what_was_given(small_city, city):
    """Otherwise the tests below would pass on an empty store."""
    with small_city.session(Login.SERVICE) as session:
        rows = session.execute(text("SELECT id, wrap_key, wrapped, sealed FROM ident.raw")).all()
    vault = small_city.vault
    opened = ""
    for row in rows:
        key = vault.open_key(row.wrapped, wrap_key=row.wrap_key, owner=f"raw|{row.id}")
        opened += str(Vault.open(key, row.sealed, f"raw|{row.id}"))
    assert opened.count(city.SURNAME) == 144 + 60
    assert city.identity(2) in opened


def test_a_dump_holds_no_canary(city_store, canaries, tmp_path):
    backup.plain_dump(city_store, tmp_path / "dump.sql")
    content = (tmp_path / "dump.sql").read_text()
    assert "river_visit" in content
    assert found(canaries, content) == set()


def test_no_column_of_the_database_holds_a_canary(city_store, small_city, canaries):
    query = "SELECT table_schema, table_name, column_name FROM information_schema.columns "
    query += "WHERE table_schema NOT IN ('pg_catalog', 'information_schema', 'postgis')"
    with small_city.session(Login.OWNER) as session:
        columns = session.execute(text(query)).all()
        assert len(columns) > 100
        for schema, table, column in columns:
            cells = session.scalars(text(f'SELECT "{column}"::text FROM {schema}.{table}')).all()
            assert found(canaries, "\n".join(filter(None, cells))) == set(), (schema, table, column)


def test_no_file_of_the_instance_holds_a_canary(city_store, cluster, canaries):
    pages = {b"Kurmaca", b"0500 000", b"+905000"}
    homes = (city_store.home, cluster.home)
    for path in itertools.chain.from_iterable(home.rglob("*") for home in homes):
        if path.is_file() and "secrets" not in path.parts:
            content = path.read_bytes()
            assert not {word for word in pages if word in content}, path


def test_a_refused_row_leaves_no_canary_in_the_outcome_or_the_log(
    places_only, cluster, city, city_options, tmp_path
):
    from app.intake import load

    rows = [list(row) for row in city.visits()[:3]]
    rows[1][7], rows[1][1] = "98765432109", "R999"
    path = tmp_path / "visits.csv"
    city._csv(path, city.SURVEY_COLUMNS.values(), rows)
    outcome = load("survey", path, options=city_options("survey"), store=places_only, actor="test")
    said = str(outcome.as_dict("tr")) + str(outcome.as_dict("en"))
    assert "98765432109" not in said
    assert city.SURNAME not in said
    log = (cluster.here.folder / "log" / "postgresql.log").read_text()
    assert city.SURNAME not in log
    assert "98765432109" not in log


def test_a_guess_of_a_whole_row_cannot_be_checked_against_the_digests(small_city):
    """A plain digest would let an identity number be found from the rest of a row, 900 million tries away."""
    with small_city.session(Login.SERVICE) as session:
        sealed = dict(session.execute(text("SELECT record_id, id FROM ident.raw")).all())
        stored = dict(session.execute(text("SELECT id, content_sha FROM survey.households")).all())
        opened = {}
        for record_id, raw_id in sealed.items():
            raw = session.get(Raw, raw_id)
            key = small_city.vault.open_key(raw.wrapped, wrap_key=raw.wrap_key, owner=f"raw|{raw_id}")
            opened[record_id] = Vault.open(key, raw.sealed, f"raw|{raw_id}")
    guesses = {content_hash(opened[record]["fields"], {}) for record in stored}
    assert len(guesses) == len(stored)
    assert guesses.isdisjoint(stored.values())
    assert {small_city.vault.digest(guess) for guess in guesses} == set(stored.values())
