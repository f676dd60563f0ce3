import copy

import pytest
import torch
from mmengine.optim import OptimWrapper
from mmpretrain.models.classifiers import ImageClassifier
from mmpretrain.registry import MODELS

from daffnet_lite.structures import ATTRIBUTE_SIZES


@pytest.fixture
def model(daffnet_cfg):
    torch.manual_seed(0)
    return MODELS.build(daffnet_cfg())


def images(number=4):
    return torch.randn(
        number, 3, 32, 32, generator=torch.Generator().manual_seed(2)
    )


def optimizer_of(model, lr):
    trained = [p for p in model.parameters() if p.requires_grad]
    return OptimWrapper(torch.optim.Adam(trained, lr=lr))


def in_nchw(model):
    """The same network, composed by hand in PyTorch's default format."""
    model = copy.deepcopy(model).to(memory_format=torch.contiguous_format)

    def forward(inputs):
        inputs = inputs.contiguous()
        feats = model.backbone(inputs)
        return model.head(model.neck(feats, inputs))

    return model, forward


# -- modes -------------------------------------------------------------------


def test_prediction(model):
    model.eval()
    samples = model(images(), mode='predict')
    assert len(samples) == 4
    for sample in samples:
        assert sample.pred_label.shape == (1,)
        assert sample.pred_label.dtype == torch.int64
        assert sample.pred_score.shape == (5,)
        assert sample.pred_score.sum().item() == pytest.approx(1)
        assert int(sample.pred_label) == int(sample.pred_score.argmax())
        assert sample.pred_attributes.shape == (11,)
        assert sample.pred_attributes.dtype == torch.int64
        assert sample.pred_attribute_scores.shape == (31,)
        parts = sample.pred_attribute_scores.split(ATTRIBUTE_SIZES)
        for part, value in zip(parts, sample.pred_attributes, strict=True):
            assert part.sum().item() == pytest.approx(1)
            assert int(part.argmax()) == int(value)


def test_predicts_the_attributes_of_its_map(model):
    model.eval()
    expected = model.neck.predictor(images(), mode='predict')
    for sample, other in zip(
        model(images(), mode='predict'), expected, strict=True
    ):
        torch.testing.assert_close(
            sample.pred_attribute_scores, other.pred_attribute_scores
        )
        assert torch.equal(sample.pred_attributes, other.pred_attributes)


def test_samples_are_completed(model, cells):
    model.eval()
    samples = cells(4)
    predictions = model(images(), samples, mode='predict')
    for i, sample in enumerate(predictions):
        assert sample is samples[i]
        assert int(sample.gt_label) == i
        assert {'gt_attributes', 'pred_attributes', 'pred_label'} <= set(
            sample.keys()
        )


def test_all_modes_agree(model, cells):
    model.eval()
    logits = model(images())
    assert logits.shape == (4, 5)
    scores = [s.pred_score for s in model(images(), mode='predict')]
    torch.testing.assert_close(torch.stack(scores), logits.softmax(1))
    loss = model(images(), cells(4), mode='loss')['loss']
    torch.testing.assert_close(
        loss, torch.nn.functional.cross_entropy(logits, torch.arange(4))
    )


def test_without_encoder(daffnet_cfg, cells):
    model = MODELS.build(daffnet_cfg(encoder=None))
    sample = model(images(), mode='predict')[0]
    fused = model.extract_feat(images(), stage='pre_logits')
    assert fused.shape == (4, 30 + 31)
    torch.testing.assert_close(fused[0, 30:], sample.pred_attribute_scores)
    assert torch.isfinite(model(images(), cells(4), mode='loss')['loss'])


# -- features ----------------------------------------------------------------


@pytest.fixture
def sharing(daffnet_cfg):
    """One whose MAP's backbone serves both branches."""
    torch.manual_seed(0)
    cfg = daffnet_cfg()
    cfg.update(backbone=None)
    cfg['head'].update(in_channels=64)
    return MODELS.build(cfg)


