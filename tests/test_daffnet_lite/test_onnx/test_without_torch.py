"""An exported model predicts where there is no PyTorch, and little else."""

import csv
import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from fields import painted_field

ROOT = Path(__file__).resolve().parents[3]
#: What a prediction may not import: of it, one import raises.
ABSENT = [
    *('torch', 'torchvision', 'mmengine', 'mmcv', 'mmpretrain', 'daffnet_mm'),
    *('onnx', 'pandas', 'scipy', 'skimage', 'sklearn', 'matplotlib'),
    *('imagehash', 'tifffile'),
]
#: What a field may take of it.
OF_FIELDS = ('scipy', 'skimage', 'tifffile')
RUN = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in sys.argv[1].split():
            raise ImportError(f'{name} is not to be imported')

sys.meta_path.insert(0, Refuse())
from daffnet_lite.commands.main import main
raise SystemExit(main(sys.argv[2:]))
"""


def run(*words, absent=ABSENT, **environment):
    return subprocess.run(
        [sys.executable, '-c', RUN, ' '.join(absent), *words],
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


def test_fields_are_counted_and_reported(exported, tmp_path):
    """Which takes scikit-image, and what that brings, but nothing else."""
    field = painted_field([(150, 120), (420, 200)], red_cell=60)
    cv2.imwrite(str(tmp_path / 'field.png'), field)
    report = tmp_path / 'report.html'
    result = run(
        *('fields', str(tmp_path / 'field.png'), '--onnx', exported.path),
        *('--report', str(report), '--out-dir', str(tmp_path / 'out')),
        *('--num-workers', '0', '--format', 'csv'),
        absent=[name for name in ABSENT if name not in OF_FIELDS],
    )
    assert result.returncode == 0, result.stderr
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 2 and all(row['granule_type'] for row in rows)
    assert (tmp_path / 'out' / 'annotated' / 'field.png').is_file()
    with open(exported.path, 'rb') as file:
        assert hashlib.sha256(file.read()).hexdigest() in report.read_text()


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
