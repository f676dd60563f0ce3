"""How far an exported file answers as the model it was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from daffnet_lite.onnx import OnnxClassifier

from ..wbc_inferencer import WBCInferencer

#: At which both are asked.
BATCH_SIZES = (1, 32)


@dataclass(frozen=True)
class Parity:
    """How far two models answer alike.

    Args:
        cells (int): Cells that both were asked about.
        difference (float): Largest difference of a probability.
        equal_types (float): Share of the cells with the same type.
        equal_values (float): Share of the attribute values that are the same;
            1 without attributes.
        equal_reviews (float): Share of the cells with the same reasons to
            look again.
    """

    cells: int
    difference: float
    equal_types: float
    equal_values: float
    equal_reviews: float


def compare(
    model: WBCInferencer, exported: OnnxClassifier, images: Sequence[Any]
) -> Parity:
    """Ask both about the same images, one by one and many at once.

    Args:
        model (WBCInferencer): The model.
        exported (OnnxClassifier): The exported file.
        images (Sequence): Images.

    Returns:
        Parity: The worse of what was found at the batch sizes.
    """
    found = [
        compare_answers(
            model(images, batch_size=size, skip_broken=True),
            exported(images, batch_size=size, skip_broken=True),
        )
        for size in BATCH_SIZES
    ]
    return Parity(
        found[0].cells,
        max(parity.difference for parity in found),
        min(parity.equal_types for parity in found),
        min(parity.equal_values for parity in found),
        min(parity.equal_reviews for parity in found),
    )


def compare_answers(wanted: Sequence[dict], given: Sequence[dict]) -> Parity:
    """Compare answers to the same images.

    Args:
        wanted (Sequence[dict]): Those of the one model.
        given (Sequence[dict]): Those of the other.

    Returns:
        Parity: What was found; a probability that is no number is as
        different as can be.
    """
    pairs = list(zip(wanted, given, strict=True))
    differences = [0.0]
    values = []
    for one, other in pairs:
        differences += np.abs(
            one['pred_scores'] - other['pred_scores']
        ).tolist()
        for name, attribute in one.get('attributes', {}).items():
            its = other['attributes'][name]
            values.append(attribute['value'] == its['value'])
            if values[-1]:
                differences.append(
                    abs(attribute['probability'] - its['probability'])
                )
    largest = float(np.max(differences))
    return Parity(
        len(pairs),
        largest if np.isfinite(largest) else np.inf,
        _share([a['pred_label'] == b['pred_label'] for a, b in pairs]),
        _share(values),
        _share([a['review'] == b['review'] for a, b in pairs]),
    )


def _share(same: Sequence[bool]) -> float:
    return sum(same) / len(same) if same else 1.0
