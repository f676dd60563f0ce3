import csv
import hashlib
import os.path as osp
from collections import defaultdict
from collections.abc import Mapping, Sequence

from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write

#: The names of the parts, in the order of the ratios.
SPLITS = ('train', 'val', 'test')


def stratified_split(labels: Mapping[str, str],
                     ratios: Sequence[float] = (6, 2, 2),
                     seed: int = 0) -> dict[str, str]:
    """Split images into training, validation and test parts (Sec. 3.1).

    Within each class, images are ordered by a hash of seed and name and cut
    by the ratios. The result depends on nothing else: not on the machine, the
    order of files, or which other classes are there, so the split of five of
    PBC's classes is that of all eight, restricted.

    Args:
        labels (Mapping[str, str]): The class of each image, by image name.
        ratios (Sequence[float]): Sizes of the three parts, up to a factor.
            Defaults to ``(6, 2, 2)``.
        seed (int): Seed of the split. Defaults to 0.

    Returns:
        dict[str, str]: ``'train'``, ``'val'`` or ``'test'`` by image name.
    """
    by_class = defaultdict(list)
    for name, label in labels.items():
        by_class[label].append(name)
    parts = {}
    for names in by_class.values():
        names.sort(key=lambda name: hashlib.sha256(f'{seed}:{name}'.encode()).
                   digest())
        ends = [
            round(len(names) * sum(ratios[:i + 1]) / sum(ratios))
            for i in range(len(SPLITS))
        ]
        start = 0
        for part, end in zip(SPLITS, ends, strict=True):
            parts.update(dict.fromkeys(names[start:end], part))
            start = end
    return parts


def write_split_file(path: str, labels: Mapping[str, str],
                     parts: Mapping[str, str]) -> None:
    """Write a split file: CSV with the columns image, label and split.

    Args:
        path (str): Where to write; replaced as a whole.
        labels (Mapping[str, str]): The class of each image, by image name.
        parts (Mapping[str, str]): The part of each image, by image name.
    """
    with atomic_write(path) as f:
        writer = csv.writer(f, lineterminator='\n')
        writer.writerow(['image', 'label', 'split'])
        for name in sorted(parts):
            writer.writerow([name, labels[name], parts[name]])


def read_split_file(path: str) -> dict[str, str]:
    """Read a split file.

    Args:
        path (str): CSV with at least the columns image and split.

    Returns:
        dict[str, str]: The part of each image, by image name.

    Raises:
        InputError: If a column is missing, a part unknown or an image named
            twice.
    """
    if not osp.isfile(path):
        raise InputError(f'split file {path} does not exist')
    parts = {}
    with open(path, newline='', encoding='utf-8') as f:
        reader = csv.DictReader(f)
        missing = {'image', 'split'} - set(reader.fieldnames or ())
        if missing:
            raise InputError(
                f'split file {path} has no column {sorted(missing)[0]!r}; '
                'expected are image and split (and label, for the reader)')
        for row in reader:
            if row['split'] not in SPLITS:
                raise InputError(
                    f'split file {path}, line {reader.line_num}: split '
                    f'{row["split"]!r} must be train, val or test')
            if row['image'] in parts:
                raise InputError(f'split file {path}, line {reader.line_num}: '
                                 f'image {row["image"]} is named twice')
            parts[row['image']] = row['split']
    return parts
