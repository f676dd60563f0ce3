"""A work folder can be resumed from, whatever happened to it."""

import os
import shutil

import pytest
from mmengine.hooks import CheckpointHook
from tiny_run import (
    InterruptHook,
    Interruption,
    assert_same,
    tiny_config,
    train,
    weights,
)

from daffnet_lite.errors import InputError

EPOCHS = {'train_cfg.max_epochs': 4}


@pytest.fixture(scope='module')
def whole(tmp_path_factory):
    """An uninterrupted training, of which two checkpoints are left."""
    folder = tmp_path_factory.mktemp('whole')
    train(tiny_config(folder, **EPOCHS))
    return folder


@pytest.fixture(scope='module')
def interrupted(tmp_path_factory):
    """A training that stopped in its third epoch."""
    folder = tmp_path_factory.mktemp('interrupted') / 'run'
    with pytest.raises(Interruption):
        train(
            tiny_config(folder, **EPOCHS),
            InterruptHook('after_train_iter', 2),
        )
    return folder


@pytest.fixture
def run(interrupted, tmp_path):
    """A copy of that training; the first lies where it was."""
    return shutil.copytree(interrupted, tmp_path / 'copy')


def resume(folder):
    return train(tiny_config(folder, resume=True, **EPOCHS))


def ends_like(folder, whole):
    for name in ('epoch_3.pth', 'epoch_4.pth', 'best.pth'):
        assert_same(weights(folder / name), weights(whole / name))
    checkpoints = [
        sorted(p.name for p in f.glob('*.pth')) for f in (folder, whole)
    ]
    assert checkpoints[0] == checkpoints[1]
    assert (folder / 'last_checkpoint').read_text() == 'epoch_4.pth'


def test_a_copy_is_resumed_and_the_original_left_alone(
    run, interrupted, whole
):
    before = {p: p.stat().st_mtime_ns for p in interrupted.rglob('*')}
    assert (run / 'last_checkpoint').read_text() == 'epoch_2.pth'
    runner = resume(run)
    ends_like(run, whole)
    hook = next(h for h in runner.hooks if isinstance(h, CheckpointHook))
    assert os.path.dirname(hook.best_ckpt_path) == str(run)
    assert {p: p.stat().st_mtime_ns for p in interrupted.rglob('*')} == before


@pytest.mark.parametrize('content', [None, '', '/elsewhere/epoch_2.pth'])
def test_another_last_checkpoint(run, whole, content):
    last = run / 'last_checkpoint'
    last.unlink() if content is None else last.write_text(content)
    resume(run)
    ends_like(run, whole)


@pytest.mark.parametrize('damage', ['flipped', 'cut', 'gone'])
def test_a_damaged_checkpoint(run, whole, damage):
    path = run / 'epoch_2.pth'
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    if damage == 'gone':
        path.unlink()
    else:
        path.write_bytes(content if damage == 'flipped' else content[:5000])
    resume(run)
    ends_like(run, whole)
    logged = ''.join(path.read_text() for path in run.glob('*/*.log'))
    assert 'epoch_1.pth is the newest that is whole' in logged
    assert f'resuming from {run}/epoch_1.pth' in logged


def test_all_damaged(run):
    for path in run.glob('epoch_*.pth'):
        path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match='no whole checkpoint to resume from'):
        resume(run)


def test_nothing_to_resume_from(tmp_path, whole):
    tmp_path.joinpath('last_checkpoint').write_text('epoch_9.pth')
    resume(tmp_path)
    ends_like(tmp_path, whole)


def test_a_kill_between_two_steps_of_saving(run, whole, monkeypatch):
    """The next checkpoint is there; it is not named, the old one not gone."""
    import daffnet_mm.engine.hooks.resumable_checkpoint_hook as module

    def stop(*_):
        raise Interruption

    for name in ('name_last', None):
        with monkeypatch.context() as patch:
            if name:
                patch.setattr(module, name, stop)
            else:
                hook = module.ResumableCheckpointHook
                patch.setattr(hook, '_delete', stop)
            with pytest.raises(Interruption):
                resume(run)
        assert (run / 'epoch_3.pth').is_file()
        assert (run / 'epoch_1.pth').is_file()
    resume(run)
    ends_like(run, whole)


def test_one_checkpoint_is_always_there(tmp_path, monkeypatch):
    cfg = tiny_config(
        tmp_path, **{'default_hooks.checkpoint.max_keep_ckpts': 1}, **EPOCHS
    )
    import mmengine.runner.runner as module

    real, seen = module.save_checkpoint, []

    def save(checkpoint, path, **kwargs):
        seen.append(sorted(p.name for p in tmp_path.glob('epoch_*.pth')))
        real(checkpoint, path, **kwargs)

    monkeypatch.setattr(module, 'save_checkpoint', save)
    train(cfg)
    assert all(seen[1:]) and max(map(len, seen)) == 1
    assert [p.name for p in tmp_path.glob('epoch_*')] == ['epoch_4.pth']
