"""A trained model from its config and checkpoint."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine import Config
from mmengine.model import BaseModel
from mmpretrain.registry import DATASETS, MODELS
from mmpretrain.structures import DataSample

from daffnet_lite.errors import InputError
from daffnet_lite.intake import no_answer
from daffnet_mm.checkpoints import load_weights, trained_classes
from daffnet_mm.utils.dataset_configs import innermost


@contextmanager
def building(cfg: Config) -> Iterator[None]:
    """Say in a sentence that a config has no model that can be built.

    Args:
        cfg (Config): The config whose model is built in the block.

    Raises:
        InputError: If it has none, or of types that nobody knows.
    """
    if not isinstance(cfg.get('model'), dict):
        raise InputError(
            f'{cfg.filename} has no model: give the config of a training'
        )
    try:
        yield
    except KeyError as error:
        # MMEngine's registries say it so; any other one is an error of ours.
        unknown, found, _ = str(error.args[0]).partition(' is not in the ')
        if not found:
            raise
        raise InputError(
            f'{cfg.filename} names {unknown}, which is not known: correct the '
            'name, or import what defines it by custom_imports'
        ) from error


def load_trained(
    cfg: Config, checkpoint: str, device: str | torch.device
) -> tuple[BaseModel, dict]:
    """Build a trained model.

    Args:
        cfg (Config): Its config.
        checkpoint (str): The checkpoint file.
        device (str | torch.device): Where to run.

    Returns:
        tuple[BaseModel, dict]: The model in evaluation mode, and what the
        checkpoint says of itself, its ``meta``.

    Raises:
        InputError: If the config has no model that can be built, or the
            checkpoint does not fit it.
    """
    with building(cfg):
        model_cfg = cfg.model.copy()
        model_cfg.setdefault('data_preprocessor', cfg.get('data_preprocessor'))
        model = MODELS.build(model_cfg)
    meta = load_weights(model, checkpoint)
    model.to(device)
    model.eval()
    return model, meta


def class_names(
    model: torch.nn.Module, cfg: Config, meta: dict, source: str
) -> tuple[str, ...]:
    """Name the cell types that a trained model tells apart.

    Args:
        model (nn.Module): The model.
        cfg (Config): Its config, whose test part is looked at where the
            checkpoint does not say.
        meta (dict): What the checkpoint says of itself.
        source (str): The checkpoint's name, for the message.

    Returns:
        tuple[str, ...]: Their names, in the order of the model's outputs.

    Raises:
        InputError: If neither names them, or not as many as there are; or if
            the model predicts no cell type.
    """
    number = getattr(model.head, 'num_classes', 0)
    if number is None:
        raise InputError(
            f'the model of {source} predicts no cell type: give a classifier, '
            'or a MAP with an auxiliary one'
        )
    names = trained_classes(meta) or _classes_of_test_part(cfg)
    if not names:
        raise InputError(
            f'neither {source} nor its config names the classes; set classes '
            'in test_dataloader.dataset'
        )
    if number not in (0, len(names)):
        raise InputError(
            f'{source}, or its config, names {len(names)} classes '
            f'({", ".join(names)}), but its model tells {number} apart: give '
            'it with the config that it was trained with'
        )
    return names


def _classes_of_test_part(cfg: Config) -> tuple[str, ...]:
    outer = (cfg.get('test_dataloader') or {}).get('dataset') or {}
    for dataset in (outer, *innermost(outer)):
        kind = DATASETS.get(dataset.get('type', ''))
        named = (
            dataset.get('classes'),
            (dataset.get('metainfo') or {}).get('classes'),
            getattr(kind, 'METAINFO', {}).get('classes'),
        )
        for names in named:
            if names and not isinstance(names, str):
                return tuple(names)
    return ()


def find_infinite(sample: DataSample, name: str) -> str | None:
    """Say which answer is no answer, as its probabilities are no numbers.

    Args:
        sample (DataSample): What a model predicted.
        name (str): What the image is called if it has no path.

    Returns:
        str, optional: One sentence; None where all are finite.
    """
    for field in ('pred_score', 'pred_attribute_scores'):
        if field in sample and not sample.get(field).isfinite().all():
            return no_answer(sample.get('img_path', None) or name)
    return None
