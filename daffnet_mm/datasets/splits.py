"""Who is trained on, who validates, who is tested on: parts and folds."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.csv_files import read_csv, write_csv_rows
from daffnet_lite.fileio.names import normalize_name

#: The names of the parts, in the order of the ratios.
SPLITS = ('train', 'val', 'test')


def labels_of(samples: Sequence[dict]) -> dict[str, str]:
    """The classes of samples, by name."""
    return {sample['name']: sample['label'] for sample in samples}


def groups_of(samples: Sequence[dict]) -> dict[str, str] | None:
    """The groups of samples, by name; None where each is its own."""
    if all(sample['group'] == sample['name'] for sample in samples):
        return None
    return {sample['name']: sample['group'] for sample in samples}


def stratified_split(
    labels: Mapping[str, str],
    ratios: Sequence[float] = (6, 2, 2),
    seed: int = 0,
    groups: Mapping[str, str] | None = None,
    stratify: bool = True,
) -> dict[str, str]:
    """Split images into training, validation and test parts (Sec. 3.1).

    Within each class, groups are ordered by a hash of the seed and of the name
    of their first image, and cut by the ratios; a group that lies across a cut
    goes to the side where its middle is. A part thus differs from its share of
    a class by less than one group; one that would get no group of a class
    though there are enough takes the one nearest in size to its share. The
    result depends on nothing else: not on the machine, the order of files, or
    which other classes are there, so the split of five of PBC's classes is
    that of all eight, restricted.

    Groups of several classes (the cells of one field or slide) go before the
    others, in the order of the hash too, each to the part that it brings
    nearest to its shares of these classes. So does, first of all, a group that
    holds more than half of its class.

    Args:
        labels (Mapping[str, str]): The class of each image, by image name.
        ratios (Sequence[float]): Sizes of the three parts, up to a factor:
            ``(6, 2, 2)`` is DAFFNet's split, ``(3, 1, 1)`` the same in the
            words of Chen et al. Defaults to ``(6, 2, 2)``.
        seed (int): Seed of the split. Defaults to 0.
        groups (Mapping[str, str], optional): The group of each image, by image
            name: copies of one source and parts of one field, which must not
            be parted. Defaults to None: every image is its own.
        stratify (bool): Hold the ratios within each class. False draws from
            all images alike, as the papers do, so that classes fall into the
            parts as chance has it. Defaults to True.

    Returns:
        dict[str, str]: ``'train'``, ``'val'`` or ``'test'`` by image name;
        names are as :func:`~daffnet_lite.fileio.names.normalize_name` gives
        them.

    Raises:
        InputError: If the ratios are not three numbers from 0, if an image has
            no group, or if two names are one but for slashes and accents.
    """
    if len(ratios) != len(SPLITS):
        raise InputError(
            f'ratios {tuple(ratios)} must be three numbers, for '
            f'{", ".join(SPLITS)}'
        )
    if not stratify:
        labels = dict.fromkeys(labels, '')
    shares = _divide(labels, ratios, seed, groups)
    return {name: SPLITS[share] for name, share in shares.items()}


def k_fold(
    labels: Mapping[str, str],
    k: int,
    seed: int = 0,
    groups: Mapping[str, str] | None = None,
    stratify: bool = True,
) -> dict[str, int]:
    """Divide images into folds of equal size, as :func:`stratified_split`.

    Of five folds the first three are the training part of the split 6:2:2
    with this seed, the fourth is its validation and the fifth its test part
    (but for groups that go before the others).

    Args:
        labels (Mapping[str, str]): The class of each image, by image name.
        k (int): Number of folds, at least 2.
        seed (int): Seed of the split. Defaults to 0.
        groups (Mapping[str, str], optional): The group of each image, by image
            name. Defaults to None: every image is its own.
        stratify (bool): As for :func:`stratified_split`. Defaults to True.

    Returns:
        dict[str, int]: The fold by image name, from 0.

    Raises:
        InputError: If ``k`` is below 2, or as :func:`stratified_split`.
    """
    if k < 2:
        raise InputError(f'k={k} must be at least 2 folds')
    if not stratify:
        labels = dict.fromkeys(labels, '')
    return _divide(labels, (1,) * k, seed, groups)


def fold_parts(folds: Mapping[str, int], fold: int, k: int) -> dict[str, str]:
    """Name the parts of one run of a cross-validation.

    Args:
        folds (Mapping[str, int]): The fold by image name (:func:`k_fold`).
        fold (int): The run, from 0: this fold is tested on and the one before
            it validates.
        k (int): Number of folds, at least 3.

    Returns:
        dict[str, str]: ``'train'``, ``'val'`` or ``'test'`` by image name.
    """
    roles = {fold: 'test', (fold - 1) % k: 'val'}
    return {name: roles.get(own, 'train') for name, own in folds.items()}


def cut_groups(
    parts: Mapping[str, str], groups: Mapping[str, str]
) -> dict[str, list[str]]:
    """Find the groups that a split cuts: its leaks.

    Args:
        parts (Mapping[str, str]): The part of each image, by image name.
        groups (Mapping[str, str]): The group of each image, by image name.

    Returns:
        dict[str, list[str]]: Sorted image names by group, of those groups
        that have images in several parts.
    """
    members = defaultdict(list)
    for name in sorted(parts):
        members[groups[name]].append(name)
    return {
        group: names
        for group, names in members.items()
        if len({parts[name] for name in names}) > 1
    }


def later_copies(
    parts: Mapping[str, str],
    groups: Mapping[str, str],
    order: Sequence[str] = SPLITS,
) -> list[str]:
    """Find the images that have one of their group in an earlier part.

    Args:
        parts (Mapping[str, str]): The part of each image, by image name.
        groups (Mapping[str, str]): The group of each image, by image name.
        order (Sequence[str]): The parts, the one that keeps its images first.
            Defaults to training, validation and test part.

    Returns:
        list[str]: Their names, sorted.
    """
    return sorted(
        name
        for names in cut_groups(parts, groups).values()
        for name in names
        if order.index(parts[name])
        > min(order.index(parts[other]) for other in names)
    )


def _divide(
    labels: Mapping[str, str],
    ratios: Sequence[float],
    seed: int,
    groups: Mapping[str, str] | None,
) -> dict[str, int]:
    """Divide the images of each class into shares by the ratios."""
    total = sum(ratios)
    if min(ratios) < 0 or not 0 < total < float('inf'):
        raise InputError(
            f'ratios {tuple(ratios)} must be numbers from 0, not all 0'
        )
    labels = _by_normalized_name(labels)
    units = _units(labels, seed, groups)

    # The cuts of each class: where its images, laid out in a row, change
    # from one share to the next.
    counts = Counter(labels.values())
    targets = {}
    for label, count in counts.items():
        cuts = [
            round(count * sum(ratios[: i + 1]) / total)
            for i in range(len(ratios))
        ]
        targets[label] = [
            cut - before
            for before, cut in zip([0, *cuts[:-1]], cuts, strict=True)
        ]

    def dominates(unit: list[str]) -> bool:
        own = {labels[name] for name in unit}
        return len(own) == 1 and 2 * len(unit) > counts[own.pop()]

    shares: dict[str, int] = {}
    ahead = [
        unit
        for unit in units
        if dominates(unit) or len({labels[name] for name in unit}) > 1
    ]
    for unit in sorted(ahead, key=dominates, reverse=True):
        own = Counter(labels[name] for name in unit)
        shares.update(
            dict.fromkeys(unit, _fittest(own, counts, targets, ratios))
        )
        for label, count in own.items():
            targets[label][shares[unit[0]]] -= count

    pure = defaultdict(list)
    for unit in units:
        if unit[0] not in shares:
            pure[labels[unit[0]]].append(unit)
    for label, own_units in pure.items():
        shares.update(_cut(own_units, targets[label]))
    return shares


def _by_normalized_name(values: Mapping[str, str]) -> dict[str, str]:
    normalized = {normalize_name(name): v for name, v in values.items()}
    if len(normalized) < len(values):
        twice = Counter(map(normalize_name, values)).most_common(1)[0][0]
        raise InputError(
            f'image {twice} is there twice, under names that differ in '
            'slashes or in how an accent is written alone; rename one'
        )
    return normalized


def _units(
    labels: Mapping[str, str], seed: int, groups: Mapping[str, str] | None
) -> list[list[str]]:
    """Order the groups by the hash of their first image."""
    if groups is None:
        members = [[name] for name in labels]
    else:
        groups = _by_normalized_name(groups)
        absent = [name for name in labels if name not in groups]
        if absent:
            raise InputError(
                f'{len(absent)} of the images have no group, '
                f'first {min(absent)}'
            )
        by_group = defaultdict(list)
        for name in sorted(labels):
            by_group[groups[name]].append(name)
        members = list(by_group.values())

    def order(unit: list[str]) -> bytes:
        return hashlib.sha256(f'{seed}:{unit[0]}'.encode()).digest()

    return sorted(members, key=order)


def _fittest(
    own: Mapping[str, int],
    counts: Mapping[str, int],
    left: Mapping[str, Sequence[int]],
    ratios: Sequence[float],
) -> int:
    """Find the share to which a group comes with the least imbalance.

    That is the sum over its classes of (images)^2 / (images wanted), which is
    the least where all shares are as full as each other.
    """
    total = sum(ratios)

    def imbalance(share: int) -> float:
        added = 0.0
        for label, count in own.items():
            wanted = counts[label] * ratios[share] / total
            there = wanted - left[label][share]
            added += count * (2 * there + count) / wanted / counts[label]
        return added

    return min((i for i, ratio in enumerate(ratios) if ratio), key=imbalance)


def _cut(
    units: Sequence[Sequence[str]], targets: Sequence[int]
) -> dict[str, int]:
    """Lay the groups of one class out in a row and cut it by the targets."""
    # What groups that went before took above a target, the others lack.
    targets = [max(target, 0) for target in targets]
    size = sum(map(len, units))
    scale = size / sum(targets)
    members: list[list[Sequence[str]]] = [[] for _ in targets]
    share, start = 0, 0
    end = targets[0] * scale
    for unit in units:
        middle = start + len(unit) / 2
        while middle > end and share < len(targets) - 1:
            share += 1
            end = sum(targets[: share + 1]) * scale
        members[share].append(unit)
        start += len(unit)
    # A part that large groups passed over could not be scored on the class.
    for target, own in zip(targets, members, strict=True):
        richest = max(members, key=len)
        if target and not own and len(richest) > 1:
            nearest = min(richest, key=lambda unit: abs(len(unit) - target))
            richest.remove(nearest)
            own.append(nearest)
    return {
        name: share
        for share, own in enumerate(members)
        for unit in own
        for name in unit
    }


def write_split_file(
    path: str,
    labels: Mapping[str, str],
    parts: Mapping[str, str],
    groups: Mapping[str, str] | None = None,
) -> None:
    """Write a split file: CSV with the columns image, label and split.

    With groups there is a fourth column, group, and the file serves as a group
    file too.

    Args:
        path (str): Where to write; replaced as a whole.
        labels (Mapping[str, str]): The class of each image, by image name.
        parts (Mapping[str, str]): The part of each image, by image name.
        groups (Mapping[str, str], optional): The group of each image, by image
            name. Defaults to None.

    Raises:
        InputError: If the file cannot be written.
    """
    labels, parts = _by_normalized_name(labels), _by_normalized_name(parts)
    columns = [labels, parts]
    if groups is not None:
        columns.append(
            {
                name: normalize_name(group)
                for name, group in _by_normalized_name(groups).items()
            }
        )
    header = ['image', 'label', 'split', 'group'][: 1 + len(columns)]
    try:
        with atomic_write(path) as f:
            write_csv_rows(
                f,
                header,
                (
                    (name, *(column[name] for column in columns))
                    for name in sorted(parts)
                ),
            )
    except OSError as e:
        raise InputError(
            f'cannot write split file {path}: {e.strerror or e}; name a file '
            'in a folder that you may write to and that is not full'
        ) from e


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
    rows = _read_column(path, 'split')
    for part, where in rows.values():
        if part.lower() not in SPLITS:
            raise InputError(
                f'{where}: split {part!r} must be train, val or test'
            )
    return {name: part.lower() for name, (part, _) in rows.items()}


def read_group_file(path: str) -> dict[str, str]:
    """Read the groups that a split must not cut.

    Args:
        path (str): CSV with at least the columns image and group, such as the
            audit writes; a split file with a column group serves too.

    Returns:
        dict[str, str]: The group of each image, by image name.

    Raises:
        InputError: If a column or a group is missing or an image named twice.
    """
    rows = _read_column(path, 'group')
    for name, (group, where) in rows.items():
        if not group:
            raise InputError(f'{where}: image {name} has no group')
    return {name: normalize_name(group) for name, (group, _) in rows.items()}


def _read_column(path: str, column: str) -> dict[str, tuple[str, str]]:
    """Read a column by image name, and where each value stands."""
    values = {}
    for where, row in read_csv(
        path, ('image', column), f'{column} file {path}'
    ):
        # No image's name ends in a blank, but it may begin with one.
        name = normalize_name(row['image'].rstrip())
        if not name:
            raise InputError(f'{where}: no image is named')
        if name in values:
            raise InputError(f'{where}: image {name} is named twice')
        values[name] = row[column].strip(), where
    return values
