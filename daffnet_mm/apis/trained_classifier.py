"""A trained classifier on any dataset, in the common five classes."""

import copy
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.device import get_device
from mmpretrain.registry import DATASETS
from rich.progress import track
from torch.utils.data import DataLoader, Dataset

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_lite.structures.class_names import canonical_class
from daffnet_lite.utils.command_line import named_places
from daffnet_mm.datasets import TaxonomyDataset, WBCDataset
from daffnet_mm.datasets.sample_infos import image_groups
from daffnet_mm.evaluation import EvaluationReport, WBCMetric
from daffnet_mm.evaluation.functional import (
    BalancedAccuracy,
    balanced_accuracy,
    counted_classes,
)
from daffnet_mm.models.utils import adapt_batch_norm
from daffnet_mm.utils.config_files import load_config
from daffnet_mm.utils.dataset_configs import (
    for_test,
    innermost,
    pipeline_of_test,
)

from .trained_model import class_names, find_infinite, load_trained

#: What datasets are named by on a command line.
DATASET = 'NAME=ROOT, such as BCCD=data/BCCD, or NAME=CONFIG.py'
#: Transforms that read an image from a file.
_FILE_LOADERS = ('LoadCellImage', 'LoadImageFromFile')


@dataclass(frozen=True)
class ClassifierResult:
    """What a classifier reached on a dataset.

    Attributes:
        right (dict[str, int]): How many cells of each class that both know
            are right.
        support (dict[str, int]): How many there are.
        report (EvaluationReport): Every metric, the confusion matrix and the
            predictions.
        notes (list[str]): What was left out, and why.
    """

    right: dict[str, int]
    support: dict[str, int]
    report: EvaluationReport
    notes: list

    @property
    def cells(self) -> int:
        """int: Cells of a class that both know."""
        return sum(self.support.values())

    @property
    def correct(self) -> int:
        """int: Those of them that are right."""
        return sum(self.right.values())

    @property
    def accuracy(self) -> float:
        """float: Share of the cells that are right, in percent."""
        return 100 * self.correct / self.cells

    @property
    def interval(self) -> tuple[float, float]:
        """tuple[float, float]: Wilson's 95 % interval of the accuracy."""
        from scipy.stats import binomtest

        found = binomtest(self.correct, self.cells).proportion_ci(
            0.95, method='wilson'
        )
        return 100 * float(found.low), 100 * float(found.high)

    @property
    def recalls(self) -> dict[str, float | None]:
        """dict[str, float | None]: Recall of each class in percent.

        It is None where the dataset has no such cell.
        """
        return {
            name: 100 * self.right[name] / number if number else None
            for name, number in self.support.items()
        }

    @property
    def balanced(self) -> BalancedAccuracy:
        """BalancedAccuracy: Mean recall of the classes that count.

        These have
        :data:`~daffnet_mm.evaluation.functional.FEWEST_CELLS` cells or more;
        where none has, all that have one count. In percent, with the 95 %
        interval.
        """
        counted = counted_classes(self.support)
        found = balanced_accuracy(
            [self.right[name] for name in counted],
            [self.support[name] for name in counted],
        )
        return BalancedAccuracy(*(100 * value for value in found))

    @property
    def balanced_accuracy(self) -> float:
        """float: The value of :attr:`balanced`, in percent."""
        return self.balanced.value

    def summary(self) -> dict:
        """Lay the figures out as a row of a table."""
        low, high = self.interval
        balanced = self.balanced
        row: dict[str, float | None] = dict(
            cells=self.cells,
            correct=self.correct,
            accuracy=self.accuracy,
            accuracy_low=low,
            accuracy_high=high,
            balanced_accuracy=balanced.value,
            balanced_low=balanced.low,
            balanced_high=balanced.high,
        )
        row.update(
            {f'recall_{name}': value for name, value in self.recalls.items()}
        )
        return row


