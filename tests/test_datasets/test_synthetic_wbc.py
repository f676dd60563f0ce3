"""SyntheticWBC: is it reproducible, true to its attributes, and not trivial?

The pictures are measured with masks and colours, not by the painter's code.
"""

import csv
import hashlib
import json
import subprocess
import sys
from collections import Counter

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

from daffnet_mm.datasets.synthetic import (
    LABORATORIES,
    combination_tables,
    render_cell,
)
from daffnet_mm.datasets.synthetic_wbc import SyntheticWBC
from daffnet_mm.datasets.transforms.load_synthetic_cell import (
    LoadSyntheticCell,
)
from daffnet_mm.structures.attributes import (
    ATTRIBUTE_SIZES,
    WBC5_CLASSES,
    WBC_ATTRIBUTES,
)

LOAD = [dict(type='LoadSyntheticCell')]

#: The most frequent combination of each cell type.
TYPICAL = {
    'basophil': dict(
        cell_size='small',
        nucleus_shape='irregular',
        granule_type='coarse',
        granule_colour='purple',
        granularity='yes',
    ),
    'eosinophil': dict(
        cell_size='big',
        nucleus_shape='segmented-bilobed',
        granule_type='round',
        granule_colour='red',
        granularity='yes',
    ),
    'lymphocyte': dict(
        cell_size='small',
        nucleus_shape='unsegmented-round',
        nuclear_cytoplasmic_ratio='high',
        cytoplasm_texture='frosted',
        cytoplasm_colour='blue',
    ),
    'monocyte': dict(
        cell_size='big',
        nucleus_shape='unsegmented-indented',
        cytoplasm_texture='frosted',
        cytoplasm_colour='purple blue',
    ),
    'neutrophil': dict(
        cell_size='small',
        nucleus_shape='unsegmented-band',
        granule_type='small',
        granule_colour='pink',
        granularity='yes',
    ),
}
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
    return [
        options.index(named[name]) for name, options in WBC_ATTRIBUTES.items()
    ]


def painted(number=12, laboratory='a', **values):
    """Images and masks of one combination, with seeds of their own."""
    return [
        render_cell(vector(**values), 112, seed, laboratory, return_masks=True)
        for seed in range(number)
    ]


def measured(function, number=12, laboratory='a', **values):
    return np.array(
        [
            function(image.astype(float), masks['cell'], masks['nucleus'])
            for image, masks in painted(number, laboratory, **values)
        ]
    )


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


def roughness(image, where):
    """Relative contrast of details of a few pixels."""
    grey = image.mean(axis=2).astype(np.float32)
    detail = grey - cv2.GaussianBlur(grey, (0, 0), 2)
    return detail[where].std() / grey[where].mean()


# --- the data set -----------------------------------------------------------


def digest(dataset):
    return [
        hashlib.sha256(dataset[i]['img'].tobytes()).hexdigest()
        for i in range(len(dataset))
    ]


def test_builds_from_the_registry_and_gives_what_a_sample_needs():
    dataset = DATASETS.build(
        dict(
            type='SyntheticWBC',
            split='val',
            num_samples=7,
            image_size=64,
            pipeline=LOAD,
        )
    )
    assert dataset.CLASSES == WBC5_CLASSES
    assert len(dataset) == 7
    sample = dataset[6]
    assert sample['img'].shape == (64, 64, 3)
    assert sample['img'].dtype == np.uint8
    assert sample['img_shape'] == sample['ori_shape'] == (64, 64)
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
    options = dict(image_size=64, seed=3, pipeline=LOAD)
    few = SyntheticWBC(num_samples=5, **options)
    many = SyntheticWBC(num_samples=40, serialize_data=False, **options)
    expected = [few[i] for i in range(5)]
    np.random.seed(1)
    torch.manual_seed(1)
    state = np.random.get_state()[1].copy()
    for i in (4, 0, 3, 3, 1, 2):
        again = many[i]
        assert np.array_equal(again['img'], expected[i]['img'])
        assert again['gt_label'] == expected[i]['gt_label']
        assert torch.equal(
            again['gt_attributes'], expected[i]['gt_attributes']
        )
    assert np.array_equal(np.random.get_state()[1], state)


def test_image_size_changes_the_picture_but_not_the_labels():
    small = SyntheticWBC(num_samples=30, image_size=48)
    large = SyntheticWBC(num_samples=30, image_size=200)
    for i in range(30):
        a, b = small.get_data_info(i), large.get_data_info(i)
        assert a['gt_label'] == b['gt_label']
        assert torch.equal(a['gt_attributes'], b['gt_attributes'])


