import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from foreign_backbones import CONVNEXT, SWIN, VIT
from mmpretrain.registry import MODELS
from tiny_run import PREDICTOR, daffnet_model
from torch import nn

from daffnet_lite.errors import InputError
from daffnet_mm.visualization.grad_cam import (
    CELL_TYPE,
    AllLogits,
    GradCAMExplainer,
    plot_explanations,
)

pytest.importorskip('pytorch_grad_cam')


@MODELS.register_module()
class ThreeColours(nn.Module):
    """A backbone whose three channels are the colours, at a quarter."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1, bias=False)
        self.conv.weight.data = torch.eye(3)[..., None, None]
        self.pool = nn.AvgPool2d(4)

    def forward(self, x):
        return (self.pool(self.conv(x)),)


def build(cfg):
    torch.manual_seed(0)
    model = MODELS.build({k: v for k, v in cfg.items() if k != '_delete_'})
    model.eval()
    return model


def map_of(backbone, channels):
    return build(
        dict(
            type='ImageClassifier',
            backbone=backbone,
            head=dict(
                type='MAPHead',
                in_channels=channels,
                num_features=8,
                num_classes=5,
            ),
        )
    )


@pytest.fixture(scope='module')
def images():
    generator = torch.Generator().manual_seed(2)
    return torch.randn(2, 3, 64, 64, generator=generator)


def test_planted_evidence():
    """Cell size looks at red, its shape at green; each is in one corner."""
    model = map_of(dict(type='ThreeColours'), 3)
    head = model.head
    for layer in (head.fc, head.fc_attributes):
        layer.weight.data.zero_()
        layer.bias.data.zero_()
    head.fc.weight.data[:3] = torch.eye(3)
    head.fc_attributes.weight.data[0, 0] = 1.0  # size: big
    head.fc_attributes.weight.data[3, 1] = 1.0  # shape: round
    image = torch.zeros(1, 3, 32, 32)
    image[0, 0, 4:8, 4:8] = 1
    image[0, 1, 20:28, 20:28] = 1
    explainer = GradCAMExplainer(model)
    for name, value, corner in [
        ('cell_size', 0, (6, 6)),
        ('cell_shape', 1, (24, 24)),
    ]:
        target = explainer.target(name, value)
        assert explainer.last_layer(image, target) == 'backbone.pool'
        (found,) = explainer.explain(image, target, 'backbone.pool')
        assert found.shape == (32, 32) and found.max() == pytest.approx(
            1, abs=1e-4
        )
        peak = np.unravel_index(found.argmax(), found.shape)
        assert np.abs(np.subtract(peak, corner)).max() <= 4
        # nothing speaks for the other value
        opposite = explainer.target(name, 1 - value)
        assert not explainer.explain(image, opposite, 'backbone.pool').any()


@pytest.mark.parametrize('layer', ['backbone.layer4', 'backbone.layer3.1.bn2'])
def test_agrees_with_the_formula(layer, images):
    """Of layers whose output the next one overwrites, too."""
    model = build(PREDICTOR)
    kept = []
    handle = model.get_submodule(layer).register_forward_hook(
        lambda module, args, output: kept.append(output) or output.clone()
    )
    logits = model(images, mode='tensor')[0]
    handle.remove()
    # the third attribute: places 4 to 9; its second value
    odds = logits[:, 5] - logits[:, [4, 6, 7, 8, 9]].logsumexp(1)
    (gradient,) = torch.autograd.grad(odds.sum(), kept[0])
    weighted = (gradient.mean((2, 3), keepdim=True) * kept[0]).sum(1)
    expected = []
    for plain in weighted.relu().detach().numpy():
        plain = plain - plain.min()
        plain = cv2.resize(plain / (1e-7 + plain.max()), (64, 64))
        plain = plain - plain.min()
        expected.append(plain / (1e-7 + plain.max()))
    explainer = GradCAMExplainer(model)
    found = explainer.explain(
        images, explainer.target('nucleus_shape', 1), layer
    )
    np.testing.assert_allclose(found, np.stack(expected), atol=1e-4)
    # and nothing stays behind in the model
    assert not any(m._forward_hooks for m in model.modules())


BACKBONES = {
    'backbone.layer4': (PREDICTOR['backbone'], 64),
    'backbone.stages.3': CONVNEXT,
    'backbone.norm3': SWIN,
    'backbone.layers.1.ln1': VIT,
}


@pytest.mark.parametrize('layer', BACKBONES)
def test_the_last_layer_of_other_backbones(layer, images):
    explainer = GradCAMExplainer(map_of(*BACKBONES[layer]))
    target = explainer.target(CELL_TYPE, 1, 5)
    assert explainer.last_layer(images, target) == layer
    maps = explainer.explain(images, target, layer)
    assert maps.shape == (2, 64, 64)
    assert maps.min() >= 0 and maps.max() <= 1 and maps.any()


def test_all_logits_are_the_models_own(images):
    for cfg in (PREDICTOR, daffnet_model()):
        model = build(cfg)
        logits = AllLogits(model)(images)
        assert logits.shape == (2, 36)
        samples = model(images, mode='predict')
        torch.testing.assert_close(
            logits[:, 31:].softmax(1),
            torch.stack([s.pred_score for s in samples]),
        )
        torch.testing.assert_close(
            logits[:, :2].softmax(1),
            torch.stack([s.pred_attribute_scores[:2] for s in samples]),
        )


def test_both_branches_of_daffnet(images):
    explainer = GradCAMExplainer(build(daffnet_model()))
    attribute = explainer.target('granularity', 1)
    cell_type = explainer.target(CELL_TYPE, 2, 5)
    predictor = 'neck.predictor.backbone.layer4'
    assert explainer.last_layer(images, attribute) == predictor
    assert explainer.last_layer(images, cell_type) == 'backbone.layer4'
    # a frozen network, through which the cell type depends on the image too
    for target in (attribute, cell_type):
        maps = explainer.explain(images, target, predictor)
        assert maps.shape == (2, 64, 64)
    with pytest.raises(InputError, match='granularity does not depend on'):
        explainer.explain(images, attribute, 'backbone.layer4')


def test_a_daffnet_of_one_backbone(images):
    model = build(dict(daffnet_model(), backbone=None))
    samples = model(images, mode='predict')
    explainer = GradCAMExplainer(model)
    torch.testing.assert_close(
        explainer.logits(images)[:, -5:].softmax(1),
        torch.stack([s.pred_score for s in samples]),
    )
    for target in (
        explainer.target('granularity', 1),
        explainer.target(CELL_TYPE, 2, 5),
    ):
        layer = explainer.last_layer(images, target)
        assert layer == 'neck.predictor.backbone.layer4'
        assert explainer.explain(images, target, layer).shape == (2, 64, 64)


def test_classifiers_without_attributes(images):
    model = build(
        dict(
            type='ImageClassifier',
            backbone=PREDICTOR['backbone'],
            neck=dict(type='GlobalAveragePooling'),
            head=dict(type='LinearClsHead', num_classes=3, in_channels=64),
        )
    )
    for method in ('gradcam', 'gradcam++', 'layercam'):
        explainer = GradCAMExplainer(model, method)
        target = explainer.target(CELL_TYPE, 0, 3)
        maps = explainer.explain(images, target, 'backbone.layer3')
        assert maps.shape == (2, 64, 64)
    with pytest.raises(InputError, match='predicts no cell_size'):
        explainer.target('cell_size', 0)


def test_what_cannot_be_explained(images):
    model = build(PREDICTOR)
    explainer = GradCAMExplainer(model)
    target = explainer.target('cell_size', 0)
    with pytest.raises(
        InputError, match="no layer 'backbone.layer5'; near are backbone.layer"
    ):
        explainer.explain(images, target, 'backbone.layer5')
    with pytest.raises(InputError, match='no square of tokens'):
        explainer.explain(images, target, 'head.fc')
    with pytest.raises(InputError, match='several things, and no map: name a'):
        explainer.explain(images, target, 'backbone')
    with pytest.raises(InputError, match='must be one of gradcam,'):
        GradCAMExplainer(model, 'scorecam')


def test_log_odds_by_hand():
    explainer = GradCAMExplainer(build(PREDICTOR))
    target = explainer.target('nucleus_shape', 2)
    assert (target.start, target.size) == (4, 6)
    logits = torch.zeros(36)
    logits[4:10] = torch.tensor([0.1, 0.2, 0.5, 0.1, 0.05, 0.05]).log() + 3
    assert target(logits).item() == pytest.approx(0, abs=1e-6)
    assert F.softmax(logits[4:10], 0)[2].item() == pytest.approx(0.5)


def test_maps_stand_beside_the_image():
    image = np.zeros((8, 6, 3), np.uint8)
    maps = [(heading, np.ones((8, 6))) for heading in 'abc']
    *panels, bar = plot_explanations(image, maps, 2).axes
    titles = ['as the model sees it', 'a', 'b', '', 'c', '']
    assert [ax.get_title() for ax in panels] == titles
    # each map lies over the image
    assert [len(ax.images) for ax in panels] == [1, 2, 2, 0, 2, 0]
    # what the colours mean, from 0 to 1
    assert bar.get_ylim() == (0, 1)
    assert bar.get_ylabel() == 'speaks for the value'
