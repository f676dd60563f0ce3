import copy
from collections.abc import Callable

import torch
from mmcv.cnn.utils.fuse_conv_bn import fuse_conv_bn
from torch import nn


def _logits(model: nn.Module, inputs: torch.Tensor) -> tuple:
    return model(inputs, mode='tensor')


class FoldedInference:
    """Run a frozen network with its batch normalisation folded away.

    In evaluation mode a batch normalisation is a scale and a shift per
    channel, which the convolution before it can take over. A frozen network
    that runs in every training step saves the passes over its feature maps.

    The folded copy is made at the first call and again whenever the weights
    have changed. It has to give the network's own output on the batch it is
    made at; a network of a kind that it would change runs as it is. So do
    one that somebody watches through forward hooks, one that is being
    compiled, traced or exported, and one that was built in
    ``torch.inference_mode()``, whose weights do not tell of changes.

    Args:
        model (nn.Module): The network, in evaluation mode. It keeps its own
            weights and is not registered here as a part.
        run (Callable): What it is run by: gets a network and images, gives a
            tuple. Defaults to a call in the mode ``'tensor'``.
    """

    def __init__(
        self,
        model: nn.Module,
        run: Callable[[nn.Module, torch.Tensor], tuple] = _logits,
    ) -> None:
        self._model = model
        self._run = run
        self._state: list[tuple[int, int]] | None = None
        self._folded = model

    def __call__(self, inputs: torch.Tensor) -> tuple:
        """Run the network without gradients.

        Args:
            inputs (Tensor): Normalised images of shape (N, 3, H, W).

        Returns:
            tuple: What ``run`` gives.
        """
        if (
            inputs.is_meta
            or torch.compiler.is_compiling()
            or torch.jit.is_tracing()
            or any(
                m._forward_hooks or m._forward_pre_hooks
                for m in self._model.modules()
            )
        ):
            return self._run(self._model, inputs)
        tensors = [*self._model.parameters(), *self._model.buffers()]
        if any(t.is_inference() for t in tensors):
            return self._run(self._model, inputs)
        state = [(t.data_ptr(), t._version) for t in tensors]
        if state != self._state:
            self._folded = self._fold(inputs)
            self._state = state
        return self._run(self._folded, inputs)

    def _fold(self, inputs: torch.Tensor) -> nn.Module:
        """The folded copy, or the network where folding would change it."""
        folded = fuse_conv_bn(copy.deepcopy(self._model))
        folded.to(memory_format=torch.channels_last)
        # In lower precision equal networks differ by more than unequal ones.
        with torch.autocast(inputs.device.type, enabled=False):
            same = torch.allclose(
                self._run(folded, inputs)[0],
                self._run(self._model, inputs)[0],
                rtol=1e-3,
                atol=1e-4,
            )
        return folded if same else self._model

    def __deepcopy__(self, memo: dict) -> 'FoldedInference':
        return FoldedInference(copy.deepcopy(self._model, memo), self._run)
