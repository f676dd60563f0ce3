import pytest
import torch
from mmengine.optim import OptimWrapper
from mmpretrain.registry import MODELS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import ATTRIBUTE_SIZES
from daffnet_mm.models.necks import MFE


def pretrained(path, **kwargs):
    return dict(type='Pretrained', checkpoint=str(path), **kwargs)


def snapshot(module):
    return {n: v.clone() for n, v in module.state_dict().items()}


def changed(module, before):
    after = module.state_dict()
    return {n for n in after if not torch.equal(after[n], before[n])}


@pytest.fixture
def stage_1(tmp_path, map_cfg):
    """A trained MAP and its checkpoint, as BestCheckpointHook writes it."""
    torch.manual_seed(1)
    model = MODELS.build(map_cfg())
    model.train()
    model(torch.randn(8, 3, 32, 32))  # batch statistics of its own
    path = tmp_path / 'best.pth'
    torch.save(dict(meta=dict(epoch=3), state_dict=model.state_dict()), path)
    return model, path


# -- structure ---------------------------------------------------------------


def test_parameter_count(count):
    predictor = dict(
        type='ImageClassifier',
        backbone=dict(type='ResNet', depth=50),
        head=dict(type='MAPHead', in_channels=2048, num_classes=5),
    )
    neck = MFE(predictor)
    # ResNet50 without its classifier, MAPHead's three layers, the encoder.
    resnet = 25_557_032 - (2048 * 1000 + 1000)
    head = 2048 * 1000 + 1000 + 1000 * 31 + 31 + 1000 * 5 + 5
    assert count(neck) == resnet + head + 214_707 == 25_807_775
    neck = MFE(predictor, encoder=None)
    assert count(neck) == resnet + head


@pytest.mark.parametrize('frozen', [True, False])
def test_gives_the_pooled_feature_and_the_encoded_probabilities(
    map_cfg, frozen
):
    neck = MODELS.build(dict(type='MFE', predictor=map_cfg(), frozen=frozen))
    neck.eval()
    inputs = torch.randn(2, 3, 32, 32)
    feats = torch.randn(2, 5, 8, 8), torch.randn(2, 9, 4, 4)
    pooled, morphological = neck(feats, inputs)
    torch.testing.assert_close(pooled, feats[1].mean((2, 3)))
    scores = torch.stack(
        [s.pred_attribute_scores for s in neck.predictor.predict(inputs)]
    )
    torch.testing.assert_close(neck.predict_attributes(inputs), scores)
    torch.testing.assert_close(morphological, neck.encoder(scores))
    assert morphological.shape == (2, 128)


def test_without_encoder_the_probabilities_are_the_feature(map_cfg):
    neck = MFE(map_cfg(), encoder=None)
    neck.eval()
    _, morphological = neck(torch.randn(2, 9), torch.randn(2, 3, 32, 32))
    assert morphological.shape == (2, 31)
    for part in morphological.split(ATTRIBUTE_SIZES, dim=1):
        torch.testing.assert_close(part.sum(1), torch.ones(2))


# -- training ----------------------------------------------------------------


def train(model, samples, steps=2):
    # With weight decay, which would shrink even weights without a gradient.
    optimizer = OptimWrapper(
        torch.optim.AdamW(model.parameters(), lr=1e-2, weight_decay=0.1)
    )
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        model.train()
        model.train_step(
            dict(
                inputs=torch.randn(4, 3, 32, 32, generator=generator) + 1,
                data_samples=samples,
            ),
            optimizer,
        )


def test_a_frozen_map_does_not_change(daffnet_cfg, cells):
    model = MODELS.build(daffnet_cfg())
    model.train()
    predictor = model.neck.predictor
    assert not any(m.training for m in predictor.modules())
    assert all(m.training for m in model.neck.encoder.modules())
    before, encoder = snapshot(predictor), snapshot(model.neck.encoder)
    train(model, cells(4))
    assert not any(m.training for m in predictor.modules())
    assert not changed(predictor, before)
    assert all(p.grad is None for p in predictor.parameters())
    assert changed(model.neck.encoder, encoder) == set(encoder)


def test_a_frozen_map_is_frozen_before_training_starts(map_cfg):
    neck = MFE(map_cfg())
    assert not any(p.requires_grad for p in neck.predictor.parameters())
    assert not neck.predictor.training
    assert neck.train() is neck and neck.encoder.training


def test_a_thawed_map_trains(daffnet_cfg, cells):
    model = MODELS.build(daffnet_cfg(frozen=False))
    model.train()
    predictor = model.neck.predictor
    assert all(m.training for m in predictor.modules())
    before = snapshot(predictor)
    train(model, cells(4))
    # All but the auxiliary classifier, which stage 3 does not use.
    assert {n for n in before if n not in changed(predictor, before)} <= {
        'head.fc_classes.weight',
        'head.fc_classes.bias',
    }


