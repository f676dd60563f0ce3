"""An exported model predicts where there is no PyTorch, and little else."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
#: What a prediction may not import: of it, one import raises.
ABSENT = [
    *('torch', 'torchvision', 'mmengine', 'mmcv', 'mmpretrain', 'daffnet_mm'),
    *('onnx', 'pandas', 'scipy', 'skimage', 'sklearn', 'matplotlib'),
    *('imagehash', 'tifffile'),
]
RUN = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {ABSENT}:
            raise ImportError(f'{{name}} is not to be imported')

sys.meta_path.insert(0, Refuse())
from daffnet_lite.commands.main import main
raise SystemExit(main(sys.argv[1:]))
"""


def run(*words, **environment):
    return subprocess.run(
        [sys.executable, '-c', RUN, *words],
        cwd=ROOT,
        env=dict(os.environ, **environment),
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize('number', [1, 34])
def test_it_predicts(exported, number):
    """One image, and as many as a profile is estimated of."""
    result = run(
        *('predict', *exported.cells[:number], '--onnx', exported.path),
        *('--format', 'csv'),
    )
    assert result.returncode == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [row['image'] for row in rows] == exported.cells[:number]
    assert all(row['cell_type'] and row['granule_type'] for row in rows)
    assert ('a profile was estimated' in result.stderr) == (number > 29)


def test_tables_too(exported):
    result = run('predict', *exported.cells[:2], '--onnx', exported.path)
    assert result.returncode == 0, result.stderr
    assert 'Differential count of 2 cells' in result.stdout


def test_it_reports_to_nobody(exported, tmp_path):
    """ONNX Runtime begins a session with its maker by such a file."""
    words = ('predict', exported.cells[0], '--onnx', exported.path)
    result = run(*words, TMPDIR=str(tmp_path))
    assert result.returncode == 0, result.stderr
    assert not list(tmp_path.iterdir())


def test_the_refusal_works(exported):
    """Without --onnx it is PyTorch that is asked."""
    result = run('predict', exported.cells[0])
    assert result.returncode != 0
    assert 'is not to be imported' in result.stderr
