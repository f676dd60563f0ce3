import functools
import http.server
import os
import pickle
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.evaluator import BaseMetric
from mmengine.logging import HistoryBuffer
from mmengine.model import BaseModel
from mmengine.runner import CheckpointLoader, Runner, load_checkpoint

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError


class Attack:
    """Unpickled, it creates a file."""

    def __init__(self, victim):
        self.victim = victim

    def __reduce__(self):
        return os.mkdir, (str(self.victim),)


class HistoryAttack:
    """Reaches beyond the statistics that `getattr` is allowed for."""

    def __reduce__(self):
        return getattr, (HistoryBuffer, '__init__')


class Stranger:
    """A harmless class, but not one that a checkpoint may hold."""


class TinyModel(BaseModel):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)

    def forward(self, inputs, mode='tensor'):
        output = self.layer(inputs)
        return dict(loss=output.square().mean()) if mode == 'loss' else output


class NumpyMetric(BaseMetric):
    """A metric whose figures are NumPy numbers, as means often are."""

    def process(self, data_batch, data_samples):
        self.results.append(0)

    def compute_metrics(self, results):
        return dict(accuracy=np.float64(50.0), loss=np.float32(1.0))


@pytest.fixture(scope='module')
def work_dir(tmp_path_factory):
    """A run with all that MMEngine puts into a checkpoint."""
    work_dir = tmp_path_factory.mktemp('run')
    data = [dict(inputs=torch.ones(2)) for _ in range(4)]
    loader = dict(
        dataset=data,
        batch_size=2,
        sampler=dict(type='DefaultSampler', shuffle=True),
        collate_fn=dict(type='default_collate'),
    )
    runner = Runner(
        TinyModel(),
        str(work_dir),
        train_dataloader=loader,
        val_dataloader=loader,
        train_cfg=dict(by_epoch=True, max_epochs=2),
        val_cfg=dict(),
        val_evaluator=[NumpyMetric()],
        optim_wrapper=dict(optimizer=dict(type='Adam', lr=1e-4)),
        param_scheduler=[
            dict(type='LinearLR', by_epoch=False, end=2),
            dict(type='CosineAnnealingLR', T_max=2),
        ],
        default_hooks=dict(
            checkpoint=dict(type='CheckpointHook', save_best='accuracy')
        ),
        custom_hooks=[
            dict(type='EMAHook'),
            dict(type='EarlyStoppingHook', monitor='accuracy'),
        ],
        default_scope='mmpretrain',
        experiment_name='safe_checkpoint',
    )
    runner.train()
    return work_dir


def test_checkpoints_of_a_runner_load(work_dir):
    checkpoint = CheckpointLoader.load_checkpoint(
        str(work_dir / 'epoch_2.pth'), map_location='cpu'
    )
    history = checkpoint['message_hub']['log_scalars']['train/loss']
    assert isinstance(history, HistoryBuffer)
    assert history.mean() > 0
    assert checkpoint['message_hub']['runtime_info']['best_score'] == 50
    assert 'optimizer' in checkpoint and 'param_schedulers' in checkpoint

    (best,) = work_dir.glob('best_*.pth')
    load_checkpoint(TinyModel(), str(best), strict=True)
    assert torch.load(best, weights_only=True)['state_dict']


def test_numpy_1_names_load(tmp_path):
    # a checkpoint from NumPy 1, written with NumPy 2, or the other way round
    path = tmp_path / 'other_numpy.pth'
    torch.save(dict(best=np.float64(1.5), history=np.arange(3.0)), path)
    other = tmp_path / 'renamed.pth'
    names = (b'numpy._core.multiarray', b'numpy.core.multiarray')
    old, new = names if np.__version__ >= '2' else names[::-1]
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(other, 'w') as out:
        for name in source.namelist():
            data = source.read(name)
            if name.endswith('data.pkl'):
                assert old in data
                data = data.replace(old, new)
            out.writestr(name.replace('other_numpy', 'renamed'), data)
    loaded = CheckpointLoader.load_checkpoint(str(other))
    assert loaded['best'] == 1.5
    assert loaded['history'].tolist() == [0, 1, 2]


def save_zip(content, path):
    torch.save(content, path)


def save_legacy(content, path):
    torch.save(content, path, _use_new_zipfile_serialization=False)


def save_pickle(content, path):
    path.write_bytes(pickle.dumps(content))


