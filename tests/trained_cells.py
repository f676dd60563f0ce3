"""Models that nobody trained, and images of cells for them."""

import numpy as np
import torch
from mmengine import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS
from PIL import Image
from tiny_run import CONFIG, PREDICTOR

PIPELINE = [
    dict(type='LoadCellImage'),
    dict(type='CenterCrop', crop_size=32),
    dict(type='PackInputs'),
]


def write_classifier(folder, classes, **meta):
    """A config of cells in files, and a checkpoint of random weights."""
    config = folder / f'config{len(classes)}.py'
    config.write_text(
        f"_base_ = '{CONFIG}'\n"
        f'model = dict(head=dict(num_classes={len(classes)}))\n'
        'test_dataloader = dict(dataset=dict(_delete_=True, type="PBC", '
        f'data_root="{folder}/pbc", classes={tuple(classes)!r}, '
        f'split="test", pipeline={PIPELINE!r}))\n'
    )
    cfg = Config.fromfile(config)
    torch.manual_seed(0)
    model = MODELS.build(cfg.model)
    model.head.classifier.weight.data.mul_(300)
    path = folder / f'model{len(classes)}.pth'
    torch.save(
        dict(
            meta=dict(dataset_meta=dict(classes=tuple(classes)), **meta),
            state_dict=model.state_dict(),
        ),
        path,
    )
    return str(config), str(path)


def write_cells(root, counts):
    rng = np.random.default_rng(1)
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            cell = rng.integers(0, 256, (1, 1, 3)) * np.ones((40, 40, 1))
            cell = cell + rng.normal(0, 20, (40, 40, 3))
            Image.fromarray(cell.clip(0, 255).astype(np.uint8)).save(
                root / name / f'{name}_{number}.png'
            )


def make_map(path, seed=0, **meta):
    """A MAP's checkpoint, whose batch statistics are not those of a start."""
    torch.manual_seed(seed)
    init_default_scope('mmpretrain')
    model = MODELS.build(PREDICTOR)
    model.init_weights()
    for name, value in model.state_dict().items():
        if name.endswith('running_mean'):
            value.normal_(std=0.1)
    torch.save(dict(meta=meta, state_dict=model.state_dict()), path)
    return str(path)
