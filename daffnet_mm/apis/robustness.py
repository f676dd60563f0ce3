"""Accuracy of a classifier on images that get worse step by step."""

from collections.abc import Iterator, Mapping
from typing import Any

from mmengine.dataset import Compose
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from .trained_classifier import (
    ClassifierResult,
    SeededDataset,
    TrainedClassifier,
)

#: What is done to the images, by name: what the severity measures, and its
#: transform at each severity, from mild to strong.
CORRUPTIONS: Mapping[str, tuple[str, Mapping[float, dict]]] = {
    'blur': (
        'radius of the Gaussian (px)',
        {
            radius: dict(type='GaussianBlur', radius=radius, prob=1.0)
            for radius in (0.5, 1.0, 1.5, 2.0, 3.0)
        },
    ),
    'noise': (
        'standard deviation (grey levels)',
        {
            std: dict(type='RandomGaussianNoise', std=(std, std), prob=1.0)
            for std in (4.0, 8.0, 16.0, 24.0, 32.0)
        },
    ),
    'jpeg': (
        'JPEG quality',
        {
            quality: dict(
                type='RandomJPEG', quality=(quality, quality), prob=1.0
            )
            for quality in (80, 60, 40, 20, 10)
        },
    ),
    'stain': (
        "change of the dyes' amounts",
        {
            scale: dict(type='RandomStainJitter', scale=scale, shift=scale / 3)
            for scale in (0.1, 0.2, 0.3, 0.45, 0.6)
        },
    ),
}


def place_of_corruption(pipeline: list[dict]) -> int:
    """Find where a camera's faults come into a pipeline.

    They are in pixels that the model sees, hence after resizing and cropping;
    but what normalises colours or packs comes after the camera.

    Args:
        pipeline (list[dict]): The transforms' configs.

    Returns:
        int: The index before which a fault is inserted.
    """
    later = [
        index
        for index, step in enumerate(pipeline)
        if step['type'].startswith(('Normalize', 'Pack', 'ToTensor'))
    ]
    return min(later, default=len(pipeline))


def measure_robustness(
    classifier: TrainedClassifier,
    corruptions: list[str] | None = None,
) -> Iterator[tuple[str, float | None, ClassifierResult]]:
    """Test a classifier on its own test part, at every severity.

    Images are read as the config's test pipeline has it. What is drawn (the
    noise, the stain) depends on the image only, so classifiers see the same.

    Args:
        classifier (TrainedClassifier): The classifier.
        corruptions (list[str], optional): Names of ``CORRUPTIONS``. Defaults
            to None: all.

    Yields:
        tuple[str, float | None, ClassifierResult]: The corruption, the
        severity and what came out; first ``('none', None, ...)``.

    Raises:
        InputError: If a corruption is unknown.
    """
    names = list(CORRUPTIONS) if corruptions is None else corruptions
    for name in names:
        if name not in CORRUPTIONS:
            raise InputError(
                f'there is no corruption {name}; there are '
                f'{", ".join(CORRUPTIONS)}'
            )
    home = classifier.home()
    yield 'none', None, classifier.test(home, 'none')
    inside: Any = home
    while hasattr(inside, 'dataset'):
        inside = inside.dataset
    pipeline = classifier.pipeline
    place = place_of_corruption(pipeline)
    for name in names:
        for severity, step in CORRUPTIONS[name][1].items():
            steps = [*pipeline[:place], step, *pipeline[place:]]
            # The list of images stays.
            inside.pipeline = Compose(
                [TRANSFORMS.build(step) for step in steps]
            )
            yield (
                name,
                severity,
                classifier.test(SeededDataset(home), f'{name} {severity:g}'),
            )
