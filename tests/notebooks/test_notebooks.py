"""Every notebook runs from top to bottom, and is kept without outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def test_there_is_a_notebook_to_run():
    assert [path.name for path in NOTEBOOKS] == ["01_risk_map.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_outputs(path):
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert [cell.outputs for cell in cells] == [[]] * len(cells)
    assert {cell.execution_count for cell in cells} == {None}


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # the kernel's sockets, closed by the collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning:(zmq|jupyter_client|traitlets|nbclient).*")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_recovers_the_truth(path, monkeypatch):
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")  # of the kernel's own start; cells turn them on again
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    book = nbformat.read(path, 4)
    strict = nbformat.v4.new_code_cell("import warnings; warnings.simplefilter('error')")
    book.cells.insert(0, strict)
    done = NotebookClient(
        book, timeout=120, kernel_name="python3", resources={"metadata": {"path": os.getcwd()}}
    )
    done.execute()
    said = " ".join(out.get("text", "") for cell in book.cells for out in cell.get("outputs", []))
    assert "optimal" in said
    assert "intervals hold the truth in 9" in said
