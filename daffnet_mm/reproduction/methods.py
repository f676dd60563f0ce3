"""Which methods and datasets there are, and the config of each pair."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmengine import Config

from daffnet_mm.errors import InputError
from daffnet_mm.structures import WBC5_CLASSES
from daffnet_mm.utils.dataset_configs import innermost

from .map_experiments import SCALES as MAP_SCALES

#: Every dataset, and its name in the papers. ``pbc5`` is PBC without the
#: three classes that are no mature white blood cells; ``wbcatt`` is PBC with
#: attributes, on which MAP is trained; ``synthetic`` needs no files.
DATASETS = {
    'pbc': 'PBC',
    'pbc5': 'PBC',
    'lisc': 'LISC',
    'raabin': 'Raabin-WBC',
    'bccd': 'BCCD',
    'ldwbc': 'LDWBC',
    'labelled': 'Labelled',
    'wbcatt': 'WBCAtt',
    'synthetic': None,
}

#: Datasets whose images MAP's training set shares, so that both must be
#: split alike.
WITH_ATTRIBUTES = ('pbc', 'pbc5', 'wbcatt', 'synthetic')

_OF_THE_PAPER = {
    'resnet50': 'daffnet/ablation/resnet50_{dataset}.py',
    'epsa': 'daffnet/ablation/epsa_{dataset}.py',
    'epsa-sa': 'daffnet/ablation/epsa-sa_{dataset}.py',
    'epsa-sa-map': 'daffnet/ablation/epsa-sa-map_{dataset}.py',
    'daffnet': 'daffnet/daffnet_{dataset}.py',
    'scam': 'scam/scam_{dataset}.py',
}

#: Folders of configs that are combined with a dataset by ``WBC_DATASET``.
_FOLDERS = {
    'variant': 'daffnet/variants',
    'peer': 'peers',
    'scam': 'scam/ablation',
    'scam/peer': 'scam/peers',
}

#: The strategies that train a MAP.
MAP_METHODS = tuple(f'map/{name}' for name in MAP_SCALES['full'])


def list_methods(configs: Path) -> dict[str, str]:
    """List what can be trained.

    Args:
        configs (Path): The project's folder of configs.

    Returns:
        dict[str, str]: Of each method its config below that folder, with
        ``{dataset}`` where a dataset's name goes.
    """
    methods = dict(_OF_THE_PAPER)
    for prefix, folder in _FOLDERS.items():
        for path in sorted((configs / folder).glob('*.py')):
            methods[f'{prefix}/{path.stem}'] = f'{folder}/{path.name}'
    for method, name in zip(
        MAP_METHODS, MAP_SCALES['full'].values(), strict=True
    ):
        methods[method] = f'daffnet/{name}.py'
    return methods


def check_pair(configs: Path, method: str, dataset: str, scale: str) -> None:
    """Refuse a method or a dataset that there is not.

    Args:
        configs (Path): The project's folder of configs.
        method (str): A key of :func:`list_methods`.
        dataset (str): A key of :data:`DATASETS`.
        scale (str): ``'full'`` or ``'tiny'``.

    Raises:
        InputError: If one of them is unknown, or they do not go together.
    """
    if dataset not in DATASETS:
        raise InputError(
            f'there is no dataset {dataset!r}; there are {", ".join(DATASETS)}'
        )
    methods = list_methods(configs)
    if method not in methods:
        raise InputError(
            f'there is no method {method!r}; there are {", ".join(methods)}'
        )
    if dataset == 'synthetic' and scale != 'tiny':
        raise InputError(
            'synthetic cells are for small models: say --scale '
            'tiny, or name another dataset'
        )
    is_map = method in MAP_METHODS
    if is_map and dataset not in ('wbcatt', 'synthetic'):
        raise InputError(
            f'{method} learns attributes, which {dataset} has '
            'not: name the dataset wbcatt or synthetic'
        )
    if not is_map and dataset == 'wbcatt':
        raise InputError(
            f'{method} learns cell types: in the place of '
            'wbcatt, name pbc or pbc5, whose images it has'
        )


def load_config(
    configs: Path, method: str, dataset: str, scale: str
) -> Config:
    """Load the config of a method on a dataset, at the papers' size.

    A MAP's config is the one of the scale. For synthetic cells the config of
    PBC's five classes stands in, whose data are replaced later.

    Args:
        configs (Path): The project's folder of configs.
        method (str): A key of :func:`list_methods`.
        dataset (str): A key of :data:`DATASETS`.
        scale (str): ``'full'`` or ``'tiny'``.

    Returns:
        Config: The config.
    """
    if method in MAP_METHODS:
        strategies = MAP_SCALES[
            'synthetic' if dataset == 'synthetic' else scale
        ]
        name = strategies[method.removeprefix('map/')]
        return Config.fromfile(configs / 'daffnet' / f'{name}.py')
    release = 'pbc' if dataset in ('pbc5', 'synthetic') else dataset
    path = list_methods(configs)[method].format(dataset=release)
    with _environment(WBC_DATASET=release):
        cfg = Config.fromfile(configs / path)
    # The runs' folders are given on the command line.
    cfg.pop('work_dir', None)
    if release != dataset:
        _take_five_classes(cfg)
    return cfg


def contents(cfg: Config) -> str:
    """All of a config as text: the same for the same training."""
    return json.dumps(cfg._cfg_dict.to_dict(), sort_keys=True, default=str)


def _take_five_classes(cfg: Config) -> None:
    for part in ('train', 'val', 'test'):
        for dataset in innermost(cfg[f'{part}_dataloader'].dataset):
            dataset['classes'] = list(WBC5_CLASSES)
    model = cfg.model
    # MMPretrain's Inception v3 has its classifier in the backbone.
    for place in (model.head, model.backbone, cfg.data_preprocessor):
        if 'num_classes' in place:
            place['num_classes'] = len(WBC5_CLASSES)


@contextmanager
def _environment(**variables: str) -> Iterator[None]:
    """Set environment variables for a while: configs read them."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
