"""The sockets are open to the group that the settings name, and to nobody else."""

import grp
import os
import pwd
import stat

import pytest

from app.errors import ServerError
from app.service.main import listen
from app.store.server import PrivateServer, make_folders, share


def own_group(settings):
    """A group that the server's OS user is in."""
    found = pwd.getpwnam(settings.server_user).pw_gid if os.geteuid() == 0 else os.getegid()
    return grp.getgrgid(found)


def seen(path):
    found = path.stat()
    return found.st_gid, stat.S_IMODE(found.st_mode)


def test_the_group_comes_as_far_as_the_sockets(new_settings):
    settings = new_settings()
    group = own_group(settings)
    settings = settings.model_copy(update={"socket_group": group.gr_name})
    server = PrivateServer(settings, durable=False)
    server.start()
    try:
        listen(settings.here.service_socket).close()
        share(settings.here.service_socket, settings, 0o660)
        assert seen(settings.sockets) == (group.gr_gid, 0o710)
        assert seen(settings.here.socket) == (group.gr_gid, 0o710)
        assert seen(settings.here.socket / ".s.PGSQL.5432") == (group.gr_gid, 0o770)
        assert seen(settings.here.service_socket) == (group.gr_gid, 0o660)
        assert server.answers()
    finally:
        server.stop()


def test_without_a_group_nobody_else_comes_in(new_settings):
    settings = new_settings()
    make_folders(settings)
    assert not stat.S_IMODE(settings.here.socket.stat().st_mode) & 0o077
    assert not stat.S_IMODE(settings.sockets.stat().st_mode) & 0o066


def test_a_group_that_does_not_exist_is_said(new_settings):
    settings = new_settings().model_copy(update={"socket_group": "no-such-group"})
    with pytest.raises(ServerError, match=r"deploy\.no_group"):
        make_folders(settings)
