import math
from unittest import mock

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_mm.errors import InputError
from daffnet_mm.models.heads import MAPHead
from daffnet_mm.structures import ATTRIBUTE_SIZES

#: Backbones of MMPretrain at reduced size, and the length of their feature.
FOREIGN = {
    'ConvNeXt': (
        dict(
            type='ConvNeXt',
            arch=dict(depths=[1, 1, 1, 1], channels=[8, 16, 32, 64]),
        ),
        64,
    ),
    'SwinTransformer': (
        dict(
            type='SwinTransformer',
            arch=dict(
                embed_dims=16, depths=[1, 1, 1, 1], num_heads=[1, 2, 4, 8]
            ),
            img_size=64,
            window_size=2,
        ),
        128,
    ),
    'VisionTransformer': (
        dict(
            type='VisionTransformer',
            arch=dict(
                embed_dims=32,
                num_layers=2,
                num_heads=2,
                feedforward_channels=64,
            ),
            img_size=64,
            patch_size=16,
            out_type='cls_token',
        ),
        32,
    ),
    'MobileNetV3': (dict(type='MobileNetV3', arch='small'), 576),
    'EfficientNet': (dict(type='EfficientNet', arch='b0'), 1280),
}


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_parameter_count():
    # ResNet50's 2048 to 1000, 1000 to 31 and 1000 to 5, each with biases.
    tail = 2048 * 1000 + 1000 + 1000 * 31 + 31
    assert count(MAPHead(2048)) == tail == 2_080_031
    assert count(MAPHead(2048, num_classes=5)) == tail + 1000 * 5 + 5


def test_is_the_papers_eleven_parallel_layers():
    head = MAPHead(12, num_features=7, num_classes=5)
    feature = torch.randn(3, 12, 4, 4)
    logits, class_logits = head((feature,))
    values = head.fc(feature.mean((2, 3)))
    start = 0
    for size in ATTRIBUTE_SIZES:
        own = slice(start, start + size)
        expected = (
            values @ head.fc_attributes.weight[own].T
            + head.fc_attributes.bias[own]
        )
        torch.testing.assert_close(logits[:, own], expected)
        start += size
    assert logits.shape == (3, 31)
    torch.testing.assert_close(class_logits, head.fc_classes(values))


def test_maps_and_vectors_give_the_same():
    head = MAPHead(12, num_features=7)
    feature = torch.randn(3, 12)
    from_vector, no_classes = head((feature,))
    from_map, _ = head((torch.zeros(1), feature[..., None, None]))
    torch.testing.assert_close(from_vector, from_map)
    assert no_classes is None


@pytest.mark.parametrize('num_classes', [None, 5])
def test_loss_of_an_undecided_head(cells, num_classes):
    """Without weights each attribute costs log2 of its number of values."""
    head = MAPHead(12, num_features=7, num_classes=num_classes)
    for parameter in head.parameters():
        parameter.data.zero_()
    losses = head.loss((torch.randn(4, 12),), cells(4))
    expected = sum(map(math.log2, ATTRIBUTE_SIZES)) / len(ATTRIBUTE_SIZES)
    assert losses['loss_attribute'].item() == pytest.approx(0.8 * expected)
    if num_classes:
        assert losses['loss_class'].item() == pytest.approx(0.2 * math.log2(5))
    else:
        assert list(losses) == ['loss_attribute']


def test_unknown_attributes_and_classes_cost_nothing(cells):
    head = MAPHead(12, num_features=7, num_classes=5)
    feature = torch.randn(4, 12)
    known = head.loss((feature[:2],), cells(2))
    samples = cells(4)
    for sample in samples[2:]:
        sample.gt_attributes.fill_(-1)
        sample.set_gt_label(-1)
    both = head.loss((feature,), samples)
    for name, value in known.items():
        torch.testing.assert_close(both[name], value)


def test_loss_weights_come_from_the_config(cells):
    torch.manual_seed(0)
    head = MAPHead(12, num_features=7, num_classes=5)
    other = MAPHead(
        12,
        num_features=7,
        num_classes=5,
        loss=dict(type='DSLLoss', attribute_weight=0.4, class_weight=1.0),
    )
    other.load_state_dict(head.state_dict())
    feature = torch.randn(4, 12)
    one, two = (h.loss((feature,), cells(4)) for h in (head, other))
    torch.testing.assert_close(
        two['loss_attribute'], one['loss_attribute'] / 2
    )
    torch.testing.assert_close(two['loss_class'], one['loss_class'] * 5)


def test_samples_without_attributes_are_refused():
    samples = [DataSample().set_gt_label(0)]
    with pytest.raises(InputError, match='no gt_attributes.*PackInputs'):
        MAPHead(12).loss((torch.randn(1, 12),), samples)


def test_attributes_follow_the_model_to_its_device(cells):
    """The preprocessor moves images and labels, but no other field."""
    head = MAPHead(12, num_features=7).to('meta')
    with mock.patch.object(head.loss_module, 'forward') as forward:
        head.loss((torch.randn(2, 12, device='meta'),), cells(2))
    assert [t.device.type for t in forward.call_args.args[:2]] == ['meta'] * 2