def test_another_process_paints_the_same():
    script = (
        'import hashlib, json\n'
        'from daffnet_mm.datasets.synthetic_wbc import SyntheticWBC\n'
        'from daffnet_mm.datasets.transforms.load_synthetic_cell import '
        'LoadSyntheticCell\n'
        'd = SyntheticWBC(num_samples=4, image_size=64, laboratory="b",'
        ' pipeline=[LoadSyntheticCell()])\n'
        'print(json.dumps([hashlib.sha256(d[i]["img"].tobytes()).hexdigest()'
        ' for i in (3, 2, 1, 0)][::-1]))\n'
    )
    answer = subprocess.run(
        [sys.executable, '-W', 'ignore', '-c', script],
        capture_output=True,
        text=True,
        check=True,
    )
    dataset = SyntheticWBC(
        num_samples=4, image_size=64, laboratory='b', pipeline=LOAD
    )
    assert json.loads(answer.stdout.splitlines()[-1]) == digest(dataset)


def test_worker_processes_paint_the_same():
    dataset = SyntheticWBC(num_samples=6, image_size=64, pipeline=LOAD)
    loader = DataLoader(
        dataset,
        batch_size=2,
        num_workers=2,
        collate_fn=pseudo_collate,
        sampler=DefaultSampler(dataset, shuffle=False),
    )
    images = [image for batch in loader for image in batch['img']]
    for i, image in enumerate(images):
        assert np.array_equal(image, dataset[i]['img'])


def test_splits_seeds_and_laboratories_share_no_image():
    options = dict(num_samples=15, image_size=48, pipeline=LOAD)
    sets = [SyntheticWBC(split=s, **options) for s in ('train', 'val', 'test')]
    sets.append(SyntheticWBC(seed=1, **options))
    sets.append(SyntheticWBC(laboratory='b', **options))
    digests = [d for dataset in sets for d in digest(dataset)]
    assert len(set(digests)) == 15 * 5
    ids = [d.get_data_info(i)['image_id'] for d in sets for i in range(15)]
    assert len(set(ids)) == 15 * 5
    labels = [tuple(d.get_gt_labels()) for d in sets]
    assert len(set(labels)) == 5


def test_unlabelled_laboratory_hides_the_attributes():
    told = SyntheticWBC(num_samples=5, image_size=48, pipeline=LOAD)
    hidden = SyntheticWBC(
        num_samples=5, image_size=48, with_attributes=False, pipeline=LOAD
    )
    for i in range(5):
        assert (hidden[i]['gt_attributes'] == -1).all()
        assert hidden[i]['gt_label'] == told[i]['gt_label']
        assert np.array_equal(hidden[i]['img'], told[i]['img'])


def test_class_weights_and_classes_select():
    dataset = SyntheticWBC(num_samples=600, class_weights=[0, 3, 0, 0, 1])
    counts = Counter(dataset.get_gt_labels().tolist())
    assert set(counts) == {1, 4}
    assert counts[1] / 600 == pytest.approx(0.75, abs=0.06)

    two = SyntheticWBC(num_samples=50, classes=['neutrophil', 'basophil'])
    tables = combination_tables()
    for i in range(50):
        info = two.get_data_info(i)
        name = two.CLASSES[info['gt_label']]
        rows = tables[name].attributes.tolist()
        assert info['gt_attributes'].tolist() in rows


def test_attributes_follow_wbcatt():
    tables = combination_tables()
    assert tuple(tables) == WBC5_CLASSES
    # The table itself: WBCAtt's training split.
    assert sum(t.counts.sum() for t in tables.values()) == 6169
    assert sum(len(t.counts) for t in tables.values()) == 305
    assert tables['neutrophil'].counts.sum() == 1984

    dataset = SyntheticWBC(num_samples=4000)
    drawn = {name: [] for name in WBC5_CLASSES}
    for i in range(4000):
        info = dataset.get_data_info(i)
        drawn[WBC5_CLASSES[info['gt_label']]].append(
            tuple(info['gt_attributes'].tolist())
        )
    for name, combinations in drawn.items():
        table = tables[name]
        shares = {
            tuple(row): count / table.counts.sum()
            for row, count in zip(
                table.attributes.tolist(), table.counts, strict=True
            )
        }
        number = len(combinations)
        assert number == pytest.approx(800, abs=4 * np.sqrt(4000 * 0.16))
        found = Counter(combinations)
        assert set(found) <= set(shares)
        for row, share in shares.items():
            deviation = np.sqrt(share * (1 - share) / number)
            assert abs(found[row] / number - share) < 5 * deviation + 2e-3


