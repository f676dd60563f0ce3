import json
import runpy
import sys

import pytest
from pictures import picture, save
from tool_process import REPOSITORY


@pytest.fixture
def lab(tmp_path):
    for part, seeds in dict(train=(1, 2, 3), test=(4, 5)).items():
        for seed in seeds:
            path = tmp_path / 'lab' / part / 'monocyte' / f'{seed}.png'
            save(picture(seed, 48, 48), path)
    return tmp_path / 'lab'


def run(monkeypatch, *arguments):
    """Run the tool in this process.

    Returns:
        int: Its exit status.
    """
    tool = REPOSITORY / 'tools' / 'audit_dataset.py'
    monkeypatch.setattr(sys, 'argv', [str(tool), *map(str, arguments)])
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(tool), run_name='__main__')
    return caught.value.code


def test_exit_status(tmp_path, lab, monkeypatch, capsys):
    out = tmp_path / 'out'
    arguments = ('--out-dir', out, '--num-workers', 0)
    assert run(monkeypatch, lab, *arguments) == 0
    assert json.loads((out / 'audit.json').read_text())['leaks'] == []
    assert 'leaks: 0 groups' in capsys.readouterr().out

    save(picture(1, 48, 48).rotate(90), lab / 'test' / 'monocyte' / 'c.png')
    groups, sheet = tmp_path / 'groups.csv', tmp_path / 'sheet.png'
    further = ('--groups-out', groups, '--contact-sheet', sheet)
    assert run(monkeypatch, lab, *arguments, *further) == 1
    printed = capsys.readouterr().out
    assert 'leaks: 1 groups' in printed and 'near duplicate' in printed
    assert len(json.loads((out / 'audit.json').read_text())['leaks']) == 1
    assert groups.is_file() and sheet.is_file()

    assert run(monkeypatch, tmp_path / 'nowhere', *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith('error: ') and error.count('\n') == 1


@pytest.mark.parametrize('by_config', [False, True])
def test_entries_that_cannot_be_used(
    tmp_path, lab, monkeypatch, capsys, by_config
):
    """They cost themselves, are named in the report, and count as broken."""
    (lab / 'train' / 'monocyte' / 'again').symlink_to('.')
    (lab / 'train' / 'itself').symlink_to('itself')
    place = lab
    if by_config:
        dataset = dict(
            type='LDWBC',
            data_root=str(lab / 'train'),
            classes=('monocyte',),
        )
        place = tmp_path / 'config.py'
        place.write_text(f'train_dataloader = dict(dataset={dataset})\n')
    out = tmp_path / 'out'
    arguments = ('--out-dir', out, '--num-workers', 0)
    assert run(monkeypatch, place, *arguments) == 1
    text = capsys.readouterr().out
    assert 'folders, links and names not usable: 2: ' in text
    (source,) = json.loads((out / 'audit.json').read_text())['sources']
    assert source['files'] == (3 if by_config else 5)
    assert [fault.partition(' is a ')[0] for fault in source['unusable']] == [
        str(lab / 'train' / 'itself'),
        str(lab / 'train' / 'monocyte' / 'again'),
    ]


def test_in_a_process_of_its_own(tmp_path, lab, succeeds):
    output = succeeds(
        'audit_dataset.py --num-workers 2 --out-dir', tmp_path / 'out', lab
    )
    assert 'leaks: 0 groups' in output
    assert 'looking at images' in output
