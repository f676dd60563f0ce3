"""SyntheticWBC: is it reproducible, true to its attributes, and not trivial?

The pictures are measured with masks and colours, not by the painter's code.
"""

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.dataset import DefaultSampler, pseudo_collate
from mmpretrain.registry import DATASETS
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch.utils.data import DataLoader

from daffnet_lite.structures.attributes import (
    ATTRIBUTE_SIZES,
    WBC5_CLASSES,
    WBC_ATTRIBUTES,
)
from daffnet_mm.datasets.synthetic import (
    LABORATORIES,
    combination_tables,
    render_cell,
)
from daffnet_mm.datasets.synthetic.contours import fill_ellipse
from daffnet_mm.datasets.synthetic_wbc import SyntheticWBC
from daffnet_mm.datasets.transforms.load_synthetic_cell import (
    LoadSyntheticCell,
)

LOAD = [dict(type='LoadSyntheticCell')]
PLAIN = dict(
    cell_size='big',
    cell_shape='round',
    nucleus_shape='unsegmented-round',
    nuclear_cytoplasmic_ratio='low',
    chromatin_density='densely',
    cytoplasm_vacuole='no',
    cytoplasm_texture='clear',
    cytoplasm_colour='light blue',
    granule_type='nil',
    granule_colour='nil',
    granularity='no',
)


def vector(**values):
    named = {**PLAIN, **values}
    return [v.index(named[name]) for name, v in WBC_ATTRIBUTES.items()]


def measured(function, number=12, laboratory='a', **values):
    """Measure images of one combination, with seeds of their own."""
    found = []
    for seed in range(number):
        image, masks = render_cell(
            vector(**values), 112, seed, laboratory, return_masks=True
        )
        image = image.astype(float)
        found.append(function(image, masks['cell'], masks['nucleus']))
    return np.array(found)


def background(image, cell):
    """The colour of empty glass: the brightest tenth around the cell."""
    outside = image[~cell]
    bright = outside.sum(axis=1)
    return outside[bright >= np.quantile(bright, 0.9)].mean(axis=0)


def density(image, cell, where):
    """Mean optical density (B, G, R) relative to empty glass."""
    glass = background(image, cell)
    return -np.log((image[where].mean(axis=0) + 1) / glass)


def cytoplasm(cell, nucleus):
    """The cytoplasm, a pixel away from both of its edges."""
    kernel = np.ones((3, 3), np.uint8)
    inside = cv2.erode(cell.astype(np.uint8), kernel)
    outside = cv2.dilate(nucleus.astype(np.uint8), kernel)
    return (inside > 0) & (outside == 0)


def cytoplasm_density(image, cell, nucleus):
    return density(image, cell, cytoplasm(cell, nucleus))


def roughness(image, cell, nucleus):
    """Relative contrast of the cytoplasm's details of a few pixels."""
    where = cytoplasm(cell, nucleus)
    grey = image.mean(axis=2).astype(np.float32)
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 2)
    return detail[where].std() / grey[where].mean()


# --- the data set -----------------------------------------------------------


def cells(number, image_size=48, **options):
    """A data set of small pictures."""
    return SyntheticWBC(
        num_samples=number, image_size=image_size, pipeline=LOAD, **options
    )


def digests(dataset):
    return [hashlib.sha256(cell['img']).hexdigest() for cell in dataset]


def combination_counts():
    """How many of WBCAtt's cells to train on have which attributes."""
    return {
        (name, tuple(row)): int(count)
        for name, table in combination_tables().items()
        for row, count in zip(
            table.attributes.tolist(), table.counts, strict=True
        )
    }


def combinations(dataset):
    """The cell type and the attributes of each sample."""
    infos = map(dataset.get_data_info, range(len(dataset)))
    return [
        (WBC5_CLASSES[i['gt_label']], tuple(i['gt_attributes'].tolist()))
        for i in infos
    ]


def test_builds_from_the_registry_and_gives_what_a_sample_needs():
    dataset = DATASETS.build(
        dict(type='SyntheticWBC', split='val', num_samples=7, pipeline=LOAD)
    )
    assert dataset.CLASSES == WBC5_CLASSES
    assert len(dataset) == 7
    sample = dataset[6]
    assert sample['img'].shape == (128, 128, 3)
    assert sample['img'].dtype == np.uint8
    assert sample['img_shape'] == sample['ori_shape'] == (128, 128)
    assert sample['img_path'] == 'synthetic/a/0/val/000006.png'
    assert sample['image_id'] == sample['img_path']
    assert sample['sample_idx'] == 6
    assert isinstance(sample['gt_label'], int)
    assert isinstance(sample['gt_attributes'], torch.LongTensor)
    assert sample['gt_attributes'].shape == (11,)
    assert 'Laboratory' in repr(dataset)


