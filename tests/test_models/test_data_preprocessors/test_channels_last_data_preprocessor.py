import pytest
import torch
from mmpretrain.models.utils import ClsDataPreprocessor
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

NORMALISATION = dict(
    mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], to_rgb=True
)


def batch(kind):
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(
        0, 256, (4, 3, 16, 20), generator=generator, dtype=torch.uint8
    )
    return dict(
        inputs=images if kind == 'stacked' else list(images),
        data_samples=[DataSample().set_gt_label(i) for i in range(4)],
    )


@pytest.mark.parametrize('kind', ['stacked', 'list'])
@pytest.mark.parametrize('training', [True, False])
def test_differs_from_mmpretrain_in_the_memory_format_only(kind, training):
    ours = MODELS.build(
        dict(type='ChannelsLastDataPreprocessor', **NORMALISATION)
    )(batch(kind), training)
    theirs = ClsDataPreprocessor(**NORMALISATION)(batch(kind), training)
    assert torch.equal(ours['inputs'], theirs['inputs'])
    assert ours['inputs'].is_contiguous(memory_format=torch.channels_last)
    assert not theirs['inputs'].is_contiguous(
        memory_format=torch.channels_last
    )
    assert [int(s.gt_label) for s in ours['data_samples']] == [0, 1, 2, 3]


def test_batch_augmentation_goes_on():
    preprocessor = MODELS.build(
        dict(
            type='ChannelsLastDataPreprocessor',
            num_classes=4,
            batch_augments=dict(augments=dict(type='Mixup', alpha=1.0)),
            **NORMALISATION,
        )
    )
    data = preprocessor(batch('list'), training=True)
    assert data['inputs'].is_contiguous(memory_format=torch.channels_last)
    for sample in data['data_samples']:
        assert sample.gt_score.sum().item() == pytest.approx(1)
