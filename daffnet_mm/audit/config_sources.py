"""List the samples of the datasets that a config trains and tests on."""

import os.path as osp
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets import BCCD, SyntheticWBC
from daffnet_mm.datasets.sample_infos import own_samples
from daffnet_mm.utils.config_files import load_config
from daffnet_mm.utils.dataset_configs import is_pseudo_labelled, rebuild

from .audit_source import AuditSample, AuditSource, unique_title
from .folder_sources import recognise

_PARTS = ('train', 'val', 'test')


def read_config(
    path: str, cfg_options: Mapping | None = None
) -> list[AuditSource]:
    """Build a config's datasets and list their samples by part.

    Nothing is written: a split file that does not exist yet is not drawn, but
    the split is the one that it would hold.

    Args:
        path (str): A config with ``train_dataloader`` and so on.
        cfg_options (Mapping, optional): Settings that override its own.
            Defaults to None.

    Returns:
        list[AuditSource]: One a dataset (those that are concatenated count
        each for itself).

    Raises:
        InputError: If the config has no datasets or one cannot be built.
    """
    cfg = load_config(path, cfg_options)
    found: dict[tuple, dict] = {}
    classes: dict[tuple, Any] = {}
    faults: dict[tuple, dict] = {}
    for part in _PARTS:
        loader = cfg.get(f'{part}_dataloader')
        if loader:
            dataset = DATASETS.build(rebuild(loader['dataset'], _only_listing))
            _add_samples(found, classes, faults, dataset, part)
    if not found:
        raise InputError(
            f'config {path} has no train_dataloader, '
            'val_dataloader or test_dataloader with images'
        )
    sources: list[AuditSource] = []
    for (name, root), samples in found.items():
        sources.append(
            AuditSource(
                unique_title(name, sources),
                _release(name, root),
                path,
                [root] if root else [],
                list(samples.values()),
                classes=classes[name, root],
                faults=list(faults[name, root]),
            )
        )
    return sources


def _only_listing(dataset: dict) -> dict:
    """Take out of a dataset's config what does not bear on its images."""
    # The pseudo labels may not be there yet.
    if is_pseudo_labelled(dataset):
        return dataset['dataset']
    if 'pipeline' in dataset:
        dataset['pipeline'] = []
    # Decoding every image, to leave out the broken ones, would hide them.
    dataset.pop('skip_broken', None)
    if dataset.get('split_file') and not osp.isfile(dataset['split_file']):
        dataset['split_file'] = None
    return dataset


def _add_samples(
    found: dict, all_classes: dict, faults: dict, dataset, part: str
) -> None:
    for _, samples in groupby(own_samples(dataset), lambda own: id(own[0])):
        leaves, indices = zip(*samples, strict=True)
        leaf = leaves[0]
        if isinstance(leaf, SyntheticWBC):
            raise InputError(
                'SyntheticWBC draws its images itself: there are '
                'no files to audit'
            )
        key = type(leaf).__name__, getattr(leaf, 'data_root', None) or ''
        source = found.setdefault(key, {})
        prefix = f'{getattr(leaf, "SOURCE", "")}/'
        classes = leaf.metainfo.get('classes') or ()
        all_classes.setdefault(key, set()).update(classes)
        own_faults = getattr(leaf, 'faults', ())
        faults.setdefault(key, {}).update(dict.fromkeys(own_faults))
        # Some come again and again.
        for i in sorted(set(indices)):
            info = leaf.get_data_info(i)
            path = info['img_path']
            name = str(info.get('image_id') or path).removeprefix(prefix)
            label = int(info.get('gt_label', -1))
            box = info.get('box')
            sample = source.setdefault(
                name,
                AuditSample(
                    name=name,
                    path=path,
                    label=classes[label]
                    if 0 <= label < len(classes)
                    else 'unlabelled',
                    group=info.get('group') or name,
                    box=None if box is None else tuple(box),
                ),
            )
            sample.parts.add(part)


def _release(name: str, root: str) -> str:
    """What a dataset's counts are held against: BCCD has three releases."""
    found = recognise(root) if name == BCCD.__name__ else None
    return found[0] if found else name
