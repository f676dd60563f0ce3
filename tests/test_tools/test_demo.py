import subprocess
import sys
from pathlib import Path

import pytest

from daffnet_mm.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))

import demo  # noqa: E402


def demo_args(**kwargs):
    return demo.argparse.Namespace(
        **{**dict(data_root=None, ann_dir=None, out_dir=None), **kwargs}
    )


def make_data(root):
    (root / 'pbc' / demo.PBC_FOLDER).mkdir(parents=True)
    (root / 'wbcatt').mkdir()
    (root / 'wbcatt' / 'pbc_attr_v1_train.csv').touch()


def test_data_are_found_one_level_below(tmp_path):
    make_data(tmp_path)
    assert demo.locate_data(demo_args(data_root=tmp_path)) == dict(
        PBC_ROOT=str(tmp_path / 'pbc' / demo.PBC_FOLDER),
        WBCATT_ROOT=str(tmp_path / 'wbcatt'),
    )


def test_data_are_found_in_two_folders(tmp_path):
    make_data(tmp_path)
    found = demo.locate_data(
        demo_args(data_root=tmp_path / 'pbc', ann_dir=tmp_path / 'wbcatt')
    )
    assert found['WBCATT_ROOT'] == str(tmp_path / 'wbcatt')


@pytest.mark.parametrize('missing', ['pbc', 'wbcatt'])
def test_missing_data_are_named(tmp_path, missing):
    make_data(tmp_path)
    (tmp_path / missing).rename(tmp_path / 'elsewhere')
    for child in (tmp_path / 'elsewhere').iterdir():
        child.rename(child.with_name('other'))
    with pytest.raises(InputError, match=str(tmp_path)):
        demo.locate_data(demo_args(data_root=tmp_path))


def test_missing_folder_is_one_sentence():
    done = subprocess.run(
        [sys.executable, 'tools/demo.py', '--data-root', 'no/such/folder'],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        'error: no/such/folder is no folder'
    )


def test_results_of_other_data_are_not_mixed(tmp_path):
    demo.check_settings(tmp_path, dict(kind='real', PBC_ROOT='a'))
    demo.check_settings(tmp_path, dict(kind='real', PBC_ROOT='a'))
    with pytest.raises(InputError, match='other data'):
        demo.check_settings(tmp_path, dict(kind='real', PBC_ROOT='b'))


def test_a_stage_resumes_until_it_is_finished(tmp_path, monkeypatch):
    commands = []

    def run(*args):
        commands.append(args)
        if len(commands) == 1:
            raise SystemExit(2)

    monkeypatch.setattr(demo, 'run', run)
    stage = ('map-tiny_synthetic', tmp_path, {'A': 'b'}, ['x=1'])
    with pytest.raises(SystemExit):
        demo.train(*stage)
    for _ in range(2):
        demo.train(*stage)
    # failed, resumed, and not a third time
    assert len(commands) == 2
    command, env = commands[1]
    assert command[:2] == [
        'tools/train.py',
        'configs/daffnet/map-tiny_synthetic.py',
    ]
    assert '--resume' in command
    assert command[-2:] == ['--cfg-options', 'x=1']
    assert env == {'A': 'b'}