def test_combination_table_agrees_with_the_published_file(real):
    source = real('wbcatt/pbc_attr_v1_train.csv')
    counted = Counter()
    with source.open(newline='') as file:
        for row in csv.DictReader(file):
            values = tuple(
                options.index(row[name])
                for name, options in WBC_ATTRIBUTES.items()
            )
            counted[row['label'].lower(), values] += 1
    ours = {
        (name, tuple(row)): count
        for name, table in combination_tables().items()
        for row, count in zip(
            table.attributes.tolist(), table.counts.tolist(), strict=True
        )
    }
    assert ours == counted


def test_mean_colour_alone_does_not_tell_the_cell_type():
    labels = np.arange(500) % 5
    rng = np.random.default_rng(0)
    tables = [combination_tables()[name] for name in WBC5_CLASSES]
    for laboratory in LABORATORIES:
        colours = np.array(
            [
                render_cell(
                    tables[k].draw(rng.random()), 64, rng, laboratory
                ).mean(axis=(0, 1))
                for k in labels
            ]
        )
        model = make_pipeline(
            StandardScaler(), LogisticRegression(max_iter=1000)
        )
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

    high = measured(
        ratio, nucleus_shape=shape, nuclear_cytoplasmic_ratio='high'
    )
    low = measured(ratio, nucleus_shape=shape, nuclear_cytoplasmic_ratio='low')
    assert high.min() > low.max()
    assert high.mean() > 0.5 and low.mean() < 0.42


def lobes(image, cell, nucleus):
    """Parts left when what is thinner than a thread is taken away."""
    width = int(0.24 * np.sqrt(cell.sum() / np.pi)) | 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    opened = cv2.morphologyEx(nucleus.astype(np.uint8), cv2.MORPH_OPEN, kernel)
    return cv2.connectedComponents(opened)[0] - 1


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
        lambda image, cell, nucleus: (
            cv2.connectedComponents(nucleus.astype(np.uint8))[0] - 1
        ),
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
    assert (
        shapes['unsegmented-band'].mean()
        < shapes['unsegmented-indented'].mean()
    )


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
                lambda image, cell, nucleus: roughness(
                    image, cytoplasm(cell, nucleus)
                ),
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

    def colour(image, cell, nucleus):
        return density(image, cell, cytoplasm(cell, nucleus))

    blue, light, purple = (
        measured(colour, 20, laboratory, cytoplasm_colour=value)
        for value in ('blue', 'light blue', 'purple blue')
    )
    # More stain takes more red light away; purple takes green as well.
    assert light[:, 2].mean() < 0.5 * blue[:, 2].mean()
    assert light[:, 2].mean() < 0.5 * purple[:, 2].mean()
    green_over_red = [d[:, 1] / d[:, 2] for d in (blue, purple)]
    assert green_over_red[1].mean() > 1.3 * green_over_red[0].mean()


@pytest.mark.parametrize('laboratory', LABORATORIES)
def test_granule_colours(laboratory):

    def colour(image, cell, nucleus):
        return density(image, cell, cytoplasm(cell, nucleus))

    nil, pink, purple, red = (
        measured(
            colour,
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

    kinds = {
        kind: measured(
            grain,
            granule_type=kind,
            granule_colour='purple',
            granularity='yes',
        )
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
    pale = dict(
        chromatin_density='loosely', granule_colour='purple', granularity='yes'
    )
    over = measured(covered, granule_type='coarse', **pale).mean()
    beside = measured(covered, granule_type='round', **pale).mean()
    assert over > 1.03 * beside


def test_granularity_without_a_type_shows():

    def rough(image, cell, nucleus):
        return roughness(image, cytoplasm(cell, nucleus))

    dust = measured(rough, 8, granularity='yes', granule_colour='red')
    assert np.median(dust) > 1.3 * np.median(measured(rough, 8))
    trace = measured(rough, 8, granule_type='round', granule_colour='red')
    full = measured(
        rough, 8, granule_type='round', granule_colour='red', granularity='yes'
    )
    assert np.median(trace) < 0.7 * np.median(full)


def test_laboratories_look_different():
    means = [
        np.mean(
            [
                image.mean(axis=(0, 1))
                for name in TYPICAL
                for image, _ in painted(6, laboratory, **TYPICAL[name])
            ],
            axis=0,
        )
        for laboratory in ('a', 'b')
    ]
    # Warm light against cold: red over blue.
    assert means[0][2] / means[0][0] > 1.1 * means[1][2] / means[1][0]


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
