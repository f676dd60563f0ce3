"""Eight-bit integers in the place of most of a network's numbers."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quant_pre_process,
    quantize_static,
)

from .exported_network import INPUT


def quantise(
    source: Path, target: Path, batches: Iterable[np.ndarray]
) -> None:
    """Write a network whose convolutions compute with eight-bit integers.

    Ranges of the activations are measured on cells (static quantisation).
    Weights have a scale for each channel and seven bits, so that sums do not
    overflow on processors without VNNI, and answers are the same on all.
    Convolutions of images alone: what follows them is a fiftieth of the work,
    and the encoder of the attributes, which reads probabilities, loses most.
    Not the first, which reads pixels, nor those of one channel each, whose
    ranges differ from channel to channel: they lose most, and are small.

    Args:
        source (Path): The network.
        target (Path): The file to write.
        batches (Iterable[np.ndarray]): Images as the network takes them.
    """
    prepared = target.with_suffix('.prepared.onnx')
    quant_pre_process(source, prepared, skip_symbolic_shape=True)
    model = onnx.load(prepared)
    # What was zero throughout has a range of no width.
    with np.errstate(invalid='ignore', divide='ignore'):
        quantize_static(
            model,
            target,
            _Cells(batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            nodes_to_quantize=convolutions_of_images(model),
        )


def convolutions_of_images(model: onnx.ModelProto) -> list[str]:
    """Name the convolutions whose input is made of the image by such.

    Args:
        model (ModelProto): The network.

    Returns:
        list[str]: Names of nodes: no convolution of probabilities or pixels,
        and none with a group for each channel.
    """
    weights = {tensor.name: tensor.dims for tensor in model.graph.initializer}
    # Once pooled, features are of no place in the image any more.
    of_image, pixels = {INPUT}, {INPUT}
    names = []
    for node in model.graph.node:
        if node.op_type in ('Softmax', 'Gemm', 'MatMul'):
            continue
        if of_image.isdisjoint(node.input):
            continue
        of_image.update(node.output)
        reads_pixels = not pixels.isdisjoint(node.input)
        if node.op_type != 'Conv':
            if reads_pixels:
                pixels.update(node.output)
            continue
        # Shape (out, in of a group, height, width).
        of_one_channel = weights[node.input[1]][1] == 1
        if not reads_pixels and not of_one_channel:
            names.append(node.name)
    return names


class _Cells(CalibrationDataReader):
    def __init__(self, batches: Iterable[np.ndarray]) -> None:
        self._batches: Iterator[np.ndarray] = iter(batches)

    def get_next(self) -> dict[str, Any] | None:
        batch = next(self._batches, None)
        return None if batch is None else {INPUT: batch}
