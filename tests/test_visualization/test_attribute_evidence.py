import math

import pytest
import torch
from mmpretrain.registry import MODELS
from tiny_run import PREDICTOR, daffnet_model

from daffnet_lite.errors import InputError
from daffnet_mm.visualization import weigh_attributes
from daffnet_mm.visualization.grad_cam import plot_explanations


def build(each_alone, **own):
    torch.manual_seed(0)
    cfg = daffnet_model() | own
    cfg.pop('_delete_')
    head = dict(cfg['head'], each_alone=each_alone)
    model = MODELS.build(dict(cfg, head=head)).eval()
    # so that attributes matter
    torch.nn.init.normal_(model.head.classifier.weight[:, 1000:], std=100)
    torch.nn.init.normal_(model.head.classifier.bias, std=0.5)
    return model


@pytest.fixture
def image():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(1, 3, 64, 64, generator=generator)


@torch.no_grad()
def by_hand(model, image, cell_type):
    """One attribute and one value of it at a time."""
    (sample,) = model(image, mode='predict')
    scores = sample.pred_attribute_scores
    pooled, _ = model.extract_feat(image)

    def probability(scores):
        feats = pooled, model.neck.encode(scores[None])
        return model.head(feats).softmax(1)[0, cell_type].item()

    def log_odds(p):
        return math.log(p) - math.log(1 - p)

    wanted, start = {}, 0
    for name, values in model.neck.predictor.head.attributes.items():
        found = []
        for value in range(len(values)):
            changed = scores.clone()
            changed[start : start + len(values)] = 0
            changed[start + value] = 1
            found.append(probability(changed))
        start += len(values)
        mean = sum(found) / len(found)
        wanted[name] = log_odds(probability(scores)) - log_odds(mean)
    return wanted


@pytest.mark.parametrize('own', [{}, dict(backbone=None)])
def test_forgotten_in_turn(image, own):
    model = build(each_alone=True, **own)
    for cell_type in (0, 3):
        found = weigh_attributes(model, image, cell_type)
        wanted = by_hand(model, image, cell_type)
        assert [*found.attributes] == [*wanted]
        assert found.attributes == pytest.approx(wanted, abs=1e-4)
        assert max(map(abs, wanted.values())) > 0.01


def test_what_is_ignored_says_nothing(image):
    model = build(each_alone=False)
    with torch.no_grad():
        model.head.classifier.weight[:, 1000:] = 0
    found = weigh_attributes(model, image, 2)
    assert found.attributes == pytest.approx(
        dict.fromkeys(found.attributes, 0), abs=1e-5
    )
    # nothing was learned by either alone
    assert found.alone == {}


def test_either_alone(image):
    model = build(each_alone=True)
    alone = weigh_attributes(model, image, 0).alone
    assert [*alone] == ['deep', 'morphological']
    with torch.no_grad():
        product = alone['deep'] * alone['morphological']
        both = model(image, mode='tensor').softmax(1)[0]
    torch.testing.assert_close(product / product.sum(), both)


def test_certainty_is_no_infinity(image):
    model = build(each_alone=True)
    with torch.no_grad():
        model.head.classifier.bias[1] = 200
    for value in weigh_attributes(model, image, 1).attributes.values():
        assert math.isfinite(value)


def test_a_map_decides_by_no_attributes(image):
    with pytest.raises(InputError, match='in a DAFFNet with a Fus.*a MAPHead'):
        weigh_attributes(MODELS.build(PREDICTOR), image, 0)


def test_bars_stand_below(image):
    maps = [(heading, torch.ones(8, 6).numpy()) for heading in 'abc']
    seen = torch.zeros(8, 6, 3, dtype=torch.uint8).numpy()
    evidence = [
        ('for a', {'size': 0.5, 'shape': -1.0, 'colour': 2.0}),
        ('for b', {'size': 1.0}),
    ]
    figure = plot_explanations(seen, maps, 2, evidence)
    panels = figure.axes[:-1]
    below = [ax for ax in panels if ax.patches]
    assert [ax.get_title() for ax in below] == ['for a', 'for b']
    # the most on top
    widths = [patch.get_width() for patch in below[0].patches]
    assert widths == [-1.0, 0.5, 2.0]
    names = [label.get_text() for label in below[0].get_yticklabels()]
    assert names == ['shape', 'size', 'colour']
    figure.draw_without_rendering()
    above = [ax for ax in panels if ax.images]
    assert len(above) == 4
    lowest = min(ax.get_position().y0 for ax in above)
    assert all(ax.get_position().y1 < lowest for ax in below)
