"""Random streams that depend on a sample's name and on nothing else."""

from zlib import crc32

import numpy as np

from daffnet_lite.errors import InputError

#: The numbers are part of every stream: changing one changes all its images.
SPLITS = {'train': 0, 'val': 1, 'test': 2}

#: What a stream is used for.
ATTRIBUTES, PAINT = 0, 1


def check_split(split: str) -> None:
    """Refuse a split that has no stream."""
    if split not in SPLITS:
        raise InputError(
            f'There is no synthetic split {split!r}; choose one '
            f'of {", ".join(map(repr, SPLITS))}.'
        )


def check_whole_number(what: str, value: int, least: int) -> None:
    """Refuse what is no whole number, or too small."""
    is_whole = isinstance(value, (int, np.integer))
    if not is_whole or isinstance(value, bool) or value < least:
        raise InputError(
            f'{what} must be a whole number of at least {least}, but got '
            f'{value!r}.'
        )


def cell_stream(
    seed: int, split: str, laboratory: str, index: int, purpose: int
) -> np.random.Generator:
    """Give the random stream of one sample.

    It depends on its arguments only, so a sample is the same in any order,
    process and data set length, and two splits or laboratories never share
    a stream.

    Args:
        seed (int): The data set's seed, at least 0.
        split (str): ``'train'``, ``'val'`` or ``'test'``.
        laboratory (str): The laboratory's name.
        index (int): The sample's number in its split.
        purpose (int): ``ATTRIBUTES`` or ``PAINT``.

    Returns:
        np.random.Generator: A fresh generator.
    """
    # A checksum, because `hash` of a string differs from process to process.
    key = (seed, SPLITS[split], crc32(laboratory.encode()), index, purpose)
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(key)))
