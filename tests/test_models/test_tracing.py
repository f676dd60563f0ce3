"""Whole models as TorchScript and as ONNX, against what they were made of."""

import io
from pathlib import Path

import mmpretrain
import pytest
import torch
from mmpretrain.registry import MODELS

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
NAMES = [
    'daffnet/daffnet-tiny_pbc5.py',
    'daffnet/map-tiny_wbcatt.py',
    'daffnet/ablation/epsa-sa-tiny_pbc5.py',
    'scam/scam_tiny_pbc5.py',
]


@pytest.fixture(scope='module', params=NAMES)
def model(request):
    """A model that has run, with gradients, as after a training."""
    torch.manual_seed(0)
    model = mmpretrain.get_model(str(CONFIGS / request.param))
    model(images(0))
    return model


def images(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, 3, 64, 64, generator=generator)


def outputs(model, images):
    """The tensors that a model gives, one or several."""
    found = model(images)
    return [found] if isinstance(found, torch.Tensor) else list(found)


def test_traced(model):
    traced = torch.jit.trace(model, images(1))
    file = io.BytesIO()
    torch.jit.save(traced, file)
    file.seek(0)
    loaded = torch.jit.load(file)
    for found, expected in zip(
        outputs(loaded, images(2)), outputs(model, images(2)), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize('dynamo', [False, True])
def test_exported(model, tmp_path, dynamo):
    pytest.importorskip('onnx')
    pytest.importorskip('onnxscript')
    runtime = pytest.importorskip('onnxruntime')
    path = str(tmp_path / 'model.onnx')
    torch.onnx.export(model, (images(1),), path, dynamo=dynamo)
    session = runtime.InferenceSession(
        path, providers=['CPUExecutionProvider']
    )
    (given,) = session.get_inputs()
    for found, expected in zip(
        session.run(None, {given.name: images(2).numpy()}),
        outputs(model, images(2)),
        strict=True,
    ):
        torch.testing.assert_close(
            torch.from_numpy(found), expected.detach(), rtol=1e-4, atol=1e-5
        )


PARTS = dict(
    EPSAResNet=dict(depth=18, stem_channels=8, base_channels=8),
    TruncatedDenseNet=dict(num_stages=1),
    MAPHead=dict(in_channels=8),
    FusionHead=dict(num_classes=5, in_channels=8),
    MorphologicalAttributeEncoder=dict(),
)


@pytest.mark.parametrize('kind', PARTS)
def test_the_mode_is_set_in_a_chain(kind):
    """As of every module of PyTorch's."""
    part = MODELS.build(dict(type=kind, **PARTS[kind]))
    assert part.eval() is part and not part.training
    assert part.train() is part and part.training


def test_whole_models_too(model):
    assert model.train() is model
    assert model.eval() is model
