import importlib.util
from pathlib import Path

import pytest


@pytest.mark.slow
def test_the_truth_is_recovered_over_thirty_simulated_surveys():
    path = Path(__file__).parents[1] / "benchmarks" / "recovery.py"
    spec = importlib.util.spec_from_file_location("recovery", path)
    recovery = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recovery)
    missed = [row for row in recovery.recovery_rows(30) if row["met"] is False]
    assert not missed
