"""What an installation may change: read once from `MAHALLE_*`, checked together, passed down."""

import os
import re
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

INSTANCE_NAME = re.compile(r"[a-z][a-z0-9_]{0,23}")
BASEMAP_URL = re.compile(r"https?://[\w.-]+(:\d+)?/(?=.*\{z\})(?=.*\{x\})(?=.*\{y\})[\w./?&=:;,{}%~+-]*")
SOCKET_PATH_BYTES = 107  # sun_path of Linux, less its closing zero
SOCKET_FILE = "/.s.PGSQL.5432"
FORMAL_STEP = "Daire Başkanlığı"
APPROVAL_CHAIN = (
    "Birim Sorumlusu",
    "Şube Müdürlüğü",
    FORMAL_STEP,
    "Genel Sekreter Yardımcılığı",
    "Genel Sekreterlik",
    "Belediye Başkanı",
)
LETTERHEAD = ("T.C.", "BÜYÜKŞEHİR BELEDİYE BAŞKANLIĞI", "Sosyal Hizmetler Dairesi Başkanlığı")


def _default_home() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/mahalle")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "mahalle"


def _default_sockets() -> Path:
    if os.geteuid() == 0:
        return Path("/run/mahalle")
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "mahalle" if runtime else Path(tempfile.gettempdir()) / f"mahalle-{os.geteuid()}"