def test_prediction(cells):
    head = MAPHead(12, num_features=7, num_classes=5)
    feature = torch.randn(4, 12)
    samples = cells(4)
    predictions = head.predict((feature,), samples)
    logits, class_logits = head((feature,))
    for i, sample in enumerate(predictions):
        assert sample is samples[i] and int(sample.gt_label) == i
        parts = logits[i].split(ATTRIBUTE_SIZES)
        torch.testing.assert_close(
            sample.pred_attribute_scores,
            torch.cat([part.softmax(0) for part in parts]),
        )
        assert sample.pred_attributes.dtype == torch.int64
        assert sample.pred_attributes.tolist() == [
            int(part.argmax()) for part in parts
        ]
        torch.testing.assert_close(
            sample.pred_score, class_logits[i].softmax(0)
        )
        assert sample.pred_label.tolist() == [int(class_logits[i].argmax())]


def test_prediction_without_samples_or_classes():
    samples = MAPHead(12, num_features=7).predict((torch.randn(2, 12),))
    assert len(samples) == 2
    for sample in samples:
        assert sample.pred_attributes.shape == (11,)
        assert 'pred_label' not in sample


def test_other_attributes(cells):
    head = MAPHead(
        12, num_features=7, attributes=dict(a=('x', 'y'), b=('u', 'v', 'w'))
    )
    sample = DataSample()
    sample.set_field(torch.tensor([1, 2]), 'gt_attributes')
    assert torch.isfinite(
        head.loss((torch.randn(1, 12),), [sample])['loss_attribute']
    )
    (sample,) = head.predict((torch.randn(1, 12),))
    assert sample.pred_attribute_scores.shape == (5,)


def test_takes_the_imagenet_classifier(tmp_path):
    path = str(tmp_path / 'imagenet.pth')
    weights = {
        'backbone.conv1.weight': torch.zeros(1),
        'head.fc.weight': torch.randn(7, 12),
        'head.fc.bias': torch.randn(7),
    }
    torch.save(dict(state_dict=weights), path)
    head = MAPHead(
        12,
        num_features=7,
        init_cfg=[
            dict(type='Normal', layer='Linear', std=0.01),
            dict(type='Pretrained', checkpoint=path, prefix='head.'),
        ],
    )
    head.init_weights()
    assert torch.equal(head.fc.weight, weights['head.fc.weight'])
    assert torch.equal(head.fc.bias, weights['head.fc.bias'])
    assert head.fc_attributes.weight.std().item() == pytest.approx(
        0.01, rel=0.3
    )


@pytest.mark.parametrize('name', FOREIGN)
def test_trains_on_other_backbones(name, cells):
    torch.manual_seed(0)
    backbone, channels = FOREIGN[name]
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=backbone,
            head=dict(
                type='MAPHead',
                in_channels=channels,
                num_features=20,
                num_classes=5,
            ),
        )
    )
    model.init_weights()
    model.train()
    before = {n: p.clone() for n, p in model.named_parameters()}
    optimizer = OptimWrapper(torch.optim.Adam(model.parameters(), lr=1e-2))
    log = model.train_step(
        dict(inputs=torch.randn(4, 3, 64, 64), data_samples=cells(4)),
        optimizer,
    )
    assert set(log) == {'loss', 'loss_attribute', 'loss_class'}
    assert all(torch.isfinite(value) for value in log.values())
    changed = {
        n for n, p in model.named_parameters() if not torch.equal(p, before[n])
    }
    assert {n for n in before if n.startswith('head.')} <= changed
    # Down to the layer that sees the image.
    assert next(n for n in before if n.startswith('backbone.')) in changed
    assert len(changed) > 0.9 * len(before)


def test_autocast(map_cfg, cells):
    model = MODELS.build(map_cfg())
    inputs = torch.randn(4, 3, 32, 32)
    with torch.autocast('cpu', torch.bfloat16):
        assert model(inputs)[0].dtype == torch.bfloat16
        losses = model(inputs, cells(4), mode='loss')
        sample = model(inputs, mode='predict')[0]
    assert {loss.dtype for loss in losses.values()} == {torch.float32}
    sum(losses.values()).backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())
    assert sample.pred_attribute_scores.dtype == torch.float32
    assert sample.pred_score.dtype == torch.float32


def test_mixed_images_train():
    model = MODELS.build(
        dict(
            type='ImageClassifier',
            backbone=dict(
                type='ResNet', depth=18, base_channels=8, stem_channels=8
            ),
            head=dict(type='MAPHead', in_channels=64, num_classes=5),
            data_preprocessor=dict(type='MixingDataPreprocessor'),
            train_cfg=dict(augments=[dict(type='CutMix', alpha=1.0)]),
        )
    )
    samples = []
    for i in range(4):
        sample = DataSample().set_gt_label(i)
        sample.set_field(torch.zeros(11, dtype=torch.long), 'gt_attributes')
        samples.append(sample)
    data = model.data_preprocessor(
        dict(inputs=list(torch.rand(4, 3, 32, 32)), data_samples=samples),
        training=True,
    )
    assert 'mixture' in data['data_samples'][0]
    losses = model(**data, mode='loss')
    sum(losses.values()).backward()
    assert all(value.isfinite() for value in losses.values())
