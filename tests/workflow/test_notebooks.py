"""The notebooks run from top to bottom on a cohort that has gone through the line."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient
from projects import COHORT, HERE

NOTEBOOKS = sorted((HERE / "notebooks").glob("*.ipynb"))
NAMED = 'COHORT = "demo_2024"'


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, finished):
    notebook = nbformat.read(path, as_version=4)
    before = finished.digests()
    first = next(cell for cell in notebook.cells if NAMED in cell.source)
    first.source = first.source.replace(NAMED, f'COHORT = "{COHORT}"')
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(finished.root)}})
    client.execute()
    shown = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    assert len(shown) >= 5
    assert finished.digests() == before


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_kept_without_outputs(path):
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
