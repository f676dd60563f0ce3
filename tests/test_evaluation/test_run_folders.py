import json

import numpy as np
import pytest

from daffnet_mm.errors import InputError
from daffnet_mm.evaluation.run_folders import (
    name_runs,
    read_predictions,
    read_training_log,
)


def write_log(run, stamp, lines, end='\n'):
    folder = run / stamp / 'vis_data'
    folder.mkdir(parents=True)
    (folder / 'scalars.json').write_text(
        '\n'.join(json.dumps(line) for line in lines) + end
    )


def train(epoch, step, loss):
    return dict(loss=loss, epoch=epoch, iter=step, step=step)


def val(epoch, accuracy):
    return {'wbc/accuracy': accuracy, 'step': epoch}


def test_epochs_are_averaged_and_resumed_runs_joined(tmp_path):
    write_log(
        tmp_path,
        '20260101_000000',
        [
            train(1, 5, 3.0),
            train(1, 10, 1.0),
            val(1, 50.0),
            train(2, 15, 9.0),
            val(2, 10.0),
            train(3, 25, 9.0),
        ],
        end='\n{"loss": 1.',
    )  # killed
    write_log(tmp_path, '20260102_000000', [train(2, 15, 1.0), val(2, 70.0)])
    write_log(tmp_path, '20260103_000000', [])
    log = read_training_log(tmp_path)
    assert log == {
        'loss': ([1, 2], [2.0, 1.0]),
        'wbc/accuracy': ([1, 2], [50.0, 70.0]),
    }


def test_a_run_that_began_anew_forgets(tmp_path):
    write_log(tmp_path, '1', [train(e, 10 * e, 5.0) for e in (1, 2, 3)])
    write_log(tmp_path, '2', [train(1, 10, 1.0)])
    assert read_training_log(tmp_path) == {'loss': ([1], [1.0])}


def test_folders_that_are_none(tmp_path):
    with pytest.raises(InputError, match='has no logs'):
        read_training_log(tmp_path)
    with pytest.raises(InputError, match='has no predictions'):
        read_predictions(tmp_path)


@pytest.mark.parametrize('line', ['x', dict(loss=1.0)])
def test_a_damaged_log(tmp_path, line):
    write_log(tmp_path, '1', [train(1, 5, 3.0), line, train(1, 10, 1.0)])
    with pytest.raises(InputError, match='line 2 holds no values'):
        read_training_log(tmp_path)


def test_predictions(tmp_path):
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
    with pytest.raises(InputError, match='cells of the class b'):
        read_predictions(file)
    for text in (
        'image,true\n1.png,a\n',
        'image,true,p(a)\n1.png,a,\n',
        'image,p(a)\n1.png,1\n',
        '',
    ):
        file.write_text(text)
        with pytest.raises(InputError, match='has no probabilities'):
            read_predictions(file)


def test_names_tell_runs_apart():
    assert list(name_runs(['x/a', 'x/b/'])) == ['a', 'b']
    assert list(name_runs(['x/a', 'y/a'])) == ['x/a', 'y/a']
    with pytest.raises(InputError, match='2 runs need as many'):
        name_runs(['a', 'b'], ['one'])
    with pytest.raises(InputError, match='2 runs need as many'):
        name_runs(['a', 'a'])
