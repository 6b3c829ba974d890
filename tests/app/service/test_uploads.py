"""Files on their way in: resumed, refused, kept from others, read by a job that can be cancelled."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time

import openpyxl
import pytest
from sqlalchemy import text

from app.auth.roles import Role
from app.client import Client
from app.store import audit
from app.store.logins import Login

SECONDS = 60


def announce(site, token, *, size, kind="survey", name="a.xlsx"):
    return site.ask("POST", "/uploads", token=token, json={"name": name, "size": size, "kind": kind})


def put(site, token, upload, begins, body):
    return site.ask("PUT", f"/uploads/{upload}?from={begins}", token=token, content=body)


def ended(site, token, work):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        found = site.ask("GET", f"/jobs/{work}", token=token).json()
        if found["state"] not in ("waiting", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


@pytest.fixture(scope="module")
def field(site):
    return site.token(Role.FIELD)


def test_a_file_in_pieces_arrives_whole_and_a_piece_sent_twice_does_no_harm(site, field):
    content = os.urandom(3_000_000)
    upload = announce(site, field, size=len(content)).json()["id"]
    assert put(site, field, upload, 0, content[:1_500_000]).json()["received"] == 1_500_000
    assert put(site, field, upload, 0, content[:1_500_000]).json()["received"] == 1_500_000
    assert put(site, field, upload, 1_500_000, content[1_500_000:]).json()["received"] == len(content)
    kept = site.store.settings.here.uploads / upload
    assert kept.read_bytes() == content
    assert kept.stat().st_mode & 0o077 == 0


def test_a_broken_line_keeps_what_arrived(site, field):
    content = b"x" * 2_500_000
    upload = announce(site, field, size=len(content)).json()["id"]

    def breaking():
        yield content[:1_200_000]
        raise ConnectionError("the line broke")

    with pytest.raises(ConnectionError):
        put(site, field, upload, 0, breaking())
    until = time.monotonic() + 10
    while not (received := site.ask("GET", f"/uploads/{upload}", token=field).json()["received"]):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert 0 < received <= 1_200_000
    assert put(site, field, upload, received, content[received:]).json()["received"] == len(content)


@pytest.mark.parametrize(
    ("begins", "error"), [("7", "wrong_place"), ("-1", "wrong_place"), ("x", "wrong_place")]
)
def test_a_piece_from_nowhere_is_refused(site, field, begins, error):
    upload = announce(site, field, size=10).json()["id"]
    assert put(site, field, upload, begins, b"abc").json()["error"] == "uploads.wrong_place"


def test_more_than_announced_is_refused(site, field):
    upload = announce(site, field, size=10).json()["id"]
    assert put(site, field, upload, 0, b"x" * 11).json()["error"] == "uploads.longer"


@pytest.mark.parametrize(
    ("size", "error"), [(0, "empty"), (-5, "empty"), ("3", "empty"), (1 << 40, "too_large")]
)
def test_an_impossible_size_is_refused_before_a_byte_is_sent(site, field, size, error):
    assert announce(site, field, size=size).json()["error"] == f"uploads.{error}"


def test_what_a_role_may_not_load_it_may_not_send(site, field, tokens):
    assert announce(site, field, size=5, kind="areas").status_code == 403
    assert announce(site, tokens[Role.PLANNER], size=5, kind="survey").status_code == 403
    assert announce(site, tokens[Role.PLANNER], size=5, kind="areas").status_code == 200
    assert announce(site, tokens[Role.HEAD], size=5, kind="areas").status_code == 403


def test_another_persons_upload_is_not_there(site, field, tokens):
    upload = announce(site, field, size=5).json()["id"]
    for method, path in (("GET", ""), ("DELETE", ""), ("PUT", "?from=0"), ("POST", "/load")):
        answer = site.ask(method, f"/uploads/{upload}{path}", token=tokens[Role.ADMIN], json={})
        assert answer.json()["error"] == "uploads.unknown", method


def test_an_unfinished_file_is_not_read(site, field):
    upload = announce(site, field, size=5).json()["id"]
    answer = site.ask("POST", f"/uploads/{upload}/load", token=field, json={})
    assert answer.json()["error"] == "uploads.unfinished"


def test_a_name_with_a_path_stays_a_name(site, field):
    upload = announce(site, field, size=5, name="../../etc/passwd\n<b>").json()
    assert not {"/", "\\", "\n"} & set(upload["name"])
    assert announce(site, field, size=5, name="..").json()["name"] == "dosya"


# ------------------------------------------------------------------- jobs
def send(site, token, path, kind):
    content = path.read_bytes()
    upload = announce(site, token, size=len(content), kind=kind, name=path.name).json()["id"]
    put(site, token, upload, 0, content)
    return upload


def start_load(site, token, path, kind, **options):
    upload = send(site, token, path, kind)
    answer = site.ask("POST", f"/uploads/{upload}/load", token=token, json={"options": options})
    return answer.json()["id"]


SURVEY = {"campaign": "river-2026", "campaign_kind": "sample"}


def test_a_file_is_looked_at_and_then_taken_in_with_every_row_accounted_for(
    places_only, city, city_files, serve
):
    site = serve(places_only.settings)
    token = site.token(Role.FIELD)
    options = {**SURVEY, "columns": city.COLUMNS["survey"]}
    looked = ended(
        site, token, start_load(site, token, city_files["survey"], "survey", **options, check=True)
    )
    assert looked["result"]["state"] == "checked"
    assert households(places_only) == 0
    stored = ended(site, token, start_load(site, token, city_files["survey"], "survey", **options))
    assert stored["result"]["state"] == "stored"
    assert households(places_only) == 168
    with places_only.session(Login.SERVICE) as session:
        assert audit.first_broken(session) is None


def households(store):
    with store.session(Login.SERVICE) as session:
        return session.scalar(text("SELECT count(*) FROM survey.households"))


def test_rejected_rows_come_back_to_the_sender_only(places_only, city, city_files, serve, tmp_path):
    site = serve(places_only.settings)
    token, other = site.token(Role.PROFESSIONAL), site.token(Role.FIELD)
    book = openpyxl.load_workbook(city_files["cases"])
    sheet = book.worksheets[0]
    heading = next(c for c in sheet[1] if c.value == city.COLUMNS["cases"]["day"])
    sheet.cell(row=2, column=heading.column).value = "31.02.2026"
    file = tmp_path / "cases.xlsx"
    book.save(file)
    work = start_load(site, token, file, "cases", columns=city.COLUMNS["cases"])
    found = ended(site, token, work)
    assert sum(sheet["rejected"] for sheet in found["result"]["sheets"]) == 1
    name = found["result"]["rejected_file"]
    path = f"/jobs/{work}/files/{name}"
    assert site.ask("GET", path, token=token).content[:2] == b"PK"
    assert site.ask("GET", path, token=other).status_code == 409
    assert site.ask("GET", path, token=site.token(Role.ADMIN)).status_code == 409
    assert site.ask("GET", f"/jobs/{work}/files/..%2f..%2fsecrets", token=token).status_code in (404, 409)


def test_cancelled_work_leaves_nothing(small_city, serve):
    site = serve(small_city.settings)
    token = site.token(Role.ADMIN)
    work = site.ask("POST", "/jobs", token=token, json={"kind": "backup"}).json()["id"]
    assert site.ask("POST", f"/jobs/{work}/cancel", token=token).json()["cancelled"]
    assert ended(site, token, work)["state"] == "cancelled"
    again = site.ask("POST", "/jobs", token=token, json={"kind": "backup"}).json()["id"]
    assert ended(site, token, again)["state"] == "done", "the lane is free again"


def test_work_of_an_unknown_kind_or_another_role_is_refused(site, field):
    assert site.ask("POST", "/jobs", token=field, json={"kind": "x"}).json()["error"] == "jobs.unknown_kind"
    assert site.ask("POST", "/jobs", token=field, json={"kind": "backup"}).status_code == 403


def test_a_unit_manager_without_a_region_has_nothing_planned(small_city, serve):
    site = serve(small_city.settings)
    token = site.token(Role.MANAGER, region=min(regions(site)))
    with site.store.session(Login.OWNER) as session:
        session.execute(text("UPDATE auth.users SET region = '' WHERE role = 'manager'"))
    asked = {"kind": "recommend", "arguments": {"new": 2}}
    assert site.ask("POST", "/jobs", token=token, json=asked).status_code == 403


def regions(site):
    return site.ask("GET", "/users/bounds", role=Role.ADMIN).json()["regions"]


def test_a_killed_service_takes_its_work_up_again(places_only, city, city_files, serve, tmp_path):
    """Killed outright while a file is being read: the next start finishes it, once."""
    settings = places_only.settings
    site = serve(settings)
    token = site.token(Role.FIELD)
    upload = send(site, token, city_files["survey"], "survey")
    site.stop()
    environment = {
        **os.environ,
        "MAHALLE_HOME": str(settings.home),
        "MAHALLE_SOCKETS": str(settings.sockets),
        "MAHALLE_SECOND_FACTOR": "off",
    }
    command = [sys.executable, "-m", "app.cli", "service"]
    first = subprocess.Popen(command, env=environment)
    try:
        client = reached(settings, token)
        options = {**SURVEY, "columns": city.COLUMNS["survey"]}
        work = client.post(f"/uploads/{upload}/load", {"options": options})["id"]
        while client.get(f"/jobs/{work}")["state"] == "waiting":
            time.sleep(0.02)
    finally:
        client.close()
        first.send_signal(signal.SIGKILL)
        first.wait()
    second = subprocess.Popen(command, env=environment)
    try:
        client = reached(settings, token)
        until = time.monotonic() + SECONDS
        while (found := client.get(f"/jobs/{work}"))["state"] in ("waiting", "running"):
            assert time.monotonic() < until
            time.sleep(0.1)
    finally:
        client.close()
        second.terminate()
        second.wait()
    assert found["result"]["state"] == "stored"
    assert households(places_only) == 168


def reached(settings, token):
    """A client, once the service answers; asked by a plain socket, since httpcore leaves failed ones open."""
    path, until = str(settings.here.service_socket), time.monotonic() + SECONDS
    while True:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as trial:
            trial.connect(path)
            return Client(settings.here.service_socket, token)
        assert time.monotonic() < until
        time.sleep(0.05)
