import hashlib
import json
import os.path as osp
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write
from daffnet_mm.structures import WBC_ATTRIBUTES


@dataclass
class PseudoLabels:
    """Attributes that a MAP predicted where nobody annotated (Sec. 2.2.3).

    Args:
        checkpoint (str): The MAP's checkpoint file.
        checkpoint_sha256 (str): Its hash.
        classes (Sequence[str]): The classes of the dataset.
        attributes (dict): Attribute names and their values, in the order of
            the scores.
        scores (dict[str, list[float]]): Probabilities of all attribute values
            side by side (31 for WBCAtt), by image id.
    """
    checkpoint: str
    checkpoint_sha256: str
    classes: Sequence[str]
    attributes: dict[str, Sequence[str]] = field(
        default_factory=lambda: dict(WBC_ATTRIBUTES))
    scores: dict[str, list[float]] = field(default_factory=dict)

    def save(self, path: str) -> None:
        """Write the labels as JSON, whole or not at all."""
        with atomic_write(path) as f:
            json.dump(asdict(self), f)

    @classmethod
    def load(cls, path: str) -> 'PseudoLabels':
        """Read labels.

        Args:
            path (str): What ``tools/pseudo_label.py`` wrote.

        Returns:
            PseudoLabels: The labels.

        Raises:
            InputError: If the file does not exist, is no such file, or was
                made for other attributes.
        """
        if not osp.isfile(path):
            raise InputError(
                f'pseudo label file {path} does not exist; make it with '
                f'`python tools/pseudo_label.py CONFIG CKPT --out {path}`')
        try:
            with open(path, encoding='utf-8') as f:
                labels = cls(**json.load(f))
        except (ValueError, TypeError) as e:
            raise InputError(f'{path} is no pseudo label file of '
                             f'tools/pseudo_label.py: {e}') from e
        expected = {k: list(v) for k, v in WBC_ATTRIBUTES.items()}
        if {k: list(v) for k, v in labels.attributes.items()} != expected:
            raise InputError(
                f'{path} was made for other attributes or another order of '
                'values than WBCAtt\'s; make it again')
        return labels


def file_sha256(path: str) -> str:
    """Hash a file.

    Args:
        path (str): The file.

    Returns:
        str: SHA-256 in hexadecimal digits.
    """
    digest = hashlib.sha256()
    with open(path, 'rb') as f:
        for block in iter(lambda: f.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()
