"""Scripts and styles of the browser map: our own copies, so that no request leaves the machine."""

import hashlib
from functools import cache
from pathlib import Path

ASSETS_URL = "/vendor"  # where the web process serves them
FOLDER = Path(__file__).parent / "vendor"
SUMS = FOLDER / "SHA256SUMS.txt"
DIGEST_LETTERS = 12


@cache
def digests() -> dict[str, str]:
    """SHA-256 of every file that may be served, by name, as listed when they were taken in."""
    lines = (line.split() for line in SUMS.read_text("ascii").splitlines())
    return {name: digest for digest, name in lines}


def vendored(name: str) -> Path | None:
    """The file of a name on the list; None for any other name."""
    return FOLDER / name if name in digests() else None


def asset_url(name: str) -> str:
    """Address of a listed file; it changes with the content, so that browsers may keep it for ever."""
    return f"{ASSETS_URL}/{name}?v={digests()[name][:DIGEST_LETTERS]}"


def sums() -> str:
    """The list as the folder's files make it now."""
    files = sorted(
        file for file in FOLDER.iterdir() if file.suffix in {".js", ".css", ".txt"} and file != SUMS
    )
    return "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in files)
