import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from daffnet_lite.structures import ATTRIBUTE_SIZES
from daffnet_mm.models.tta import AttributeTTAModel, SymmetryTTAModel

PREPROCESSOR = dict(mean=[127.5] * 3, std=[127.5] * 3)


def build(cfg):
    torch.manual_seed(0)
    model = MODELS.build({**cfg, 'data_preprocessor': PREPROCESSOR})
    model.eval()
    return model


@pytest.fixture(scope='module')
def images():
    generator = torch.Generator().manual_seed(1)
    return [
        torch.randint(0, 256, (3, 32, 32), generator=generator).byte()
        for _ in range(3)
    ]


def batch(images, cells):
    return dict(inputs=images, data_samples=cells(len(images)))


def symmetries(image):
    """The eight, in another way: transposed or not, each axis reversed."""
    for base in (image, image.transpose(1, 2)):
        for dims in ((), (1,), (2,), (1, 2)):
            yield base.flip(dims)


@pytest.mark.parametrize('network', ['map_cfg', 'daffnet_cfg'])
def test_symmetries_are_averaged(network, request, images, cells):
    model = build(request.getfixturevalue(network)())
    merged = SymmetryTTAModel(model).test_step(batch(images, cells))
    samples = cells(len(images))
    for image, sample, truth in zip(images, merged, samples, strict=True):
        views = model.test_step(
            dict(
                inputs=[view.contiguous() for view in symmetries(image)],
                data_samples=[DataSample() for _ in range(8)],
            )
        )
        scores = torch.stack([v.pred_attribute_scores for v in views]).mean(0)
        torch.testing.assert_close(
            sample.pred_attribute_scores, scores, rtol=1e-4, atol=1e-6
        )
        assert sample.pred_attributes.tolist() == [
            int(part.argmax()) for part in scores.split(ATTRIBUTE_SIZES)
        ]
        score = torch.stack([v.pred_score for v in views]).mean(0)
        torch.testing.assert_close(
            sample.pred_score, score, rtol=1e-4, atol=1e-6
        )
        assert sample.pred_label.tolist() == [int(score.argmax())]
        # the truth comes along
        assert torch.equal(sample.gt_label, truth.gt_label)
        assert torch.equal(sample.gt_attributes, truth.gt_attributes)


def test_prediction_no_longer_depends_on_the_position(map_cfg, images, cells):
    tta = SymmetryTTAModel(build(map_cfg()))
    turned = [image.rot90(1, dims=(1, 2)) for image in images]
    for one, other in zip(
        tta.test_step(batch(images, cells)),
        tta.test_step(batch(turned, cells)),
        strict=True,
    ):
        torch.testing.assert_close(
            one.pred_attribute_scores,
            other.pred_attribute_scores,
            rtol=1e-4,
            atol=1e-6,
        )


def test_flips_by_pipeline_and_on_the_device(map_cfg, images, cells):
    model = build(map_cfg())
    dims = ((), (1,), (2,), (1, 2))
    by_pipeline = dict(
        inputs=[[image.flip(d) for image in images] for d in dims],
        data_samples=[cells(len(images)) for _ in dims],
    )
    for one, other in zip(
        AttributeTTAModel(model).test_step(by_pipeline),
        SymmetryTTAModel(model, 'flips').test_step(batch(images, cells)),
        strict=True,
    ):
        for name in ('pred_score', 'pred_attribute_scores'):
            torch.testing.assert_close(
                one.get(name), other.get(name), rtol=1e-4, atol=1e-6
            )
        assert torch.equal(one.pred_attributes, other.pred_attributes)
        assert torch.equal(one.gt_label, other.gt_label)


def test_merged_values_are_decoded_as_the_head_does(map_cfg, contradiction):
    cfg = map_cfg()
    cfg['head']['joint_decoding'] = True
    tta = AttributeTTAModel(build(cfg))
    views = [DataSample() for _ in range(2)]
    for view in views:
        view.set_field(contradiction, 'pred_attribute_scores')
    (merged,) = tta.merge_preds([views])
    assert merged.pred_attributes[8:].tolist() == [0, 1, 1]


def test_classifiers_without_attributes(plain_cfg, images, cells):
    model = build(plain_cfg)
    tta = MODELS.build(dict(type='SymmetryTTAModel', module=model))
    sample = tta.test_step(batch(images, cells))[0]
    assert sample.pred_score.sum().item() == pytest.approx(1)
    assert 'pred_attributes' not in sample


def test_unknown_views(map_cfg):
    with pytest.raises(ValueError, match='flips, symmetries'):
        SymmetryTTAModel(build(map_cfg()), views='all')
