import math
from unittest import mock

import pytest
import torch
from foreign_backbones import CONVNEXT, EFFICIENTNET, MOBILENET, SWIN, VIT
from mmengine.optim import OptimWrapper
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_lite.errors import InputError
from daffnet_lite.structures import ATTRIBUTE_SIZES
from daffnet_mm.models.heads import MAPHead, find_map_head
from daffnet_mm.models.utils import pool_last_feature


def head_of(**options):
    torch.manual_seed(0)
    return MAPHead(12, num_features=7, **options)


def undecided(**options):
    """A head that gives all values of an attribute the same probability."""
    head = head_of(**options)
    for parameter in head.parameters():
        parameter.data.zero_()
    return head


#: What each attribute costs it on average: log2 of its number of values.
UNDECIDED = sum(map(math.log2, ATTRIBUTE_SIZES)) / len(ATTRIBUTE_SIZES)


def test_parameter_count(count):
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


def test_the_classifier_may_read_the_encoded_attributes():
    """Eq. (1) read as mfec: the MFE with a classifier at its tail."""
    encoder = dict(type='MorphologicalAttributeEncoder')
    head = head_of(num_classes=5, encoder=encoder).eval()
    assert head.fc_classes.in_features == 128
    feature = torch.randn(3, 12, 4, 4)
    logits, class_logits = head((feature,))
    scores = torch.cat(
        [own.softmax(1) for own in logits.split(ATTRIBUTE_SIZES, 1)], dim=1
    )
    torch.testing.assert_close(
        class_logits, head.fc_classes(head.encoder(scores))
    )
    # The cell type teaches the attributes, through their probabilities.
    class_logits.square().sum().backward()
    assert head.fc_attributes.weight.grad.abs().sum() > 0
    assert head_of(encoder=encoder).encoder is None


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
    head = undecided(num_classes=num_classes)
    losses = head.loss((torch.randn(4, 12),), cells(4))
    assert losses['loss_attribute'].item() == pytest.approx(0.8 * UNDECIDED)
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


def test_takes_the_imagenet_classifier(imagenet_classifier):
    weights, init_cfg = imagenet_classifier
    head = head_of(init_cfg=init_cfg)
    head.init_weights()
    assert torch.equal(head.fc.weight, weights['head.fc.weight'])
    assert torch.equal(head.fc.bias, weights['head.fc.bias'])
    std = head.fc_attributes.weight.std().item()
    assert std == pytest.approx(0.01, rel=0.3)


@pytest.mark.parametrize(
    ('backbone', 'channels'),
    [CONVNEXT, SWIN, VIT, MOBILENET, EFFICIENTNET],
    ids=lambda value: value['type'] if isinstance(value, dict) else '',
)
def test_trains_on_other_backbones(backbone, channels, cells):
    torch.manual_seed(0)
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


@pytest.mark.parametrize('dtype', [torch.half, torch.bfloat16, torch.double])
def test_encoded_attributes_in_any_precision(dtype):
    head = head_of(
        num_classes=5, encoder=dict(type='MorphologicalAttributeEncoder')
    ).eval()
    feats = (torch.randn(2, 12),)
    expected = head(feats)[1].softmax(1)
    scores = head.to(dtype)((feats[0].to(dtype),))[1].softmax(1)
    assert scores.dtype == dtype
    torch.testing.assert_close(scores.float(), expected, atol=0.02, rtol=0.02)


def test_mixed_images_train(map_cfg, cells):
    model = MODELS.build(
        map_cfg(
            data_preprocessor=dict(type='MixingDataPreprocessor'),
            train_cfg=dict(augments=[dict(type='CutMix', alpha=1.0)]),
        )
    )
    data = model.data_preprocessor(
        dict(inputs=list(torch.rand(4, 3, 32, 32)), data_samples=cells(4)),
        training=True,
    )
    assert 'mixture' in data['data_samples'][0]
    losses = model(**data, mode='loss')
    sum(losses.values()).backward()
    assert all(value.isfinite() for value in losses.values())


# -- options, all off in the paper's setting ---------------------------------


def test_soft_targets_and_weights_of_samples(cells):
    """An undecided head costs the same, whatever the target."""
    head, cost = undecided(), 0.8 * UNDECIDED
    samples = cells(2)
    soft = torch.cat([torch.full((n,), 1 / n) for n in ATTRIBUTE_SIZES])
    samples[0].set_field(soft, 'attribute_targets')
    feature = (torch.randn(2, 12),)
    loss = head.loss(feature, samples)['loss_attribute']
    assert loss.item() == pytest.approx(cost)
    samples[0].set_field(0.25, 'attribute_weight')
    loss = head.loss(feature, samples)['loss_attribute']
    assert loss.item() == pytest.approx(cost * (0.25 + 1) / 2)


def test_one_hot_targets_are_hard_labels(cells):
    head, feature = head_of(num_classes=5), (torch.randn(3, 12),)
    hard = head.loss(feature, cells(3))
    samples = cells(3)
    for sample in samples[1:]:
        sample.set_field(
            torch.cat(
                [
                    torch.eye(n)[v]
                    for n, v in zip(
                        ATTRIBUTE_SIZES, sample.gt_attributes, strict=True
                    )
                ]
            ),
            'attribute_targets',
        )
        sample.set_field(torch.tensor(1.0), 'attribute_weight')
    for name, value in head.loss(feature, samples).items():
        torch.testing.assert_close(value, hard[name])