def test_mmpretrain_pipeline_packs_the_attributes():
    dataset = SyntheticWBC(
        num_samples=3,
        image_size=96,
        pipeline=[
            *LOAD,
            dict(type='RandomCrop', crop_size=80),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackInputs', algorithm_keys=('gt_attributes',)),
        ],
    )
    packed = dataset[1]
    assert packed['inputs'].shape == (3, 80, 80)
    sample = packed['data_samples']
    assert sample.gt_attributes.dtype == torch.long
    assert sample.gt_attributes.tolist() == list(
        dataset.get_data_info(1)['synthetic_cell']['attributes']
    )
    assert sample.img_path == 'synthetic/a/0/train/000001.png'


def test_samples_do_not_depend_on_order_length_or_global_state():
    few = cells(5, 64, seed=3)
    many = cells(40, 64, seed=3, serialize_data=False)
    expected = [few[i] for i in range(5)]
    np.random.seed(1)
    torch.manual_seed(1)
    state = np.random.get_state()[1].copy()
    for i in (4, 0, 3, 3, 1, 2):
        for key, value in expected[i].items():
            assert np.array_equal(many[i][key], value), key
    assert np.array_equal(np.random.get_state()[1], state)


def test_image_size_changes_the_picture_but_not_the_labels():
    assert combinations(cells(30, 48)) == combinations(cells(30, 200))


def test_another_process_paints_the_same():
    script = (
        'from test_synthetic_wbc import cells, digests\n'
        'dataset = cells(4, laboratory="b")\n'
        'print(*digests(dataset[i] for i in (3, 2, 1, 0)))'
    )
    answer = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', script],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = digests(cells(4, laboratory='b'))
    assert answer.stdout.splitlines()[-1].split()[::-1] == expected


def test_worker_processes_paint_the_same():
    dataset = cells(6)
    loader = DataLoader(
        dataset,
        batch_size=2,
        num_workers=2,
        collate_fn=pseudo_collate,
        sampler=DefaultSampler(dataset, shuffle=False),
    )
    images = [image for batch in loader for image in batch['img']]
    assert np.array_equal(images, [sample['img'] for sample in dataset])


def test_splits_seeds_and_laboratories_share_no_image():
    sets = [cells(15, split=part) for part in ('train', 'val', 'test')]
    sets += [cells(15, seed=1), cells(15, laboratory='b')]
    assert len({d for dataset in sets for d in digests(dataset)}) == 15 * 5
    ids = {cell['image_id'] for dataset in sets for cell in dataset}
    assert len(ids) == 15 * 5
    assert len({tuple(dataset.get_gt_labels()) for dataset in sets}) == 5


def test_unlabelled_laboratory_hides_the_attributes():
    hidden = cells(5, with_attributes=False)
    for one, other in zip(hidden, cells(5), strict=True):
        assert (one['gt_attributes'] == -1).all()
        assert one['gt_label'] == other['gt_label']
        assert np.array_equal(one['img'], other['img'])


def test_class_weights_and_classes_select():
    dataset = SyntheticWBC(num_samples=600, class_weights=[0, 3, 0, 0, 1])
    counts = Counter(dataset.get_gt_labels().tolist())
    assert set(counts) == {1, 4}
    assert counts[1] / 600 == pytest.approx(0.75, abs=0.06)

    two = SyntheticWBC(num_samples=50, classes=['neutrophil', 'basophil'])
    for i in range(50):
        info = two.get_data_info(i)
        name = two.CLASSES[info['gt_label']]
        values = tuple(info['gt_attributes'].tolist())
        assert (name, values) in combination_counts()


def test_attributes_follow_wbcatt():
    counts = combination_counts()
    # The table itself: WBCAtt's training split.
    assert (len(counts), sum(counts.values())) == (305, 6169)
    totals = dict.fromkeys(combination_tables(), 0)
    for (name, _), count in counts.items():
        totals[name] += count
    assert tuple(totals) == WBC5_CLASSES and totals['neutrophil'] == 1984

    found = Counter(combinations(SyntheticWBC(num_samples=4000)))
    assert set(found) <= set(counts)
    numbers = Counter()
    for (name, _), count in found.items():
        numbers[name] += count
    for number in numbers.values():
        assert number == pytest.approx(800, abs=4 * np.sqrt(4000 * 0.16))
    for key, count in counts.items():
        share, number = count / totals[key[0]], numbers[key[0]]
        deviation = np.sqrt(share * (1 - share) / number)
        assert abs(found[key] / number - share) < 5 * deviation + 2e-3


