"""The verdicts of all tools on files as people have them."""

import importlib.util
import subprocess
import sys

import pytest
from annotations import annotation, write_annotations
from pictures import picture, save
from tool_process import REPOSITORY

SCRIPT = REPOSITORY / 'reliability' / 'read_any_files.py'


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location('read_any_files', SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / 'files'
    save(picture(1), folder / 'sub' / 'good one.png')
    (folder / 'cut.png').write_bytes(
        (folder / 'sub' / 'good one.png').read_bytes()[:500]
    )
    (folder / 'slide.svs').write_bytes(b'II*\0')
    (folder / 'notes.txt').write_text('nothing')
    write_annotations(
        folder / 'table.csv', [annotation('monocyte', n) for n in range(3)]
    )
    return folder


def verdicts(path):
    """The table's rows by file."""
    header, _, *rows = path.read_text(encoding='utf-8').splitlines()
    names = [cell.strip() for cell in header.split('|')[1:-1]]
    cells = ([c.strip() for c in row.split('|')[1:-1]] for row in rows)
    return {
        row[0]: dict(zip(names[1:], row[1:], strict=True)) for row in cells
    }


def test_each_file_has_its_verdicts(script, folder, tmp_path, capsys):
    out = tmp_path / 'table.md'
    assert script.main([str(folder), '--out', str(out)]) == 0
    assert '5 files, 0 of them' in capsys.readouterr().out
    found = verdicts(out)
    assert list(found) == [
        'cut.png',
        'notes.txt',
        'slide.svs',
        'sub/good one.png',
        'table.csv',
    ]
    assert set(found['notes.txt'].values()) == {'-'}
    assert set(found['slide.svs'].values()) == {'left out, as told'}
    assert found['sub/good one.png']['dataset'] == '96 x 96'
    assert found['sub/good one.png']['audit'] == 'read'
    for verdict in found['cut.png'].values():
        assert verdict.startswith(('refused (', 'truncated (', 'unreadable ('))
    assert found['table.csv']['dataset'] == '3 rows'
    assert found['table.csv']['audit'] == '3 rows'


def test_a_file_without_a_verdict_is_named(
    script, folder, monkeypatch, capsys
):
    monkeypatch.setattr(script, 'run_predict', lambda *_: {})
    assert script.main([str(folder), '--skip-crop']) == 1
    output = capsys.readouterr()
    assert f'predict: cut.png: {script.LOST}' in output.err
    assert '3 of them handled wrongly' in output.out


@pytest.mark.long
def test_what_users_have_sent(shared, script, tmp_path, capsys):
    make = shared / 'fixtures' / 'user_files' / 'make_user_files.py'
    if not make.is_file():
        pytest.skip(f'no {make}')
    out = tmp_path / 'table.md'
    subprocess.run([sys.executable, make, tmp_path / 'files'], check=True)
    arguments = [str(tmp_path / 'files'), '--out', str(out), '--skip-crop']
    assert script.main(arguments) == 0
    found = verdicts(out)
    assert len(found) == 77
    images = {
        name: row for name, row in found.items() if name.startswith('img/')
    }
    others = {
        name.removeprefix('img/')[:2]: row['predict']
        for name, row in images.items()
        if not row['predict'].startswith('eosinophil')
    }
    # Without a colour, or a strip: read, and no model need see what it is.
    unlike = [others.pop(n, '') for n in ('21', '24', '36', '48', '53')]
    assert not any(answer.startswith('refused') for answer in unlike)
    # too small, no images, an unknown white, other kinds; 12 bits untold
    broken = ('34', '35', '37', '38', '39', '40', '41', '42', '49')
    assert set(others) == {'06', '54', '55', *broken}
    assert '--bit-depth 12' in others['06']
    assert all(others[number].startswith('refused') for number in broken)
    tables = {name: row for name, row in found.items() if name[:3] == 'csv'}
    assert {
        name.split('/')[1]
        for name, row in tables.items()
        if row['dataset'] != '199 rows'
    } == {'latin1', 'empty_value', 'missing_column'}
