"""Build and run the process that faces browsers."""

import contextlib
import gc
import importlib
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from app import views
from app.dashboard.places import PLACES
from app.dashboard.session import reader
from app.settings import Settings
from app.web.gate import Gate
from app.web.page import FirstPage
from app.web.routes import OURS, routes
from app.web.service_call import ServiceCall
from app.web.sign_in_page import SignInPage

SCRIPT = Path(__file__).parent.parent / "dashboard" / "main.py"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where browsers reach us.

    Attributes
    ----------
    certificate, key : TLS files of our own
    behind_proxy : a proxy on this machine ends TLS and names the browser's address
    """

    host: str = "127.0.0.1"
    port: int = 8501
    certificate: Path | None = None
    key: Path | None = None
    behind_proxy: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by TLS."""
        return self.behind_proxy or self.certificate is not None


def build(settings: Settings, listen: Listen) -> ASGIApp:
    """The web process as an ASGI application."""
    service = ServiceCall(settings.here.service_socket)
    page = SignInPage(service, settings.language)

    @contextlib.asynccontextmanager
    async def lifespan(_: st.App) -> AsyncIterator[None]:
        threading.Thread(target=_read_ahead, daemon=True).start()
        yield
        await service.close()
        reader().close()

    gate = Middleware(
        Gate,
        service=service,
        form=page.show,
        hosts=(*LOOPBACK, *settings.web_hosts),
        routes=(*OURS, *PLACES),
        secure=listen.is_secure,
        pictures=_origin(settings.basemap_url),
    )
    app: ASGIApp = st.App(
        SCRIPT,
        routes=routes(settings, service, page, reader()),
        middleware=[gate, Middleware(FirstPage)],
        lifespan=lifespan,
    )
    return app


def _origin(url: str) -> str:
    """Scheme and host of the city's own map service, the one foreign place a page may take pictures from."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if url else ""


def _read_ahead() -> None:
    """What the first visitor would otherwise wait for: drawing libraries, the city's tiles and names.

    Not the screens themselves: Streamlit takes a component in only while it runs a page.
    """
    for painter in ("browser", "files"):
        importlib.import_module(f"app.maps.{painter}")
    views.warm(reader())
    # Streamlit collects after every run of a page, while all others wait; what stays is not looked at again
    gc.collect()
    gc.freeze()


def run(settings: Settings, listen: Listen) -> None:
    """Serve until told to stop."""
    config = uvicorn.Config(
        build(settings, listen),
        host=listen.host,
        port=listen.port,
        log_level="warning",
        access_log=False,  # addresses of pages tell who looked at what
        server_header=False,
        ssl_certfile=listen.certificate,
        ssl_keyfile=listen.key,
        proxy_headers=listen.behind_proxy,
        forwarded_allow_ips="127.0.0.1",
        timeout_graceful_shutdown=3,
        ws_max_size=1 << 24,
    )
    uvicorn.Server(config).run()
