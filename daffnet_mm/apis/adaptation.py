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
from daffnet_mm.models.utils import LinearDecision

from .laboratories_of_checkpoint import LABORATORIES
from .review_of_checkpoint import REVIEW
from .wbc_inferencer import WBCInferencer

#: Fewer cells of a type teach more of these cells than of the type.
LEAST_CELLS = 5
#: Parts of the cells, each of which is predicted by what the others teach.
FOLDS = 5
#: How each cell is looked at, besides as it is,
VIEWS = 'symmetries'
#: if there are no more: as many tell by themselves what does not matter, and
#: would take long.
MOST_TURNED = 500
#: How much of its former answers the layer keeps; one is chosen.
SHARES = (0.0, 0.5, 1.0)
#: How strongly its change is held back; one is chosen.
STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
#: How strongly the biases of types without cells are held to what they were.
HOLD_OF_OTHERS = 0.01


@dataclass(frozen=True)
class Adaptation:
    """What a laboratory's cells taught.

    Attributes:
        cells (dict[str, int]): Cells of each type.
        strength (float): How strongly the change was held back.
        kept (float): The share of its former answers that the model kept.
        temperature (float): By what its logits were divided then.
        before (float): Balanced accuracy on the cells before, in percent.
        after (float): The same where each is predicted by what the others
            teach: what is to be expected of cells of the same slides.
        remarks (list[str]): What was left out, and why.
    """

    cells: dict[str, int]
    strength: float
    kept: float
    temperature: float
    before: float
    after: float
    remarks: list[str]


