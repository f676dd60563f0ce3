"""Learn which answers of a trained classifier to look at again."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.model import BaseModel
from mmengine.runner import set_random_seed
from mmpretrain.registry import DATASETS, TRANSFORMS
from rich.progress import track

from daffnet_lite.errors import BrokenImageWarning, InputError
from daffnet_lite.fileio.image_folders import find_images
from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.review import OpenSet, ReviewRule, View, look_at
from daffnet_lite.structures import UNKNOWN
from daffnet_mm.checkpoints import check_classes
from daffnet_mm.models.utils import watch_decisions
from daffnet_mm.utils.dataset_configs import (
    datasets_inside,
    leave_out_broken,
    rebuild,
)

#: Images at a time.
BATCH = 64


class Answers(NamedTuple):
    """What a classifier says of some images, and what it decided on.

    Attributes:
        features (np.ndarray): Shape (N, D).
        probabilities (np.ndarray): Of each answer, (N,).
        labels (np.ndarray): The true classes, (N,); -1 where unknown.
    """

    features: np.ndarray
    probabilities: np.ndarray
    labels: np.ndarray


class Fitted(NamedTuple):
    """A rule, and what became of images that it was not fitted to.

    Attributes:
        rule (ReviewRule): The rule.
        reviews (dict[str, list[str]]): What is said of the cells of the
            selecting part, under ``''``, and of the other kinds' images that
            were held back.
        seen (list[str]): Names of the other kinds' images that were not.
    """

    rule: ReviewRule
    reviews: dict[str, list[str]]
    seen: list[str]


def fit_review(
    cfg: Config,
    model: BaseModel,
    meta: dict,
    source: str,
    others: Sequence[str] = (),
    share: float = 0.02,
) -> Fitted:
    """Fit a rule to a classifier.

    Features of the config's training part and of every other image of the
    other kinds teach to tell these apart, each image twice: as trained on,
    with all random changes, and as tested. The former alone say how far from
    its class a cell may lie: where a training's cells look as if from several
    laboratories, so much is borne with. The validation part, which selects in
    training too, chooses the limits.

    Args:
        cfg (Config): The model's config.
        model (BaseModel): The model, in evaluation mode.
        meta (dict): What its checkpoint says of itself.
        source (str): The checkpoint's name, for messages.
        others (Sequence[str]): Folders, each with images of another kind of
            cell, of which it has the name. Defaults to none.
        share (float): The most of further cells, as those of the validation
            part, that should be refused, for whatever reason. Defaults to
            0.02.

    Returns:
        Fitted: The rule.

    Raises:
        InputError: If a folder has too few images, or the data are not those
            of the model.
    """
    folders = {Path(folder).resolve().name: folder for folder in others}
    if len(folders) < len(others):
        raise InputError(
            'two folders of other kinds have the same name, which is that of '
            f'the kind: {", ".join(others)}'
        )
    files = {name: find_images([f]).images for name, f in folders.items()}
    for name, paths in files.items():
        if len(paths) < 4:
            raise InputError(
                f'{folders[name]} has {len(paths)} images, too few to learn '
                'from half of them: give at least 4, better hundreds'
            )
    # What is drawn below is always the same.
    set_random_seed(0)
    trained_on = leave_out_broken(cfg.train_dataloader.dataset)
    select = leave_out_broken(cfg.val_dataloader.dataset)
    tested = _pipeline(select)
    looks = [_pipeline(trained_on), tested]
    answers = [
        _answer_dataset(model, dataset, meta, source)
        for dataset in (trained_on, _with_pipeline(trained_on, tested))
    ]
    kinds = {}
    for name, paths in files.items():
        kinds[name] = np.concatenate(
            [
                _answer_files(model, paths[::2], look, name)[0].features
                for look in looks
            ]
        )
    features, _, labels = (
        np.concatenate(parts) for parts in zip(*answers, strict=True)
    )
    known = labels >= 0
    varied = np.arange(len(labels)) < len(answers[0].labels)
    open_set = OpenSet.fit(
        features[known], labels[known], kinds, varied[known]
    )

    home = _answer_dataset(model, select, meta, source)
    views = _views_of(select)
    rule = ReviewRule.fit(
        open_set, views, home.probabilities, home.features, share
    )
    reviews = {'': _reviews(rule, views, home)}
    for name, paths in files.items():
        found, looked = _answer_files(model, paths[1::2], tested, name)
        reviews[name] = _reviews(rule, looked, found)
    seen = [Path(path).name for paths in files.values() for path in paths[::2]]
    return Fitted(rule, reviews, sorted(seen))


def _reviews(
    rule: ReviewRule, views: list[View], answers: Answers
) -> list[str]:
    verdicts = rule.judge(views, answers.probabilities, answers.features)
    return [verdict.review for verdict in verdicts]


def _pipeline(dataset: dict) -> list[dict]:
    """The steps by which the first dataset of a part prepares its images.

    Those that a wrapper has for all of its datasets follow.
    """
    first = dataset
    outer: list[dict] = []
    while inside := datasets_inside(first):
        outer = [*(first.get('pipeline') or ()), *outer]
        first = inside[0]
    return [*(first.get('pipeline') or ()), *outer]


def _with_pipeline(dataset: dict, pipeline: list[dict]) -> dict:
    """A dataset config whose images are prepared in another way."""

    def change(part: dict) -> dict:
        if datasets_inside(part):
            return {k: v for k, v in part.items() if k != 'pipeline'}
        # Its own way to read, for a cell may be painted, or lie in a field.
        first = list(part.get('pipeline') or pipeline)[:1]
        return dict(part, pipeline=[*first, *pipeline[1:]])

    return rebuild(dataset, change)


def _answer_dataset(
    model: BaseModel, dataset: dict, meta: dict, source: str
) -> Answers:
    built: Any = DATASETS.build(dataset)
    check_classes(built, meta, source)
    samples = (built[index] for index in range(len(built)))
    return _answer(model, samples, len(built), 'cells')


def _answer_files(
    model: BaseModel, paths: list[str], pipeline: list[dict], name: str
) -> tuple[Answers, list[View]]:
    """Answer image files, and look at them."""
    first, *rest = pipeline
    prepare: Callable = Compose([TRANSFORMS.build(step) for step in rest])
    views: list[View] = []

    def samples() -> Iterator[dict]:
        for path in paths:
            try:
                image = read_image(path, min_edge=first.get('min_edge'))
            except InputError as error:
                warnings.warn(str(error), BrokenImageWarning, stacklevel=2)
                continue
            views.append(look_at(image.img))
            yield prepare(
                dict(
                    img=image.img,
                    img_shape=image.img.shape[:2],
                    ori_shape=image.size,
                    gt_label=UNKNOWN,
                )
            )

    return _answer(model, samples(), len(paths), name), views


@torch.no_grad()
def _answer(
    model: BaseModel, samples: Iterator[dict], number: int, name: str
) -> Answers:
    """Answer prepared samples, batch by batch."""
    features, answered = [], []
    samples = iter(track(samples, total=number, description=name))
    while batch := list(islice(samples, BATCH)):
        with watch_decisions(model) as features_of_batch:
            answered += model.test_step(pseudo_collate(batch))
            features.append(features_of_batch().numpy())
    if not answered:
        raise InputError(f'{name}: there is no image that can be read')
    return Answers(
        np.concatenate(features),
        np.array([sample.pred_score.max().item() for sample in answered]),
        np.array([int(sample.gt_label) for sample in answered]),
    )


def _views_of(dataset: dict) -> list[View]:
    """Look at the images of a dataset, as they are read."""
    built: Any = DATASETS.build(_with_pipeline(dataset, []))
    return [
        look_at(built[index]['img'])
        for index in track(range(len(built)), description='images')
    ]
