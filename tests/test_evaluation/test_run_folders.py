import json

import numpy as np
import pytest

from daffnet_lite.errors import InputError
from daffnet_mm.evaluation.run_folders import (
    name_runs,
    read_correct,
    read_metrics,
    read_predictions,
)


def test_metrics_of_both_kinds(tmp_path):
    assert read_metrics(tmp_path) == {}
    (tmp_path / 'evaluation').mkdir()
    for name, value in (('wbc', 97.5), ('attr', None)):
        (tmp_path / 'evaluation' / f'{name}_metrics.json').write_text(
            json.dumps(dict(metrics={f'{name}/accuracy': value}, notes=[]))
        )
    assert read_metrics(tmp_path) == {
        'wbc/accuracy': 97.5,
        'attr/accuracy': None,
    }


def test_which_cells_are_right(tmp_path):
    folder = tmp_path / 'evaluation'
    folder.mkdir()
    (folder / 'wbc_predictions.csv').write_text(
        'image,true,predicted\n1.png,a,a\n2.png,a,b\n3.png,,b\n'
    )
    assert read_correct(tmp_path) == {'1.png': True, '2.png': False}
    (folder / 'attr_predictions.csv').write_text(
        'image,size,size_predicted,shape,shape_predicted\n'
        '1.png,big,big,round,irregular\n'
        '2.png,big,big,,round\n'
        '3.png,,big,,round\n'
    )
    # what is unknown counts neither way
    assert read_correct(tmp_path, ['size', 'shape']) == {
        '1.png': False,
        '2.png': True,
    }
    assert read_correct(tmp_path, ['shape']) == {'1.png': False}


def test_predictions(tmp_path):
    with pytest.raises(InputError, match='has no predictions'):
        read_predictions(tmp_path)
    (tmp_path / 'evaluation').mkdir()
    file = tmp_path / 'evaluation' / 'wbc_predictions.csv'
    file.write_text(
        'image,true,predicted,probability,p(a),p(b)\n'
        '1.png,b,a,0.7,0.7,0.3\n'
        '2.png,,a,0.9,0.9,0.1\n'
        '3.png,a,b,0.6,0.4,0.6\n'
    )
    for place in (tmp_path, file, file.parent):
        classes, true, scores = read_predictions(place)
        assert classes == ('a', 'b') and true.tolist() == [1, 0]
        np.testing.assert_allclose(scores, [[0.7, 0.3], [0.4, 0.6]])
    file.write_text('image,true,p(a)\n1.png,b,1\n')
    with pytest.raises(InputError, match='line 2: a cell of the class b'):
        read_predictions(file)
    for text, message in (
        ('image,true\n1.png,a\n', 'has no probabilities'),
        ('image,true,p(a)\n1.png,a,\n', "line 2, column p.a.: '' must be"),
        ('image,p(a)\n1.png,1\n', "has no column 'true'"),
        # German Excel
        ('image;true;p(a)\n1.png;a;0,7\n', r'p.a.: .*write 0\.7'),
        ('image,true,p(a)\n1.png,a,0,7\n', 'line 2: .*this row 4'),
        ('', 'it has no header'),
    ):
        file.write_text(text)
        with pytest.raises(InputError, match=message):
            read_predictions(file)
    file.write_bytes('image;true;p(a)\n1.png;a;0.7\n'.encode('utf-16'))
    assert read_predictions(file)[2].tolist() == [[0.7]]


def test_damaged_tables_and_metrics_are_named(tmp_path):
    folder = tmp_path / 'evaluation'
    folder.mkdir()
    (folder / 'attr_predictions.csv').write_text('image,size\n1.png,big\n')
    with pytest.raises(InputError, match="no column 'size_predicted'"):
        read_correct(tmp_path, ['size'])
    for content in (
        b'',
        b'[]',
        b'{"metrics": 5}',
        b'\xff\xfe\x00',
        b'[' * 9999,
    ):
        (folder / 'wbc_metrics.json').write_bytes(content)
        with pytest.raises(InputError, match=r'wbc_metrics\.json'):
            read_metrics(tmp_path)


def test_names_tell_runs_apart():
    assert list(name_runs(['x/a', 'x/b/'])) == ['a', 'b']
    assert list(name_runs(['x/a', 'y/a'])) == ['x/a', 'y/a']
    with pytest.raises(InputError, match='2 runs need as many'):
        name_runs(['a', 'b'], ['one'])
    with pytest.raises(InputError, match='2 runs need as many'):
        name_runs(['a', 'a'])
