import pytest
import torch

from daffnet_lite.errors import InputError
from daffnet_mm.engine.last_checkpoint import find_last, name_last


@pytest.fixture
def folder(tmp_path):
    for epoch in (1, 2, 10):
        torch.save(dict(state_dict={}), tmp_path / f'epoch_{epoch}.pth')
    name_last(str(tmp_path), str(tmp_path / 'epoch_2.pth'))
    return tmp_path


def found(folder):
    path, remarks = find_last(str(folder), str(folder), 'epoch_{}.pth')
    return path and path.removeprefix(f'{folder}/'), ' '.join(remarks)


def test_a_name_in_its_folder(folder):
    assert (folder / 'last_checkpoint').read_text() == 'epoch_2.pth'
    assert found(folder) == ('epoch_2.pth', '')
    moved = folder.rename(folder.with_name('moved'))
    assert found(moved) == ('epoch_2.pth', '')


def test_as_mmengine_writes_it(folder, tmp_path):
    (folder / 'last_checkpoint').write_text('/elsewhere/run/epoch_2.pth')
    assert found(folder) == ('epoch_2.pth', '')
    other = tmp_path / 'other' / 'epoch_7.pth'
    other.parent.mkdir()
    torch.save(dict(state_dict={}), other)
    (folder / 'last_checkpoint').write_text(str(other))
    assert found(folder)[0] == 'other/epoch_7.pth'


def test_checkpoints_elsewhere(folder, tmp_path):
    work_dir = tmp_path / 'work' / 'run'
    name_last(str(work_dir), str(folder / 'epoch_1.pth'))
    assert (work_dir / 'last_checkpoint').read_text() == '../../epoch_1.pth'
    path, _ = find_last(str(work_dir), str(folder), 'epoch_{}.pth')
    assert path == str(folder / 'epoch_1.pth')


@pytest.mark.parametrize('content', [None, b'', b'\0\0', b'\xff'])
def test_nothing_named(folder, content):
    last = folder / 'last_checkpoint'
    last.unlink() if content is None else last.write_bytes(content)
    name, remarks = found(folder)
    assert name == 'epoch_10.pth'
    assert remarks or content is None


def test_a_damaged_one(folder):
    path = folder / 'epoch_2.pth'
    path.write_bytes(path.read_bytes()[:300])
    name, remarks = found(folder)
    # not that of another training, with a higher number
    assert name == 'epoch_1.pth'
    assert 'epoch_2.pth is not a checkpoint, or not a whole' in remarks
    assert remarks.endswith('epoch_1.pth is the newest that is whole')
    path.unlink()
    name, remarks = found(folder)
    assert name == 'epoch_1.pth' and 'epoch_2.pth does not exist' in remarks
    (folder / 'epoch_1.pth').write_bytes(b'')
    with pytest.raises(InputError, match='no whole checkpoint .*epoch_1.pth'):
        found(folder)


def test_none(tmp_path):
    assert found(tmp_path) == (None, '')
    (tmp_path / 'last_checkpoint').write_text('epoch_3.pth')
    name, remarks = found(tmp_path)
    assert name is None and 'epoch_3.pth does not exist' in remarks
