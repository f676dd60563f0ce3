"""A trained classifier as a file that runs without PyTorch."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mmpretrain
import onnx
import torch
from mmengine.config import Config
from mmengine.runner import CheckpointLoader

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.onnx import ModelCard, OnnxClassifier, network_size
from daffnet_lite.version import __version__
from daffnet_mm.checkpoints import find_meta
from daffnet_mm.datasets import SyntheticWBC
from daffnet_mm.models.heads import find_map_head
from daffnet_mm.utils.config_files import load_config
from daffnet_mm.utils.dataset_configs import pipeline_of_test

from ..laboratories_of_checkpoint import laboratories_of_checkpoint
from ..review_of_checkpoint import REVIEW, review_of_checkpoint
from ..shipped_model import SHIPPED_CONFIG, SHIPPED_WEIGHTS, shipped_file
from ..wbc_inferencer import WBCInferencer
from .exported_network import ExportedNetwork, write_network
from .halves import store_halves
from .light_steps import describe_reading, describe_steps
from .parity import Parity, compare
from .quantising import quantise

#: The largest difference of a probability that is let pass.
TOLERANCE = 1e-4
#: Cells that are painted where no images are given, and their side: PBC's.
PAINTED, PAINTED_SIDE = 64, 360


@dataclass(frozen=True)
class Exported:
    """What was exported.

    Args:
        path (Path): The file.
        size (int): Its bytes.
        sha256 (str): Their SHA-256.
        parity (Parity): How far it answers as PyTorch does, in single
            precision.
        int8 (Parity, optional): The same for eight-bit integers. Defaults to
            None: the file has none.
    """

    path: Path
    size: int
    sha256: str
    parity: Parity
    int8: Parity | None = None


def export_onnx(
    out: str | os.PathLike[str],
    config: str | Path | None = None,
    checkpoint: str | None = None,
    int8: bool = False,
    images: Sequence[Any] | None = None,
    cfg_options: Mapping | None = None,
) -> Exported:
    """Write a trained classifier as ONNX, if it answers as before.

    The file holds the network, from pixels to probabilities, and beside it
    all that a prediction needs: how images are read, framed and scaled, the
    names of classes and attributes, and by which rule answers are reviewed.
    :class:`~daffnet_lite.onnx.OnnxClassifier` runs it.

    Args:
        out (str | Path): The file to write.
        config (str | Path, optional): The classifier's config. Defaults to
            None: that of the model that comes with the package.
        checkpoint (str, optional): Its checkpoint. Defaults to None: the
            weights of the package.
        int8 (bool): Let convolutions compute with eight-bit integers: faster
            and smaller, but not the same answers. Defaults to False.
        images (Sequence, optional): Images of cells, as for
            :class:`~daffnet_mm.apis.WBCInferencer`, on which the answers are
            compared and the ranges for ``int8`` are measured. Defaults to
            None: some are painted.
        cfg_options (Mapping, optional): Settings that override those of the
            config. Defaults to None.

    Returns:
        Exported: What was written, and how it compares.

    Raises:
        InputError: If the classifier is of a kind that cannot be exported, or
            answers differ; then there is no file.
    """
    if (config is None) != (checkpoint is None):
        raise InputError('a config and a checkpoint go together')
    cfg = load_config(config or shipped_file(SHIPPED_CONFIG), cfg_options)
    weights = checkpoint or shipped_file(SHIPPED_WEIGHTS)
    model = WBCInferencer(cfg, weights, device='cpu', profile='none')
    if images is None:
        images = painted_cells()
    card = describe(model, cfg, weights)
    with TemporaryDirectory() as folder:
        single, final = Path(folder, 'single.onnx'), Path(folder, 'int8.onnx')
        write_network(ExportedNetwork(model.model).eval(), card.size, single)
        _finish(single, card)
        parity = _check(model, single, images)
        eight = None
        if int8:
            batches = OnnxClassifier(single, profile='none').inputs(images)
            quantise(single, final, batches)
            card.source['precision'] = 'int8'
            _finish(final, card)
            eight = compare(
                model, OnnxClassifier(final, profile='none'), images
            )
        content = (final if int8 else single).read_bytes()
    with atomic_write(out, 'wb') as file:
        file.write(content)
    sha256 = hashlib.sha256(content).hexdigest()
    return Exported(Path(out), len(content), sha256, parity, eight)


def describe(model: WBCInferencer, cfg: Config, checkpoint: str) -> ModelCard:
    """Say all that a file has to say beside its network.

    Args:
        model (WBCInferencer): The classifier.
        cfg (Config): Its config.
        checkpoint (str): Its checkpoint.

    Returns:
        ModelCard: What is written into the file.

    Raises:
        InputError: If the test pipeline is none that the light runtime can
            run, or does not bring all images to one size.
    """
    steps = describe_steps(cfg)
    size = network_size(steps)
    if size is None:
        raise InputError(
            f'the test pipeline of {cfg.filename} does not bring all images '
            'to one size, which the exported network needs: let it end with '
            'a Resize or a CenterCrop'
        )
    meta = find_meta(
        CheckpointLoader.load_checkpoint(checkpoint, 'cpu'), checkpoint
    )
    review = None
    if meta.get(REVIEW) is not None:
        review = review_of_checkpoint(model.model, meta, checkpoint)
    head = find_map_head(model.model)
    preprocessor: Any = model.model.data_preprocessor
    normalisation: dict[str, Any] = dict(to_rgb=bool(preprocessor.to_rgb))
    if preprocessor._enable_normalize:
        normalisation.update(
            mean=preprocessor.mean.flatten().tolist(),
            std=preprocessor.std.flatten().tolist(),
        )
    return ModelCard(
        tuple(model.classes),
        {name: tuple(values) for name, values in head.attributes.items()}
        if head
        else {},
        size,
        describe_reading(pipeline_of_test(cfg)[0]),
        steps,
        normalisation,
        {
            name: float(value)
            for name, value in (meta.get('temperatures') or {}).items()
        },
        review,
        laboratories_of_checkpoint(meta, checkpoint),
        dict(
            config=os.path.basename(str(cfg.filename)),
            checkpoint=os.path.basename(checkpoint),
            checkpoint_sha256=file_sha256(checkpoint),
            versions=dict(
                daffnet_mm=__version__,
                mmpretrain=mmpretrain.__version__,
                torch=str(torch.__version__),
                onnx=onnx.__version__,
            ),
            precision='float32',
        ),
    )


def painted_cells() -> list:
    """Paint cells where there are no images of some.

    Returns:
        list[np.ndarray]: uint8 of shape (H, W, 3), BGR; of two laboratories.
    """
    images = []
    for laboratory in ('a', 'b'):
        cells = SyntheticWBC(
            split='test',
            num_samples=PAINTED // 2,
            image_size=PAINTED_SIDE,
            laboratory=laboratory,
            pipeline=[dict(type='LoadSyntheticCell')],
        )
        images += [cells[index]['img'] for index in range(PAINTED // 2)]
    return images


def _finish(path: Path, card: ModelCard) -> None:
    """Make a file smaller, and write what it says of itself."""
    model = onnx.load(path)
    store_halves(model)
    onnx.helper.set_model_props(model, card.to_metadata())
    onnx.save(model, path)


def _check(model: WBCInferencer, path: Path, images: Sequence[Any]) -> Parity:
    parity = compare(model, OnnxClassifier(path, profile='none'), images)
    if not parity.cells:
        raise InputError(
            'none of the images to compare the answers on can be read: name '
            'others, or none to have some painted'
        )
    if not parity.difference < TOLERANCE:
        raise InputError(
            f'the exported network does not answer as the model: on '
            f'{parity.cells} cells a probability differs by up to '
            f'{parity.difference:.2g}, and {TOLERANCE:g} is the most that is '
            'let pass; no file is written'
        )
    return parity
