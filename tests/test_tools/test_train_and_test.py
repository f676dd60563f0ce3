"""What tools/train.py and tools/test.py do with runs that go wrong."""

import pytest
import torch
from tiny_run import CONFIG, assert_same, weights

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
@pytest.mark.parametrize(
    'num_workers', [0, pytest.param(1, marks=pytest.mark.long)]
)
def test_killed_and_resumed(tmp_path, succeeds, num_workers):
    """A run that is killed twice ends like one that is not."""
    options = ['--cfg-options', f'train_dataloader.num_workers={num_workers}']
    whole, parts = tmp_path / 'whole', tmp_path / 'parts'
    succeeds('train.py', CONFIG, '--work-dir', whole, *options)
    resume = ('--work-dir', parts, '--resume', *options)

    for epoch in (1, 2):
        config = write_config(tmp_path, epoch)
        succeeds('train.py', config, *resume, status=-9)
        assert (parts / f'epoch_{epoch}.pth').exists()
        assert not (parts / f'epoch_{epoch + 1}.pth').exists()
    output = succeeds('train.py', CONFIG, *resume)
    assert f'resumed epoch: 2, iter: {2 * 3}' in output

    for name in ('epoch_3.pth', 'best.pth'):
        assert_same(weights(whole / name), weights(parts / name))
    best = {
        torch.load(run / 'best.pth', weights_only=True)['meta']['epoch']
        for run in (whole, parts)
    }
    assert len(best) == 1
    one, other = (f / 'evaluation/wbc_metrics.json' for f in (whole, parts))
    assert one.read_text() == other.read_text()


def test_a_diverging_run(tmp_path, fails):
    optimizer = 'optim_wrapper.optimizer'
    error = fails(
        f'train.py --cfg-options {optimizer}.type=SGD {optimizer}.lr=1e20',
        '--work-dir',
        tmp_path / 'run',
        CONFIG,
    )
    assert error.startswith('error: loss became nan in epoch')
    assert not list((tmp_path / 'run').glob('*.pth'))


def test_weights_that_cannot_be_had(tmp_path, succeeds, fails):
    config = tmp_path / 'far.py'
    checkpoint = 'https://nowhere.invalid/a.pth'
    init_cfg = dict(type='Pretrained', checkpoint=checkpoint)
    model = dict(backbone=dict(init_cfg=init_cfg))
    config.write_text(f'_base_ = {str(CONFIG)!r}\nmodel = {model}\n')
    options = ('--work-dir', tmp_path / 'run', '--cfg-options')
    options += ('train_cfg.max_epochs=1',)
    error = fails('train.py', config, *options)
    assert f'{checkpoint} cannot be downloaded' in error
    # before anything was made
    assert not (tmp_path / 'run').exists()
    succeeds('train.py', config, '--from-scratch', *options)
    assert (tmp_path / 'run' / 'best.pth').is_file()


def test_checkpoints_that_do_not_fit(tmp_path, succeeds, fails):
    options = ('--work-dir', tmp_path, '--cfg-options')
    succeeds('train.py', CONFIG, *options, 'train_cfg.max_epochs=1')
    best = tmp_path / 'best.pth'
    for option, sentence in [
        (
            'model.head.num_classes=8',
            (
                'has head.classifier.weight of shape (5, 16), but this config '
                'needs (8, 16)'
            ),
        ),
        (
            (
                'test_dataloader.dataset.classes=monocyte,basophil,eosinophil,'
                'lymphocyte,neutrophil'
            ),
            (
                'was trained for the classes basophil, eosinophil, '
                'lymphocyte, monocyte, neutrophil, but the data has monocyte,'
            ),
        ),
        (
            'model.backbone.type=ResNet',
            (
                'has no weight backbone.layer1.0.conv2.weight: it was made by '
                'another model'
            ),
        ),
    ]:
        error = fails('test.py', CONFIG, best, *options, option)
        assert error.startswith(f'error: {best} {sentence}')


def test_a_missing_data_folder(tmp_path, fails):
    config = tmp_path / 'config.py'
    config.write_text(
        f"_base_ = '{CONFIG}'\n"
        "train_dataloader = dict(dataset=dict(_delete_=True, type='PBC', "
        f"data_root='{tmp_path}/nowhere', pipeline=[]))\n"
    )
    error = fails('train.py', config, '--work-dir', tmp_path)
    assert 'nowhere (PBC) is no folder' in error


@pytest.mark.skipif(torch.cuda.is_available(), reason='it works on a GPU')
def test_mixed_precision_without_a_gpu(tmp_path, fails):
    error = fails('train.py --amp --work-dir', tmp_path, CONFIG)
    assert '--amp needs a GPU' in error
