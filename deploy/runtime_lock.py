"""Print the part of requirements.lock that runs the application: without the tools of development.

What is needed is read from the installed packages, hashes come from the lock as it is.
"""

import re
import sys
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

Wanted = tuple[NormalizedName, frozenset[str]]


def needed(name: str) -> set[NormalizedName]:
    """All packages that one needs on this machine, itself left out."""
    seen: set[Wanted] = set()
    waiting: list[Wanted] = [(canonicalize_name(name), frozenset())]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += _next(one)
    return {package for package, _ in seen} - {canonicalize_name(name)}


def _next(one: Wanted) -> list[Wanted]:
    package, extras = one
    found = [Requirement(line) for line in requires(package) or ()]
    return [
        (canonicalize_name(want.name), frozenset(want.extras))
        for want in found
        if want.marker is None or any(want.marker.evaluate({"extra": extra}) for extra in extras or {""})
    ]


def blocks(lock: str) -> dict[NormalizedName, list[str]]:
    """Entries of a lock by package, with their hashes; some packages have one for each kind of Python."""
    found: dict[NormalizedName, list[str]] = {}
    for entry in re.findall(r"^[A-Za-z0-9].*(?:\n[ \t].*)*", lock, flags=re.MULTILINE):
        found.setdefault(canonicalize_name(re.split(r"[=\[ ]", entry, maxsplit=1)[0]), []).append(entry)
    return found


def main() -> None:
    """Write the lock of the run-time packages to standard output."""
    lock = blocks((Path(__file__).parents[1] / "requirements.lock").read_text("utf-8"))
    for name in sorted(needed("mahalle")):
        sys.stdout.write("\n".join(lock[name]) + "\n")


if __name__ == "__main__":
    main()
