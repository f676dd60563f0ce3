"""Small releases of the cell datasets, in their own layouts."""

import csv
from itertools import cycle
from pathlib import Path

import numpy as np
from mmengine.config import Config
from PIL import Image

from daffnet_lite.structures import WBC5_CLASSES

#: A dataset without transforms, and without MMEngine's collection of garbage
#: before it packs the list, which takes longer than all the rest.
QUICK = dict(pipeline=(), serialize_data=False)

PARTS = ('train', 'val', 'test')
CONFIGS = Path(__file__).resolve().parents[1] / 'configs'

BCCD_BOX = """<object><name>{name}</name><bndbox><xmin>{box[0]}</xmin>
<ymin>{box[1]}</ymin><xmax>{box[2]}</xmax><ymax>{box[3]}</ymax></bndbox>
</object>"""


def infos(dataset):
    """What a dataset tells of its samples."""
    return [dataset.get_data_info(i) for i in range(len(dataset))]


def ids(dataset):
    """The names of a dataset's images."""
    return {info['image_id'] for info in infos(dataset)}


def counts(dataset):
    """How many samples a dataset has of each class."""
    return np.bincount(dataset.get_gt_labels()).tolist()


def paint(path, shade=100, size=(30, 24)):
    """Write an image of one shade of grey; the name says the format."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((size[1], size[0], 3), shade, np.uint8)).save(path)
    return path


def paint_folders(root, counts, name='{}.jpg'):
    """Fill folders with images numbered from 1."""
    for folder, count in counts.items():
        for number in range(1, count + 1):
            paint(Path(root) / folder / name.format(number), 10 * number)


def lisc(root):
    """LISC: 5, 4, 6, 3 and 5 images, masks for all but the monocytes."""
    root = Path(root) / 'LISC Database'
    counts = dict(Baso=5, eosi=4, lymp=6, mono=3, neut=5, mixt=2)
    for folder, count in counts.items():
        for number in range(1, count + 1):
            paint(root / 'Main Dataset' / folder / f'{number}.bmp')
            if folder != 'mono':
                masks = root / 'Ground Truth Segmentation' / folder
                paint(masks / 'areaforexpert1' / f'{number}_expert.bmp')
    paint(root / 'More Dataset without Ground Truth' / 'alll' / '1.bmp')
    return root


def lisc_whole(root, two_cells=7):
    """LISC with as many fields and masks as the release has.

    Every so many fields show a second, smaller cell.
    """
    root = Path(root) / 'LISC Database'
    masks = root / 'Ground Truth Segmentation'
    counts = dict(Baso=53, eosi=39, lymp=52, mono=48, neut=50)
    for folder, count in counts.items():
        for number in range(1, count + 1):
            paint(root / 'Main Dataset' / folder / f'{number}.bmp', number)
            mask = np.zeros((24, 30), np.uint8)
            mask[4:14, 5:15] = 128
            mask[6:10, 7:11] = 255
            if number % two_cells == 0:
                mask[10:18, 20:28] = 128
            path = masks / folder / 'areaforexpert1' / f'{number}_expert.bmp'
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(mask).save(path)
    return root


def cut(root, target, cells=lambda number: 1 + number % 2):
    """Write a release as it is after it was cut: crops, and their table.

    ``cells`` says how many crops there are of the image of a number.
    """
    rows = []
    images = sorted(Path(root).rglob('*.j*g'))
    for number, path in enumerate(images):
        field = path.relative_to(root)
        for i in range(cells(number)):
            crop = field.with_name(f'{field.stem}_{i}.png')
            paint(target / crop, 100 - i, size=(20 - i, 20 - i))
            box = (3, 4, 23 - i, 24 - i)
            rows.append([crop.as_posix(), field.as_posix(), *box])
    with open(target / 'boxes.csv', 'w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['image', 'group', 'x1', 'y1', 'x2', 'y2'])
        writer.writerows(rows)
    return target


def raabin(root):
    """Raabin-WBC: 8 a class to train, 2 in TestA, 3 neutrophils in TestB."""
    root = Path(root) / 'Raabin-WBC'
    for name in map(str.capitalize, WBC5_CLASSES):
        paint_folders(root, {f'Train/{name}': 8, f'TestA/{name}': 2})
    paint_folders(root, {'TestB/Neutrophil': 3, 'TestB/Lymphocyte': 1})
    return root


def raabin_with_slides(root):
    """The same, and a cell of each slide that a config names."""
    root = raabin(root)
    cfg = Config.fromfile(CONFIGS / '_base_/datasets/cells_laboratories.py')
    for slides in cfg.raabin_slides.values():
        for slide, name in zip(slides, cycle(WBC5_CLASSES), strict=False):
            paint(root / 'Train' / name.capitalize() / f'{slide}_1_1.jpg')
    return root


def bccd_kaggle(root, sources=10, copies=6):
    """BCCD as on Kaggle: copies of each source, and TEST_SIMPLE."""
    root = Path(root) / 'dataset2-master'
    for name in ('EOSINOPHIL', 'LYMPHOCYTE', 'MONOCYTE', 'NEUTROPHIL'):
        for part, numbers, first in (
            ('TRAIN', range(sources), 0),
            ('TEST', range(2), 7000),
            ('TEST_SIMPLE', range(2), 9000),
        ):
            folder = root / 'images' / part / name
            for source in numbers:
                for copy in range(1 if part == 'TEST_SIMPLE' else copies):
                    number = first + 100 * copy + source
                    paint(folder / f'_{source}_{number}.jpeg')
    return root


def bccd_detection(root, fields):
    """BCCD with boxes.

    ``fields`` is a list of tuples: boxes, Category, part.
    """
    root = Path(root) / 'bccd_detection'
    folder = root / 'BCCD'
    parts = dict(train=[], val=[], test=[])
    rows = []
    for number, (boxes, category, part) in enumerate(fields):
        name = f'BloodImage_{number:05d}'
        paint(folder / 'JPEGImages' / f'{name}.jpg', size=(640, 480))
        objects = [BCCD_BOX.format(name='RBC', box=(1, 1, 60, 60))]
        objects += [BCCD_BOX.format(name='WBC', box=box) for box in boxes]
        annotation = folder / 'Annotations' / f'{name}.xml'
        annotation.parent.mkdir(exist_ok=True)
        annotation.write_text(f'<annotation>{"".join(objects)}</annotation>')
        parts[part].append(name)
        rows.append(['', number, category])
    lists = folder / 'ImageSets' / 'Main'
    lists.mkdir(parents=True)
    for part, names in parts.items():
        (lists / f'{part}.txt').write_text('\n'.join(names))
    with open(root / 'labels.csv', 'w', newline='') as file:
        csv.writer(file).writerows([['', 'Image', 'Category'], *rows])
    return root


def bccd_cropped(root):
    """BCCD cropped: two of the neutrophils are of one field."""
    root = Path(root) / 'BCCD_cropped'
    for folder, numbers in dict(
        Basophil=(8,),
        Eosinophil=(9, 17, 23),
        Lymphocyte=(20, 21),
        Monocyte=(15, 40),
        Neutrophil=(0, 1, 2, 3),
    ).items():
        for number in numbers:
            paint(root / folder / f'BloodImage_{number:05d}_1.jpg')
    paint(root / 'Neutrophil' / 'BloodImage_00003_2.jpg')
    return root


def ldwbc(root):
    """LDWBC, with one class in a patient's folder."""
    root = Path(root) / 'LDWBC'
    paint_folders(
        root,
        dict(
            basophil=3, eosinophil=4, lymphocyte=10, monocyte=5, neutrophil=9
        ),
    )
    paint_folders(root / 'neutrophil', dict(patient7=2))
    return root


def labelled(root):
    """Labelled: nine folders, named as they are in the release."""
    root = Path(root) / 'Labelled'
    folders = (
        'Basophile,Eosinophile,Lymphoblast,Lymphocyte,Monocyte,Myeloblast,'
        'Neutrophile Band,Normoblast'
    )
    counts = dict.fromkeys(folders.split(','), 5)
    paint_folders(root, {**counts, 'Neutrophile Segment': 10}, '{}.bmp')
    return root


def jtsc(root):
    """JTSC: 25 numbered images, five a class, with masks."""
    root = Path(root) / 'segmentation_WBC'
    rows = []
    for number in range(1, 26):
        paint(root / 'Dataset 1' / f'{number:03d}.bmp')
        paint(root / 'Dataset 1' / f'{number:03d}.png')
        rows.append([number, 1 + number % 5])
    with open(root / 'Class Labels of Dataset 1.csv', 'w', newline='') as f:
        csv.writer(f).writerows([['image ID', 'class label'], *rows])
    return root
