import json
import subprocess

import pytest
from mmengine import Config

from daffnet_mm.errors import InputError
from daffnet_mm.reproduction.training_steps import (
    StepFailedError,
    claimed,
    retrain,
    train,
)

#: Stands for the tools: notes how it was called, and leaves what they leave.
TOOL = """
import json, os, sys
from pathlib import Path
here = Path(__file__)
name = here.stem
cfg = json.loads(Path(sys.argv[1]).read_text())
files = [part['label_file'] for part in cfg['train_dataloader']['dataset']
         .get('datasets', ()) if 'label_file' in part]
with open(here.parent / 'calls', 'a') as f:
    f.write(json.dumps([name, sys.argv[1:], files]) + '\\n')
failing = here.parent / ('fail_' + name)
if failing.exists():
    print('Traceback ...')
    print('error: ' + failing.read_text())
    sys.exit(2)
if name == 'train':
    work_dir = Path(sys.argv[3])
    (work_dir / 'best.pth').touch()
    # as MMEngine does
    (work_dir / Path(sys.argv[1]).name).write_text('what it made of it')
"""


@pytest.fixture
def tools(tmp_path):
    folder = tmp_path / 'tools'
    folder.mkdir()
    for name in ('train', 'pseudo_label'):
        (folder / f'{name}.py').write_text(TOOL.format())
    return folder


def calls(tools):
    lines = (tools / 'calls').read_text().splitlines()
    return [json.loads(line) for line in lines]


def stage_1(seed=0):
    return Config(
        dict(seed=seed, train_dataloader=dict(dataset=dict(type='WBCAtt')))
    )


def stage_2():
    return Config(
        dict(
            train_dataloader=dict(
                dataset=dict(
                    type='MixedDataset',
                    datasets=[
                        dict(type='WBCAtt'),
                        dict(
                            type='PseudoLabelledDataset',
                            label_file='data/a.json',
                            dataset=dict(type='LISC'),
                        ),
                        dict(
                            type='PseudoLabelledDataset',
                            label_file='other/a.json',
                            dataset=dict(type='BCCD'),
                        ),
                    ],
                )
            )
        )
    )


def test_a_training_is_done_once(tmp_path, tools):
    for _ in range(2):
        best = train(stage_1(), tmp_path / 'run', tools)
        assert best == tmp_path / 'run' / 'best.pth'
    (call,) = calls(tools)
    assert call[:2] == [
        'train',
        [
            str(tmp_path / 'run' / 'settings' / 'config.json'),
            '--work-dir',
            str(tmp_path / 'run'),
            '--resume',
        ],
    ]
    kept = Config.fromfile(tmp_path / 'run' / 'settings' / 'config.json')
    assert kept.train_dataloader.dataset.type == 'WBCAtt'


def test_a_failed_training_says_why_and_is_tried_again(tmp_path, tools):
    (tools / 'fail_train').write_text('no such data')
    with pytest.raises(
        StepFailedError,
        match='train.py ended with status 2: '
        'error: no such data .see .*train.log',
    ) as caught:
        train(stage_1(), tmp_path / 'run', tools)
    assert 'Traceback' not in str(caught.value)
    (tools / 'fail_train').unlink()
    train(stage_1(), tmp_path / 'run', tools)
    assert len(calls(tools)) == 2


def test_other_settings_are_not_mixed_in(tmp_path, tools):
    train(stage_1(), tmp_path / 'run', tools)
    with pytest.raises(InputError, match='other settings'):
        train(stage_1(seed=1), tmp_path / 'run', tools)


def test_stage_2_labels_and_trains(tmp_path, tools):
    folder = tmp_path / 'run'
    best = retrain(stage_2(), tmp_path / 'teacher.pth', folder, tools)
    assert best == folder / 'best.pth'
    first, second = calls(tools)
    assert first[0] == 'pseudo_label' and second[0] == 'train'
    assert first[1] == [
        str(folder / 'settings' / 'config.json'),
        str(tmp_path / 'teacher.pth'),
    ]
    # each dataset has a file of its own, in the run's folder
    assert (
        first[2]
        == second[2]
        == [
            str(folder / 'pseudo_labels' / 'a.json'),
            str(folder / 'pseudo_labels' / 'a_1.json'),
        ]
    )
    # all is done
    retrain(stage_2(), tmp_path / 'teacher.pth', folder, tools)
    assert len(calls(tools)) == 2


def test_each_round_labels_for_the_next(tmp_path, tools):
    folder = tmp_path / 'run'
    best = retrain(
        stage_2(), tmp_path / 'teacher.pth', folder, tools, rounds=2
    )
    assert best == folder / 'round_2' / 'best.pth'
    labelling = [call for call in calls(tools) if call[0] == 'pseudo_label']
    assert [call[1][1] for call in labelling] == [
        str(tmp_path / 'teacher.pth'),
        str(folder / 'round_1' / 'best.pth'),
    ]
    assert labelling[0][2] != labelling[1][2]
    with pytest.raises(InputError, match='rounds must be 1 or more'):
        retrain(stage_2(), tmp_path / 'teacher.pth', folder, tools, rounds=0)


def test_nothing_to_label(tmp_path, tools):
    with pytest.raises(InputError, match='nothing to label'):
        retrain(stage_1(), tmp_path / 'teacher.pth', tmp_path / 'x', tools)


def test_a_training_that_outlived_its_parent_is_left_alone(tmp_path, tools):
    folder = tmp_path / 'run'
    with claimed(folder) as lock:
        orphan = subprocess.Popen(['sleep', '60'], pass_fds=(lock,))
    # the claim is given back here, but not by the process started meanwhile
    try:
        with pytest.raises(InputError, match='another process is working'):
            train(stage_1(), folder, tools)
    finally:
        orphan.kill()
        orphan.wait()
    train(stage_1(), folder, tools)
