"""The benchmark of the service, on a service of its own."""

import json
import re

import pytest

pytest.importorskip('fastapi')
pytest.importorskip('python_multipart')


@pytest.mark.slow
def test_it_measures(exported, succeeds, tmp_path):
    folder = exported.cells[0].rpartition('/')[0]
    out = tmp_path / 'service.json'
    told = succeeds(
        'analysis_tools/benchmark_service.py',
        *(folder, '--onnx', exported.path, '--num-images', '20'),
        *('--clients', '1', '2', '--out', str(out)),
    )
    found = json.loads(out.read_text())
    assert found['images'] == 20
    assert found['seconds_to_health'] > 0
    assert 20 < found['mib'] <= found['mib_at_most'] < 2000
    assert [
        (rate['clients'], rate['images_a_request']) for rate in found['rates']
    ] == [(1, 1), (2, 1), (1, 16), (2, 16)]
    assert all(rate['images_a_second'] > 0 for rate in found['rates'])
    assert len(re.findall(r'^\| \d', told, re.MULTILINE)) == 4


def test_a_model_that_is_not_there(succeeds, exported, tmp_path):
    folder = exported.cells[0].rpartition('/')[0]
    told = succeeds(
        'analysis_tools/benchmark_service.py',
        *(folder, '--onnx', str(tmp_path / 'none.onnx')),
        status=2,
    )
    assert 'none.onnx does not exist' in told
    assert 'error: the service did not start' in told
    assert 'Traceback' not in told
