"""The notebooks run from a new kernel, and show what they say."""

import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / 'docs' / 'notebooks'
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob('*.ipynb'))
#: What must be true after the cells of a notebook, before its last one, which
#: removes what was written.
SHOWN = {
    'predict': """
assert len(answers) == 40 and answers['image'].map(Path).map(Path.exists).all()
typed = answers['cell_type'].loc[painted.index] == painted['cell_type']
assert typed.mean() >= 0.9, typed.mean()
assert right.to_numpy().mean() >= 0.85
assert all('not a cell' in cell['review'] for cell in strange[:2])
assert 'blurred' in strange[2]['review']
(sentence,) = inferencer.errors.values()
assert 'broken.png' in sentence
""",
    'adapt': """
assert (folder / 'map' / 'best.pth').is_file()
assert len(losses.data[0]) == 4 * 640 // 32
assert at_home['wbc/accuracy'] > 50
assert len(before) == len(after) == 300
assert balanced_accuracy(after) > balanced_accuracy(before) + 5
assert after[kept].equals(before[kept])
""",
}


def test_all_notebooks_are_held_to_something():
    assert sorted(SHOWN) == NOTEBOOKS


@pytest.mark.parametrize('name', NOTEBOOKS)
def test_no_outputs_are_committed(name):
    notebook = json.loads((FOLDER / f'{name}.ipynb').read_text('utf-8'))
    for cell in notebook['cells']:
        assert not cell.get('outputs')
        assert cell.get('execution_count') is None


@pytest.mark.long
@pytest.mark.parametrize('name', NOTEBOOKS)
def test_notebooks_run(name, tmp_path):
    nbformat = pytest.importorskip(
        'nbformat', reason='pip install -r requirements/docs.txt brings it'
    )
    nbclient = pytest.importorskip('nbclient')
    notebook = nbformat.read(FOLDER / f'{name}.ipynb', as_version=4)
    notebook.cells.insert(-1, nbformat.v4.new_code_cell(SHOWN[name]))
    nbclient.NotebookClient(
        notebook,
        # seconds for a cell
        timeout=300,
        kernel_name='python3',
        resources=dict(metadata=dict(path=str(tmp_path))),
    ).execute()
    figures = [
        output
        for cell in notebook.cells
        for output in cell.get('outputs', ())
        if 'image/png' in output.get('data', ())
    ]
    assert figures
    # Nothing is left beside the notebook.
    assert not list(tmp_path.iterdir())
