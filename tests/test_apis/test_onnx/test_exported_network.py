"""Each kind of classifier as ONNX, against what its `predict` says."""

from pathlib import Path

import mmpretrain
import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from daffnet_lite.errors import InputError

pytest.importorskip('onnx')
runtime = pytest.importorskip('onnxruntime')

from daffnet_mm.apis.onnx.exported_network import (  # noqa: E402
    ExportedNetwork,
    write_network,
)

CONFIGS = Path(__file__).resolve().parents[3] / 'configs'
SIZE = (64, 64)
#: A DAFFNet with two backbones and with one, a MAP, one that decodes jointly,
#: rows of the ablation, and Chen et al.'s.
CASES = {
    'daffnet/daffnet-tiny_pbc5.py': {},
    'daffnet/daffnet-lite_laboratories.py': {},
    'daffnet/map-tiny_wbcatt.py': dict(joint_decoding=True),
    'daffnet/map-lite_laboratories.py': {},
    'daffnet/ablation/epsa-sa-tiny_pbc5.py': {},
    'scam/scam_tiny_pbc5.py': {},
}


def varied(model):
    """Weights and batch statistics that are not those of a start."""
    generator = torch.Generator().manual_seed(0)
    for name, value in model.state_dict().items():
        if name.endswith('running_mean'):
            value.copy_(0.1 * torch.randn(value.shape, generator=generator))
        elif name.endswith('running_var'):
            value.copy_(1 + torch.rand(value.shape, generator=generator))
    return model.eval()


def pixels(number, seed):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (number, *SIZE, 3), np.uint8)


@torch.no_grad()
def predictions(model, images):
    """What MMPretrain's own way gives, as arrays."""
    inputs = torch.from_numpy(images).permute(0, 3, 1, 2)
    samples = model.test_step(
        dict(inputs=inputs, data_samples=[DataSample() for _ in images])
    )
    names = dict(
        class_probabilities='pred_score',
        attribute_probabilities='pred_attribute_scores',
        attribute_values='pred_attributes',
    )
    return {
        name: torch.stack([sample.get(key) for sample in samples]).numpy()
        for name, key in names.items()
        if key in samples[0]
    }


@pytest.mark.parametrize('name', CASES)
def test_it_gives_what_predict_gives(name, tmp_path):
    torch.manual_seed(0)
    settings = dict(head=CASES[name]) if CASES[name] else {}
    model = varied(mmpretrain.get_model(str(CONFIGS / name), **settings))
    network = ExportedNetwork(model).eval()
    write_network(network, SIZE, tmp_path / 'network.onnx')
    session = runtime.InferenceSession(
        str(tmp_path / 'network.onnx'), providers=['CPUExecutionProvider']
    )
    (given,) = session.get_inputs()
    assert (given.name, given.type) == ('images', 'tensor(uint8)')
    # The batch has any size.
    for number in (1, 5):
        images = pixels(number, number)
        found = dict(
            zip(
                network.outputs,
                session.run(network.outputs, dict(images=images)),
                strict=True,
            )
        )
        features = found.pop('features')
        assert features.ndim == 2 and len(features) == number
        logits = network.decides(torch.from_numpy(features)).detach()
        np.testing.assert_allclose(
            logits.softmax(1), found['class_probabilities'], atol=1e-5
        )
        wanted = predictions(model, images)
        assert found.keys() == wanted.keys()
        for key, value in wanted.items():
            assert np.array_equal(found[key].shape, value.shape)
            np.testing.assert_allclose(found[key], value, atol=1e-5)


def test_it_leaves_no_hook_behind():
    name = 'daffnet/map-tiny_wbcatt.py'
    model = mmpretrain.get_model(str(CONFIGS / name)).eval()
    with torch.no_grad():
        ExportedNetwork(model)(torch.from_numpy(pixels(2, 0)))
    assert not any(
        m._forward_hooks or m._forward_pre_hooks for m in model.modules()
    )


def test_padding_is_refused():
    model = mmpretrain.get_model(
        str(CONFIGS / 'daffnet/map-tiny_wbcatt.py'),
        data_preprocessor=dict(pad_size_divisor=32),
    )
    with pytest.raises(InputError, match='pad_size_divisor'):
        ExportedNetwork(model)
