import numpy as np
import pytest
import torch
from mmengine.structures import BaseDataElement
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_mm.models.data_preprocessors import mixes_labels


def preprocessor(augment='Mixup', **kwargs):
    return MODELS.build(
        dict(
            type='MixingDataPreprocessor',
            mean=[0.0, 0.0, 0.0],
            std=[1.0, 1.0, 1.0],
            batch_augments=dict(augments=dict(type=augment, alpha=1.0)),
            **kwargs,
        )
    )


def batch(number=4):
    # Image i is i everywhere: its mean tells what was mixed into it.
    images = [
        torch.full((3, 16, 16), i, dtype=torch.uint8) for i in range(number)
    ]
    return dict(
        inputs=images,
        data_samples=[DataSample().set_gt_label(i) for i in range(number)],
    )


@pytest.mark.parametrize('augment', ['Mixup', 'CutMix'])
def test_the_mixture_is_that_of_the_images(augment):
    np.random.seed(1)
    data = preprocessor(augment)(batch(), training=True)
    mixture = torch.stack([s.mixture for s in data['data_samples']])
    assert torch.allclose(mixture.sum(1), torch.ones(4))
    assert (mixture.diag() < 1).any()
    want = mixture @ torch.arange(4.0)
    assert torch.allclose(data['inputs'].mean((1, 2, 3)), want, atol=1e-4)
    assert data['inputs'].is_contiguous(memory_format=torch.channels_last)


def test_scores_are_mixed_alike():
    np.random.seed(1)
    data = preprocessor(to_onehot=True, num_classes=4)(batch(), True)
    for sample in data['data_samples']:
        # Label i belongs to sample i here.
        assert torch.allclose(sample.gt_score, sample.mixture)


def test_nothing_is_mixed_in_a_test_or_without_augments():
    data = preprocessor()(batch(), training=False)
    assert all('mixture' not in s for s in data['data_samples'])
    plain = MODELS.build(dict(type='MixingDataPreprocessor'))
    data = plain(batch(), training=True)
    assert all('mixture' not in s for s in data['data_samples'])
    assert isinstance(data['data_samples'][0], BaseDataElement)


def test_a_config_can_be_built_twice():
    batch_augments = dict(
        augments=[dict(type='CutMix', alpha=1.0)], probs=[0.5]
    )
    for _ in range(2):
        MODELS.build(
            dict(type='MixingDataPreprocessor', batch_augments=batch_augments)
        )
    assert batch_augments['probs'] == [0.5]


FOURIER, CUTMIX = dict(type='FourierMix'), dict(type='CutMix', alpha=1.0)


@pytest.mark.parametrize(
    ('augments', 'mixed'),
    [([FOURIER], False), ([FOURIER, CUTMIX], True), ([CUTMIX], True)],
)
def test_what_keeps_its_label_has_no_mixture(augments, mixed):
    model = MODELS.build(
        dict(
            type='MixingDataPreprocessor',
            batch_augments=dict(
                augments=augments, probs=[1 / len(augments)] * len(augments)
            ),
        )
    )
    assert mixes_labels(model) == mixed
    data = model(batch(), training=True)
    assert all(('mixture' in s) == mixed for s in data['data_samples'])


def test_other_preprocessors_may_mix_labels_too():
    plain = MODELS.build(dict(type='ClsDataPreprocessor'))
    mixing = MODELS.build(
        dict(
            type='ClsDataPreprocessor', batch_augments=dict(augments=[CUTMIX])
        )
    )
    assert not mixes_labels(plain) and mixes_labels(mixing)
    assert not mixes_labels(torch.nn.Identity())
