from collections import Counter, defaultdict

import pytest
from cell_trees import (
    BCCD_BOX,
    PARTS,
    QUICK,
    bccd_cropped,
    bccd_detection,
    bccd_kaggle,
    ids,
    infos,
)
from mmpretrain.registry import DATASETS
from spreadsheets import KINDS, save_again

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.datasets import BCCD

KAGGLE4 = ('eosinophil', 'lymphocyte', 'monocyte', 'neutrophil')
SMALL, LARGE, LARGER = (5, 5, 20, 30), (50, 60, 150, 160), (9, 90, 300, 400)
FIELDS = [
    ([LARGE], 'NEUTROPHIL', 'train'),
    ([LARGE, LARGER], 'NEUTROPHIL, NEUTROPHIL', 'train'),
    # which is which is not said
    ([LARGE, LARGER], 'NEUTROPHIL, EOSINOPHIL', 'val'),
    # a fragment beside the cell
    ([SMALL, LARGE], 'EOSINOPHIL', 'test'),
    # a cell that nobody boxed
    ([LARGE], 'BASOPHIL,BASOPHIL', 'test'),
    ([], 'MONOCYTE', 'train'),
    ([LARGE], '', 'train'),
    ([LARGE], 'MONOCYTE', 'val'),
    ([LARGE], 'LYMPHOCYTE', 'val'),
]


def counts(dataset):
    labels = Counter(dataset.get_gt_labels().tolist())
    return {name: labels[i] for i, name in enumerate(dataset.CLASSES)}


# -- Kaggle ------------------------------------------------------------------


@pytest.fixture
def kaggle(tmp_path):
    return bccd_kaggle(tmp_path)


def test_kaggle(kaggle):
    dataset = DATASETS.build(dict(type='BCCD', data_root=str(kaggle), **QUICK))
    assert dataset.metainfo['classes'] == WBC5_CLASSES
    assert counts(dataset) == dict.fromkeys(KAGGLE4, 74) | dict(basophil=0)
    published = BCCD(
        str(kaggle), subsets=('TRAIN', 'TEST'), classes=KAGGLE4, **QUICK
    )
    assert counts(published) == dict.fromkeys(KAGGLE4, 72)
    assert 'BCCD/images/TRAIN/EOSINOPHIL/_3_103.jpeg' in ids(published)


@pytest.mark.parametrize('seed', range(3))
def test_copies_of_one_source_stay_together(kaggle, seed):
    sides = defaultdict(set)
    sizes = Counter()
    for part in PARTS:
        for info in infos(BCCD(str(kaggle), part, split_seed=seed, **QUICK)):
            *_, label, name = info['image_id'].split('/')
            # by hand, not by the dataset: class and number before the last
            sides[label, name.split('_')[1]].add(part)
            sizes[label, part] += 1
    assert len(sides) == 40
    assert all(len(parts) == 1 for parts in sides.values())
    for label in ('EOSINOPHIL', 'NEUTROPHIL'):
        # 74 images in groups of 6 or 13: within one group of 6:2:2
        assert abs(sizes[label, 'train'] - 0.6 * 74) < 13
        assert abs(sizes[label, 'test'] - 0.2 * 74) < 13


def test_kaggles_own_split(kaggle):
    parts = {
        part: BCCD(
            str(kaggle),
            part,
            official_split=True,
            subsets=('TRAIN', 'TEST'),
            **QUICK,
        )
        for part in PARTS
    }
    assert counts(parts['test']) == dict.fromkeys(KAGGLE4, 12) | dict(
        basophil=0
    )
    assert all('/TEST/' in i for i in ids(parts['test']))
    # a quarter of ten sources, as whole sources
    for label in KAGGLE4:
        assert counts(parts['val'])[label] in (12, 18)
    groups = [{i['group'] for i in infos(d)} for d in parts.values()]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 4 * 12


def test_kaggles_tree_from_above_and_below(kaggle):
    with pytest.raises(
        InputError,
        match=f'none of the releases.*{kaggle} has one: set data_root to that',
    ):
        BCCD(str(kaggle.parent), **QUICK)
    with pytest.raises(InputError, match='images is none of the releases'):
        BCCD(str(kaggle / 'images'), **QUICK)


