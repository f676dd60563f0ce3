import hashlib
import json
import os
import os.path as osp

import torch
from mmengine import Config
from mmengine.dataset import pseudo_collate
from mmengine.device import get_device
from mmengine.runner import CheckpointLoader
from mmpretrain.registry import DATASETS, MODELS
from rich.progress import track
from torch.utils.data import DataLoader, Subset

from daffnet_mm.datasets.image_ids import image_ids
from daffnet_mm.datasets.pseudo_labels import PseudoLabels, file_sha256
from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write
from daffnet_mm.fileio.check_checkpoint import check_state_dict


def find_pseudo_labelled(cfg: dict, label_file: str) -> dict | None:
    """Find the dataset that is to be labelled in a stage 2 config.

    Args:
        cfg (dict): A dataset config, wrappers included.
        label_file (str): The pseudo label file that is to be made.

    Returns:
        dict, optional: The config of the dataset inside the
        ``PseudoLabelledDataset`` that reads ``label_file``.
    """
    if cfg.get('type') == 'PseudoLabelledDataset' and osp.abspath(
            cfg['label_file']) == osp.abspath(label_file):
        return cfg['dataset']
    inner = [*cfg.get('datasets', ())]
    if 'dataset' in cfg:
        inner.append(cfg['dataset'])
    for dataset in inner:
        found = find_pseudo_labelled(dataset, label_file)
        if found is not None:
            return found
    return None


def build_predictor(cfg: Config, checkpoint: str,
                    device: str) -> torch.nn.Module:
    """Build a trained MAP from its config and checkpoint.

    Args:
        cfg (Config): The config; its model must predict attributes.
        checkpoint (str): The checkpoint file.
        device (str): Where to run.

    Returns:
        nn.Module: The model in evaluation mode.

    Raises:
        InputError: If the checkpoint does not fit the model.
    """
    model_cfg = cfg.model.copy()
    model_cfg.setdefault('data_preprocessor', cfg.get('data_preprocessor'))
    model = MODELS.build(model_cfg)
    loaded = CheckpointLoader.load_checkpoint(checkpoint, map_location='cpu')
    check_state_dict(model, loaded, checkpoint)
    model.load_state_dict(loaded.get('state_dict', loaded), strict=False)
    model.to(device)
    # MMPretrain's ResNet returns None from train(), so no chaining.
    model.eval()
    return model


class PartialFile:
    """Scores that are safe on disk while labelling goes on.

    One JSON line a batch behind a header line. A killed run leaves at most
    one incomplete line, which is dropped; the next run starts behind the last
    whole batch, so its batches, and hence its results, are those of an
    uninterrupted run.

    Args:
        path (str): Where it lies.
        header (dict): What the run depends on. A file with another header is
            begun anew.
    """

    def __init__(self, path: str, header: dict) -> None:
        self.path = path
        self.scores = {}
        self.num_batches = 0
        lines = []
        if osp.isfile(path):
            with open(path, encoding='utf-8') as f:
                lines = f.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith('\n')]
        if whole and json.loads(whole[0]) == header:
            for line in whole[1:]:
                self.scores.update(json.loads(line))
                self.num_batches += 1
        else:
            whole = [json.dumps(header) + '\n']
        # Not in place: killed here, the batches of the last run would be lost.
        with atomic_write(path) as f:
            f.writelines(whole)
        self._file = open(path, 'a', encoding='utf-8')

    def append(self, scores: dict) -> None:
        """Add one batch."""
        self.scores.update(scores)
        self._file.write(json.dumps(scores) + '\n')
        self._file.flush()

    def remove(self) -> None:
        """Delete the file, when its content is elsewhere."""
        self._file.close()
        os.remove(self.path)


def text_sha256(text: str) -> str:
    """Hash a text; gives the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


@torch.inference_mode()
def pseudo_label(cfg: Config,
                 checkpoint: str,
                 out_file: str,
                 dataset_cfg: dict | None = None,
                 batch_size: int = 64,
                 num_workers: int = 2,
                 device: str | None = None) -> PseudoLabels:
    """Predict the attributes of a dataset with a trained MAP (Sec. 2.2.3).

    Args:
        cfg (Config): Config of the MAP: its model and test pipeline are used.
        checkpoint (str): The MAP's checkpoint.
        out_file (str): Where to write the labels.
        dataset_cfg (dict, optional): The dataset to label. Defaults to None:
            the one for which ``cfg`` reads ``out_file``.
        batch_size (int): Images at a time. Defaults to 64.
        num_workers (int): Processes that load images. Defaults to 2.
        device (str, optional): Where to run. Defaults to None: the
            accelerator if there is one.

    Returns:
        PseudoLabels: The labels, as written.

    Raises:
        InputError: If there is nothing to label, or config, checkpoint and
            data do not belong together.
    """
    if dataset_cfg is None:
        dataset_cfg = find_pseudo_labelled(cfg.train_dataloader.dataset,
                                           out_file)
    if dataset_cfg is None:
        raise InputError(
            f'{cfg.filename} reads no pseudo labels from {out_file}: name '
            'the stage 2 config whose PseudoLabelledDataset has that '
            'label_file, or the dataset with --dataset')
    device = device or get_device()
    model = build_predictor(cfg, checkpoint, device)
    # Labels come from whole images, not from random crops.
    pipeline = cfg.test_dataloader.dataset.pipeline
    dataset = DATASETS.build(
        {**dataset_cfg, 'pipeline': pipeline, 'test_mode': True})
    dataset.full_init()
    ids = image_ids(dataset)
    labels = PseudoLabels(
        checkpoint=checkpoint,
        checkpoint_sha256=file_sha256(checkpoint),
        classes=list(dataset.metainfo['classes']))
    partial = PartialFile(
        f'{out_file}.partial',
        dict(
            checkpoint_sha256=labels.checkpoint_sha256,
            images=text_sha256('\n'.join(ids)),
            # The same weights may be asked for another view of the images.
            config=text_sha256(
                repr((cfg.model, cfg.get('data_preprocessor'), pipeline))),
            batch_size=batch_size))
    rest = range(partial.num_batches * batch_size, len(dataset))
    loader = DataLoader(
        Subset(dataset, rest),
        batch_size=batch_size,
        num_workers=num_workers,
        collate_fn=pseudo_collate)
    done = len(partial.scores)
    for batch in track(loader, description=f'labelling {len(rest)} images'):
        samples = model.test_step(batch)
        if 'pred_attribute_scores' not in samples[0]:
            raise InputError(f'{cfg.filename} describes a model without '
                             'attributes; name the config of a MAP')
        batch_ids = ids[done:done + len(samples)]
        done += len(samples)
        partial.append({
            image_id: [round(score, 6) for score in scores]
            for image_id, scores in zip(
                batch_ids,
                torch.stack([s.pred_attribute_scores
                             for s in samples]).tolist(),
                strict=True)
        })
    labels.scores = partial.scores
    labels.save(out_file)
    partial.remove()
    return labels
