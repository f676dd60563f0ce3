import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from mmengine.utils.dl_utils import is_norm
from torch import nn

from daffnet_lite.errors import InputError
from daffnet_lite.structures.cam_methods import CAM_METHODS
from daffnet_mm.models.classifiers import DAFFNet
from daffnet_mm.models.heads import MAPHead, find_map_head
from daffnet_mm.models.utils import pool_last_feature

from .attribute_evidence import plot_attribute_evidence
from .panels import panel_grid

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: The target that is no attribute.
CELL_TYPE = 'cell_type'


class AllLogits(nn.Module):
    """Everything a classifier tells of an image, side by side and with grads.

    Attribute logits come first, then those of the cell types. Of a
    :class:`DAFFNet` they are computed with its own layers, but without the
    shortcuts of its frozen MAP, so that gradients reach every layer: a cell
    type can be traced through the backbone and through the attributes.

    Args:
        model (nn.Module): A MAP, a DAFFNet or another classifier of
            MMPretrain's kind.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    @property
    def attributes(self) -> dict:
        """Attribute names and values; empty if the model predicts none."""
        head = find_map_head(self.model)
        return {} if head is None else head.attributes

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Compute all logits, of shape (N, attribute values + cell types)."""
        if isinstance(self.model, DAFFNet):
            neck = self.model.neck
            own = neck.predictor.extract_feat(images)
            attributes = neck.predictor.head(own)[0]
            scores = neck.predictor.head.layout.softmax(attributes)
            if not self.model.shares_backbone:
                own = self.model.backbone(images)
            feats = pool_last_feature(own), neck.encode(scores)
            classes = self.model.head(feats)
            return torch.cat([attributes, classes], dim=1)
        logits = self.model(images, mode='tensor')
        if isinstance(self.model.head, MAPHead):
            return torch.cat([x for x in logits if x is not None], dim=1)
        return logits


@dataclass(frozen=True)
class LogOdds:
    """What is explained: one value against its alternatives.

    A softmax does not change when all logits of an attribute grow together;
    this difference does not either, unlike a logit alone.

    Attributes:
        name (str): The attribute, or ``'cell_type'``.
        start (int): Where its logits begin among all.
        size (int): How many there are.
        value (int): The value that is explained.
    """

    name: str
    start: int
    size: int
    value: int

    def __call__(self, logits: torch.Tensor) -> torch.Tensor:
        """Compute the logarithm of the odds, given one image's logits."""
        own = logits[self.start : self.start + self.size]
        others = torch.cat([own[: self.value], own[self.value + 1 :]])
        return own[self.value] - others.logsumexp(dim=0)


class Explainer:
    """What explainers share: a classifier's logits, and targets among them.

    Args:
        logits (AllLogits): Of the classifier; put into evaluation mode.
    """

    def __init__(self, logits: AllLogits) -> None:
        self.logits = logits
        self.logits.eval()

    def target(
        self, name: str, value: int, num_classes: int | None = None
    ) -> LogOdds:
        """Describe what is to be explained.

        Args:
            name (str): An attribute, or ``'cell_type'``.
            value (int): The index of one of its values.
            num_classes (int, optional): The number of cell types, for
                ``'cell_type'``.

        Returns:
            LogOdds: The target.
        """
        start = 0
        for attribute, values in self.logits.attributes.items():
            if attribute == name:
                return LogOdds(name, start, len(values), value)
            start += len(values)
        if name != CELL_TYPE or num_classes is None:
            raise InputError(
                f'the model predicts no {name}; it predicts '
                f'{", ".join([*self.logits.attributes, CELL_TYPE])}'
            )
        return LogOdds(name, start, num_classes, value)