def test_a_thawed_map_keeps_still_under_no_grad(map_cfg):
    neck = MFE(map_cfg(), frozen=False)
    inputs = torch.randn(2, 3, 32, 32)
    assert neck.predict_attributes(inputs).requires_grad
    with torch.no_grad():
        assert not neck.predict_attributes(inputs).requires_grad


# -- the MAP's checkpoint ----------------------------------------------------


def test_building_reads_no_file(map_cfg, tmp_path):
    neck = MFE(map_cfg(init_cfg=pretrained(tmp_path / 'nowhere.pth')))
    assert neck.predict_attributes(torch.randn(1, 3, 32, 32)).shape == (1, 31)


@pytest.mark.parametrize('listed', [False, True])
def test_a_missing_checkpoint_says_which_command_makes_it(
    map_cfg, tmp_path, listed
):
    init_cfg = pretrained(tmp_path / 'nowhere.pth')
    neck = MFE(map_cfg(init_cfg=[init_cfg] if listed else init_cfg))
    with pytest.raises(InputError) as error:
        neck.init_weights()
    message = str(error.value)
    assert '`python tools/train.py configs/daffnet/map_ssl.py`' in message
    assert str(tmp_path / 'nowhere.pth') in message
    assert 'model.neck.predictor.init_cfg.checkpoint' in message


def test_the_message_names_the_config_that_it_was_told(map_cfg, tmp_path):
    neck = MFE(
        map_cfg(init_cfg=pretrained(tmp_path / 'nowhere.pth')),
        predictor_config='configs/daffnet/map-tiny_ssl.py',
    )
    with pytest.raises(InputError, match='configs/daffnet/map-tiny_ssl.py'):
        neck.init_weights()


@pytest.mark.parametrize('listed', [False, True])
def test_takes_the_weights_of_stage_1(map_cfg, stage_1, log, listed):
    source, path = stage_1
    init_cfg = pretrained(path)
    neck = MFE(map_cfg(init_cfg=[init_cfg] if listed else init_cfg))
    assert changed(neck.predictor, source.state_dict())
    neck.init_weights()
    assert not changed(neck.predictor, source.state_dict())
    assert not any(p.requires_grad for p in neck.predictor.parameters())
    assert not [r for r in log if r.levelname == 'WARNING']
    # It predicts what it predicted in stage 1.
    source.eval()
    inputs = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(
        neck.predict_attributes(inputs),
        torch.stack([s.pred_attribute_scores for s in source.predict(inputs)]),
    )


def test_takes_them_inside_a_model(daffnet_cfg, map_cfg, stage_1):
    source, path = stage_1
    model = MODELS.build(
        daffnet_cfg(predictor=map_cfg(init_cfg=pretrained(path)))
    )
    model.init_weights()
    assert not changed(model.neck.predictor, source.state_dict())


def test_takes_the_map_out_of_a_daffnet(daffnet_cfg, map_cfg, tmp_path):
    source = MODELS.build(daffnet_cfg())
    path = tmp_path / 'daffnet.pth'
    torch.save(dict(state_dict=source.state_dict()), path)
    neck = MFE(map_cfg(init_cfg=pretrained(path, prefix='neck.predictor')))
    neck.init_weights()
    assert not changed(neck.predictor, source.neck.predictor.state_dict())


def test_the_auxiliary_classifier_may_be_left_out(map_cfg, stage_1):
    source, path = stage_1
    neck = MFE(map_cfg(num_classes=None, init_cfg=pretrained(path)))
    neck.init_weights()
    assert not changed(neck.predictor, source.state_dict())


@pytest.mark.parametrize(
    'other', [dict(base_channels=16), dict(num_classes=8)]
)
def test_a_checkpoint_of_other_widths_is_refused(map_cfg, stage_1, other):
    _, path = stage_1
    neck = MFE(map_cfg(**other, init_cfg=pretrained(path)))
    with pytest.raises(
        InputError, match="MAP's checkpoint .*best.pth has .* of shape"
    ):
        neck.init_weights()


def test_a_checkpoint_of_another_model_is_refused(map_cfg, tmp_path):
    path = tmp_path / 'resnet.pth'
    model = MODELS.build(
        dict(type='ImageClassifier', backbone=map_cfg()['backbone'])
    )
    torch.save(dict(state_dict=model.state_dict()), path)
    neck = MFE(map_cfg(init_cfg=pretrained(path)))
    with pytest.raises(InputError, match='has no weight head.fc.weight'):
        neck.init_weights()


def test_a_wrong_prefix_is_refused(map_cfg, stage_1):
    _, path = stage_1
    neck = MFE(map_cfg(init_cfg=pretrained(path, prefix='predictor.')))
    with pytest.raises(InputError, match='has no weight'):
        neck.init_weights()


@pytest.mark.parametrize('frozen', [True, False])
def test_a_frozen_map_without_checkpoint_is_warned_of(map_cfg, log, frozen):
    MFE(map_cfg(), frozen=frozen).init_weights()
    warned = [r for r in log if r.levelname == 'WARNING']
    assert any('random' in r.getMessage() for r in warned) is frozen