@pytest.mark.parametrize('save', [save_zip, save_legacy, save_pickle])
def test_code_is_refused_and_not_run(tmp_path, save):
    victim, path = tmp_path / 'victim', tmp_path / 'attack.pth'
    save(dict(state_dict=dict(weight=Attack(victim))), path)
    with pytest.raises(InputError, match='attack.pth is refused') as caught:
        CheckpointLoader.load_checkpoint(str(path))
    assert '\n' not in str(caught.value)
    with pytest.raises(InputError, match='attack.pth is refused'):
        load_checkpoint(TinyModel(), str(path))
    # Nor does PyTorch run it where it is left to decide.
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path)
    assert not victim.exists()


def test_what_a_program_asks_for_is_left_to_it(tmp_path):
    """Another project's file, loaded by code that trusts it."""
    path = tmp_path / 'theirs.pth'
    torch.save(dict(extra=Stranger()), path)
    assert isinstance(torch.load(path, weights_only=False)['extra'], Stranger)
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path, weights_only=True)


def test_no_setting_is_made_for_other_programs():
    """What this process starts finds the environment as it was."""
    code = (
        'import os; before = dict(os.environ); import daffnet_mm; '
        'changed = {k: v for k, v in os.environ.items() '
        'if before.get(k) != v}; '
        "assert not [k for k in changed if 'TORCH' in k], changed"
    )
    subprocess.run([sys.executable, '-c', code], check=True)


def test_the_refusal_names_what_was_found(tmp_path):
    path = tmp_path / 'stranger.pth'
    torch.save(dict(state_dict={}, extra=Stranger()), path)
    with pytest.raises(InputError, match=r'asks for \S+\.Stranger;'):
        CheckpointLoader.load_checkpoint(str(path))


def test_getattr_is_not_allowed_beyond_the_statistics(tmp_path):
    path = tmp_path / 'history.pth'
    torch.save(dict(history=HistoryAttack()), path)
    with pytest.raises(InputError, match='getattr'):
        CheckpointLoader.load_checkpoint(str(path))
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serve a folder over HTTP on this machine, with an empty cache."""
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'cache'))
    folder = tmp_path / 'served'
    folder.mkdir()
    handler = functools.partial(
        http.server.SimpleHTTPRequestHandler, directory=folder
    )
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f'http://127.0.0.1:{server.server_port}'
        server.shutdown()


def test_downloaded_code_is_refused(server, tmp_path):
    folder, address = server
    victim = tmp_path / 'victim'
    torch.save(dict(state_dict=Attack(victim)), folder / 'attack.pth')
    torch.save(dict(state_dict=dict(a=torch.ones(1))), folder / 'good.pth')
    for _ in range(2):  # the second time from the cache
        with pytest.raises(InputError, match='attack.pth is refused'):
            CheckpointLoader.load_checkpoint(f'{address}/attack.pth')
    assert not victim.exists()
    loaded = CheckpointLoader.load_checkpoint(f'{address}/good.pth')
    assert loaded['state_dict']['a'] == 1


@pytest.mark.parametrize('content', [b'', b'hello world', b'PK\x03\x04' * 9])
def test_a_file_that_is_no_checkpoint(tmp_path, content):
    path = tmp_path / 'broken.pth'
    path.write_bytes(content)
    with pytest.raises(InputError, match='broken.pth is'):
        CheckpointLoader.load_checkpoint(str(path))


def test_half_a_checkpoint(work_dir, tmp_path):
    whole = (work_dir / 'epoch_2.pth').read_bytes()
    path = tmp_path / 'half.pth'
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match='not a whole one'):
        CheckpointLoader.load_checkpoint(str(path))


def test_a_torchscript_archive_is_refused(tmp_path):
    class Doubled(torch.nn.Module):
        def forward(self, inputs):
            return 2 * inputs

    path = tmp_path / 'script.pth'
    torch.jit.trace(Doubled(), torch.ones(1)).save(path)
    with pytest.raises(InputError, match='it is a TorchScript program'):
        CheckpointLoader.load_checkpoint(str(path))


def test_a_missing_file(tmp_path):
    missing = Path(tmp_path, 'missing.pth')
    with pytest.raises(FileNotFoundError, match='missing.pth'):
        CheckpointLoader.load_checkpoint(str(missing))