def test_joint_decoding(contradiction):
    scores = contradiction[None]
    (plain,) = head_of().set_attributes(scores)
    (joint,) = head_of(joint_decoding=True).set_attributes(scores)
    assert plain.pred_attributes[8:].tolist() == [0, 1, 0]
    # .3 x .4 x .6 against .7 x .6 x .4
    assert joint.pred_attributes[8:].tolist() == [0, 1, 1]
    assert torch.equal(plain.pred_attributes[:8], joint.pred_attributes[:8])
    assert torch.equal(joint.pred_attribute_scores, scores[0])
    head = head_of(
        attributes=dict(a=('x', 'y'), b=('u', 'v', 'w')),
        joint_decoding=True,
        equivalent_values=dict(a='x', b='w'),
    )
    (sample,) = head.set_attributes(torch.tensor([[0.6, 0.4, 0.5, 0.1, 0.4]]))
    assert sample.pred_attributes.tolist() == [0, 2]


def test_consistency_loss(cells):
    penalty = dict(type='ConsistencyLoss', loss_weight=0.5)
    feature = (torch.randn(2, 12),)
    losses = undecided(consistency_loss=penalty).loss(feature, cells(2))
    # 1/4 x 1/4 x 1/2 + 3/4 x 3/4 x 1/2 = 5/16
    assert losses['loss_consistency'].item() == pytest.approx(
        0.5 * math.log2(16 / 5)
    )
    assert 'loss_consistency' not in head_of().loss(feature, cells(2))


def test_pooling():
    feature = torch.rand(2, 12, 3, 5)
    by_hand = (feature.flatten(2).mean(2) + feature.flatten(2).amax(2)) / 2
    head = head_of(pooling=dict(type='AverageMaxPooling'))
    torch.testing.assert_close(head.pre_logits((feature,)), head.fc(by_hand))
    # the exponent 1 is the average, a large one the maximum
    mean, maximum = feature.mean((2, 3)), feature.amax((2, 3))
    for p, expected in ((1.0, mean), (100.0, maximum)):
        head = head_of(pooling=dict(type='GeneralizedMeanPooling', p=p))
        torch.testing.assert_close(
            head.pooling(feature), expected, rtol=0.05, atol=0
        )
    assert head.pooling.p.requires_grad
    assert 'pooling.p' in head.state_dict()
    # vectors need none
    vector = torch.rand(2, 12)
    assert pool_last_feature((vector,), head.pooling) is vector


def test_options_change_no_weights():
    plain = head_of(num_classes=5)
    other = head_of(
        num_classes=5,
        joint_decoding=True,
        pooling=dict(type='AverageMaxPooling'),
        consistency_loss=dict(type='ConsistencyLoss'),
        loss=dict(type='DSLLoss', label_smoothing=0.1),
    )
    assert plain.state_dict().keys() == other.state_dict().keys()


@pytest.mark.parametrize('num_classes', [None, 5])
def test_temperatures_are_built_into_the_weights(num_classes):
    head, feature = head_of(num_classes=num_classes), (torch.randn(2, 12),)
    before, classes = head(feature)
    temperatures = [1 + i / 10 for i in range(11)]
    head.divide_logits(temperatures, 3.0)
    after, cooled = head(feature)
    for one, other, temperature in zip(
        before.split(ATTRIBUTE_SIZES, 1),
        after.split(ATTRIBUTE_SIZES, 1),
        temperatures,
        strict=True,
    ):
        torch.testing.assert_close(one / temperature, other)
    if num_classes:
        torch.testing.assert_close(classes / 3, cooled)


def test_rare_values_are_built_into_the_biases():
    head = undecided(attributes=dict(a=('x', 'y'), b=('u', 'v')))
    head.adjust_logits([[3, 1], [0, 1]], strength=2.0)
    logits = head((torch.randn(1, 12),))[0]
    # -2 log(share); a value that no cell has counts as if one had it
    shares = torch.tensor([[3 / 4, 1 / 4, 1 / 2, 1 / 2]])
    torch.testing.assert_close(logits, -2 * shares.log())


def test_find_map_head(map_cfg, daffnet_cfg):
    model = MODELS.build(map_cfg())
    assert find_map_head(model) is model.head
    daffnet = MODELS.build(daffnet_cfg())
    assert find_map_head(daffnet) is daffnet.neck.predictor.head
    assert find_map_head(torch.nn.Linear(2, 2)) is None


def test_values_of_samples_stay_theirs(cells):
    """Reading targets does not change the samples."""
    sample = DataSample()
    sample.set_field(torch.zeros(11).long(), 'gt_attributes')
    sample.set_field(torch.rand(31), 'attribute_targets')
    before = sample.attribute_targets.clone()
    head_of().loss((torch.randn(1, 12),), [sample])
    assert torch.equal(sample.attribute_targets, before)