def adapt(
    inferencer: WBCInferencer, folder: str | PathLike[str]
) -> Adaptation:
    """Fit what gives the cell types to another laboratory.

    That is :class:`LinearDecision`: a :class:`FusionHead` as a whole, else the
    last layer. Everything before it stays as it is, and with it the attributes
    of every cell, at home too. How much of its former answers it keeps, and
    how far it may move, is chosen by cross-validation (:func:`fit_layer`); all
    types count alike, and those without cells keep their weights. None of
    home's cells are needed.

    Args:
        inferencer (WBCInferencer): Predicts by the model, which is changed in
            place, and goes without the rule of review and the temperature for
            other laboratories, as what :func:`save_adapted` writes. If it
            estimates profiles, that of the folder's images is applied.
        folder (str | Path): A folder with a folder for each cell type, at
            least 5 cells in each, best from several slides.

    Returns:
        Adaptation: What came out.

    Raises:
        InputError: If there are too few cells or types, a file is in the
            folders of two types, or a folder means no type.
    """
    labelled, remarks = labelled_cells(folder, inferencer.classes)
    paths = [path for files in labelled.values() for path in files]
    classes = [
        inferencer.classes.index(name)
        for name, files in labelled.items()
        for _ in files
    ]
    decision = LinearDecision(inferencer.model)
    views = VIEWS if len(paths) <= MOST_TURNED else None
    features, answered = inferencer.features(
        paths, decision=decision, views=views
    )
    if views is None:
        features = features[None]
    labels = np.array(classes)[answered]
    remarks = [*remarks, *inferencer.warnings, *inferencer.errors.values()]
    cells = {
        name: int((labels == inferencer.classes.index(name)).sum())
        for name in labelled
    }
    _check_numbers(cells, folder)

    weight, bias = decision.read()
    fitted = fit_layer(weight, bias, features, labels)
    decision.write(fitted.weight, fitted.bias)
    inferencer.forget_limits()
    return Adaptation(
        cells,
        fitted.strength,
        fitted.kept,
        fitted.temperature,
        mean_recall(features[0] @ weight.T + bias, labels),
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
    review and the temperature for other laboratories, which were fitted to
    other probabilities, and with a card, ``adaptation``.

    Args:
        inferencer (WBCInferencer): That which :func:`adapt` changed.
        adaptation (Adaptation): What it gave.
        meta (Mapping): What the model's checkpoint said of itself.
        folder (str | Path): The laboratory's folder.
        path (str | Path): The file to write.
    """
    kept = {
        key: value
        for key, value in meta.items()
        if key not in (REVIEW, LABORATORIES)
    }
    kept['dataset_meta'] = dict(classes=list(inferencer.classes))
    kept['adaptation'] = dict(
        folder=fspath(folder),
        cells=adaptation.cells,
        strength=adaptation.strength,
        kept=adaptation.kept,
        temperature=adaptation.temperature,
        balanced_accuracy_before=adaptation.before,
        balanced_accuracy_held_out=adaptation.after,
    )
    weights = weights_to_cpu(inferencer.model.state_dict())
    save_checkpoint(path, dict(meta=kept, state_dict=weights))


def labelled_cells(
    folder: str | PathLike[str], classes: Sequence[str]
) -> tuple[dict[str, list[str]], list[str]]:
    """List the cells of a laboratory by type, each once.

    Args:
        folder (str | Path): A folder with a folder for each cell type.
        classes (Sequence[str]): The types that there may be.

    Returns:
        tuple[dict, list]: The files of each type that has a folder; and what
        is to be said of them.

    Raises:
        InputError: If a folder means no type, or a file is in the folders of
            two.
    """
    found: dict[str, list[str]] = {}
    copies = []
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
        own = found.setdefault(label, [])
        for file in files:
            first, other = seen.setdefault(file_sha256(file), (file, label))
            if other != label:
                raise InputError(
                    f'{first} and {file} are the same image, but are labelled '
                    f'{other} and {label}: delete the one that is wrong'
                )
            if first == file:
                own.append(file)
            else:
                copies.append(f'{file} of {first}')
    remarks = []
    if copies:
        remarks.append(
            f'{len(copies)} files are copies of others, and count once: '
            f'{copies[0]}' + ' and so on' * (len(copies) > 1)
        )
    return found, remarks


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
        strength (float): How strongly its change was held back.
        kept (float): The share of its former answers that it kept.
        temperature (float): By what its outputs were divided then.
        held_out (np.ndarray): Probabilities of the cells by layers that the
            others have changed, (N, C); before the division.
    """

    weight: np.ndarray
    bias: np.ndarray
    strength: float
    kept: float
    temperature: float
    held_out: np.ndarray


def fit_layer(
    weight: np.ndarray,
    bias: np.ndarray,
    views: np.ndarray,
    labels: np.ndarray,
) -> FittedLayer:
    """Teach a linear layer what some cells show.

    Of what it says of the types that have cells a share is kept, and a linear
    function of the features is added. What is minimised is the mean over
    these types of their cells' cross entropy, and half the squared weights of
    that function times a strength; its features are scaled, each by its
    spread, and all to squared lengths of about 1. The share and the strength
    are chosen by the cross entropy of cells that are held out, as they are,
    and a temperature is fitted to these.

    A type without cells keeps its weights (but for the temperature). Its bias
    takes part, lightly held to what it was: a type that is claimed of cells of
    the others is claimed too often.

    Args:
        weight (np.ndarray): The layer's weights, (C, D).
        bias (np.ndarray): Its biases, (C, ).
        views (np.ndarray): What it gets of V views of each cell, (V, N, D);
            of the cell as it is, first. Of more than 500 cells only this one
            counts.
        labels (np.ndarray): What it is to give, (N, ); at least 5 of each.

    Returns:
        FittedLayer: The layer.
    """
    if len(labels) > MOST_TURNED:
        views = views[:1]
    mean = views.mean(axis=(0, 1), dtype=np.float64)
    spread = (views - mean).std(axis=(0, 1))
    # What hardly varies among these cells is not to count for much.
    spread += max(0.1 * spread.mean(), 1e-6)
    spread *= spread.size**0.5
    inputs = (views - mean) / spread
    # Beyond the directions in which the cells differ nothing changes.
    directions = np.linalg.svd(
        inputs.reshape(-1, spread.size), full_matrices=False
    )[2]
    inputs = inputs @ directions.T

    tried = {}
    for share in SHARES:
        keep = _keep(share, labels, len(weight))
        before = views @ (keep @ weight).T + keep @ bias
        for strength in STRENGTHS:
            tried[share, strength] = _cross_validate(
                inputs, before, labels, strength
            )
    kept, strength = min(tried, key=lambda key: _surprise(tried[key], labels))
    scores = tried[kept, strength]
    temperature = fit_temperature(scores, labels)
    keep = _keep(kept, labels, len(weight))
    weight, bias = keep @ weight, keep @ bias
    change, shift = _fit(inputs, views @ weight.T + bias, labels, strength)
    change = change @ directions / spread
    return FittedLayer(
        (weight + change) / temperature,
        (bias + shift - change @ mean) / temperature,
        strength,
        kept,
        temperature,
        scores,
    )


def _keep(share: float, labels: np.ndarray, classes: int) -> np.ndarray:
    """Draw the logits of the types that have cells towards their mean."""
    taught = np.isin(np.arange(classes), labels)
    among = np.outer(taught, taught)
    drawn = share * np.eye(classes) + (1 - share) * among / taught.sum()
    return np.where(among, drawn, np.eye(classes))


def _cross_validate(
    inputs: np.ndarray,
    before: np.ndarray,
    labels: np.ndarray,
    strength: float,
) -> np.ndarray:
    from sklearn.model_selection import StratifiedKFold

    scores = np.zeros_like(before[0])
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for teaching, asked in splitter.split(labels, labels):
        change, shift = _fit(
            inputs[:, teaching],
            before[:, teaching],
            labels[teaching],
            strength,
        )
        logits = before[0, asked] + inputs[0, asked] @ change.T + shift
        scores[asked] = torch.as_tensor(logits).softmax(1).numpy()
    return scores


def _fit(
    inputs: np.ndarray,
    before: np.ndarray,
    labels: np.ndarray,
    strength: float,
) -> tuple[np.ndarray, np.ndarray]:
    """The change of the weights, and of the biases, that cells teach."""
    x, logits = (torch.as_tensor(v).flatten(0, 1) for v in (inputs, before))
    y = torch.as_tensor(np.tile(labels, len(inputs)))
    counts = y.bincount(minlength=logits.shape[1]).double()
    taught = (counts > 0).double()[:, None]
    cells = 1 / counts[y] / taught.sum()
    values = torch.zeros(len(counts), x.shape[1] + 1, dtype=x.dtype)
    values.requires_grad_(True)
    optimizer = torch.optim.LBFGS(
        [values], max_iter=200, line_search_fn='strong_wolfe'
    )

    def change() -> tuple[torch.Tensor, torch.Tensor]:
        # The mean of the taught types' logits stays, so that nothing is
        # learned of another type but how often it is claimed wrongly.
        own = values * taught
        own = own - taught * own.sum(0) / taught.sum()
        others = values[:, -1] * (1 - taught[:, 0])
        return own[:, :-1], own[:, -1] + others

    def cost() -> torch.Tensor:
        optimizer.zero_grad()
        weight, shift = change()
        surprise = torch.nn.functional.cross_entropy(
            logits + x @ weight.T + shift, y, reduction='none'
        )
        others = shift[taught[:, 0] == 0]
        total = (
            cells @ surprise
            + strength / 2 * (weight**2).sum()
            + HOLD_OF_OTHERS / 2 * (others**2).sum()
        )
        total.backward()
        return total

    optimizer.step(cost)
    weight, shift = change()
    return weight.detach().numpy(), shift.detach().numpy()


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
