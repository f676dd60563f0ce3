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
    assert [row['margin'] for row in rows] == [None, 0.1, 0.3]
    for row in rows:
        assert 0 < row['right'] <= row['found'] <= row['cells'] <= 6
        assert 0 < row['right_in_given_boxes'] <= row['cells']
        for number in ('cells', 'right', 'right_in_given_boxes'):
            parts = [part[number] for part in row['types'].values()]
            assert sum(parts) == row[number]


@pytest.mark.slow
def test_on_the_fields_of_some_lists(real, tmp_path, succeeds):
    out = tmp_path / 'fields.json'
    root = real('bccd_detection')
    words = {}
    for part in ('val', 'test'):
        lists = root / 'BCCD' / 'ImageSets' / 'Main' / f'{part}.txt'
        words[part] = set(lists.read_text().split())
    assert not words['val'] & words['test']
    output = succeeds(
        f'{TOOL} --every 40 --margins 0.1 --lists val test --out', out, root
    )
    (line,) = (x for x in output.splitlines() if ' fields, ' in x)
    # Some of their fields have no cell of a certain type.
    number = sum(map(len, words.values())) / 40
    assert 0.8 * number < int(line.split()[0]) <= number + 1


def test_another_release(tmp_path, fails):
    expected = f'error: BCCD: {tmp_path} is none of the releases'
    assert fails(TOOL, tmp_path).startswith(expected)