def test_a_backbone_for_both_branches(sharing, cells):
    sharing.eval()
    predictor = sharing.neck.predictor
    last = predictor.extract_feat(images())[-1]
    torch.testing.assert_close(
        sharing.extract_feat(images(), stage='backbone')[-1], last
    )
    pooled, morphological = sharing.extract_feat(images())
    torch.testing.assert_close(pooled, last.mean((2, 3)))
    expected = predictor(images(), mode='predict')
    logits = sharing.head((pooled, morphological))
    samples = sharing(images(), mode='predict')
    for sample, other, row in zip(samples, expected, logits, strict=True):
        torch.testing.assert_close(
            sample.pred_attribute_scores, other.pred_attribute_scores
        )
        torch.testing.assert_close(sample.pred_score, row.softmax(0))
    loss = sharing(images(), cells(4), mode='loss')['loss']
    torch.testing.assert_close(
        loss, torch.nn.functional.cross_entropy(logits, torch.arange(4))
    )


def test_a_shared_backbone_runs_once(sharing):
    sharing.eval()
    runs = []
    sharing.neck.predictor.backbone.register_forward_hook(
        lambda *_: runs.append(1)
    )
    sharing(images(), mode='predict')
    assert len(runs) == 1


def test_a_shared_backbone_is_trained_where_it_is_not_frozen(
    daffnet_cfg, cells
):
    for frozen in (True, False):
        cfg = daffnet_cfg(frozen=frozen)
        cfg.update(backbone=None)
        cfg['head'].update(in_channels=64)
        model = MODELS.build(cfg)
        model(images(), cells(4), mode='loss')['loss'].backward()
        weight = model.neck.predictor.backbone.conv1.weight
        assert (weight.grad is None) == frozen
        assert model.head.fc.weight.grad.any()


def test_stages_of_features(model):
    model.eval()
    last = model.extract_feat(images(), stage='backbone')[-1]
    assert last.shape == (4, 128, 1, 1)
    pooled, morphological = model.extract_feat(images())
    torch.testing.assert_close(pooled, last.mean((2, 3)))
    assert morphological.shape == (4, 128)
    fused = model.extract_feat(images(), stage='pre_logits')
    torch.testing.assert_close(
        fused, torch.cat([model.head.fc(pooled), morphological], 1)
    )
    torch.testing.assert_close(model.head.classifier(fused), model(images()))


def test_an_unknown_stage_is_refused(model):
    with pytest.raises(ValueError, match="'pre_logits'"):
        model.extract_feat(images(), stage='head')


# -- memory format -----------------------------------------------------------


def test_runs_in_channels_last(model):
    channels_last = dict(memory_format=torch.channels_last)
    weight = model.backbone.conv1.weight
    assert weight.is_contiguous(**channels_last)
    seen = []
    for module in (model.backbone, model.neck.predictor.backbone):
        module.register_forward_pre_hook(
            lambda _, args: seen.append(args[0].is_contiguous(**channels_last))
        )
    model(images())
    model(images(), mode='predict')
    assert seen == [True] * 4


def test_channels_last_gives_the_results_of_nchw(model, cells):
    model.train()
    twin, forward = in_nchw(model)
    expected = forward(images())
    torch.testing.assert_close(model(images()), expected, rtol=1e-4, atol=1e-5)
    # Each has updated its batch statistics once.
    loss = model(images(), cells(4), mode='loss')['loss']
    other = torch.nn.functional.cross_entropy(
        forward(images()), torch.arange(4)
    )
    loss.backward()
    other.backward()
    for (name, one), two in zip(
        model.named_parameters(), twin.parameters(), strict=True
    ):
        assert (one.grad is None) is (two.grad is None), name
        if one.grad is not None:
            torch.testing.assert_close(
                one.grad, two.grad, rtol=1e-2, atol=1e-4
            )
    model.eval()
    twin.eval()
    torch.testing.assert_close(
        model(images()), forward(images()), rtol=1e-3, atol=1e-4
    )


def test_checkpoints_stay_in_the_format(model):
    """Weights saved in either format load into the other."""
    state_dict = {
        name: value.contiguous() for name, value in model.state_dict().items()
    }
    logits = model.eval()(images())
    other = copy.deepcopy(model)
    for parameter in other.parameters():
        parameter.data.zero_()
    other.load_state_dict(state_dict)
    assert other.backbone.conv1.weight.is_contiguous(
        memory_format=torch.channels_last
    )
    torch.testing.assert_close(other(images()), logits)