def test_combination_table_agrees_with_the_published_file(real):
    source = real('wbcatt/pbc_attr_v1_train.csv')
    counted = Counter()
    with source.open(newline='') as file:
        for row in csv.DictReader(file):
            counted[row['label'].lower(), tuple(vector(**row))] += 1
    assert combination_counts() == counted


@pytest.mark.parametrize('laboratory', LABORATORIES)
def test_mean_colour_alone_does_not_tell_the_cell_type(laboratory):
    labels = np.arange(500) % 5
    rng = np.random.default_rng(0)
    tables = [combination_tables()[name] for name in WBC5_CLASSES]
    attributes = [tables[label].draw(rng.random()) for label in labels]
    colours = np.array(
        [
            render_cell(values, 64, rng, laboratory).mean(axis=(0, 1))
            for values in attributes
        ]
    )
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(colours[:250], labels[:250])
    assert model.score(colours[250:], labels[250:]) < 0.7


# --- the picture follows its attributes -------------------------------------


@pytest.mark.parametrize('laboratory', LABORATORIES)
def test_big_cells_are_bigger(laboratory):
    def diameter(image, cell, nucleus):
        return 2 * np.sqrt(cell.sum() / np.pi) / 112

    big = measured(diameter, laboratory=laboratory, cell_size='big')
    small = measured(diameter, laboratory=laboratory, cell_size='small')
    assert big.min() > small.max()
    assert small.min() > 0.3 and big.max() < 0.65


