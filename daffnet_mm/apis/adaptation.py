"""Teach a classifier another laboratory, from a few of its cells."""

import os.path as osp
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import NamedTuple

import numpy as np
import torch
from mmengine.runner import weights_to_cpu

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.fileio.image_folders import list_image_files, scan_folder
from daffnet_lite.structures.class_names import canonical_class
from daffnet_mm.checkpoints import save_checkpoint
from daffnet_mm.evaluation.functional import (
    balanced_accuracy,
    fit_temperature,
)
from daffnet_mm.models.utils import decision_layer

from .review_of_checkpoint import REVIEW
from .wbc_inferencer import WBCInferencer

#: Fewer cells of a type teach more of these cells than of the type.
LEAST_CELLS = 5
#: Parts of the cells, each of which is predicted by what the others teach.
FOLDS = 5
#: How strongly the layer is held to what it was; one is chosen.
STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)


@dataclass(frozen=True)
class Adaptation:
    """What a laboratory's cells taught.

    Attributes:
        cells (dict[str, int]): Cells of each type.
        strength (float): How strongly the layer was held to what it was.
        temperature (float): By what its logits were divided then.
        before (float): Balanced accuracy on the cells before, in percent.
        after (float): The same where each is predicted by what the others
            teach: what is to be expected of cells of the same slides.
        remarks (list[str]): What was left out, and why.
    """

    cells: dict[str, int]
    strength: float
    temperature: float
    before: float
    after: float
    remarks: list[str]


def adapt(
    inferencer: WBCInferencer, folder: str | PathLike[str]
) -> Adaptation:
    """Fit the layer that gives the cell types to another laboratory.

    Everything before it stays as it is, and with it the attributes of every
    cell, at home too. The layer is held to what it was by a penalty on the
    squared change of its weights, whose strength is chosen by
    cross-validation; all types count alike, and those without cells keep
    their weights, but for the temperature of all. None of home's cells are
    needed.

    Args:
        inferencer (WBCInferencer): Predicts by the model, which is changed in
            place. If it estimates profiles, that of the folder's images is
            applied.
        folder (str | Path): A folder with a folder for each cell type, at
            least 5 cells in each, best from several slides.

    Returns:
        Adaptation: What came out.

    Raises:
        InputError: If there are too few cells or types, a file is in the
            folders of two types, or a folder means no type.
    """
    labelled = labelled_cells(folder, inferencer.classes)
    paths = [path for files in labelled.values() for path in files]
    classes = [
        inferencer.classes.index(name)
        for name, files in labelled.items()
        for _ in files
    ]
    features, answered = inferencer.features(paths)
    labels = np.array(classes)[answered]
    remarks = [*inferencer.warnings, *inferencer.errors.values()]
    cells = {
        name: int((labels == inferencer.classes.index(name)).sum())
        for name in labelled
    }
    _check_numbers(cells, folder)

    layer = decision_layer(inferencer.model)
    weight, bias = (
        parameter.detach().cpu().double().numpy()
        for parameter in (layer.weight, layer.bias)
    )
    fitted = fit_layer(weight, bias, features, labels)
    with torch.no_grad():
        layer.weight.copy_(torch.as_tensor(fitted.weight))
        layer.bias.copy_(torch.as_tensor(fitted.bias))
    return Adaptation(
        cells,
        fitted.strength,
        fitted.temperature,
        mean_recall(features @ weight.T + bias, labels),
        mean_recall(fitted.held_out, labels),
        remarks,
    )


def save_adapted(
    inferencer: WBCInferencer,
    adaptation: Adaptation,
    meta: Mapping,
    folder: str | PathLike[str],
    path: str | PathLike[str],
) -> None:
    """Write an adapted model as a checkpoint.

    Its ``meta`` is that of the model it was made of, without the rule of
    review, which was fitted to other probabilities, and with a card,
    ``adaptation``.

    Args:
        inferencer (WBCInferencer): That which :func:`adapt` changed.
        adaptation (Adaptation): What it gave.
        meta (Mapping): What the model's checkpoint said of itself.
        folder (str | Path): The laboratory's folder.
        path (str | Path): The file to write.
    """
    kept = {key: value for key, value in meta.items() if key != REVIEW}
    kept['dataset_meta'] = dict(classes=list(inferencer.classes))
    kept['adaptation'] = dict(
        folder=fspath(folder),
        cells=adaptation.cells,
        strength=adaptation.strength,
        temperature=adaptation.temperature,
        balanced_accuracy_before=adaptation.before,
        balanced_accuracy_held_out=adaptation.after,
    )
    weights = weights_to_cpu(inferencer.model.state_dict())
    save_checkpoint(path, dict(meta=kept, state_dict=weights))


def labelled_cells(
    folder: str | PathLike[str], classes: Sequence[str]
) -> dict[str, list[str]]:
    """List the cells of a laboratory by type.

    Args:
        folder (str | Path): A folder with a folder for each cell type.
        classes (Sequence[str]): The types that there may be.

    Returns:
        dict[str, list[str]]: The files of each type that has a folder.

    Raises:
        InputError: If a folder means no type, or a file is in the folders of
            two.
    """
    found: dict[str, list[str]] = {}
    seen: dict[str, tuple[str, str]] = {}
    for name in scan_folder(fspath(folder)).folders:
        inner = osp.join(fspath(folder), name)
        files = [osp.join(inner, f) for f in list_image_files(inner).images]
        if not files:
            continue
        label = canonical_class(name, classes)
        if label is None:
            raise InputError(
                f'{inner} has images, but its name means none of the types '
                f'{", ".join(classes)}: rename it, or move it elsewhere'
            )
        for file in files:
            first, other = seen.setdefault(file_sha256(file), (file, label))
            if other != label:
                raise InputError(
                    f'{first} and {file} are the same image, but are labelled '
                    f'{other} and {label}: delete the one that is wrong'
                )
        found.setdefault(label, []).extend(files)
    return found