# -- training ----------------------------------------------------------------


def test_trains_with_a_foreign_backbone(daffnet_cfg, cells):
    torch.manual_seed(0)
    cfg = daffnet_cfg()
    cfg['backbone'] = dict(type='MobileNetV2', widen_factor=0.5)
    cfg['head']['in_channels'] = 1280
    model = MODELS.build(cfg)
    model.init_weights()
    model.train()
    before = {n: p.clone() for n, p in model.named_parameters()}
    log = model.train_step(
        dict(inputs=images(), data_samples=cells(4)), optimizer_of(model, 1e-2)
    )
    assert torch.isfinite(log['loss'])
    for name, parameter in model.named_parameters():
        same = torch.equal(parameter, before[name])
        if name.startswith('neck.predictor.'):
            assert same, name
        elif name.startswith(('head.', 'neck.encoder.convs.')):
            assert not same, name
    assert not torch.equal(
        model.backbone.conv1.conv.weight, before['backbone.conv1.conv.weight']
    )


def test_learns(model, cells):
    """A few steps on four cells: the loss falls through both branches."""
    optimizer = optimizer_of(model, 3e-3)
    model.train()
    losses = [
        model.train_step(
            dict(inputs=images(), data_samples=cells(4)), optimizer
        )['loss']
        for _ in range(8)
    ]
    assert losses[-1] < 0.7 * losses[0]


def test_autocast(model, cells):
    model.train()
    with torch.autocast('cpu', torch.bfloat16):
        loss = model(images(), cells(4), mode='loss')['loss']
        sample = model(images(), mode='predict')[0]
    assert loss.dtype == torch.float32
    loss.backward()
    assert all(
        torch.isfinite(p.grad).all()
        for p in model.parameters()
        if p.requires_grad
    )
    assert sample.pred_attribute_scores.dtype == torch.float32


@torch.no_grad()
@pytest.mark.parametrize('dtype', [torch.half, torch.bfloat16, torch.double])
@pytest.mark.parametrize('encoder', [True, False])
@pytest.mark.parametrize('frozen', [True, False])
def test_runs_in_any_precision(daffnet_cfg, dtype, encoder, frozen):
    torch.manual_seed(0)
    options = {} if encoder else dict(encoder=None)
    model = MODELS.build(daffnet_cfg(frozen=frozen, **options)).eval()
    expected = model(images(), mode='predict')
    model.to(dtype)
    inputs = images().to(dtype)
    assert model(inputs).dtype == dtype
    for sample, other in zip(
        model(inputs, mode='predict'), expected, strict=True
    ):
        for key in ('pred_score', 'pred_attribute_scores'):
            torch.testing.assert_close(
                sample.get(key).float(), other.get(key), atol=0.02, rtol=0.02
            )
        assert sample.pred_attribute_scores.dtype == torch.float32


def test_is_built_and_run_in_inference_mode(daffnet_cfg, cells):
    with torch.inference_mode():
        torch.manual_seed(0)
        model = MODELS.build(daffnet_cfg()).eval()
        before = model(images())
        # Such weights do not tell that they were changed.
        for parameter in model.neck.predictor.head.parameters():
            parameter.mul_(50)
        after = model(images())
    assert not torch.allclose(before, after)
    # Another one is run so first, and trained then.
    model = MODELS.build(daffnet_cfg()).eval()
    with torch.inference_mode():
        expected = model(images())
    torch.testing.assert_close(model(images()), expected)
    model.train()(images(), cells(4), mode='loss')['loss'].backward()
    assert model.backbone.conv1.weight.grad.any()


def test_the_data_preprocessor_is_an_image_classifiers(model, cells):
    assert isinstance(model, ImageClassifier)
    data = dict(
        inputs=[torch.zeros(3, 32, 32, dtype=torch.uint8)] * 2,
        data_samples=cells(2),
    )
    assert len(model.val_step(data)) == len(model.test_step(data)) == 2


def test_a_neck_that_is_no_mfe_is_refused(daffnet_cfg):
    cfg = daffnet_cfg()
    cfg['neck'] = dict(type='GlobalAveragePooling')
    with pytest.raises(
        TypeError, match='must be an MFE, but got GlobalAveragePooling'
    ):
        MODELS.build(cfg)
