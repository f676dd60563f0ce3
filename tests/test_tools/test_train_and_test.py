"""What tools/train.py and tools/test.py do with runs that go wrong."""

import pytest
import torch
from tiny_run import CONFIG, assert_same, weights
from tool_process import run_tool

HOOKS = """
_base_ = '{base}'
custom_imports = dict(
    imports=['daffnet_mm', 'tiny_run'], allow_failed_imports=False)
custom_hooks = [dict(type='KillHook', epoch={epoch}, batch_idx=1)]
"""


def write_config(folder, epoch):
    """The tiny config, and one that kills itself in an epoch."""
    path = folder / f'kill_{epoch}.py'
    path.write_text(HOOKS.format(base=CONFIG, epoch=epoch))
    return path


@pytest.mark.slow
@pytest.mark.parametrize('num_workers', [0, 1])
def test_killed_and_resumed(tmp_path, num_workers):
    """A run that is killed twice ends like one that is not."""
    options = ['--cfg-options', f'train_dataloader.num_workers={num_workers}']
    whole, parts = tmp_path / 'whole', tmp_path / 'parts'
    log = tmp_path / 'log'
    status, output = run_tool(
        'train.py', CONFIG, '--work-dir', whole, *options, log=log
    )
    assert status == 0, output

    for epoch in (1, 2):
        status, output = run_tool(
            'train.py',
            write_config(tmp_path, epoch),
            '--work-dir',
            parts,
            '--resume',
            *options,
            log=log,
        )
        assert status == -9, output
        assert (parts / f'epoch_{epoch}.pth').exists()
        assert not (parts / f'epoch_{epoch + 1}.pth').exists()
    status, output = run_tool(
        'train.py', CONFIG, '--work-dir', parts, '--resume', *options, log=log
    )
    assert status == 0, output
    assert f'resumed epoch: 2, iter: {2 * 3}' in output

    for name in ('epoch_3.pth', 'best.pth'):
        assert_same(weights(whole / name), weights(parts / name))
    best = {
        torch.load(run / 'best.pth', weights_only=True)['meta']['epoch']
        for run in (whole, parts)
    }
    assert len(best) == 1
    assert (whole / 'evaluation' / 'wbc_metrics.json').read_text() == (
        parts / 'evaluation' / 'wbc_metrics.json'
    ).read_text()


def only_sentence(output):
    """The one line that starts with 'error: '."""
    assert 'Traceback' not in output
    (line,) = (
        line for line in output.splitlines() if line.startswith('error: ')
    )
    return line


def test_a_diverging_run(tmp_path):
    work_dir = tmp_path / 'run'
    status, output = run_tool(
        'train.py',
        CONFIG,
        '--work-dir',
        work_dir,
        '--cfg-options',
        'optim_wrapper.optimizer.type=SGD',
        'optim_wrapper.optimizer.lr=1e20',
        log=tmp_path / 'log',
    )
    assert status == 2, output
    assert only_sentence(output).startswith('error: loss became nan in epoch')
    assert not list(work_dir.glob('*.pth'))


def test_checkpoints_that_do_not_fit(tmp_path):
    status, output = run_tool(
        'train.py',
        CONFIG,
        '--work-dir',
        tmp_path,
        '--cfg-options',
        'train_cfg.max_epochs=1',
        log=tmp_path / 'log',
    )
    assert status == 0, output
    best = tmp_path / 'best.pth'
    for options, sentence in [
        (
            ['model.head.num_classes=8'],
            (
                f'{best} has head.classifier.weight of shape (5, 16), but '
                'this config needs (8, 16)'
            ),
        ),
        (
            [
                (
                    'test_dataloader.dataset.classes=monocyte,basophil,eosinophil,'
                    'lymphocyte,neutrophil'
                )
            ],
            (
                f'{best} was trained for the classes basophil, eosinophil, '
                'lymphocyte, monocyte, neutrophil, but the data has monocyte,'
            ),
        ),
        (
            ['model.backbone.type=ResNet'],
            (
                f'{best} has no weight backbone.layer1.0.conv2.weight: it was '
                'made by another model'
            ),
        ),
    ]:
        status, output = run_tool(
            'test.py',
            CONFIG,
            best,
            '--work-dir',
            tmp_path / 'test',
            '--cfg-options',
            *options,
            log=tmp_path / 'log',
        )
        assert status == 2, output
        assert only_sentence(output).startswith(f'error: {sentence}')


def test_a_missing_data_folder(tmp_path):
    config = tmp_path / 'config.py'
    config.write_text(
        f"_base_ = '{CONFIG}'\n"
        "train_dataloader = dict(dataset=dict(_delete_=True, type='PBC', "
        f"data_root='{tmp_path}/nowhere', pipeline=[]))\n"
    )
    status, output = run_tool(
        'train.py', config, '--work-dir', tmp_path, log=tmp_path / 'log'
    )
    assert status == 2, output
    assert 'nowhere does not exist' in only_sentence(output)


@pytest.mark.skipif(torch.cuda.is_available(), reason='it works on a GPU')
def test_mixed_precision_without_a_gpu(tmp_path):
    status, output = run_tool(
        'train.py',
        CONFIG,
        '--work-dir',
        tmp_path,
        '--amp',
        log=tmp_path / 'log',
    )
    assert status == 2, output
    assert '--amp needs a GPU' in only_sentence(output)