def test_a_split_by_doubtful_numbers_is_said(kaggle, log):
    BCCD(str(kaggle), **QUICK)
    BCCD(str(kaggle), 'train', official_split=True, **QUICK)
    assert not [record for record in log if record.levelname == 'WARNING']
    BCCD(str(kaggle), 'train', **QUICK)
    assert 'official_split=True keeps the test part' in log[-1].getMessage()


# -- detection ---------------------------------------------------------------


@pytest.fixture
def detection(tmp_path):
    return bccd_detection(tmp_path, FIELDS)


def test_boxes_are_samples(detection):
    dataset = BCCD(str(detection), **QUICK)
    assert counts(dataset) == dict(
        basophil=1, eosinophil=1, lymphocyte=1, monocyte=1, neutrophil=3
    )
    neutrophils = infos(dataset)[-3:]
    fields = 'BCCD/BCCD/JPEGImages/BloodImage_0000'
    assert [(i['image_id'], i['box'], i['group']) for i in neutrophils] == [
        (f'{fields}0.jpg#0', LARGE, 'BloodImage_00000'),
        (f'{fields}1.jpg#0', LARGE, 'BloodImage_00001'),
        (f'{fields}1.jpg#1', LARGER, 'BloodImage_00001'),
    ]
    assert neutrophils[1]['img_path'] == str(
        detection / 'BCCD' / 'JPEGImages' / 'BloodImage_00001.jpg'
    )
    # of two boxes for one cell, the larger
    (eosinophil,) = (i for i in infos(dataset) if i['gt_label'] == 1)
    assert eosinophil['image_id'].endswith('3.jpg#1')
    assert eosinophil['box'] == LARGE


def test_the_lists_of_the_detection_release(detection):
    parts = [
        len(BCCD(str(detection), part, official_split=True, **QUICK))
        for part in PARTS
    ]
    assert parts == [3, 2, 2]
    held_out = BCCD(
        str(detection), ['val', 'test'], official_split=True, **QUICK
    )
    assert len(held_out) == 4
    for wrong in ([], ['val', 'tets']):
        with pytest.raises(InputError, match='a list of them, or None'):
            BCCD(str(detection), wrong, official_split=True, **QUICK)


def test_copies_of_training_cells_leave_the_published_lists(
    detection, tmp_path, log
):
    groups = tmp_path / 'groups.csv'
    name = 'BCCD/JPEGImages/BloodImage_0000{}.jpg#{}'.format
    # one cell in all lists; two of one field, which are no copies of others
    members = {'a': [(0, 0), (7, 0), (4, 0)], 'b': [(1, 1), (1, 0)]}
    rows = [
        f'{name(*cell)},{group}'
        for group, cells in members.items()
        for cell in cells
    ]
    groups.write_text('\n'.join(['image,group', *rows]))
    build = dict(official_split=True, group_file=str(groups), **QUICK)
    parts = {p: ids(BCCD(str(detection), p, **build)) for p in PARTS}
    before = {
        p: ids(BCCD(str(detection), p, official_split=True, **QUICK))
        for p in PARTS
    }
    assert parts['train'] == before['train']
    assert parts['val'] == before['val'] - {f'BCCD/{name(7, 0)}'}
    assert parts['test'] == before['test'] - {f'BCCD/{name(4, 0)}'}
    assert [len(before[p]) - len(parts[p]) for p in PARTS] == [0, 1, 1]
    assert any('1 of val, 1 of test' in r.getMessage() for r in log)
    assert not [r for r in log if r.levelname == 'WARNING']
    both = ids(BCCD(str(detection), ['val', 'test'], **build))
    assert both == parts['val'] | parts['test']
    assert len(BCCD(str(detection), **build)) == 7


def test_folders_without_the_one_around_them(detection):
    for path in (detection / 'BCCD').iterdir():
        path.rename(detection / path.name)
    (detection / 'BCCD').rmdir()
    dataset = BCCD(str(detection), **QUICK)
    assert 'BCCD/JPEGImages/BloodImage_00000.jpg#0' in ids(dataset)


TYPES = 'labels.csv'
BOXES = 'BCCD/Annotations/BloodImage_00004.xml'
EMPTY = BCCD_BOX.format(name='WBC', box=(9, 1, 9, 5))


