"""A classifier as one function from pixels to probabilities."""

import warnings
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import torch
from torch import nn

from daffnet_lite.onnx import OUTPUTS
from daffnet_mm.errors import InputError
from daffnet_mm.models.heads import find_map_head
from daffnet_mm.models.utils import decision_layer

#: What the network takes: (N, H, W, 3), BGR, as OpenCV holds images.
INPUT = 'images'


class ExportedNetwork(nn.Module):
    """A classifier as one function from pixels to probabilities.

    The pixels are what OpenCV and NumPy hold, uint8 of shape (N, H, W, 3) in
    the order blue, green, red. Normalising them is part of the network: so
    whoever runs it elsewhere can get no channel and no mean wrong, a quarter
    of the bytes is handed over, and the numbers are those of PyTorch.

    Args:
        model (nn.Module): A classifier of MMPretrain's kind, with its data
            preprocessor.

    Raises:
        InputError: If its preprocessor does what no single image tells.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        if getattr(model.data_preprocessor, 'pad_size_divisor', 1) > 1:
            raise InputError(
                'the data preprocessor of the model pads its images '
                '(pad_size_divisor), which is not exported: let the test '
                'pipeline end at a size that needs no padding'
            )
        self.model = model
        self.map_head = find_map_head(model)
        self.decides: nn.Linear | None = None
        # A head of somebody else's kind may have none.
        with suppress(InputError):
            self.decides = decision_layer(model)

    @property
    def outputs(self) -> list[str]:
        """list[str]: Names of what :meth:`forward` gives, in that order."""
        missing = set()
        if self.map_head is None:
            missing |= {'attribute_probabilities', 'attribute_values'}
        if self.decides is None:
            missing.add('features')
        return [name for name in OUTPUTS if name not in missing]

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Predict.

        Args:
            images (Tensor): uint8 of shape (N, H, W, 3), BGR.

        Returns:
            tuple[Tensor, ...]: The probabilities of the classes (N, K); of
            the attributes' values side by side, and which value each
            attribute has (N, A); and what the classes are decided on (N, D).
            Without those that :attr:`outputs` does not name.
        """
        seen: dict[str, Any] = {}

        def keep_features(layer: nn.Module, inputs: tuple) -> None:
            seen['features'] = inputs[0]

        def keep_attributes(
            head: nn.Module, inputs: tuple, outputs: tuple
        ) -> None:
            seen['attributes'] = outputs[0]

        with ExitStack() as hooks:
            if self.decides is not None:
                hook = self.decides.register_forward_pre_hook(keep_features)
                hooks.callback(hook.remove)
            if self.map_head is not None:
                hook = self.map_head.register_forward_hook(keep_attributes)
                hooks.callback(hook.remove)
            logits = self.model(self._normalised(images))
        if isinstance(logits, tuple):  # a MAP's: attributes, classes
            logits = logits[-1]
        found = [logits.float().softmax(1)]
        if self.map_head is not None:
            scores = self.map_head.layout.softmax(seen['attributes'])
            found += [scores, self.map_head.decode(scores)]
        if self.decides is not None:
            found.append(seen['features'].float())
        return tuple(found)

    def _normalised(self, images: torch.Tensor) -> torch.Tensor:
        """Do what the data preprocessor does, to a batch of any size."""
        preprocessor: Any = self.model.data_preprocessor
        inputs = images.permute(0, 3, 1, 2)
        if preprocessor.to_rgb:
            inputs = inputs[:, [2, 1, 0]]
        inputs = inputs.float()
        if preprocessor._enable_normalize:
            inputs = (inputs - preprocessor.mean) / preprocessor.std
        return inputs


def write_network(
    network: ExportedNetwork, size: tuple[int, int], path: str | Path
) -> None:
    """Write a network as ONNX; the batch may have any size.

    Batch normalisation is left apart from the convolutions. The runtime
    joins them when it loads the file, and until then the weights are the
    checkpoint's own, which half precision may hold.

    Args:
        network (ExportedNetwork): The network, in evaluation mode.
        size (tuple[int, int]): Height and width of the images.
        path (str | Path): The file.
    """
    # More than one, so that no operator takes the batch for a constant.
    images = torch.zeros(2, *size, 3, dtype=torch.uint8)
    with warnings.catch_warnings():
        # Of what PyTorch's tracer cannot prove; the parity check does.
        warnings.simplefilter('ignore')
        torch.onnx.export(
            network,
            (images,),
            str(path),
            # The newer exporter needs a further package, and fixes the batch
            # where a shape enters a computation.
            dynamo=False,
            opset_version=17,
            training=torch.onnx.TrainingMode.PRESERVE,
            input_names=[INPUT],
            output_names=network.outputs,
            dynamic_axes={
                name: {0: 'batch'} for name in (INPUT, *network.outputs)
            },
        )
