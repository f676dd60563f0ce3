import csv

import pytest
import torch
from annotations import annotation, write_annotations
from cell_trees import PARTS, counts, ids, infos
from mmpretrain.registry import DATASETS
from spreadsheets import KINDS, save_again

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES
from daffnet_mm.datasets import PBC, WBCAtt


def build(pbc_root, wbcatt_dir, split=None, **kwargs):
    return DATASETS.build(
        dict(
            type='WBCAtt',
            data_root=str(pbc_root),
            ann_dir=str(wbcatt_dir),
            split=split,
            pipeline=[],
            **kwargs,
        )
    )


def test_attributes_and_classes(pbc_root, wbcatt_dir):
    dataset = build(pbc_root, wbcatt_dir)
    assert dataset.metainfo['classes'] == WBC5_CLASSES
    assert len(dataset) == 5 * 9
    sizes = [len(values) for values in WBC_ATTRIBUTES.values()]
    for info in infos(dataset):
        label, number = info['image_id'][4:-4].lower().split('_')
        assert WBC5_CLASSES[info['gt_label']] == label
        assert info['img_path'].endswith(
            f'{label}/{label.upper()}_{number}.jpg'
        )
        attributes = info['gt_attributes']
        assert attributes.dtype == torch.long and attributes.shape == (11,)
        assert attributes.tolist() == [int(number) % k for k in sizes]


def test_the_official_split(pbc_root, wbcatt_dir):
    parts = [
        build(pbc_root, wbcatt_dir, split, official_split=True)
        for split in PARTS
    ]
    assert [len(part) for part in parts] == [20, 15, 10]
    assert ids(parts[2]) == {
        f'PBC/{label.upper()}_{n}.jpg'
        for label in WBC5_CLASSES
        for n in (7, 8)
    }
    assert len(build(pbc_root, wbcatt_dir, official_split=True)) == 45


def test_copies_of_training_cells_leave_the_official_parts(
    pbc_root, wbcatt_dir, tmp_path
):
    def parts(**kwargs):
        for part in PARTS:
            dataset = build(
                pbc_root, wbcatt_dir, part, official_split=True, **kwargs
            )
            yield sorted(ids(dataset))

    train, val, test = parts()
    groups = {train[0]: 1, val[3]: 1, test[1]: 1, val[0]: 2, test[0]: 2}
    path = tmp_path / 'groups.csv'
    rows = [f'{n.removeprefix("PBC/")},{g}' for n, g in groups.items()]
    path.write_text('\n'.join(['image,group', *rows]))
    assert [*map(set, parts(group_file=str(path)))] == [
        {*train},
        {*val} - {val[3]},
        {*test} - {test[0], test[1]},
    ]


def test_the_shared_split_is_that_of_pbc(pbc_root, wbcatt_dir, tmp_path):
    split_file = str(tmp_path / 'split.csv')
    for split in PARTS:
        cells = PBC(str(pbc_root), split, split_file, pipeline=[])
        annotated = build(pbc_root, wbcatt_dir, split, split_file=split_file)
        # number 9 of each class is not annotated
        expected = {
            name
            for name in ids(cells)
            if name.split('/')[1].split('_')[0].lower() in WBC5_CLASSES
            and not name.endswith('_9.jpg')
        }
        assert ids(annotated) == expected


def test_the_split_file_is_the_same_whoever_writes_it(
    pbc_root, wbcatt_dir, tmp_path
):
    first, second = tmp_path / '1.csv', tmp_path / '2.csv'
    PBC(str(pbc_root), 'train', str(first), pipeline=[])
    build(pbc_root, wbcatt_dir, 'train', split_file=str(second))
    assert first.read_bytes() == second.read_bytes()


def test_fewer_classes(pbc_root, wbcatt_dir):
    dataset = build(pbc_root, wbcatt_dir, classes=('monocyte', 'basophil'))
    assert counts(dataset) == [9, 9]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            dict(cell_size='huge'),
            "line 2: cell_size is 'huge', but must be one of big, small",
        ),
        (dict(granule_colour=''), "granule_colour is '', but must be one of"),
        (dict(label='Platelet'), "label 'Platelet' must be one of basophil"),
        (dict(img_name='BASOPHIL_2.jpg'), 'OPHIL_2.jpg is annotated twice'),
        (
            dict(img_name='BASOPHIL_99.jpg'),
            'BASOPHIL_99.jpg is not in .*basophil; complete the download',
        ),
        # in the folder of another class
        (dict(label='Monocyte'), 'image BASOPHIL_0.jpg is not in .*monocyte'),
        # listed by PBC's own archive, but hidden
        (
            dict(label='Neutrophil', img_name='.DS_169665.jpg'),
            'image .DS_169665.jpg is not in',
        ),
    ],
)
def test_faulty_annotations(pbc_root, wbcatt_dir, change, message):
    path = wbcatt_dir / 'pbc_attr_v1_train.csv'
    with open(path) as file:
        first, *others = csv.DictReader(file)
    write_annotations(path, [{**first, **change}, *others])
    with pytest.raises(InputError, match=message) as caught:
        build(pbc_root, wbcatt_dir)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize('kind', KINDS)
