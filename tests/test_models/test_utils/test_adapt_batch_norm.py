import pytest
import torch
from mmpretrain.registry import MODELS
from torch import nn

from daffnet_lite.errors import InputError
from daffnet_mm.models.utils import adapt_batch_norm


class Small(nn.Module):
    """One layer with statistics, behind dropout that must stay off."""

    def __init__(self, norm=nn.BatchNorm2d):
        super().__init__()
        self.dropout = nn.Dropout(0.9)
        self.norm = norm(3)

    def data_preprocessor(self, batch, training):
        assert not training
        return batch

    def forward(self, inputs, mode):
        assert mode == 'tensor'
        return self.norm(self.dropout(inputs))


def test_statistics_become_those_of_the_images():
    torch.manual_seed(0)
    model = Small()
    model.norm.weight.data.fill_(2)
    images = 5 + 3 * torch.randn(4, 8, 3, 6, 6)
    kept = adapt_batch_norm(model, (dict(inputs=batch) for batch in images))
    assert kept == 0
    flat = images.permute(0, 2, 1, 3, 4).reshape(4, 3, -1)
    torch.testing.assert_close(model.norm.running_mean, flat.mean((0, 2)))
    torch.testing.assert_close(model.norm.running_var, flat.var(2).mean(0))
    assert not any(m.training for m in model.modules())
    assert model.norm.momentum == 0.1 and (model.norm.weight == 2).all()


def test_a_frozen_predictor_keeps_its_own():
    model = Small()
    model.neck = nn.Module()
    model.neck.frozen = True
    model.neck.predictor = nn.BatchNorm2d(3)
    model.neck.predictor.running_mean.fill_(7)
    kept = adapt_batch_norm(model, [dict(inputs=torch.randn(4, 3, 2, 2))])
    assert kept == 1
    assert (model.neck.predictor.running_mean == 7).all()


def test_a_classifier_of_mmpretrain(plain_cfg):
    preprocessor = dict(mean=[0.0] * 3, std=[255.0] * 3)
    model = MODELS.build(dict(plain_cfg, data_preprocessor=preprocessor))
    before = model.backbone.bn1.running_mean.clone()
    images = torch.randint(256, (4, 3, 32, 32), dtype=torch.uint8)
    adapt_batch_norm(model, [dict(inputs=list(images))])
    assert not torch.equal(before, model.backbone.bn1.running_mean)


def test_without_batch_normalisation_it_says_so():
    with pytest.raises(InputError, match='no batch normalisation'):
        adapt_batch_norm(Small(lambda n: nn.GroupNorm(1, n)), [])
