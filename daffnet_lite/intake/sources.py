"""What stands for images: paths, folders, patterns, and images themselves."""

import glob
import os.path as osp
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from os import PathLike, fspath
from typing import Any

import numpy as np

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_folders import describe_left_out, find_images
from daffnet_lite.fileio.image_reading import (
    LONGEST_PATH,
    is_batch,
    name_of,
)


class NamedContent(bytes):
    """What is in an image file, with the name that messages call it by.

    Args:
        content (bytes): The file.
        name (str): What it is called. It is no path: nothing is read there.
    """

    name: str

    def __new__(cls, content: bytes, name: str) -> 'NamedContent':
        """Make it of the file's bytes."""
        named = super().__new__(cls, content)
        named.name = name
        return named


def has_path(image: Any) -> bool:
    """Whether an image is given by a path."""
    return isinstance(image, (str, PathLike))


def describe_source(image: Any, index: int) -> str:
    """Name an image in a message.

    Args:
        image: The image, as it was given.
        index (int): Its place in the input, from 0.

    Returns:
        str: Its path or name, or its place.
    """
    if has_path(image):
        return name_of(image)
    if isinstance(image, NamedContent):
        return name_of(image.name)
    return f'image {index + 1} of the input'


def no_answer(name: str) -> str:
    """Say that what a model gives for an image is no number.

    Args:
        name (str): What messages call the image.

    Returns:
        str: One sentence.
    """
    return (
        f'{name} has no answer, as the model gives it probabilities that are '
        'not finite: its weights are too large, or its training diverged'
    )


def list_images(inputs: Any) -> tuple[list | Iterator, list[str]]:
    """List the images of all that was given.

    Args:
        inputs: An image; or a list, a tuple or an iterator (such as a
            generator) of images. Folders and patterns stand for the images in
            them, an array of shape (N, H, W, C) for its N images.

    Returns:
        tuple[list | Iterator, list[str]]: The images, of an iterator as an
        iterator, which takes one when one is asked for; and what is to be
        said of those that were left out, of an iterator when it has ended.

    Raises:
        InputError: If there is none.
    """
    remarks: list[str] = []
    images: list | Iterator
    if _is_iterator(inputs):
        images = _expanded(map(_kept, inputs), remarks)
        first = list(islice(images, 1))
        images, is_empty = chain(first, images), not first
    else:
        if not isinstance(inputs, (list, tuple)):
            inputs = [inputs]
        images = list(_expanded(inputs, remarks))
        is_empty = not images
    if is_empty:
        raise InputError(
            'there is no image: expected is an image, a folder with images, '
            'or several as a list, tuple, batch or generator, and what is '
            'given is empty'
        )
    return images, remarks


def _is_iterator(inputs: Any) -> bool:
    """Whether images come one by one; the lines of an open file do not."""
    return isinstance(inputs, Iterator) and not hasattr(inputs, 'read')


def _expanded(places: Iterable, remarks: list[str]) -> Iterator:
    """Give the images that stand in each place, and remarks at the end."""
    left_out: list[str] = []
    faults: list[str] = []
    for place in places:
        if _names_several(place):
            found = find_images([fspath(place)])
            left_out += found.left_out
            faults += found.faults
            yield from found.images
        elif is_batch(place):
            yield from place
        else:
            yield place
    remarks += [*describe_left_out(left_out), *faults]


def _kept(place: Any) -> Any:
    """Copy what an iterator may write its next image into."""
    if isinstance(place, (bytearray, memoryview)):
        return bytes(place)
    return place.copy() if isinstance(place, np.ndarray) else place


def _names_several(place: Any) -> bool:
    """Whether something stands for several images: a folder or a pattern."""
    if (
        not has_path(place)
        or '://' in fspath(place)
        or len(fspath(place)) > LONGEST_PATH
    ):
        return False
    return osp.isdir(place) or (
        glob.has_magic(fspath(place)) and not osp.lexists(place)
    )