class GradCAMExplainer(Explainer):
    """Show where in an image a prediction comes from, by Grad-CAM.

    The maps are made by pytorch-grad-cam, as in MMPretrain's
    ``tools/visualization/vis_cam.py``: token sequences of transformers are
    laid out as maps without their extra tokens.

    Args:
        model (nn.Module): A MAP, a DAFFNet or another classifier; it is put
            into evaluation mode.
        method (str): One of ``CAM_METHODS``. Defaults to ``'gradcam'``.

    Raises:
        InputError: If pytorch-grad-cam is not installed or does not have the
            method.
    """

    def __init__(self, model: nn.Module, method: str = 'gradcam') -> None:
        try:
            import pytorch_grad_cam
        except ImportError as error:
            raise InputError(
                'explanations need pytorch-grad-cam: `pip install --no-deps '
                'grad-cam ttach` (its other requirements are here already, '
                'and a second OpenCV would replace the first)'
            ) from error
        if method not in CAM_METHODS:
            raise InputError(
                f'method {method!r} must be one of {", ".join(CAM_METHODS)}'
            )
        super().__init__(AllLogits(model))
        self.modules = dict(model.named_modules())
        self._cam_class = getattr(pytorch_grad_cam, CAM_METHODS[method])

    def explain(
        self, images: torch.Tensor, target: LogOdds, layer: str
    ) -> np.ndarray:
        """Make a map of each image.

        Args:
            images (Tensor): Normalised images of shape (N, 3, H, W).
            target (LogOdds): What is explained.
            layer (str): The layer whose positions are weighed, as in
                ``model.named_modules()``.

        Returns:
            np.ndarray: Shape (N, H, W), from 0 to 1 in each image; all zero
            where nothing speaks for the value.

        Raises:
            InputError: If there is no such layer, it gives no map, or the
                target does not depend on it.
        """
        module = self._find(layer)
        # With gradients from the image on, also through frozen layers.
        images = images.detach().requires_grad_()
        # By name: before 1.5 there was another argument between them.
        cam = self._cam_class(
            self.logits, [module], reshape_transform=self._as_map
        )
        # Layers that work in place (a residual sum, a ReLU) would change what
        # was kept of this one: let them work on a copy.
        copying = module.register_forward_hook(
            lambda module, args, output: output.clone()
        )
        kept = cam.activations_and_grads
        try:
            maps = cam(images, [target] * len(images))
            depends = any(gradient.any() for gradient in kept.gradients)
        except InputError:
            raise
        except Exception:
            # Without gradients pytorch-grad-cam fails in one way or another.
            if kept.gradients:
                raise
            depends = False
        finally:
            copying.remove()
            kept.release()
        if not depends:
            where = ''
            if isinstance(self.logits.model, DAFFNet):
                where = (
                    '; the attributes of a DAFFNet come from the layers below '
                    'neck.predictor'
                )
            raise InputError(
                f'{target.name} does not depend on the layer {layer}{where}'
            )
        return maps

    def last_layer(self, images: torch.Tensor, target: LogOdds) -> str:
        """Find the last layer of the backbone that still has positions.

        Among maps any layer will do, among token sequences a normalisation
        layer (MMPretrain's choice); behind a transformer's last attention the
        class token alone matters, so gradients decide.

        Args:
            images (Tensor): Normalised images of shape (N, 3, H, W).
            target (LogOdds): What is explained.

        Returns:
            str: The layer's name.

        Raises:
            InputError: If there is none.
        """
        prefix = 'backbone'
        model = self.logits.model
        if isinstance(model, DAFFNet) and (
            model.shares_backbone or target.name != CELL_TYPE
        ):
            prefix = 'neck.predictor.backbone'
        seen: dict[str, torch.Tensor] = {}

        def remember(name: str, module: nn.Module, _: Any, output: Any):
            if not isinstance(output, torch.Tensor):
                return
            is_map = output.dim() == 4 and output[0, 0].numel() > 1
            if is_map or (output.dim() == 3 and is_norm(module)):
                # a layer that runs twice counts where it runs last
                seen.pop(name, None)
                seen[name] = output

        handles = [
            module.register_forward_hook(partial(remember, name))
            for name, module in self.modules.items()
            if name.startswith(f'{prefix}.')
        ]
        try:
            logits = self.logits(images.detach().requires_grad_())
        finally:
            for handle in handles:
                handle.remove()
        total = torch.stack([target(row) for row in logits]).sum()
        gradients = torch.autograd.grad(
            total, list(seen.values()), allow_unused=True
        )
        found = list(zip(seen, gradients, strict=True))
        for name, gradient in reversed(found):
            if gradient is not None and self._as_map(gradient).any():
                return name
        raise InputError(
            f'no layer of {prefix} has positions that '
            f'{target.name} depends on; name a layer'
        )

    def _as_map(self, feature: torch.Tensor) -> torch.Tensor:
        """Lay tokens (N, L, C) out as a map; a map stays as it is."""
        if not isinstance(feature, torch.Tensor):
            raise InputError(
                'the layer gives several things, and no map: name a layer '
                'inside it'
            )
        if feature.dim() == 4:
            return feature
        model: Any = self.logits.model
        if isinstance(model, DAFFNet) and model.shares_backbone:
            model = model.neck.predictor
        backbone = model.backbone
        for extra in (0, getattr(backbone, 'num_extra_tokens', 0)):
            side = math.isqrt(feature.shape[1] - extra)
            if feature.dim() == 3 and side**2 == feature.shape[1] - extra:
                tokens = feature[:, extra:].transpose(1, 2)
                return tokens.unflatten(2, (side, side))
        raise InputError(
            f'the layer gives a feature of shape {tuple(feature.shape)}, '
            'which is no map and no square of tokens; name another layer'
        )

    def _find(self, layer: str) -> nn.Module:
        if layer in self.modules and layer:
            return self.modules[layer]
        near = difflib.get_close_matches(layer, self.modules, 3, 0.4)
        raise InputError(
            f'the model has no layer {layer!r}; '
            f'near are {", ".join(near) or "none"}'
        )


