"""Tell which attributes speak for a cell type, and how much."""

from typing import TYPE_CHECKING, NamedTuple, TypeGuard

import torch
from torch import nn

from daffnet_lite.errors import InputError
from daffnet_mm.models.classifiers import DAFFNet
from daffnet_mm.models.heads import FusionHead
from daffnet_mm.models.utils import pool_last_feature

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class AttributeEvidence(NamedTuple):
    """What speaks for a cell type of one image.

    Attributes:
        attributes (dict[str, float]): By attribute, what the type's log-odds
            lose where its value is not known; negative where it speaks
            against the type.
        alone (dict[str, torch.Tensor]): Probabilities of the cell types,
            shape (K,), by ``'deep'`` and ``'morphological'`` feature alone;
            empty where these did not learn to tell cell types by themselves.
    """

    attributes: dict[str, float]
    alone: dict[str, torch.Tensor]


def decides_by_attributes(model: nn.Module) -> TypeGuard[DAFFNet]:
    """Whether :func:`weigh_attributes` can be asked about a model."""
    return (
        isinstance(model, DAFFNet)
        and isinstance(model.head, FusionHead)
        and model.head.morphological_channels > 0
    )


@torch.no_grad()
def weigh_attributes(
    model: DAFFNet, image: torch.Tensor, cell_type: int
) -> AttributeEvidence:
    """Measure how much each attribute speaks for a cell type.

    An attribute is forgotten in turn: the probability of the type is the mean
    over all of its values, each as likely as another and as sure as a value
    can be, while the other attributes and the image's own feature stay as
    they are. What the type's log-odds lose by it is what the attribute speaks
    for it (the prediction difference of Robnik-Sikonja and Kononenko, IEEE
    TKDE 2008). Attributes that say the same stand in for each other, so what
    they lose does not add up to the whole.

    Args:
        model (DAFFNet): In evaluation mode.
        image (Tensor): One normalised image, shape (1, 3, H, W).
        cell_type (int): The type that is explained.

    Returns:
        AttributeEvidence: What speaks for the type.

    Raises:
        InputError: If the model does not decide by attributes.
    """
    if not decides_by_attributes(model):
        raise InputError(
            'attributes speak for a cell type in a DAFFNet with a FusionHead '
            f'alone, but the model is a {type(model).__name__} with a '
            f'{type(model.head).__name__}'
        )
    neck, head = model.neck, model.head
    scores, pooled = neck.read(image)
    if not model.shares_backbone:
        pooled = pool_last_feature(model.backbone(image))

    def classify(scores: torch.Tensor) -> torch.Tensor:
        feature = pooled.expand(len(scores), -1)
        return head((feature, neck.encode(scores))).double().log_softmax(1)

    whole = _log_odds(classify(scores), cell_type)
    evidence = {}
    start = 0
    for name, values in neck.predictor.head.attributes.items():
        end = start + len(values)
        each = scores.repeat(len(values), 1)
        each[:, start:end] = torch.eye(len(values)).to(scores)
        forgotten = _log_odds(classify(each), cell_type)
        evidence[name] = (whole - forgotten).item()
        start = end
    alone = {}
    if head.each_alone:
        logits = head.forward_each((pooled, neck.encode(scores)))
        for part, row in zip(('deep', 'morphological'), logits, strict=True):
            alone[part] = row[0].softmax(0)
    return AttributeEvidence(evidence, alone)


def _log_odds(logs: torch.Tensor, value: int) -> torch.Tensor:
    """Of the mean of several distributions, given their logarithms."""
    mine = logs[:, value].logsumexp(0)
    others = torch.cat([logs[:, :value], logs[:, value + 1 :]], 1)
    return mine - others.logsumexp((0, 1))


def plot_attribute_evidence(
    ax: 'Axes', heading: str, evidence: dict[str, float]
) -> None:
    """Draw what speaks for a cell type, the most on top.

    Args:
        ax (Axes): Where.
        heading (str): What is explained.
        evidence (dict[str, float]): Log-odds by what they are of.
    """
    names = sorted(evidence, key=evidence.__getitem__)
    values = [evidence[name] for name in names]
    colours = ['tab:red' if value > 0 else 'tab:blue' for value in values]
    ax.barh(names, values, color=colours, height=0.7)
    ax.axvline(0, color='black', linewidth=0.6)
    ax.tick_params(labelsize=7)
    ax.set_title(heading, fontsize=9)
    ax.set_xlabel(
        'speaks against it (left) or for it, in log-odds', fontsize=8
    )
    for side in ('top', 'right'):
        ax.spines[side].set_visible(False)
