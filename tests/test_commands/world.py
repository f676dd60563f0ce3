"""A small world in which the documented commands find what they name."""

import os
import shutil
from pathlib import Path

import cell_trees
import numpy as np
import torch
from annotations import write_annotations
from documented import REPOSITORY
from pictures import picture
from PIL import Image
from slides import write_slide
from smears import smear

from daffnet_lite.preparation.crop_folder import crop_folder
from daffnet_lite.structures import (
    PBC8_CLASSES,
    WBC5_CLASSES,
    WBC_ATTRIBUTES,
)
from daffnet_mm.datasets.synthetic import render_cell
from daffnet_mm.models import EPSAResNet

#: Images of PBC's further classes: each fold of five has one.
_OF_A_CLASS = 5
#: Those of the five that WBCAtt annotates, by its published parts: a tenth of
#: the first is one.
_ANNOTATED = dict(train=range(10), val=range(10, 12), test=range(12, 14))
_IMAGES = ('.jpg', '.jpeg', '.png', '.bmp')
_MODEL = 'daffnet_mm/weights/daffnet-lite_laboratories.pth'


def build_world(root):
    """Write configs, tools, and small releases where the configs seek them.

    Args:
        root (Path): A folder that is not there yet.

    Returns:
        Path: The folder.
    """
    hidden = shutil.ignore_patterns('__pycache__')
    for name in ('configs', 'tools', 'reliability', 'tests/data'):
        shutil.copytree(REPOSITORY / name, root / name, ignore=hidden)
    (root / _MODEL).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(REPOSITORY / _MODEL, root / _MODEL)
    # Documents test models on laboratories that these have not seen.
    shipped = torch.load(root / _MODEL, map_location='cpu', weights_only=True)
    for seen in ('train_images', 'train_groups'):
        names = shipped['meta'][seen]
        shipped['meta'][seen] = [n for n in names if n.startswith('PBC/')]
    torch.save(shipped, root / 'shipped.pth')
    _write_releases(root / 'data')
    # releases may also lie where one stands, by the names of their folders
    for name in os.listdir(root / 'data'):
        os.symlink(root / 'data' / name, root / name)
    os.symlink(root / 'data' / 'segmentation_WBC', root / 'jtsc')
    os.symlink(root / 'data' / 'LISC', root / 'LISC Database')
    torch.save(_public_epsanet(), root / 'epsanet.pth')
    # what `daffnet profile` makes of each laboratory
    profiles = root / 'data' / 'profiles'
    profiles.mkdir()
    for name in ('PBC', 'RaabinWBC', 'BCCD', 'JTSC'):
        shutil.copy(
            REPOSITORY / 'daffnet_lite' / 'profiles' / 'pbc.json',
            profiles / f'{name}.json',
        )
    return root


def fetch(root, place):
    """Put cells where a command names an image, a slide, or a folder."""
    data = root / 'data'
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == '.svs':
        field = min((data / 'bccd_detection').rglob('*.jpg'))
        write_slide(path, np.asarray(Image.open(field))[..., ::-1])
        return
    cells = sorted((data / 'PBC_dataset_normal_DIB').glob('*/*.jpg'))
    if path.suffix in _IMAGES:
        shutil.copy(cells[0], path)
        return
    path.mkdir()
    for cell in cells[:3]:
        shutil.copy(cell, path)


def _write_releases(root):
    paint = _Painter()
    pbc = root / 'PBC_dataset_normal_DIB'
    for name in PBC8_CLASSES:
        number_of = 14 if name in WBC5_CLASSES else _OF_A_CLASS
        for number in range(number_of):
            paint(pbc / name / f'{name.upper()}_{number}.jpg')
    (root / 'wbcatt').mkdir()
    for part, numbers in _ANNOTATED.items():
        write_annotations(
            root / 'wbcatt' / f'pbc_attr_v1_{part}.csv',
            [_annotation(label, n) for label in WBC5_CLASSES for n in numbers],
        )
    for write, name in (
        (cell_trees.lisc, 'LISC'),
        (cell_trees.raabin_with_slides, 'Raabin-WBC'),
        (cell_trees.bccd_kaggle, 'dataset2-master'),
        (cell_trees.bccd_cropped, 'BCCD_cropped'),
        (cell_trees.ldwbc, 'LDWBC'),
        (cell_trees.labelled, 'Labelled'),
        (cell_trees.jtsc, 'segmentation_WBC'),
    ):
        folder = write(root)
        if folder != root / name:
            folder.rename(root / name)
        paint.over(root / name)
    (root / 'smears').mkdir()
    for seed in range(14):
        image = Image.fromarray(smear(seed, red_cell=42, side=200)[..., ::-1])
        image.save(root / 'smears' / f'{seed}.png')
    for name, cut in (('LISC', 'LISC_cut'), ('dataset2-master', 'BCCD_cut')):
        crop_folder(root / name, root / cut, num_workers=0)
    fields = [
        ([(100 * n, 90, 100 * n + 96, 186)], 'NEUTROPHIL', part)
        for n, part in enumerate(('train', 'train', 'val', 'test'), 1)
    ]
    fields += [
        ([(250, 200, 346, 296)], name.upper(), 'train')
        for name in WBC5_CLASSES
        if name != 'neutrophil'
    ]
    folder = cell_trees.bccd_detection(root, fields)
    for (boxes, _, _), path in zip(
        fields, sorted(folder.rglob('*.jpg')), strict=True
    ):
        paint(path, (640, 480), boxes[0])


class _Painter:
    """Paints cells, no two alike."""

    def __init__(self):
        self._rng = np.random.default_rng(0)

    def __call__(self, path, size=(96, 96), box=None):
        """Write an image with a cell in a box."""
        x1, y1, x2, y2 = box or (0, 0, *size)
        values = [self._rng.integers(len(v)) for v in WBC_ATTRIBUTES.values()]
        cell = render_cell(values, x2 - x1, self._rng)[..., ::-1]
        # blots around it: another field is not the same, a little paler
        blots = picture(self._rng.integers(2**31), *size)
        image = (200 + np.asarray(blots) / 8).astype(np.uint8)
        image[y1:y2, x1:x2] = cell[: y2 - y1]
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(path)

    def over(self, root):
        """Paint over all images of a tree, and draw its masks."""
        for path in sorted(root.rglob('*')):
            if path.suffix.lower() not in _IMAGES:
                continue
            if 'areaforexpert1' in path.parts or (
                path.suffix == '.png' and path.with_suffix('.bmp').exists()
            ):
                _draw_mask(path)
            else:
                self(path)


def _draw_mask(path):
    """A nucleus in white, in a cell in grey."""
    rows, columns = np.mgrid[-48:48, -48:48]
    distance = np.hypot(rows, columns)
    mask = np.where(distance < 18, 255, np.where(distance < 30, 128, 0))
    Image.fromarray(mask.astype(np.uint8)).save(path)


def _annotation(label, number):
    name = f'{label.upper()}_{number}.jpg'
    values = {
        attribute: values[number % len(values)]
        for attribute, values in WBC_ATTRIBUTES.items()
    }
    return dict(
        values,
        img_name=name,
        label=label.capitalize(),
        path=f'PBC_dataset_normal_DIB/{label}/{name}',
    )


def _public_epsanet():
    """Weights with the public code's names."""
    weights = {}
    for name, value in EPSAResNet(50).state_dict().items():
        for i in range(4):
            name = name.replace(f'branches.{i}.', f'conv_{i + 1}.')
        weights[name] = value
    weights['fc.weight'] = torch.zeros(3, 2048)
    weights['fc.bias'] = torch.zeros(3)
    return weights
