"""What is measured of exported models."""

import json
import re

import pytest

pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')


@pytest.mark.long
def test_answers(exported, succeeds, tmp_path):
    folder = exported.cells[0].rpartition('/')[0]
    model = ['--config', exported.config, '--checkpoint', exported.checkpoint]
    out = tmp_path / 'answers.json'
    succeeds(
        'analysis_tools/evaluate_export.py',
        f'Painted={folder}',
        *(*model, '--num-images', '12', '--out', str(out)),
    )
    single, eight = json.loads(out.read_text())
    assert (single['precision'], eight['precision']) == ('float32', 'int8')
    assert single['cells'] == eight['cells'] == 12
    assert single['equal_types'] == single['equal_values'] == 1
    assert single['difference'] < 1e-4 < eight['difference']


def test_speed(exported, succeeds, tmp_path):
    folder = exported.cells[0].rpartition('/')[0]
    model = ['--config', exported.config, '--checkpoint', exported.checkpoint]
    out = tmp_path / 'speed.json'
    told = succeeds(
        'analysis_tools/benchmark_export.py',
        folder,
        *(*model, '--num-images', '6', '--rounds', '2', '--out', str(out)),
        *('--batch-sizes', '1', '4'),
    )
    rows = json.loads(out.read_text())['rows']
    # Two tasks, two batch sizes, three models.
    assert len(rows) == 12
    assert {row['batch_size'] for row in rows} == {1, 4}
    for row in rows:
        assert len(row['seconds']) == 2 and min(row['seconds']) > 0
        if row['model'].startswith('PyTorch'):
            assert row['faster_than_torch'] == 1
        seconds = sum(row['seconds']) / 2
        assert row['milliseconds'] == pytest.approx(1000 * seconds / 6)
    assert len(re.findall(r'^\| network alone', told, re.MULTILINE)) == 6


def test_a_folder_needs_a_name(fails, tmp_path):
    sentence = fails('analysis_tools/evaluate_export.py', str(tmp_path))
    assert 'must be NAME=FOLDER' in sentence
