import subprocess
import sys

from geo.travel import compiled


def test_where_no_folder_can_be_written_each_process_compiles_for_itself(monkeypatch):
    asked = []

    def njit(**how):
        asked.append(how)
        if how.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(compiled, "njit", njit)
    assert compiled.compiled(abs) is abs
    assert [how.get("cache") for how in asked] == [True, None]


def test_a_straight_line_does_not_wait_for_numba():
    told = "import sys, geo.travel; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0
