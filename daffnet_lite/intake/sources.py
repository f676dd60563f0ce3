"""What stands for images: paths, folders, patterns, and images themselves."""

import glob
import os.path as osp
from os import PathLike, fspath
from typing import Any

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_folders import describe_left_out, find_images
from daffnet_lite.fileio.image_reading import name_of


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


def list_images(inputs: Any) -> tuple[list, list[str]]:
    """List the images of all that was given.

    Args:
        inputs: An image, or a list or tuple of images; folders and patterns
            stand for the images in them.

    Returns:
        tuple[list, list[str]]: The images, and what is to be said of those
        that were left out.

    Raises:
        InputError: If there is none.
    """
    if not isinstance(inputs, (list, tuple)):
        inputs = [inputs]
    images, left_out, faults = [], [], []
    for place in inputs:
        if _names_several(place):
            found = find_images([fspath(place)])
            images += found.images
            left_out += found.left_out
            faults += found.faults
        else:
            images.append(place)
    if not images:
        raise InputError(
            'there is no image: expected is an image, a folder with '
            'images, or a list of them, and the list is empty'
        )
    return images, [*describe_left_out(left_out), *faults]


def _names_several(place: Any) -> bool:
    """Whether something stands for several images: a folder or a pattern."""
    if not has_path(place) or '://' in fspath(place):
        return False
    return osp.isdir(place) or (
        glob.has_magic(fspath(place)) and not osp.lexists(place)
    )