@pytest.mark.parametrize(
    ('file', 'content', 'message'),
    [
        (TYPES, None, 'no labels.csv, which says'),
        (
            TYPES,
            ',Image,Type\n',
            "has no column 'Category'; expected are Image, Category",
        ),
        (
            TYPES,
            ',Image,Category\n,x,NEUT\n',
            "line 2: Image is 'x', but must be a number",
        ),
        (
            TYPES,
            ',Image,Category\n,0,"A,B"\n,1,LYMPHOCYTE\n,00,"B,A"\n,1,MONO\n',
            "image 1 is .*: 'LYMPHOCYTE' and .*line 5: 'MONO'; remove the",
        ),
        (
            TYPES,
            ',Image,Category\n,0,BLAST\n',
            'BloodImage_00000.xml means no class; expected are basophil',
        ),
        (
            'BCCD/JPEGImages/BloodImage_00004.jpg',
            None,
            'annotation .*00004.xml has no image .*00004.jpg; complete',
        ),
        (BOXES, '<a', 'annotation .*00004.xml is not valid VOC XML'),
        (
            BOXES,
            '<a><object><name>WBC</name></object></a>',
            'annotation .*00004.xml is not valid VOC XML',
        ),
        (
            BOXES,
            f'<annotation>{EMPTY}</annotation>',
            'not valid VOC XML .*: 9, 1, 9, 5 is no box',
        ),
    ],
)
def test_faulty_annotations(detection, file, content, message):
    if content is None:
        (detection / file).unlink()
    else:
        (detection / file).write_text(content)
    with pytest.raises(InputError, match=message):
        BCCD(str(detection), **QUICK)


# -- cropped -----------------------------------------------------------------


def test_cropped(tmp_path):
    root = bccd_cropped(tmp_path)
    dataset = BCCD(str(root), **QUICK)
    assert counts(dataset) == dict(
        basophil=1, eosinophil=3, lymphocyte=2, monocyte=2, neutrophil=5
    )
    groups = Counter(info['group'] for info in infos(dataset))
    assert groups.pop('BloodImage_00003') == 2
    assert set(groups.values()) == {1}
    with pytest.raises(
        InputError,
        match='ships no official part for 13 of 13 '
        'images.*leave official_split at False',
    ):
        BCCD(str(root), 'train', official_split=True, **QUICK)


# -- the real ones -----------------------------------------------------------


def test_real_crops(real):
    dataset = BCCD(
        str(real('BCCD_cropped')), pipeline=[dict(type='LoadCellImage')]
    )
    assert counts(dataset) == dict(
        basophil=3, eosinophil=88, lymphocyte=33, monocyte=20, neutrophil=207
    )
    assert dataset[0]['img'].ndim == 3
    assert len({info['group'] for info in infos(dataset)}) == 351


def test_real_fields(real):
    root, cropped = real('bccd_detection'), real('BCCD_cropped')
    dataset = BCCD(str(root), **QUICK)
    # Fields with one box and one type: 2, 84, 33, 20 and 202. To them come
    # one box of a field with two eosinophils, both boxes of fields with two
    # alike (an eosinophil, a lymphocyte, four neutrophil fields) and the
    # larger box of field 113.
    assert counts(dataset) == dict(
        basophil=2,
        eosinophil=84 + 1 + 2,
        lymphocyte=33 + 2,
        monocyte=20,
        neutrophil=202 + 8 + 1,
    )
    for part in PARTS:
        shipped = root / 'BCCD' / 'ImageSets' / 'Main' / f'{part}.txt'
        dataset_part = BCCD(str(root), part, official_split=True, **QUICK)
        fields = {info['group'] for info in infos(dataset_part)}
        assert fields < set(shipped.read_text().split())
        assert len(fields) == dict(train=196, val=85, test=68)[part]
    for info in infos(dataset):
        x1, y1, x2, y2 = info['box']
        assert 0 <= x1 < x2 <= 640 and 0 <= y1 < y2 <= 480
    # the crops are of the same fields, and the groups say so
    fields = {info['group'] for info in infos(dataset)}
    crops = {info['group'] for info in infos(BCCD(str(cropped), **QUICK))}
    assert len(fields & crops) > 330


@pytest.mark.parametrize('kind', KINDS)
def test_labels_that_a_spreadsheet_saved_again(detection, kind):
    before = BCCD(str(detection), **QUICK)
    save_again(detection / TYPES, kind)
    again = BCCD(str(detection), **QUICK)
    assert ids(again) == ids(before)
    assert list(again.get_gt_labels()) == list(before.get_gt_labels())
