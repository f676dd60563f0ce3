import json

import pytest

TOOL = 'analysis_tools/evaluate_fields.py'


@pytest.mark.slow
def test_on_some_of_the_fields(real, tmp_path, succeeds):
    out = tmp_path / 'fields.json'
    root = real('bccd_detection')
    output = succeeds(f'{TOOL} --every 90 --margins 0.1 0.3 --out', out, root)
    assert 'profile auto' in output
    rows = json.loads(out.read_text())
    assert [row['margin'] for row in rows] == [0.1, 0.3]
    for row in rows:
        assert 0 < row['right'] <= row['found'] <= row['cells'] <= 6
        assert 0 < row['right_in_given_boxes'] <= row['cells']


def test_another_release(tmp_path, fails):
    expected = f'error: BCCD: {tmp_path} is none of the releases'
    assert fails(TOOL, tmp_path).startswith(expected)