def _check_numbers(
    cells: Mapping[str, int], folder: str | PathLike[str]
) -> None:
    few = {name: n for name, n in cells.items() if n < LEAST_CELLS}
    if len(cells) < 2 or few:
        found = ', '.join(f'{n} of {name}' for name, n in cells.items())
        raise InputError(
            f'{fspath(folder)} has cells of {len(cells)} types that can be '
            f'read ({found or "none"}); expected are at least two folders '
            f'with the names of cell types, and {LEAST_CELLS} images in each: '
            'add some, or leave out the type'
        )


class FittedLayer(NamedTuple):
    """A linear layer as some cells have changed it.

    Attributes:
        weight (np.ndarray): Its weights, (C, D).
        bias (np.ndarray): Its biases, (C, ).
        strength (float): How strongly it was held to what it was.
        temperature (float): By what its outputs were divided then.
        held_out (np.ndarray): Probabilities of the cells by layers that the
            others have changed, (N, C); before the division.
    """

    weight: np.ndarray
    bias: np.ndarray
    strength: float
    temperature: float
    held_out: np.ndarray


def fit_layer(
    weight: np.ndarray,
    bias: np.ndarray,
    features: np.ndarray,
    labels: np.ndarray,
) -> FittedLayer:
    """Move a linear layer no further from what it was than it must.

    What is minimised is the mean over the types of their cells' cross
    entropy, and half the squared change of the weights (of features scaled to
    a standard deviation of 1 over all) times a strength, which is chosen by
    the cross entropy of cells that are held out. A temperature is fitted to
    these.

    Args:
        weight (np.ndarray): The layer's weights, (C, D).
        bias (np.ndarray): Its biases, (C, ).
        features (np.ndarray): What it gets, (N, D).
        labels (np.ndarray): What it is to give, (N, ); at least 5 of each.

    Returns:
        FittedLayer: The layer. Types without cells keep their weights, but
        for the temperature.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    # One scale for all: directions without spread tell nothing.
    scale = max(float((features - mean).std()), 1e-6)
    # Beyond the directions in which the cells differ nothing changes.
    directions = np.linalg.svd((features - mean) / scale, False)[2]
    inputs = (features - mean) / scale @ directions.T
    before = features @ weight.T + bias
    held_out = {
        strength: _cross_validate(inputs, before, labels, strength)
        for strength in STRENGTHS
    }
    strength = min(STRENGTHS, key=lambda s: _surprise(held_out[s], labels))
    temperature = fit_temperature(held_out[strength], labels)
    change, shift = _fit(inputs, before, labels, strength)
    change = change @ directions / scale
    return FittedLayer(
        (weight + change) / temperature,
        (bias + shift - change @ mean) / temperature,
        strength,
        temperature,
        held_out[strength],
    )


def _cross_validate(
    inputs: np.ndarray,
    before: np.ndarray,
    labels: np.ndarray,
    strength: float,
) -> np.ndarray:
    from sklearn.model_selection import StratifiedKFold

    scores = np.zeros_like(before)
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for teaching, asked in splitter.split(inputs, labels):
        change, shift = _fit(
            inputs[teaching], before[teaching], labels[teaching], strength
        )
        logits = before[asked] + inputs[asked] @ change.T + shift
        scores[asked] = torch.as_tensor(logits).softmax(1).numpy()
    return scores


def _fit(
    inputs: np.ndarray,
    before: np.ndarray,
    labels: np.ndarray,
    strength: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The change of the weights, and of the biases, that cells teach."""
    x, logits, y = (torch.as_tensor(v) for v in (inputs, before, labels))
    counts = y.bincount(minlength=logits.shape[1]).double()
    weights = 1 / counts[y] / (counts > 0).sum()
    taught = (counts > 0).double()[:, None]
    # Of types without cells nothing is learned, nor that there are none.
    logits = logits.masked_fill(counts == 0, -torch.inf)
    change = torch.zeros(len(counts), x.shape[1] + 1, dtype=x.dtype)
    change.requires_grad_(True)
    optimizer = torch.optim.LBFGS(
        [change], max_iter=200, line_search_fn='strong_wolfe'
    )

    def cost() -> torch.Tensor:
        optimizer.zero_grad()
        weight, shift = (change * taught).split([x.shape[1], 1], dim=1)
        surprise = torch.nn.functional.cross_entropy(
            logits + x @ weight.T + shift[:, 0], y, reduction='none'
        )
        total = weights @ surprise + strength / 2 * (weight**2).sum()
        total.backward()
        return total

    optimizer.step(cost)
    found = (change * taught).detach().numpy()
    return found[:, :-1], found[:, -1]


def _surprise(scores: np.ndarray, labels: np.ndarray) -> float:
    """The mean over the types of their cells' cross entropy."""
    true = np.log(np.maximum(scores[np.arange(len(labels)), labels], 1e-12))
    return -float(
        np.mean([true[labels == label].mean() for label in np.unique(labels)])
    )


def mean_recall(scores: np.ndarray, labels: np.ndarray) -> float:
    """The mean recall of the types that there are.

    Args:
        scores (np.ndarray): Logits or probabilities, (N, C).
        labels (np.ndarray): The true types, (N, ).

    Returns:
        float: In percent.
    """
    hits = scores.argmax(1) == labels
    present = np.unique(labels)
    return 100 * (
        balanced_accuracy(
            [int(hits[labels == label].sum()) for label in present],
            [int((labels == label).sum()) for label in present],
        ).value
    )