def test_round_cells_are_round():
    def solidity(image, cell, nucleus):
        outline, _ = cv2.findContours(
            cell.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        outline = max(outline, key=cv2.contourArea)
        _, radius = cv2.minEnclosingCircle(outline)
        return cell.sum() / (np.pi * radius**2)

    round_ = measured(solidity, cell_shape='round')
    irregular = measured(solidity, cell_shape='irregular')
    assert round_.min() > 0.85
    assert irregular.max() < round_.min()


@pytest.mark.parametrize('shape', WBC_ATTRIBUTES['nucleus_shape'])
def test_nuclear_cytoplasmic_ratio(shape):
    def ratio(image, cell, nucleus):
        assert not (nucleus & ~cell).any()
        return nucleus.sum() / cell.sum()

    high, low = (
        measured(ratio, nucleus_shape=shape, nuclear_cytoplasmic_ratio=value)
        for value in ('high', 'low')
    )
    assert high.min() > low.max()
    assert high.mean() > 0.5 and low.mean() < 0.42


def parts(mask):
    return cv2.connectedComponents(mask.astype(np.uint8))[0] - 1


def lobes(image, cell, nucleus):
    """Parts left when what is thinner than a thread is taken away."""
    width = int(0.24 * np.sqrt(cell.sum() / np.pi)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    opened = cv2.morphologyEx(nucleus.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return parts(opened)


def solidity(image, cell, nucleus):
    points = np.argwhere(nucleus)[:, ::-1].astype(np.int32)
    hull = np.zeros(nucleus.shape, np.uint8)
    cv2.fillConvexPoly(hull, cv2.convexHull(points), 1)
    return nucleus.sum() / hull.sum()


def test_nuclear_lobes_can_be_counted():
    two = measured(lobes, nucleus_shape='segmented-bilobed')
    many = measured(lobes, nucleus_shape='segmented-multilobed')
    band = measured(lobes, nucleus_shape='unsegmented-band')
    whole = measured(lobes, nucleus_shape='unsegmented-round')
    assert np.median(two) == 2
    assert np.median(many) >= 3
    assert np.median(band) == 1
    assert (whole == 1).all()
    # The threads join them: a segmented nucleus is in one piece.
    joined = measured(
        lambda image, cell, nucleus: parts(nucleus),
        nucleus_shape='segmented-multilobed',
    )
    assert np.median(joined) == 1


def test_nuclear_outlines_differ():
    shapes = {
        shape: measured(solidity, nucleus_shape=shape)
        for shape in WBC_ATTRIBUTES['nucleus_shape']
    }
    whole = shapes.pop('unsegmented-round')
    assert whole.min() > 0.95
    for values in shapes.values():
        assert np.median(values) < whole.min()
    band, indented = shapes['unsegmented-band'], shapes['unsegmented-indented']
    assert band.mean() < indented.mean()


def test_loose_chromatin_is_paler_and_rougher():
    def look(image, cell, nucleus):
        inner = cv2.erode(nucleus.astype(np.uint8), np.ones((5, 5))) > 0
        glass = background(image, cell)
        local = -np.log((image[..., 1] + 1) / glass[1])
        return local[inner].mean(), local[inner].std() / local[inner].mean()

    dense = measured(look, 20, chromatin_density='densely')
    loose = measured(look, 20, chromatin_density='loosely')
    assert loose[:, 0].mean() < 0.85 * dense[:, 0].mean()
    assert loose[:, 1].mean() > 1.2 * dense[:, 1].mean()


def test_vacuoles_are_clear_holes():
    def holes(image, cell, nucleus):
        glass = background(image, cell)
        clear = (image > 0.85 * glass).all(axis=2)
        return (clear & cytoplasm(cell, nucleus)).sum() / cell.sum()

    yes = measured(holes, cytoplasm_vacuole='yes', cytoplasm_colour='blue')
    no = measured(holes, cytoplasm_vacuole='no', cytoplasm_colour='blue')
    assert yes.min() > 0.01 > no.max()


def test_frosted_cytoplasm_is_grainy():
    for ratio in ('low', 'high'):
        texture = [
            measured(
                roughness,
                cell_size='small',
                cytoplasm_colour='blue',
                nuclear_cytoplasmic_ratio=ratio,
                cytoplasm_texture=value,
            )
            for value in ('clear', 'frosted')
        ]
        assert np.median(texture[1]) > 1.25 * np.median(texture[0])


@pytest.mark.parametrize('laboratory', LABORATORIES)
def test_cytoplasm_colours(laboratory):
    blue, light, purple = (
        measured(cytoplasm_density, 20, laboratory, cytoplasm_colour=value)
        for value in ('blue', 'light blue', 'purple blue')
    )
    # More stain takes more red light away; purple takes green as well.
    assert light[:, 2].mean() < 0.5 * blue[:, 2].mean()
    assert light[:, 2].mean() < 0.5 * purple[:, 2].mean()
    green_over_red = [d[:, 1] / d[:, 2] for d in (blue, purple)]
    assert green_over_red[1].mean() > 1.3 * green_over_red[0].mean()


@pytest.mark.parametrize('laboratory', LABORATORIES)
def test_granule_colours(laboratory):
    nil, pink, purple, red = (
        measured(
            cytoplasm_density,
            12,
            laboratory,
            granule_type='round',
            granularity='yes',
            granule_colour=value,
        ).mean(axis=0)
        for value in WBC_ATTRIBUTES['granule_colour']
    )
    # Red granules let red light through and hold green back; pink ones less
    # so; purple ones hold back both.
    assert red[1] > 2 * red[2]
    assert purple[2] > 1.5 * red[2]
    assert nil[1] < pink[1] < red[1]


def test_granule_types():
    def grain(image, cell, nucleus):
        """Size of the details: contrast that a blur of 1.5 pixels leaves."""
        green = image[..., 1].astype(np.float32)
        where = cytoplasm(cell, nucleus)
        rough = green - cv2.GaussianBlur(green, (0, 0), 4)
        smooth = cv2.GaussianBlur(rough, (0, 0), 1.5)
        return rough[where].std(), smooth[where].std() / rough[where].std()

    purple = dict(granule_colour='purple', granularity='yes')
    kinds = {
        kind: measured(grain, granule_type=kind, **purple)
        for kind in ('coarse', 'round', 'small')
    }
    none = measured(grain)
    for kind, values in kinds.items():
        assert np.median(values[:, 0]) > 1.5 * np.median(none[:, 0]), kind
    assert kinds['small'][:, 1].mean() < kinds['round'][:, 1].mean()
    assert kinds['small'][:, 1].mean() < kinds['coarse'][:, 1].mean()

    def covered(image, cell, nucleus):
        """Share of the nucleus's own light that granules over it take."""
        return density(image, cell, nucleus)[1]

    # Only coarse granules lie over the nucleus.
    pale = dict(purple, chromatin_density='loosely')
    over = measured(covered, granule_type='coarse', **pale).mean()
    beside = measured(covered, granule_type='round', **pale).mean()
    assert over > 1.03 * beside


def test_granularity_without_a_type_shows():
    def rough(**values):
        return np.median(measured(roughness, 8, **values))

    red = dict(granule_colour='red')
    assert rough(granularity='yes', **red) > 1.3 * rough()
    trace = rough(granule_type='round', **red)
    assert trace < 0.7 * rough(granule_type='round', granularity='yes', **red)


def test_laboratories_look_different():
    typical = [
        table.attributes[table.counts.argmax()]
        for table in combination_tables().values()
    ]
    blue_and_red = [
        np.mean(
            [
                render_cell(values, 112, seed, laboratory)[..., ::2]
                for values in typical
                for seed in range(6)
            ],
            axis=(0, 1, 2),
        )
        for laboratory in ('a', 'b')
    ]
    # Warm light against cold.
    warm, cold = (red / blue for blue, red in blue_and_red)
    assert warm > 1.1 * cold


@pytest.mark.parametrize('size', [32, 57, 224])
def test_every_value_of_every_attribute_can_be_painted(size):
    for place, options in enumerate(ATTRIBUTE_SIZES):
        for value in range(options):
            attributes = vector()
            attributes[place] = value
            image = render_cell(np.array(attributes), size, value)
            assert image.shape == (size, size, 3)
            assert image.std() > 5


def test_render_cell_takes_a_seed_a_generator_or_nothing():
    attributes = torch.tensor(vector())
    one = render_cell(attributes, 64, 7)
    two = render_cell(attributes, 64, np.random.default_rng(7))
    assert np.array_equal(one, two)
    assert not np.array_equal(
        render_cell(attributes, 64), render_cell(attributes, 64)
    )


# --- bad input --------------------------------------------------------------


@pytest.mark.parametrize(
    ('attributes', 'words'),
    [
        ([0] * 10, '11 attribute values'),
        ([*vector()[:-1], 2], "'granularity'.*0 to 1.*2"),
        ([-1, *vector()[1:]], "'cell_size'.*-1"),
        ([0.0] * 11, 'integers'),
    ],
)
def test_attributes_that_cannot_be_painted(attributes, words):
    with pytest.raises(ValueError, match=words):
        render_cell(attributes)


@pytest.mark.parametrize(
    ('arguments', 'words'),
    [
        (dict(split='dev'), "'dev'.*'train', 'val', 'test'"),
        (dict(laboratory='c'), "'c'.*'a', 'b'"),
        (dict(seed=-1), 'seed.*-1'),
        (dict(seed=0.5), 'seed.*0.5'),
        (dict(num_samples=0), 'num_samples.*0'),
        (dict(image_size=16), 'image size.*16'),
        (dict(class_weights=[1, 1]), 'class_weights.*5 numbers'),
        (dict(class_weights=[1, 1, 1, 1, -1]), 'class_weights'),
        (dict(class_weights=[0, 0, 0, 0, 0]), 'class_weights'),
        (dict(classes=['neutrophil', 'platelet']), "'platelet'"),
    ],
)
def test_data_set_arguments_that_do_not_exist(arguments, words):
    with pytest.raises(ValueError, match=words):
        SyntheticWBC(**arguments)


def test_loading_a_sample_of_another_data_set():
    with pytest.raises(ValueError, match='cell.jpg.*LoadImageFromFile'):
        LoadSyntheticCell()(dict(img_path='cell.jpg'))


STOPPED = """
import random, signal, time
import numpy as np
from daffnet_mm.datasets.synthetic.contours import fill_ellipse

def stop(*_):
    raise KeyboardInterrupt(1, 2)

signal.signal(signal.SIGALRM, stop)
canvas = np.zeros((32, 32), np.uint8)
for _ in range(1500):
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-5, 4e-4))
        while True:
            fill_ellipse(canvas, (9, 9), (9, 6), 3)
    except KeyboardInterrupt:
        pass
"""


@pytest.mark.skipif(sys.platform == 'win32', reason='no timers of signals')
def test_a_signal_while_an_ellipse_is_drawn_is_heard():
    """OpenCV's other form of it crashes: 3 of 3 such programs."""
    result = subprocess.run([sys.executable, '-c', STOPPED])
    assert result.returncode == 0


def test_ellipses_are_those_of_the_form_with_fractions():
    rng = np.random.default_rng(0)
    for _ in range(500):
        centre = tuple(rng.uniform(-30, 130, 2).tolist())
        axes = tuple(rng.uniform(1, 40, 2).tolist())
        degrees = rng.uniform(0, 180)
        ours, wanted = np.zeros((2, 100, 100), np.uint8)
        fill_ellipse(ours, centre, axes, degrees, 200)
        box = (centre, (2 * axes[0], 2 * axes[1]), degrees)
        cv2.ellipse(wanted, box, 200, cv2.FILLED, cv2.LINE_AA)
        assert np.array_equal(ours, wanted)
