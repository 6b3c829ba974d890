"""The service in this process, over its real store; accounts of every role."""

import contextlib
import datetime as dt
import threading
import time

import httpx2
import pytest
import uvicorn

from app.auth import people, sign_in
from app.auth.people import NewUser
from app.auth.roles import Role
from app.service.main import build, listen
from app.store.session import Store

PASSWORD = "kirmizi kedi merdivende"


def token_of(store, role, *, region="", steps=()):
    """Sign somebody of this role in; returns the token."""
    now = dt.datetime.now(dt.UTC)
    name = f"{role}-{len(people.everybody(store))}"
    steps = steps or (store.settings.approval_chain if role is Role.APPROVER else ())
    new = NewUser(name=name, display=name, role=role, region=region, steps=steps)
    made = people.add(store, new, actor="test", now=now)
    ticket = sign_in.sign_in(store, name, made.code, address="", now=now)
    if ticket.stage == "password":
        ticket = sign_in.set_password(store, ticket.token, PASSWORD, now=now)
    assert ticket.stage == "full"
    return ticket.token


class Site:
    """The running service and how to ask it."""

    def __init__(self, store, http, stop):
        self.store = store
        self.http = http
        self.stop = stop

    def ask(self, method, path, *, role=None, token="", **given):
        token = token or (self.token(role) if role else "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.request(method, path, headers=headers, **given)

    def token(self, role, *, region="", steps=()):
        return token_of(self.store, role, region=region, steps=steps)


@contextlib.contextmanager
def serving(settings):
    """The service of a store on its own socket, in a thread of this process."""
    with contextlib.closing(Store.open(settings)) as store:
        path = settings.here.service_socket
        server = uvicorn.Server(uvicorn.Config(build(store), log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listen(path)]})
        thread.start()

        def stop():
            server.should_exit = True
            thread.join()

        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            transport = httpx2.HTTPTransport(uds=str(path))
            with httpx2.Client(transport=transport, base_url="http://service", timeout=60) as http:
                yield Site(store, http, stop)
        finally:
            stop()


@pytest.fixture(scope="session")
def with_all_roles(published_settings, copy_store):
    """Settings of a store with a published run where a password is enough; a copy of it is safe to change."""
    return copy_store(published_settings, second_factor="off")


@pytest.fixture(scope="module")
def site(with_all_roles):
    """The service over the published city, for tests that leave it as it is but for accounts."""
    with serving(with_all_roles) as running:
        yield running


@pytest.fixture(scope="module")
def tokens(site):
    """A token of every role but the unit manager's, who needs a region."""
    return {role: site.token(role) for role in Role if role is not Role.MANAGER}


@pytest.fixture
def serve():
    """Start the service of a store where a password is enough; stopped at the end of the test."""
    with contextlib.ExitStack() as running:
        yield lambda settings: running.enter_context(
            serving(settings.model_copy(update={"second_factor": "off"}))
        )
