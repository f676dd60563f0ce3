"""Whole exports: what is in the file, and when there is none."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from exported_model import PIPELINE, write_model

from daffnet_lite.errors import InputError
from daffnet_lite.onnx import OnnxClassifier, Reading
from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES
from daffnet_lite.version import __version__

onnx = pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')

from daffnet_mm.apis.onnx import export, export_onnx  # noqa: E402


def test_what_the_file_says(exported):
    card = OnnxClassifier(exported.path).card
    content = Path(exported.checkpoint).read_bytes()
    assert card.classes == WBC5_CLASSES
    assert card.attributes == {k: tuple(v) for k, v in WBC_ATTRIBUTES.items()}
    assert card.size == (32, 32) and card.reading == Reading(48)
    assert [step['type'] for step in card.steps] == [
        step['type'] for step in PIPELINE[1:-1]
    ]
    assert card.temperatures == dict(cell_size=1.5)
    assert card.normalisation['to_rgb'] is True
    assert card.source['checkpoint_sha256'] == (
        hashlib.sha256(content).hexdigest()
    )
    assert card.source['versions']['daffnet_mm'] == __version__
    meta = torch.load(exported.checkpoint, weights_only=True)['meta']
    assert {k: list(v) for k, v in card.review.limits.items()} == (
        meta['review']['limits']
    )


def test_what_is_told(exported):
    report = exported.report
    content = Path(exported.path).read_bytes()
    assert report.size == len(content)
    assert report.sha256 == hashlib.sha256(content).hexdigest()
    assert report.parity.cells == 34 and report.parity.difference < 1e-4
    assert report.parity.equal_types == report.parity.equal_values == 1
    onnx.checker.check_model(exported.path, full_check=True)


def test_other_answers_are_no_file(exported, tmp_path, monkeypatch):
    """A network that is a little off, as an exporter's fault would be."""
    write = export.write_network

    def wrong(network, size, path):
        with torch.no_grad():
            network.decides.bias[0] += 1e-2
        write(network, size, path)
        with torch.no_grad():
            network.decides.bias[0] -= 1e-2

    monkeypatch.setattr(export, 'write_network', wrong)
    out = tmp_path / 'model.onnx'
    with pytest.raises(InputError, match='a probability differs by up to'):
        export_onnx(out, exported.config, exported.checkpoint)
    assert not list(tmp_path.iterdir())


def test_images_that_cannot_be_read(exported, tmp_path):
    broken = tmp_path / 'cell.png'
    broken.write_bytes(b'no image')
    with pytest.raises(InputError, match='none of the images to compare'):
        export_onnx(
            tmp_path / 'model.onnx',
            exported.config,
            exported.checkpoint,
            images=[str(broken)],
        )


def test_a_pipeline_without_a_size(exported, tmp_path):
    config, checkpoint = write_model(
        tmp_path, exported.cells[:5], [PIPELINE[0], *PIPELINE[2:3]]
    )
    with pytest.raises(InputError, match='not bring all images to one size'):
        export_onnx(tmp_path / 'model.onnx', config, str(checkpoint))


def test_a_config_needs_its_checkpoint(exported, tmp_path):
    with pytest.raises(InputError, match='go together'):
        export_onnx(tmp_path / 'model.onnx', exported.config)


def test_eight_bits(exported, tmp_path):
    out = tmp_path / 'int8.onnx'
    report = export_onnx(
        out,
        exported.config,
        exported.checkpoint,
        int8=True,
        images=exported.cells,
    )
    assert report.parity.difference < 1e-4
    light = OnnxClassifier(out)
    assert light.card.source['precision'] == 'int8'
    assert len(light(exported.cells[:3])) == 3
    # Another one, but not any.
    assert 0 < report.int8.difference < 1
    assert 0.5 < report.int8.equal_values < 1
    content = onnx.load(out)
    produced = {n.output[0]: n for n in content.graph.node}
    weights = {
        tensor.name: tensor.data_type for tensor in content.graph.initializer
    }
    eight = [
        node
        for node in content.graph.node
        if node.op_type == 'Conv'
        and produced.get(node.input[0], node).op_type == 'DequantizeLinear'
    ]
    plain = [
        node
        for node in content.graph.node
        if node.op_type == 'Conv' and node not in eight
    ]
    # The backbones'; but not each one's first, those of one channel each, and
    # the encoder's, the first of which is of one channel too.
    shapes = {t.name: tuple(t.dims) for t in content.graph.initializer}
    several = [n for n in plain if shapes[n.input[1]][1] > 1]
    assert len(eight) > 30 and len(several) == 4
    assert sum(shapes[n.input[1]][1] == 3 for n in several) == 2
    assert onnx.TensorProto.INT8 in weights.values()
    assert np.isfinite(report.int8.difference)
