import json

import numpy as np
import pytest

from daffnet_lite.fileio.json_files import (
    plain_values,
    read_json,
    write_json,
)


def test_plain_values():
    value = dict(
        a=np.float32(0.5),
        b=np.array([[1, 2]], np.uint8),
        c=(np.int64(3), 'text', None, True),
        d=dict(e=float('nan'), f=[np.inf, -np.inf, np.float64('nan')]),
    )
    plain = plain_values(value)
    assert plain == dict(
        a=0.5,
        b=[[1, 2]],
        c=[3, 'text', None, True],
        d=dict(e=None, f=[None, None, None]),
    )
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_what_is_written_is_read(tmp_path):
    path = tmp_path / 'figures.json'
    write_json(path, [dict(name='Zürich', share=np.float64(0.5), ece=np.nan)])
    assert read_json(path) == [dict(name='Zürich', share=0.5, ece=None)]
    # For people too.
    assert path.read_text(encoding='utf-8') == (
        '[\n  {\n    "name": "Zürich",\n    "share": 0.5,\n'
        '    "ece": null\n  }\n]\n'
    )


def test_names_that_are_not_utf_8(tmp_path):
    path = tmp_path / 'figures.json'
    write_json(path, {'cell\udcff.jpg': 1})
    assert 'cell\\udcff.jpg' in path.read_text(encoding='utf-8')
    assert read_json(path) == {'cell\udcff.jpg': 1}


def test_what_cannot_be_written_leaves_what_was_there(tmp_path):
    path = tmp_path / 'figures.json'
    write_json(path, 1)
    with pytest.raises(TypeError, match='not JSON serializable'):
        write_json(path, object())
    assert read_json(path) == 1
    assert [p.name for p in tmp_path.iterdir()] == ['figures.json']