def plot_explanations(
    image: np.ndarray,
    maps: Sequence[tuple[str, np.ndarray]],
    columns: int,
    evidence: Sequence[tuple[str, dict[str, float]]] = (),
) -> 'Figure':
    """Lay explanation maps over the image that the model saw.

    Args:
        image (np.ndarray): RGB, uint8, shape (H, W, 3).
        maps (Sequence[tuple[str, np.ndarray]]): Headings and maps, from 0 to
            1, shape (H, W).
        columns (int): Panels side by side, beside the image alone.
        evidence (Sequence[tuple[str, dict[str, float]]]): Headings, and
            log-odds by the attribute that brings them, of cell types that are
            explained by attributes too. Defaults to none.

    Returns:
        Figure: The image in the first panel, then one panel per map, row by
        row, a colour bar beside these, and the attributes below.
    """
    from matplotlib.cm import ScalarMappable

    rows = -(-len(maps) // columns)
    below = 1 if evidence else 0
    titles = [''] * (rows + below) * (columns + 1)
    figure, axes = panel_grid(titles, columns + 1, 2.2, 2.5)
    if evidence:
        # They have the last row, as wide as it is, for themselves.
        last = axes[rows * (columns + 1) :]
        del axes[rows * (columns + 1) :]
        for ax in last:
            ax.remove()
        grid = axes[0].get_gridspec()
        assert grid is not None
        places = grid[-1, :].subgridspec(1, len(evidence))
        for column, (heading, bars) in enumerate(evidence):
            plot_attribute_evidence(
                figure.add_subplot(places[column]), heading, bars
            )
    for ax in axes:
        ax.set_axis_off()
    axes[0].imshow(image)
    axes[0].set_title('as the model sees it', fontsize=9)
    # The image has the first column for itself
    beside = [ax for i, ax in enumerate(axes) if i % (columns + 1)]
    for ax, (heading, values) in zip(beside, maps, strict=False):
        ax.imshow(image)
        ax.imshow(values, cmap='jet', alpha=0.45, vmin=0, vmax=1)
        ax.set_title(heading, fontsize=9)
    # Of the colours themselves, not as they look over the image.
    bar = figure.colorbar(
        ScalarMappable(cmap='jet'), ax=axes, aspect=30, pad=0.02
    )
    bar.set_label('speaks for the value', fontsize=8)
    bar.ax.tick_params(labelsize=7)
    return figure
