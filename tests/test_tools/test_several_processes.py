"""Training with two processes on a CPU, connected by gloo."""

import os
import shutil
import socket
import subprocess
import sys

import pytest
import torch
from tiny_run import CONFIG, assert_same, daffnet_model, weights
from tool_process import REPOSITORY, ToolProcess

pytestmark = pytest.mark.skipif(
    torch.cuda.is_available(), reason='would take GPUs'
)


def free_port():
    with socket.socket() as server:
        server.bind(('127.0.0.1', 0))
        return str(server.getsockname()[1])


def train_with_two(config, work_dir, *options):
    """Start two processes as torchrun does; gives their output."""
    port = free_port()
    work_dir.mkdir()
    processes = [
        ToolProcess(
            'train.py',
            config,
            '--launcher',
            'pytorch',
            '--work-dir',
            work_dir,
            *options,
            log=work_dir / f'log{rank}',
            RANK=str(rank),
            LOCAL_RANK=str(rank),
            WORLD_SIZE='2',
            MASTER_ADDR='127.0.0.1',
            MASTER_PORT=port,
        )
        for rank in range(2)
    ]
    results = [process.wait() for process in processes]
    for status, output in results:
        assert status == 0, output
    return [output for _, output in results]


def states(work_dir):
    """What both processes had at the end."""
    found = []
    for rank in range(2):
        state = torch.load(work_dir / f'rank{rank}.pth', weights_only=True)
        found.append({k.removeprefix('module.'): v for k, v in state.items()})
    return found


def write_config(path, base, text=''):
    """A config that dumps what each process has."""
    path.write_text(f"""
_base_ = '{base}'
custom_imports = dict(
    imports=['daffnet_mm', 'tiny_run'], allow_failed_imports=False)
custom_hooks = [dict(type='DumpHook')]
train_cfg = dict(max_epochs=1)
{text}
""")
    return path


@pytest.mark.slow
def test_two_half_batches_are_one_batch(tmp_path, succeeds):
    # without batch statistics and chance, and with plain gradient descent,
    # two processes must do exactly what one does with the whole batch
    config = write_config(
        tmp_path / 'config.py',
        CONFIG,
        """
model = dict(
    backbone=dict(norm_cfg=dict(type='GN', num_groups=2)),
    head=dict(dropout=0.))
optim_wrapper = dict(_delete_=True, optimizer=dict(type='SGD', lr=0.5))
train_dataloader = dict(dataset=dict(pipeline=_base_.test_pipeline))
""",
    )
    succeeds('train.py', config, '--work-dir', tmp_path / 'one')
    options = ('--cfg-options', 'train_dataloader.batch_size=8')
    outputs = train_with_two(config, tmp_path / 'two', *options)
    first, second = states(tmp_path / 'two')
    assert_same(first, second)
    assert_same(weights(tmp_path / 'one' / 'epoch_1.pth'), first)
    assert_same(weights(tmp_path / 'two' / 'best.pth'), first)
    # both took part: 48 cells in batches of 8 are six, three for each
    assert 'Epoch(train) [1][3/3]' in outputs[0]


@pytest.mark.slow
def test_frozen_layers_and_batch_statistics(tmp_path):
    # stage 3 in both its phases: the pretrained layers frozen, then all
    config = write_config(
        tmp_path / 'config.py',
        CONFIG,
        f"""
model = {daffnet_model()}
train_cfg = dict(max_epochs=2)
default_hooks = dict(
    freeze=dict(type='FreezePretrainedHook', epochs=1, layers=['backbone']))
""",
    )
    outputs = train_with_two(config, tmp_path / 'two')
    first, second = states(tmp_path / 'two')
    # the statistics of batch normalisation too
    assert_same(first, second)
    checkpoint = weights(tmp_path / 'two' / 'epoch_2.pth')
    assert_same(checkpoint, first)
    before = weights(tmp_path / 'two' / 'epoch_1.pth')
    name = 'backbone.layer1.0.bn1.running_mean'
    assert (before[name] == 0).all() and (first[name] != 0).any()
    assert (tmp_path / 'two' / 'evaluation' / 'wbc_metrics.json').exists()
    assert 'are training from epoch 2 on' in outputs[0]


@pytest.mark.long
@pytest.mark.skipif(shutil.which('bash') is None, reason='needs bash')
def test_the_script(tmp_path):
    config = write_config(
        tmp_path / 'config.py',
        REPOSITORY / 'configs' / 'daffnet' / 'map-tiny_synthetic.py',
        'default_hooks = dict(report=dict(figures=False))\n'
        + '\n'.join(
            f'{part}_dataloader = dict(batch_size=4, num_workers=0, '
            f'dataset=dict(num_samples={size}))'
            for part, size in (('train', 8), ('val', 5), ('test', 5))
        ),
    )
    environment = dict(
        os.environ,
        PYTHON=sys.executable,
        PORT=free_port(),
        PYTHONPATH=str(REPOSITORY / 'tests'),
    )
    script = REPOSITORY / 'tools' / 'dist_train.sh'
    process = subprocess.run(
        ['bash', script, config, '2', '--work-dir', tmp_path / 'run'],
        capture_output=True,
        text=True,
        env=environment,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    first, second = states(tmp_path / 'run')
    assert_same(first, second)
    assert_same(weights(tmp_path / 'run' / 'best.pth'), first)
