"""What a training needs and has not: weights, data, pseudo labels."""

import os.path as osp
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse
from urllib.request import Request, urlopen

from mmengine import Config
from torch import hub

from daffnet_lite.errors import InputError
from daffnet_lite.preparation.crop_table import CROPPING

from .dataset_configs import is_pseudo_labelled, walk

#: Seconds within which a server has to answer.
TIMEOUT = 10
#: What brings the ImageNet weights that come from elsewhere, by file name.
CONVERTERS = {
    'efficientnet-lite0.pth': (
        'python tools/model_converters/efficientnet_lite_to_mmpretrain.py '
        '--arch lite0'
    ),
    'efficientnet-lite1.pth': (
        'python tools/model_converters/efficientnet_lite_to_mmpretrain.py '
        '--arch lite1'
    ),
    'efficientnet-lite2.pth': (
        'python tools/model_converters/efficientnet_lite_to_mmpretrain.py '
        '--arch lite2'
    ),
}

#: What makes checkpoints of trained ones, by their file name.
MAKERS = {
    'calibrated.pth': 'python tools/analysis_tools/calibrate_map.py',
    'mean.pth': 'python tools/model_converters/average_models.py',
}


def check_weights(cfg: Config) -> None:
    """Refuse a config whose pretrained weights cannot be had.

    Args:
        cfg (Config): The config.

    Raises:
        InputError: If some are missing: which, and where they belong.
    """
    _refuse(cfg, missing_weights(cfg))


def check_requirements(cfg: Config) -> None:
    """Refuse a config that lacks something, and say all of it at once.

    Args:
        cfg (Config): The config.

    Raises:
        InputError: If weights, data or pseudo labels are missing.
    """
    _refuse(cfg, missing_weights(cfg) | missing_data(cfg))


def missing_weights(cfg: Config) -> dict[str, str]:
    """Find the pretrained weights that are neither here nor to be had.

    Args:
        cfg (Config): The config.

    Returns:
        dict[str, str]: What to do, by what is missing.
    """
    found = {}
    named = {
        checkpoint: key for key, checkpoint in pretrained(cfg.model, 'model')
    }
    for checkpoint, key in named.items():
        if urlparse(checkpoint).scheme in ('http', 'https'):
            # Where PyTorch looks before it downloads.
            folder = osp.join(hub.get_dir(), 'checkpoints')
            if osp.isfile(osp.join(folder, osp.basename(checkpoint))):
                continue
            try:
                # A server that has the file answers; nothing is transferred.
                urlopen(Request(checkpoint, method='HEAD'), timeout=TIMEOUT)
            except (OSError, ValueError) as error:
                reason = getattr(error, 'reason', None) or error
                found[f'{checkpoint} cannot be downloaded ({reason})'] = (
                    f'fetch it elsewhere and put it into {folder}, or train '
                    'without it by tools/train.py --from-scratch'
                )
        elif '://' not in checkpoint and not osp.isfile(checkpoint):
            found[f'{checkpoint} does not exist'] = _advice(
                cfg, key, checkpoint
            )
    return found


def missing_data(cfg: Config) -> dict[str, str]:
    """Find the folders of data and the label files that are not there.

    Args:
        cfg (Config): The config.

    Returns:
        dict[str, str]: What to do, by what is missing.
    """
    found = {}
    for part in ('train', 'val', 'test'):
        loader = cfg.get(f'{part}_dataloader') or {}
        for dataset in walk(loader.get('dataset') or {}):
            for key in ('data_root', 'ann_dir'):
                path = dataset.get(key)
                if path and not osp.isdir(osp.expanduser(path)):
                    found[f'{path} ({dataset["type"]}) is no folder'] = (
                        f'`{CROPPING} RELEASE {path}` cuts the unzipped '
                        'release into it'
                        if key == 'data_root' and dataset.get('cells')
                        else 'docs/data.md tells what it holds and which '
                        'variable names another place'
                    )
            if not is_pseudo_labelled(dataset):
                continue
            if not osp.isfile(dataset['label_file']):
                found[f'{dataset["label_file"]} does not exist'] = (
                    f'`python tools/pseudo_label.py {_shown(cfg)} CHECKPOINT` '
                    'writes the pseudo labels, with the checkpoint of stage 1'
                )
    return found


def pretrained(node: Any, key: str) -> Iterator[tuple[str, str]]:
    """Go through the pretrained weights that a model's config names.

    Args:
        node (Any): The config of a model, or a part of it.
        key (str): Its name, such as ``'model'``.

    Yields:
        tuple[str, str]: The name of an ``init_cfg`` and its checkpoint.
    """
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from pretrained(item, key)
    elif isinstance(node, dict):
        if node.get('type') == 'Pretrained' and 'checkpoint' in node:
            yield key, node['checkpoint']
        for name, value in node.items():
            yield from pretrained(value, f'{key}.{name}')


def without_downloads(cfg: Config) -> dict[str, Any]:
    """Say by what settings a config trains without downloaded weights.

    Args:
        cfg (Config): The config.

    Returns:
        dict[str, Any]: The settings by name: layers that would have had such
        weights, or those of ``CONVERTERS``, start at random, and nothing is
        frozen for a while.
    """
    options: dict[str, Any] = {
        key: None
        for key, checkpoint in pretrained(cfg.model, 'model')
        if '://' in checkpoint or osp.basename(checkpoint) in CONVERTERS
    }
    if options and cfg.get('default_hooks', {}).get('freeze'):
        options['default_hooks.freeze.epochs'] = 0
    return options


def _advice(cfg: Config, key: str, path: str) -> str:
    converter = CONVERTERS.get(osp.basename(path))
    if converter is not None:
        return (
            f'{converter} --out {path} brings it; or train without it by '
            'tools/train.py --from-scratch'
        )
    config = (cfg.model.get('neck') or {}).get('predictor_config')
    if config is None or 'predictor' not in key:
        config = f'of the config {osp.basename(osp.dirname(path))}'
    where = f'the training {config} leaves it in its work folder'
    maker = MAKERS.get(osp.basename(path))
    if maker is not None:
        where = f'{maker} makes it of what the training {config} leaves'
    return f'{where}; name another by --cfg-options {key}.checkpoint=FILE'


def _shown(cfg: Config) -> str:
    return osp.relpath(cfg.filename) if cfg.filename else 'CONFIG'


def _refuse(cfg: Config, missing: dict[str, str]) -> None:
    """Say what is missing, and once what is to be done about several."""
    if not missing:
        return
    by_advice: dict[str, list[str]] = {}
    for what, advice in missing.items():
        by_advice.setdefault(advice, []).append(what)
    clauses = [
        f'{", ".join(whats)}: {advice}' for advice, whats in by_advice.items()
    ]
    if len(clauses) > 1:
        clauses = [f'({i}) {text}' for i, text in enumerate(clauses, 1)]
    raise InputError(
        f'{_shown(cfg)} cannot be trained yet: {"; ".join(clauses)}'
    )
