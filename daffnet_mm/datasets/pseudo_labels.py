import json
import os.path as osp
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

import numpy as np
import torch

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.json_files import read_json
from daffnet_lite.structures import ATTRIBUTE_SIZES, UNKNOWN, WBC_ATTRIBUTES

#: The layout of the file; another one is refused.
FORMAT = 'daffnet_mm pseudo labels, version 2'


@dataclass
class PseudoLabels:
    """Attributes that a MAP predicted where nobody annotated (Sec. 2.2.3).

    Args:
        checkpoint (str): The MAP's checkpoint file.
        checkpoint_sha256 (str): Its hash.
        classes (Sequence[str]): The classes of the dataset, in its order.
        attributes (dict): Attribute names and their values, in the order of
            the indices and the scores.
        settings_sha256 (str): Hash of all that the labels depend on
            (checkpoint, images, model, pipeline, batch size).
        values (dict[str, list[int]]): Value indices of the 11 attributes, by
            image id.
        scores (dict[str, list[float]]): Probabilities of all attribute values
            side by side (31 for WBCAtt), by image id.
    """

    checkpoint: str
    checkpoint_sha256: str
    classes: Sequence[str]
    attributes: dict[str, Sequence[str]] = field(
        default_factory=lambda: dict(WBC_ATTRIBUTES)
    )
    settings_sha256: str = ''
    values: dict[str, list[int]] = field(default_factory=dict)
    scores: dict[str, list[float]] = field(default_factory=dict)

    def save(self, path: str) -> None:
        """Write the labels as JSON, whole or not at all."""
        with atomic_write(path) as f:
            json.dump(dict(format=FORMAT, **asdict(self)), f)

    @classmethod
    def load(cls, path: str) -> 'PseudoLabels':
        """Read labels.

        Args:
            path (str): What ``tools/pseudo_label.py`` wrote.

        Returns:
            PseudoLabels: The labels.

        Raises:
            InputError: If the file does not exist, is no such file or not a
                whole one, was made for other attributes, or holds values or
                probabilities that cannot be.
        """
        if not osp.isfile(path):
            raise InputError(
                f'pseudo label file {path} does not exist; make it with '
                f'`python tools/pseudo_label.py CONFIG CKPT --out {path}`'
            )
        try:
            content = read_json(path)
        except InputError as e:
            raise InputError(
                f'{path} is no pseudo label file of tools/pseudo_label.py, or '
                f'not a whole one ({e})'
            ) from e
        if (
            not isinstance(content, dict)
            or content.pop('format', None) != FORMAT
        ):
            raise InputError(
                f'{path} is no pseudo label file of this version of '
                'tools/pseudo_label.py; make it again'
            )
        try:
            labels = cls(**content)
        except TypeError as e:
            raise InputError(
                f'{path} is no pseudo label file of tools/pseudo_label.py: {e}'
            ) from e
        expected = {k: list(v) for k, v in WBC_ATTRIBUTES.items()}
        # As lists: the order of the attributes counts.
        if [*labels.attributes.items()] != [*expected.items()]:
            raise InputError(
                f'{path} was made for other attributes or another order of '
                "values than WBCAtt's; make it again"
            )
        labels._check(path)
        return labels

    def select(
        self, ids: Sequence[str], path: str
    ) -> tuple[np.ndarray, np.ndarray]:
        """Look images up.

        Args:
            ids (Sequence[str]): N image ids.
            path (str): The file, for the message.

        Returns:
            tuple[ndarray, ndarray]: Value indices, int64 of shape (N, 11),
            and probabilities, float32 of shape (N, 31).

        Raises:
            InputError: If there is no label for an image.
        """
        absent = [i for i in ids if i not in self.scores]
        if absent:
            raise InputError(
                f'{path} lacks {len(absent)} of {len(ids)} images, first '
                f'{absent[0]}; run tools/pseudo_label.py again for this '
                'dataset or, if they could not be read, set skip_broken=True '
                'in it'
            )
        return _as_matrices(
            [self.values[i] for i in ids], [self.scores[i] for i in ids]
        )

    def _check(self, path: str) -> None:
        """Refuse indices and probabilities that cannot be."""
        sizes = np.array(ATTRIBUTE_SIZES)
        try:
            if self.values.keys() != self.scores.keys():
                raise ValueError(
                    'indices and probabilities are of different images'
                )
            values, scores = _as_matrices(
                [*self.values.values()], [*self.scores.values()]
            )
        except (AttributeError, TypeError, ValueError) as e:
            raise InputError(f'{path} is damaged ({e}); make it again') from e
        starts = np.cumsum(sizes) - sizes
        totals = np.add.reduceat(scores, starts, axis=1)
        right = (values >= 0) & (values < sizes) & (abs(totals - 1) < 1e-3)
        wrong = ~right.all(axis=1)
        wrong |= ~((scores >= 0) & (scores <= 1)).all(axis=1)
        if wrong.any():
            image = [*self.scores][int(wrong.argmax())]
            raise InputError(
                f'{path} is damaged: {image} has an index that no value has, '
                'or probabilities of an attribute that do not sum to 1; make '
                'it again'
            )


def _as_matrices(
    values: Sequence, scores: Sequence
) -> tuple[np.ndarray, np.ndarray]:
    """Check the shapes of the lists and make arrays of them."""
    shape = (len(values), len(ATTRIBUTE_SIZES))
    indices = np.array(values).reshape(shape)
    if indices.size and indices.dtype.kind not in 'iu':
        raise ValueError('an index is not a whole number')
    probabilities = np.array(scores, np.float32)
    return indices.astype(np.int64), probabilities.reshape(
        len(scores), sum(ATTRIBUTE_SIZES)
    )


def confident_labels(
    values: torch.Tensor,
    scores: torch.Tensor,
    threshold: float,
    forgotten: torch.Tensor | None = None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Keep what a MAP is sure enough of.

    Args:
        values (Tensor): Value indices, shape (N, 11).
        scores (Tensor): Probabilities, shape (N, 31).
        threshold (float): A value with a lower probability becomes unknown.
        forgotten (Tensor, optional): Of which attributes the image no longer
            tells, bool of shape (N, 11); they become unknown. Defaults to
            None: of none.

    Returns:
        tuple[Tensor, Tensor]: The indices, -1 where unknown, and the
        probabilities as soft targets, zero where nothing is to be learned.
    """
    sizes = torch.tensor(ATTRIBUTE_SIZES, device=values.device)
    places = values + sizes.cumsum(0) - sizes
    confident = scores.gather(1, places) >= threshold
    if forgotten is not None:
        confident &= ~forgotten
    targets = scores * confident.repeat_interleave(sizes, dim=1)
    return values.masked_fill(~confident, UNKNOWN), targets
