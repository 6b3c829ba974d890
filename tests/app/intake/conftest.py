import csv

import pytest

from app.intake import LoadOptions, load


@pytest.fixture
def send(places_only, tmp_path):
    """Write rows as CSV and load them as a kind."""

    def _send(kind, header, rows, **options):
        path = tmp_path / f"{kind}.csv"
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle).writerows([header, *rows])
        return load(kind, path, options=LoadOptions(**options), store=places_only, actor="test")

    return _send
