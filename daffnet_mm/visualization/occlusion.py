"""Show where in an image a prediction comes from, by hiding places of it."""

from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import nn

from .grad_cam import AllLogits, Explainer, LogOdds

#: Places side by side that are hidden in turn, in each direction.
PLACES = 8
#: Images at a time.
_BATCH = 32
#: A normal distribution's standard deviation in median absolute deviations.
_NORMAL = 1.4826


class OcclusionExplainer(Explainer):
    """Explain a prediction by what it loses where the image is blurred.

    Places on a grid are blurred in turn, with soft borders. What a place
    speaks for a value is by how much its log-odds fall, above what blurring
    any place may cost: the median of all places, and as much again as these
    usually lie apart (their median absolute deviation, in units of a normal
    distribution's standard deviation). It asks no layer, so it means the same
    for every network. Gradients of the last layer do not: at 96 px it has
    3 x 3 positions, each of which sees all of the image.

    Args:
        model (nn.Module): A MAP, a DAFFNet or another classifier; it is put
            into evaluation mode.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__(AllLogits(model))

    @torch.no_grad()
    def explain(
        self, image: torch.Tensor, targets: Sequence[LogOdds]
    ) -> list[np.ndarray]:
        """Make a map for each target.

        Args:
            image (Tensor): One normalised image, shape (1, 3, H, W).
            targets (Sequence[LogOdds]): What is explained.

        Returns:
            list[np.ndarray]: Shape (H, W), from 0 to 1 in each; all zero where
            nothing speaks for the value.
        """
        height, width = image.shape[2:]
        spots = (
            _bumps(height)[:, None, :, None] * _bumps(width)[None, :, None, :]
        )
        spots = spots.reshape(-1, 1, height, width).to(image)
        blurred = _blur(image)
        hidden = torch.cat(
            [
                self.logits(torch.lerp(image, blurred, part))
                for part in spots.split(_BATCH)
            ]
        )
        (whole,) = self.logits(image)
        spots = spots[:, 0]
        maps = []
        for target in targets:
            odds = torch.stack([target(row) for row in hidden])
            lost = target(whole) - odds
            usual = lost.median()
            usual += _NORMAL * (lost - usual).abs().median()
            lost = (lost - usual.clamp(min=0)).clamp(min=0)
            spread = torch.tensordot(lost, spots, 1) / spots.sum(0)
            if spread.max() > 0:
                spread /= spread.max()
            maps.append(spread.cpu().numpy())
        return maps


def _bumps(length: int) -> torch.Tensor:
    """Lay soft bumps side by side, shape (PLACES, length)."""
    width = length / PLACES
    centres = (torch.arange(PLACES) + 0.5) * width
    distances = torch.arange(length) + 0.5 - centres[:, None]
    return (-0.5 * (distances / width * 1.5) ** 2).exp()


def _blur(image: torch.Tensor) -> torch.Tensor:
    pixels = image[0].permute(1, 2, 0).contiguous().cpu().numpy()
    sigma = max(image.shape[2:]) / PLACES
    soft = cv2.GaussianBlur(
        pixels, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE
    )
    return torch.from_numpy(soft).permute(2, 0, 1)[None].to(image)