class Settings(BaseSettings):
    """Everything the environment may change; each is one `MAHALLE_*` variable."""

    model_config = SettingsConfigDict(env_prefix="MAHALLE_", frozen=True, extra="ignore")

    home: Path = Field(default_factory=_default_home)
    sockets: Path = Field(default_factory=_default_sockets)
    instance: str = "main"
    language: Literal["tr", "en"] = "tr"
    server_user: str = "mahalle"
    socket_group: str = ""  # OS group beside the owner that may use the sockets: the pages' own user is in it
    country_degrees: tuple[float, float, float, float] = (25.6, 35.8, 44.9, 42.2)  # west, south, east, north
    travel_detour: float = Field(default=1.3, ge=1)
    travel_km_per_hour: float = Field(default=40.0, gt=0)
    travel_by: Literal["line", "driving", "walking", "bus", "server"] = "line"
    travel_extract: Path | None = None  # .osm.pbf
    travel_heights: Path | None = None  # .asc or .npz, for walking by slope
    travel_heights_epsg: int | None = None
    travel_lines: Path | None = None  # GTFS zip, or a table of lines
    travel_weekday: Literal["monday", "tuesday", "wednesday", "thursday", "friday"] = "tuesday"
    travel_hours: tuple[float, float] = (9, 17)  # buses between these hours count
    travel_server: str = ""
    travel_server_hosts: tuple[str, ...] = ()  # the only hosts that may be asked
    travel_server_kind: Literal["osrm", "valhalla"] = "osrm"
    travel_limit_minutes: float | None = Field(default=None, gt=0)
    travel_homes: Path | None = None  # where people live within areas: lon, lat, persons
    renewal_months: int = Field(default=12, ge=1)
    smallest_base: int = Field(default=20, ge=10)
    smallest_cell: int = Field(default=5, ge=3)
    smallest_cell_protected: int = Field(default=10, ge=5)
    smallest_zone_persons: int = Field(default=10_000, ge=1)
    parse_memory_mib: int = Field(default=1536, ge=256)
    parse_seconds: int = Field(default=120, ge=5)
    second_factor: Literal["roles", "all", "off"] = "roles"
    web_hosts: tuple[str, ...] = ()  # names under which browsers reach us beside this machine's own
    upload_mib: int = Field(default=64, ge=1)
    result_days: int = Field(default=7, ge=1)
    backup_days: int = Field(default=14, ge=1)
    backup_weeks: int = Field(default=8, ge=0)
    basemap_url: str = ""
    basemap_file: Path | None = None
    legal_basis: str = "Büyükşehir Sosyal Hizmet Merkezleri Yönetmeliği (taslak), md. 8/5, 9/3-ç"
    legal_basis_centres: str = (
        "Büyükşehir Sosyal Hizmet Merkezleri Yönetmeliği (taslak), md. 5/1, 5/2, 5/3, 6/a, 6/ğ"
    )
    legal_basis_recommendations: str = "Büyükşehir Sosyal Hizmet Merkezleri Yönetmeliği (taslak), md. 8/4"
    legal_basis_activity: str = "Büyükşehir Sosyal Hizmet Merkezleri Yönetmeliği (taslak), md. 9/3-d, 9/3-e"
    approval_chain: tuple[str, ...] = Field(default=APPROVAL_CHAIN, min_length=1, max_length=12)
    approval_formal_step: str = FORMAL_STEP  # of the head of department, who proposes formally
    letterhead: tuple[str, ...] = LETTERHEAD
    letter_addressee: str = "BAŞKANLIK MAKAMINA"
    letter_number: str = "E-00000000-000"  # beginning of the letter's Sayı; EBYS completes it

    @model_validator(mode="after")
    def _check(self) -> "Settings":
        if not INSTANCE_NAME.fullmatch(self.instance):
            raise ValueError(
                f"instance {self.instance!r}: letters a-z, digits and _, at most 24, a letter first"
            )
        if self.smallest_cell_protected < self.smallest_cell:
            raise ValueError("MAHALLE_SMALLEST_CELL_PROTECTED must not be below MAHALLE_SMALLEST_CELL")
        if self.basemap_url and not BASEMAP_URL.fullmatch(self.basemap_url):
            raise ValueError("MAHALLE_BASEMAP_URL must be http(s)://HOST/... with {z}, {x} and {y}")
        if self.basemap_url and self.basemap_file:
            raise ValueError("give MAHALLE_BASEMAP_URL or MAHALLE_BASEMAP_FILE, not both")
        if len(set(self.approval_chain)) < len(self.approval_chain) or "" in self.approval_chain:
            raise ValueError("MAHALLE_APPROVAL_CHAIN must name each step once")
        if self.approval_formal_step not in self.approval_chain:
            raise ValueError("MAHALLE_APPROVAL_FORMAL_STEP must be one of MAHALLE_APPROVAL_CHAIN")
        socket = f"{self.sockets}/{self.instance}{SOCKET_FILE}"
        if len(os.fsencode(socket)) > SOCKET_PATH_BYTES:
            raise ValueError(f"socket path is over {SOCKET_PATH_BYTES} bytes: {socket}; set MAHALLE_SOCKETS")
        return self

    @cached_property
    def here(self) -> "Instance":
        """The chosen instance's folders."""
        return Instance(
            name=self.instance, folder=self.home / self.instance, socket=self.sockets / self.instance
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """Folders of one instance: its own cluster, its own keys, nothing shared with another."""

    name: str
    folder: Path
    socket: Path

    @property
    def cluster(self) -> Path:
        """PostgreSQL's data directory, when the server is our own."""
        return self.folder / "pg"

    @property
    def secrets(self) -> Path:
        """Database passwords, one file a login, and the key file; never in a backup."""
        return self.folder / "secrets"

    @property
    def backups(self) -> Path:
        """Where `mahalle backup` writes unless told otherwise."""
        return self.folder / "backups"

    @property
    def staging(self) -> Path:
        """Uploads while they are read; cleared afterwards."""
        return self.folder / "staging"

    @property
    def uploads(self) -> Path:
        """Files sent from a browser, each under its number."""
        return self.folder / "uploads"

    @property
    def results(self) -> Path:
        """Files that jobs made, a folder each."""
        return self.folder / "results"

    @property
    def service_socket(self) -> Path:
        """Where the service listens."""
        return self.socket / "service.sock"

    @property
    def server_file(self) -> Path:
        """Names an existing PostGIS server, when the instance does not run its own."""
        return self.folder / "server.json"