def test_annotations_that_a_spreadsheet_saved_again(
    pbc_root, wbcatt_dir, kind
):
    path = wbcatt_dir / 'pbc_attr_v1_train.csv'
    before = WBCAtt.read_annotation_file(str(path))
    save_again(path, kind)
    assert WBCAtt.read_annotation_file(str(path)) == before
    assert len(build(pbc_root, wbcatt_dir)) == 45


def test_blanks_around_annotations(wbcatt_dir):
    path = wbcatt_dir / 'pbc_attr_v1_train.csv'
    before = WBCAtt.read_annotation_file(str(path))
    path.write_text(path.read_text().replace(',', ' , '))
    assert WBCAtt.read_annotation_file(str(path)) == before


def test_an_image_in_two_files(pbc_root, wbcatt_dir):
    path = wbcatt_dir / 'pbc_attr_v1_val.csv'
    write_annotations(path, [annotation('monocyte', 2)])
    with pytest.raises(InputError, match='MONOCYTE_2.jpg is annotated twice'):
        build(pbc_root, wbcatt_dir)
    # the official parts are read alone
    dataset = build(pbc_root, wbcatt_dir, 'val', official_split=True)
    assert len(dataset) == 1


@pytest.mark.parametrize('column', ['img_name', 'label', 'granularity'])
def test_a_missing_column(pbc_root, wbcatt_dir, column):
    path = wbcatt_dir / 'pbc_attr_v1_train.csv'
    text = path.read_text()
    path.write_text(text.replace(column, 'other', 1))
    with pytest.raises(InputError, match=f"has no column '{column}'"):
        build(pbc_root, wbcatt_dir)


def test_missing_files(pbc_root, wbcatt_dir, tmp_path):
    (wbcatt_dir / 'pbc_attr_v1_test.csv').unlink()
    with pytest.raises(InputError, match='there is no .*_v1_test.csv'):
        build(pbc_root, wbcatt_dir, 'test', official_split=True)
    # the other files are enough for the shared split
    assert len(build(pbc_root, wbcatt_dir)) == 35
    with pytest.raises(InputError, match='there is no .*nowhere'):
        build(pbc_root, tmp_path / 'nowhere')
    with pytest.raises(InputError, match='data_root .*nowhere does not exist'):
        build(tmp_path / 'nowhere', wbcatt_dir)


def test_real_annotations(real):
    root, folder = real('pbc/PBC_dataset_normal_DIB'), real('wbcatt')
    train, val = (
        build(root, folder, split, official_split=True)
        for split in ('train', 'val')
    )
    assert counts(train) == [744, 1876, 736, 829, 1984]
    assert counts(val) == [125, 314, 111, 146, 334]
    # one line of the file, by hand
    (info,) = (i for i in infos(train) if i['image_id'] == 'PBC/BNE_7323.jpg')
    assert info['gt_attributes'].tolist() == [0, 1, 3, 1, 0, 0, 0, 1, 3, 1, 1]
    # all annotated cells are on the disk, and the shared parts are PBC's
    assert isinstance(train, WBCAtt) and len(train) + len(val) == 7199
    for split in PARTS:
        cells = PBC(str(root), split, classes=WBC5_CLASSES, pipeline=[])
        assert ids(build(root, folder, split)) == ids(cells)


def test_a_tenth_set_aside_to_select_by(pbc_root, wbcatt_dir):
    def part(split, **options):
        options = dict(options, official_split=True)
        return ids(build(pbc_root, wbcatt_dir, split, **options))

    quarter = dict(select_ratio=0.25)
    select, train = (part(name, **quarter) for name in ('select', 'train'))
    # one in four of each class, and nothing else moves
    assert len(select) == 5
    classes = {name[4:].split('_')[0].lower() for name in select}
    assert classes == set(WBC5_CLASSES)
    assert select | train == part('train') and not select & train
    assert part('val', **quarter) == part('val')
    assert part('test', **quarter) == part('test')
    assert part('select', **quarter) == select
    others = [part('select', split_seed=s, **quarter) for s in range(1, 5)]
    assert any(other != select for other in others)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(split='select', official_split=True), 'needs a select_ratio'),
        (dict(select_ratio=0.1), 'set official_split too'),
        (dict(official_split=True, select_ratio=1.0), 'and less than 1'),
        (dict(split='dev'), "'select', a list of them, or None"),
    ],
)
def test_wrong_ways_to_select(pbc_root, wbcatt_dir, options, message):
    with pytest.raises(InputError, match=message):
        build(pbc_root, wbcatt_dir, **options)


def test_a_real_tenth(real):
    root, folder = real('pbc/PBC_dataset_normal_DIB'), real('wbcatt')
    train, select = (
        build(root, folder, split, official_split=True, select_ratio=0.1)
        for split in ('train', 'select')
    )
    assert len(train) + len(select) == 6169 and len(select) == 617
    assert counts(select) == [74, 188, 74, 83, 198]
    assert not ids(train) & ids(select)