class SeededDataset(Dataset):
    """A dataset whose random transforms draw the same in every run.

    What is drawn for a sample depends on its place only: not on the workers,
    nor on what was drawn before.

    Args:
        dataset (TaxonomyDataset): The dataset.
    """

    def __init__(self, dataset: TaxonomyDataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> dict | None:
        np.random.seed(index)
        random.seed(index)
        return self.dataset[index]


class TrainedClassifier:
    """A classifier from its config and checkpoint.

    Args:
        config (str): The config file.
        checkpoint (str): The checkpoint file.
        device (str, optional): Where to run. Defaults to None: the
            accelerator if there is one.
        batch_size (int): Images at a time. Defaults to 64.
        num_workers (int): Processes that load images. Defaults to 2.
        cfg_options (Mapping, optional): Settings that override those of the
            config. Defaults to None.

    Raises:
        InputError: If the checkpoint does not fit the config, or the model
            predicts no cell type or knows fewer than two of the common
            classes.
    """

    def __init__(
        self,
        config: str,
        checkpoint: str,
        device: str | None = None,
        batch_size: int = 64,
        num_workers: int = 2,
        cfg_options: Mapping | None = None,
    ) -> None:
        self.cfg = load_config(config, cfg_options)
        self.checkpoint = checkpoint
        self.model, meta = load_trained(
            self.cfg, checkpoint, device or get_device()
        )
        self.train_images = set(meta.get('train_images') or ())
        self._train_groups = self.train_images.union(
            meta.get('train_groups') or ()
        )
        self.classes = class_names(self.model, self.cfg, meta, checkpoint)
        self.targets = [
            canonical_class(name, WBC5_CLASSES) for name in self.classes
        ]
        #: The common classes that the model knows.
        self.common = tuple(c for c in WBC5_CLASSES if c in self.targets)
        if len(self.common) < 2:
            raise InputError(
                f'{checkpoint} tells {", ".join(self.classes)} apart; at '
                f'least two of {", ".join(WBC5_CLASSES)} are needed'
            )
        self.batch_size = batch_size
        self.num_workers = num_workers
        #: What is to be said of it wherever it is tested.
        self.notes: tuple[str, ...] = ()

    @property
    def pipeline(self) -> list[dict]:
        """The transforms of a test."""
        return copy.deepcopy(pipeline_of_test(self.cfg))

    def adapted(self, dataset: Dataset) -> 'TrainedClassifier':
        """Copy the classifier, with a dataset's batch statistics.

        Args:
            dataset (Dataset): The dataset; its labels are not looked at.

        Returns:
            TrainedClassifier: The copy.
        """
        other = copy.copy(self)
        other.model = copy.deepcopy(self.model)
        kept = adapt_batch_norm(other.model, self._loader(dataset))
        if kept:
            note = (
                f'where batch statistics are adapted, {kept} layers keep '
                'theirs: those of the frozen attribute predictor'
            )
            other.notes = (note,)
        return other

    def test(
        self, dataset: TaxonomyDataset | SeededDataset, name: str
    ) -> ClassifierResult:
        """Test the classifier.

        Args:
            dataset (Dataset): The dataset, with :attr:`common` as its
                classes; cells labelled -1 are left out.
            name (str): What the progress bar and the notes call it.

        Returns:
            ClassifierResult: What came out.

        Raises:
            InputError: If no cell has one of the classes, or a probability
                is not finite.
        """
        columns = np.zeros((len(self.classes), len(self.common)))
        for row, target in enumerate(self.targets):
            if target is not None:
                columns[row, self.common.index(target)] = 1
        metric = WBCMetric()
        metric.dataset_meta = dict(classes=self.common)
        left_out = 0
        with torch.inference_mode():
            for batch in track(
                self._loader(dataset), description=name, transient=True
            ):
                samples = []
                for sample in self.model.test_step(batch):
                    error = find_infinite(sample, f'a cell of {name}')
                    if error:
                        raise InputError(error)
                    scores = sample.pred_score.cpu().numpy() @ columns
                    label = int(sample.gt_label)
                    left_out += label < 0
                    samples.append(
                        dict(
                            gt_label=label,
                            # Among the common classes, whatever else the
                            # model knows.
                            pred_score=scores / max(scores.sum(), 1e-12),
                            img_path=sample.get('img_path', ''),
                        )
                    )
                metric.process(batch, samples)
        return self._result(metric, name, left_out)

    def _result(
        self, metric: WBCMetric, name: str, left_out: int
    ) -> ClassifierResult:
        if left_out == len(metric.results):
            raise InputError(
                f'{name} has no cell of the classes {", ".join(self.common)}'
            )
        metric.compute_metrics(metric.results)
        assert metric.report is not None
        _, counts = metric.report.confusions['cell_type']
        support = dict(
            zip(self.common, counts.sum(axis=1).tolist(), strict=True)
        )
        counted = counted_classes(support)
        left = [
            f'{number or "no"} {label}'
            for label, number in support.items()
            if label not in counted
        ]
        notes = [*self.notes]
        if left:
            notes.append(
                f'{name} has {", ".join(left)}: balanced accuracy is the mean '
                'over the other classes'
            )
        if left_out:
            notes.append(
                f'{left_out} cells of {name} are of none of the '
                'classes and left out'
            )
        unknown = [c for c in WBC5_CLASSES if c not in self.common]
        if unknown:
            notes.append(
                f'the model does not know {", ".join(unknown)}: '
                f'such cells of {name} are left out'
            )
        return ClassifierResult(
            right=dict(
                zip(self.common, counts.diagonal().tolist(), strict=True)
            ),
            support=support,
            report=metric.report,
            notes=notes,
        )

    def _loader(self, dataset: Any) -> DataLoader:
        return DataLoader(
            dataset,
            batch_size=self.batch_size,
            num_workers=self.num_workers,
            collate_fn=pseudo_collate,
        )

    # -- datasets ------------------------------------------------------------

    def home(self) -> TaxonomyDataset:
        """Build the test part of the classifier's own config."""
        return TaxonomyDataset(
            for_test(self.cfg.test_dataloader.dataset),
            classes=self.common,
        )

    def dataset(self, text: str) -> tuple[str, TaxonomyDataset]:
        """Build another dataset, with the classifier's test pipeline.

        Args:
            text (str): ``NAME=ROOT`` with a dataset type of the plugin and
                the folder of its release, all images; or ``NAME=FILE.py``
                with any name and a config, whose test part is taken.

        Returns:
            tuple[str, TaxonomyDataset]: Its name and the dataset.

        Raises:
            InputError: If there is no such dataset, or the classifier was
                trained on some of its images.
        """
        ((name, place),) = named_places([text], DATASET).items()
        if place.endswith('.py'):
            cfg = load_config(place).test_dataloader.dataset
            own = innermost(cfg)[0].get('pipeline') or [
                dict(type='LoadCellImage')
            ]
        else:
            kind = dataset_type(name)
            cfg = dict(type=kind, data_root=place, classes=self.common)
            own = [dict(type='LoadCellImage')]
        pipeline = self._pipeline_for(own[0])
        dataset = TaxonomyDataset(
            for_test(cfg, pipeline=pipeline),
            classes=self.common,
        )
        groups = image_groups(dataset)
        seen = [
            image
            for image, group in groups.items()
            if {image, group} & self._train_groups
        ]
        if seen:
            raise InputError(
                f'{self.checkpoint} was trained on {len(seen)} images of '
                f'{name} or on others of their groups (copies or crops of one '
                f'image), such as {min(seen)}; use --home for its own test '
                'part, or name another dataset'
            )
        return name, dataset

    def _pipeline_for(self, loader: dict) -> list[dict]:
        first, *others = self.pipeline
        if loader['type'] not in _FILE_LOADERS:
            first = loader
        elif first['type'] not in _FILE_LOADERS:
            first = dict(type='LoadCellImage')
        return [first, *others]


def dataset_type(name: str) -> str:
    """Find a dataset of the plugin by its name, whatever the case.

    Args:
        name (str): The name, such as ``'bccd'``.

    Returns:
        str: The type, such as ``'BCCD'``.

    Raises:
        InputError: If there is none.
    """
    known = sorted(
        key
        for key, kind in DATASETS.module_dict.items()
        if isinstance(kind, type)
        and issubclass(kind, WBCDataset)
        # WBCAtt needs its annotations too: it is PBC here.
        and key not in ('WBCDataset', 'WBCAtt')
    )
    for key in known:
        if key.lower() == name.lower():
            return key
    raise InputError(
        f'{name} is no dataset of the plugin, which has '
        f'{", ".join(known)}; for another one, give '
        f'{name}=CONFIG.py'
    )


def load_classifiers(
    paths: Sequence[str], names: Sequence[str] | None = None, **options
) -> Iterator[tuple[str, TrainedClassifier]]:
    """Load the classifiers of a command line, one after the other.

    Args:
        paths (Sequence[str]): As for :func:`pair_classifiers`.
        names (Sequence[str], optional): As there. Defaults to None.
        **options: As for :class:`TrainedClassifier`.

    Yields:
        tuple[str, TrainedClassifier]: Name and classifier.
    """
    for name, pair in pair_classifiers(paths, names).items():
        yield name, TrainedClassifier(*pair, **options)


def pair_classifiers(
    paths: Sequence[str], names: Sequence[str] | None = None
) -> dict[str, tuple[str, str]]:
    """Sort the paths of a command line into classifiers.

    Args:
        paths (Sequence[str]): Configs and checkpoints in turn.
        names (Sequence[str], optional): What they are called. Defaults to
            None: as their configs are or, where one config comes several
            times (seeds), as the checkpoints' folders.

    Returns:
        dict[str, tuple[str, str]]: Config and checkpoint by name.

    Raises:
        InputError: If a path is missing, or the names do not tell them apart.
    """
    if len(paths) % 2:
        raise InputError(
            'name a CONFIG and a CKPT for each classifier; got '
            f'{len(paths)} paths'
        )
    pairs = list(zip(paths[::2], paths[1::2], strict=True))
    if names is None:
        names = [Path(config).stem for config, _ in pairs]
        if len(set(names)) < len(pairs):
            names = [Path(ckpt).absolute().parent.name for _, ckpt in pairs]
    if len(set(names)) < len(pairs) or len(names) != len(pairs):
        raise InputError(
            f'{len(pairs)} classifiers need as many different '
            f'--names, not {", ".join(names)}'
        )
    return dict(zip(names, pairs, strict=True))
