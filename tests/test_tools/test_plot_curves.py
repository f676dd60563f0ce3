"""What plot_curves.py reads of a training's logs."""

import json
import sys

import pytest
from tool_process import REPOSITORY

from daffnet_lite.errors import InputError

sys.path.append(str(REPOSITORY / 'tools' / 'analysis_tools'))

from plot_curves import read_training_log


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


def test_a_folder_without_logs(tmp_path):
    with pytest.raises(InputError, match='has no logs'):
        read_training_log(tmp_path)


@pytest.mark.parametrize('line', ['x', dict(loss=1.0)])
def test_a_damaged_log(tmp_path, line):
    write_log(tmp_path, '1', [train(1, 5, 3.0), line, train(1, 10, 1.0)])
    with pytest.raises(InputError, match='line 2 holds no values'):
        read_training_log(tmp_path)
