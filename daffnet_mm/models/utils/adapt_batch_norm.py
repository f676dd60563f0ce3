from collections.abc import Iterable
from typing import Any

import torch
from mmengine.model import BaseModel
from torch.nn.modules.batchnorm import _BatchNorm

from daffnet_lite.errors import InputError


@torch.no_grad()
def adapt_batch_norm(model: BaseModel, batches: Iterable[dict]) -> int:
    """Estimate the statistics of batch normalisation anew, on other images.

    Images of another laboratory have other means and variances in every layer
    than those that a network was trained on; taking theirs needs no label
    (Li et al., Pattern Recognition 2018, "AdaBN"). Weights stay as they are,
    dropout stays off, and so do the statistics of a frozen attribute
    predictor, whose attributes the network was trained on.

    Args:
        model (BaseModel): A classifier of MMPretrain's kind, changed in
            place and left in evaluation mode.
        batches (Iterable[dict]): What a data loader gives; each batch counts
            alike.

    Returns:
        int: How many layers keep theirs, as those of a frozen predictor.

    Raises:
        InputError: If the model has no batch normalisation.
    """
    model.eval()
    neck: Any = getattr(model, 'neck', None)
    is_frozen = getattr(neck, 'frozen', False)
    frozen = set(neck.predictor.modules()) if is_frozen else set()
    tracked = [
        m
        for m in model.modules()
        if isinstance(m, _BatchNorm) and m.track_running_stats
    ]
    norms = [m for m in tracked if m not in frozen]
    if not norms:
        raise InputError(
            'the model has no batch normalisation whose statistics could be '
            'adapted; leave out --adapt-bn'
        )
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain average over all batches
        norm.train()
    for batch in batches:
        data = model.data_preprocessor(batch, training=False)
        model(data['inputs'], mode='tensor')
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
    return len(tracked) - len(norms)
