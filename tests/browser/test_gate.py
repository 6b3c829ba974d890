"""What a visitor without a session gets from every route there is: nothing. The app itself lists them."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from app.auth.roles import Role
from app.dashboard.places import SCREENS

LIST = """
import json
from starlette.routing import Mount, Route, WebSocketRoute
from app.settings import Settings
from app.web.main import Listen, build

def walk(routes, before=""):
    for route in routes:
        if isinstance(route, Mount):
            yield ["GET", before + route.path + "/index.html"]
            yield from walk(route.routes or [], before + route.path)
        elif isinstance(route, WebSocketRoute):
            yield ["WEBSOCKET", before + route.path]
        elif isinstance(route, Route):
            for method in sorted((route.methods or {"GET"}) - {"HEAD"}):
                yield [method, before + route.path]

app = build(Settings(), Listen())
print(json.dumps(list(walk(app._build_starlette_app().routes))))
"""
OPEN = {"/giris", "/giris/stil.css", "/giris/simge.png", "/saglik"}
PARTS = {"{path:path}": "x", "{z:int}": "1", "{x:int}": "1", "{y:int}": "1"}


@pytest.fixture(scope="module")
def ways(site):
    """Method and path of every route of the web process, Streamlit's own among them."""
    done = subprocess.run(
        [sys.executable, "-c", LIST], env=site.environment(), capture_output=True, text=True, check=True
    )
    return [(method, filled(path)) for method, path in json.loads(done.stdout)]


def filled(path):
    for part, value in PARTS.items():
        path = path.replace(part, value)
    while "{" in path:
        path = path[: path.index("{")] + "x" + path[path.index("}") + 1 :]
    return path


def status(site, method, path, **headers):
    request = urllib.request.Request(site.address + path, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def handshake(site, path="/_stcore/stream", *, origin=None, cookie=""):
    """The status that a websocket's handshake is answered with."""
    headers = {"Cookie": cookie} if cookie else {}
    try:
        with connect(
            f"ws://127.0.0.1:{site.port}{path}",
            origin=origin or site.address,
            additional_headers=headers,
            subprotocols=["streamlit"],
        ):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_the_list_holds_streamlits_routes_and_ours(ways):
    paths = {path for _, path in ways}
    assert {"/_stcore/stream", "/_stcore/health", "/tiles/x/x/1/1/1.pbf", "/uploads", "/giris"} <= paths
    assert any("upload_file" in path for path in paths)
    assert len(ways) > 25


def test_a_visitor_gets_nothing_from_any_route_but_the_form_and_health(site, ways):
    answers = {
        (method, path): handshake(site, path) if method == "WEBSOCKET" else status(site, method, path)
        for method, path in ways
        if path not in OPEN
    }
    assert {one: code for one, code in answers.items() if code not in (401, 403)} == {}


@pytest.mark.parametrize(
    "path", ["/", "/risk-haritasi", "/nowhere", "/_stcore/metrics", "/static/index.html"]
)
def test_a_visitor_who_wants_a_page_gets_the_form_and_401(site, path):
    assert status(site, "GET", path, accept="text/html") == 401


@pytest.mark.parametrize("cookie", ["", "__Host-mahalle=", "__Host-mahalle=x", "__Host-mahalle=" + "A" * 43])
def test_a_made_up_cookie_opens_nothing(site, cookie):
    assert status(site, "GET", "/vendor/leaflet.js", cookie=cookie) == 401
    assert handshake(site, cookie=cookie) == 403


@pytest.fixture(scope="module")
def cookie(site, chromium):
    """The cookie of a planner."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{site.address}/giris")
    page.fill("#name", "plan")
    page.fill("#secret", site.codes()["plan"])
    page.click("button")
    page.wait_for_url("**/risk-haritasi**")
    (found,) = [one for one in context.cookies() if one["name"] == "__Host-mahalle"]
    context.close()
    return f"__Host-mahalle={found['value']}"


@pytest.mark.parametrize(
    "path",
    [
        "/_stcore/metrics",
        "/_stcore/script-health-check",
        "/_stcore/upload_file/x/y",
        "/_stcore/agent/openapi.json",
        "/nowhere",
    ],
)
def test_streamlits_side_doors_stay_closed_after_sign_in(site, cookie, path):
    for method in ("GET", "PUT", "POST"):
        assert status(site, method, path, cookie=cookie) == 404


def test_a_page_of_another_site_cannot_act_in_a_persons_name(site, cookie):
    for origin in ("https://evil.example", "http://127.0.0.1:1", "null"):
        assert status(site, "POST", "/uploads", cookie=cookie, origin=origin) == 403
        assert handshake(site, origin=origin, cookie=cookie) == 403
    assert handshake(site, cookie=cookie) == 101


def test_under_a_foreign_name_the_site_does_not_answer(site, cookie):
    for name in ("evil.example", f"evil.example:{site.port}", "127.0.0.1.evil.example"):
        assert status(site, "GET", "/saglik", host=name) == 421
        assert status(site, "GET", "/", host=name, cookie=cookie) == 421


def test_every_answer_carries_the_headers_that_keep_it_in(site, cookie):
    for path in ("/giris", "/risk-haritasi", "/vendor/leaflet.js", "/static/nothing.js"):
        request = urllib.request.Request(
            site.address + path, headers={"cookie": cookie, "accept": "text/html"}
        )
        try:
            answer = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "http" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["x-frame-options"] == "SAMEORIGIN"
            assert "access-control-allow-origin" not in answer.headers
            assert "server" not in answer.headers


def test_no_inline_script_runs_but_the_pages_own(site, cookie):
    seen = set()
    for _ in range(2):
        request = urllib.request.Request(
            f"{site.address}/risk-haritasi", headers={"cookie": cookie, "accept": "text/html"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            page, policy = answer.read().decode(), answer.headers["content-security-policy"]
        scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src"))
        assert "unsafe" not in scripts
        once = scripts.partition("'nonce-")[2].partition("'")[0]
        assert page.count("<script>") == 0
        assert page.count(f'<script nonce="{once}">') == 2
        seen.add(once)
    assert len(seen) == 2, "a number used twice is no protection"


def test_every_role_begins_where_it_may():
    for role in Role:
        assert any(screen.opens_for(role) for screen in SCREENS), role
