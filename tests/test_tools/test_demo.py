import re
import subprocess
import sys
from pathlib import Path

import pytest

from daffnet_lite.errors import InputError

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools'))
sys.path.append(str(ROOT / 'tests' / 'test_reproduction'))

import demo  # noqa: E402
from fake_tools import attempts, write_driver  # noqa: E402


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


@pytest.mark.long
def test_all_stages_and_their_tables(tmp_path, monkeypatch, capfd):
    driver, tools = write_driver(tmp_path)
    popen = subprocess.Popen

    def with_fake_tools(command, **kwargs):
        command[1] = str(driver)
        return popen(command, **kwargs)

    monkeypatch.setattr(demo.subprocess, 'Popen', with_fake_tools)
    arguments = ['--out-dir', str(tmp_path / 'out')]
    (tools / 'fail').write_text('map.dsl-ssl|no luck')
    with pytest.raises(SystemExit) as caught:
        demo.main(arguments)
    assert caught.value.code == 1
    assert 'the same call goes on from here' in capfd.readouterr().out
    (tools / 'fail').unlink()
    (tools / 'attempts').unlink()

    assert demo.main(arguments) == 0
    # what has ended is not repeated
    assert attempts(tools) == [
        f'synthetic/{method}/seed0'
        for method in ('map.dsl-ssl', 'epsa-sa', 'daffnet')
    ]
    text = re.sub(' +', ' ', capfd.readouterr().out)
    runs = tmp_path / 'out' / 'runs' / 'synthetic'
    assert f'--map {runs}/map.dsl-ssl/seed0/best.pth' in text
    assert '| daffnet |' in text
    assert '| cell size | 50.25 | 79.93 |' in text
    assert '| supervised | - | 84.00 |' in text and '| not run |' in text
    assert '| deep- and semi-supervised | 60.50 | 88.65 |' in text
    for method in ('map.dsl', 'map.dsl-ssl', 'epsa-sa', 'daffnet'):
        assert str(runs / method / 'seed0' / 'best.pth') in text
    # nothing of it twice
    demo.main(arguments)
    assert len(attempts(tools)) == 3
