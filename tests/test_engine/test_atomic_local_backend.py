import os

import pytest
import torch
from mmengine.fileio import get_file_backend
from mmengine.runner import save_checkpoint


@pytest.fixture
def backend():
    import daffnet_mm  # noqa: F401

    return get_file_backend(backend_args=dict(backend='atomic_local'))


def test_it_writes_and_reads_like_the_local_one(tmp_path, backend):
    path = tmp_path / 'new' / 'x'
    backend.put(b'\x00\xff', path)
    assert backend.get(path) == b'\x00\xff'
    backend.put_text('µm\r\n', path)
    assert path.read_bytes() == 'µm\r\n'.encode()
    backend.put_text('µ', path, encoding='latin-1')
    assert path.read_bytes() == b'\xb5'
    assert [p.name for p in path.parent.iterdir()] == ['x']


def test_an_interrupted_write_keeps_the_old_checkpoint(tmp_path, monkeypatch):
    path = tmp_path / 'epoch_1.pth'
    args = dict(backend='atomic_local')
    save_checkpoint(dict(epoch=1), str(path), backend_args=args)

    def interrupt(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, 'replace', interrupt)
        with pytest.raises(KeyboardInterrupt):
            save_checkpoint(
                dict(epoch=2, weights=torch.ones(1000)),
                str(path),
                backend_args=args,
            )
    assert torch.load(path, weights_only=True) == dict(epoch=1)
    assert [p.name for p in tmp_path.iterdir()] == ['epoch_1.pth']

    save_checkpoint(dict(epoch=2), str(path), backend_args=args)
    assert torch.load(path, weights_only=True) == dict(epoch=2)
