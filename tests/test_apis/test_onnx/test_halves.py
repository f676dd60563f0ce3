"""Weights in half precision, where that loses nothing."""

import numpy as np
import pytest

onnx = pytest.importorskip('onnx')
runtime = pytest.importorskip('onnxruntime')

from onnx import TensorProto, helper, numpy_helper  # noqa: E402

from daffnet_mm.apis.onnx.halves import store_halves  # noqa: E402

RNG = np.random.default_rng(0)
SHAPE = (40, 30)


def network(weight):
    node = helper.make_node('MatMul', ['x', 'weight'], ['y'])
    graph = helper.make_graph(
        [node],
        'graph',
        [helper.make_tensor_value_info('x', TensorProto.FLOAT, ['n', 40])],
        [helper.make_tensor_value_info('y', TensorProto.FLOAT, ['n', 30])],
        [numpy_helper.from_array(weight, 'weight')],
    )
    opset = [helper.make_opsetid('', 17)]
    return helper.make_model(graph, opset_imports=opset, ir_version=8)


def run(model):
    session = runtime.InferenceSession(model.SerializeToString())
    x = np.eye(40, dtype=np.float32)
    return session.run(None, dict(x=x))[0]


def test_what_half_precision_holds():
    weight = RNG.normal(size=SHAPE).astype(np.float16).astype(np.float32)
    model = network(weight)
    before = model.ByteSize()
    assert store_halves(model) == 1
    assert model.ByteSize() < 0.6 * before
    onnx.checker.check_model(model, full_check=True)
    assert np.array_equal(run(model), weight)


@pytest.mark.parametrize('value', [1 + 2**-20, 1e6, 1e-9, np.nan])
def test_one_that_it_does_not_hold(value):
    weight = RNG.normal(size=SHAPE).astype(np.float16).astype(np.float32)
    weight[3, 4] = value
    model = network(weight)
    content = model.SerializeToString()
    assert store_halves(model) == 0
    assert model.SerializeToString() == content
