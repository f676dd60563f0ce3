"""Which methods and datasets there are, and the config of each pair."""

import json
from pathlib import Path

from mmengine import Config

from daffnet_lite.errors import InputError
from daffnet_mm.utils.dataset_configs import innermost

from .recipes import (
    Recipe,
    at_tiny_scale,
    check_bases,
    on_dataset,
    read_recipe,
)

#: Several laboratories to train on, less the one that is named, which is
#: tested on; and what that one is called.
LEFT_OUT = {
    'without-pbc': 'PBC',
    'without-raabin': 'Raabin-WBC',
    'without-bccd': 'BCCD',
    'without-jtsc': 'JTSC',
}

#: Every dataset, and its name in the papers. ``pbc5`` is PBC without the
#: three classes that are no mature white blood cells; ``raabin-train`` is the
#: Train part of Raabin-WBC alone; ``wbcatt`` is PBC with attributes, on which
#: MAP is trained; ``synthetic`` needs no files.
DATASETS = {
    'pbc': 'PBC',
    'pbc5': 'PBC',
    'lisc': 'LISC',
    'raabin': 'Raabin-WBC',
    'raabin-train': 'Raabin-WBC',
    'bccd': 'BCCD',
    'ldwbc': 'LDWBC',
    'labelled': 'Labelled',
    'wbcatt': 'WBCAtt',
    'synthetic': None,
}

#: Datasets whose images MAP's training set shares, so that both must be
#: split alike.
WITH_ATTRIBUTES = ('pbc', 'pbc5', 'wbcatt', 'synthetic')

#: The config of each method, on a dataset that has one.
_OF_THE_PAPERS = {
    'resnet50': 'daffnet/ablation/resnet50_pbc.py',
    'epsa': 'daffnet/ablation/epsa_pbc.py',
    'epsa-sa': 'daffnet/ablation/epsa-sa_pbc.py',
    'epsa-sa-map': 'daffnet/ablation/epsa-sa-map_pbc.py',
    'daffnet': 'daffnet/daffnet_pbc.py',
    'scam': 'scam/scam_ldwbc.py',
}

#: Folders of further methods: files of the name ``<method>_<dataset>.py``.
_FOLDERS = {
    'variant': 'daffnet/variants',
    'peer': 'peers',
    'unseen': 'daffnet/unseen',
    'scam': 'scam/ablation',
    'scam/peer': 'scam/peers',
}

#: The config of each strategy that trains a MAP, below configs/daffnet.
_MAP_CONFIGS = {
    'map/plain': 'map_plain',
    'map/dsl': 'map_wbcatt',
    'map/dsl-ssl': 'map_ssl',
    'map/ssl': 'map_plain-ssl',
}
_TINY_MAP_CONFIGS = {
    'wbcatt': {
        'map/plain': 'map-tiny_plain',
        'map/dsl': 'map-tiny_wbcatt',
        'map/dsl-ssl': 'map-tiny_ssl',
        'map/ssl': 'map-tiny_plain-ssl',
    },
    'synthetic': {
        'map/plain': 'map-tiny_synthetic-plain',
        'map/dsl': 'map-tiny_synthetic',
        'map/dsl-ssl': 'map-tiny_synthetic-ssl',
        'map/ssl': 'map-tiny_synthetic-plain-ssl',
    },
}
MAP_METHODS = tuple(_MAP_CONFIGS)
#: The MAP that labels for a semi-supervised one.
TEACHERS = {'map/dsl-ssl': 'map/dsl', 'map/ssl': 'map/plain'}

#: Size of the images in pixels, and epochs of every training, at tiny scale.
IMAGE_SIZE = 64
EPOCHS = 6

#: MMPretrain's Inception v3 needs 75.
_INCEPTION_SIZE = 80


def list_methods(configs: Path) -> dict[str, str]:
    """List what can be trained.

    Args:
        configs (Path): The project's folder of configs.

    Returns:
        dict[str, str]: Of each method its config below that folder, on one of
        the datasets.
    """
    methods = dict(_OF_THE_PAPERS)
    for prefix, folder in _FOLDERS.items():
        for path in sorted((configs / folder).glob('*.py')):
            name, _, _ = path.stem.rpartition('_')
            methods[f'{prefix}/{name}'] = f'{folder}/{path.name}'
    for method, name in _MAP_CONFIGS.items():
        methods[method] = f'daffnet/{name}.py'
    return methods


def check_pair(configs: Path, method: str, dataset: str, scale: str) -> None:
    """Refuse a method or a dataset that there is not.

    Args:
        configs (Path): The project's folder of configs.
        method (str): A key of :func:`list_methods`.
        dataset (str): A key of :data:`DATASETS` or :data:`LEFT_OUT`.
        scale (str): ``'full'`` or ``'tiny'``.

    Raises:
        InputError: If one of them is unknown, or they do not go together.
    """
    if dataset not in DATASETS and dataset not in LEFT_OUT:
        raise InputError(
            f'there is no dataset {dataset!r}; there are '
            f'{", ".join([*DATASETS, *LEFT_OUT])}'
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
    if method.startswith('unseen/') is not (dataset in LEFT_OUT):
        raise InputError(
            f'{method} and {dataset} do not go together: methods of unseen/ '
            f'are for {", ".join(LEFT_OUT)}, and others for other datasets'
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


def recipe(configs: Path, method: str, dataset: str, scale: str) -> Recipe:
    """Find the config of a method on a dataset.

    Args:
        configs (Path): The project's folder of configs.
        method (str): A key of :func:`list_methods`.
        dataset (str): A key of :data:`DATASETS` or :data:`LEFT_OUT`.
        scale (str): ``'full'``, the papers' size, or ``'tiny'``.

    Returns:
        Recipe: The config's parts.

    Raises:
        InputError: As :func:`check_pair`, or if a base file is missing.
    """
    check_pair(configs, method, dataset, scale)
    tiny = scale == 'tiny'
    if method in MAP_METHODS:
        names = _TINY_MAP_CONFIGS[dataset] if tiny else _MAP_CONFIGS
        return read_recipe(configs / 'daffnet' / f'{names[method]}.py')
    found = read_recipe(configs / list_methods(configs)[method])
    found = on_dataset(found, dataset)
    if tiny:
        found = at_tiny_scale(found)
    check_bases(found)
    return found


def fit_network(cfg: Config, image_size: int) -> None:
    """Make a config's network, at tiny scale, take images of another size.

    Args:
        cfg (Config): The config, changed in place.
        image_size (int): The size in pixels.
    """
    # A DAFFNet without one of its own has its MAP's.
    backbone = cfg.model.backbone or cfg.model.neck.predictor.backbone
    if backbone.type == 'VisionTransformer':
        backbone['img_size'] = image_size
    if backbone.type == 'InceptionV3' and image_size < _INCEPTION_SIZE:
        # The same small images, enlarged behind all else.
        enlarge = dict(type='Resize', scale=(_INCEPTION_SIZE, _INCEPTION_SIZE))
        for part in ('train', 'val', 'test'):
            for dataset in innermost(cfg[f'{part}_dataloader'].dataset):
                *steps, pack = dataset['pipeline']
                dataset['pipeline'] = [*steps, enlarge, pack]


def contents(cfg: Config) -> str:
    """All of a config as text: the same for the same training."""
    return json.dumps(cfg._cfg_dict.to_dict(), sort_keys=True, default=str)
