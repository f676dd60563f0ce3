"""What all cell datasets have in common, seen on PBC."""

import os
import unicodedata
from collections import defaultdict

import pytest
from cell_trees import PARTS, QUICK, ids, paint

from daffnet_lite.errors import BrokenImageWarning, InputError, InputWarning
from daffnet_lite.structures import PBC8_CLASSES, WBC5_CLASSES
from daffnet_mm.datasets import LDWBC, PBC

# -- what a release holds ----------------------------------------------------


def test_samples_are_listed_whole(pbc_root):
    samples = PBC(
        str(pbc_root), 'val', classes=('ig',), **QUICK
    ).list_samples()
    assert len(samples) == 80
    assert [s['name'] for s in samples] == sorted(s['name'] for s in samples)
    assert samples[0] == dict(
        name='BASOPHIL_0.jpg',
        path=str(pbc_root / 'basophil' / 'BASOPHIL_0.jpg'),
        label='basophil',
        group='BASOPHIL_0.jpg',
        part=None,
    )


def test_aliases_and_several_folders_of_one_class(pbc_root):
    (pbc_root / 'basophil').rename(pbc_root / 'BASOPHILS')
    (pbc_root / 'neutrophil').rename(pbc_root / 'SNE')
    paint(pbc_root / 'BNE' / 'BNE_1.jpg')
    dataset = PBC(str(pbc_root), **QUICK)
    labels = dataset.get_gt_labels().tolist()
    assert labels.count(PBC8_CLASSES.index('basophil')) == 10
    assert labels.count(PBC8_CLASSES.index('neutrophil')) == 11


def test_an_unknown_class_folder(pbc_root):
    paint(pbc_root / 'Smudge' / '1.jpg')
    with pytest.raises(InputError) as caught:
        PBC(str(pbc_root), **QUICK)
    message = str(caught.value)
    assert f'folder {pbc_root / "Smudge"} means no class' in message
    assert ', '.join(PBC8_CLASSES) in message
    assert '\n' not in message
    with pytest.raises(InputError, match="Smudge .by class_map: 'debris'. "):
        PBC(str(pbc_root), class_map=dict(Smudge='debris'), **QUICK)
    assert len(PBC(str(pbc_root), class_map=dict(Smudge=None), **QUICK)) == 80
    assert len(PBC(str(pbc_root), class_map=dict(Smudge='PLT'), **QUICK)) == 81


def test_a_class_map_of_nothing(pbc_root):
    with pytest.raises(InputError, match="class_map names 'Smudges', which"):
        PBC(str(pbc_root), class_map=dict(Smudges=None), **QUICK)


def test_an_empty_root(tmp_path):
    with pytest.raises(
        InputError,
        match='basophil does not exist, by no '
        'alias either; .* must hold basophil, eosinophil',
    ):
        LDWBC(str(tmp_path), **QUICK)


def test_links(pbc_root, tmp_path):
    # a class folder that lies on another disk
    (pbc_root / 'ig').rename(tmp_path / 'elsewhere')
    (pbc_root / 'ig').symlink_to(tmp_path / 'elsewhere')
    assert len(PBC(str(pbc_root), **QUICK)) == 80
    (pbc_root / 'basophil' / 'loop').symlink_to(pbc_root / 'basophil')
    (pbc_root / 'itself').symlink_to('itself')
    with pytest.warns(InputWarning) as caught:
        assert len(PBC(str(pbc_root), **QUICK)) == 80
    assert [str(w.message).partition(' is a ')[0] for w in caught] == [
        f'PBC: {pbc_root}/itself',
        f'PBC: {pbc_root}/basophil/loop',
    ]
    with pytest.warns(BrokenImageWarning) as caught:
        tested = PBC(str(pbc_root), test_mode=True, **QUICK)
    assert [str(w.message) for w in caught] == [
        f'PBC: {fault}' for fault in tested.faults
    ]
    assert len(tested) == 80 and len(tested.faults) == 2
    loop = tmp_path / 'loop'
    loop.symlink_to(loop)
    with pytest.raises(InputError, match='loop cannot be read|loop is a symb'):
        PBC(str(loop), **QUICK)


def test_long_and_foreign_paths(tmp_path):
    root = tmp_path.joinpath(*['Zellen Größe μm 白血球 ' * 3] * 9)
    assert len(os.fsencode(root)) > 800
    for name in WBC5_CLASSES:
        for number in range(5):
            paint(root / name / f'é白{number}.jpg', shade=10 * number)
    split_file = tmp_path / 'größe' / 'split.csv'
    parts = [
        LDWBC(
            str(root),
            part,
            str(split_file),
            pipeline=[dict(type='LoadCellImage')],
        )
        for part in PARTS
    ]
    assert [len(part) for part in parts] == [15, 5, 5]
    assert all(len(list(part)) == len(part) for part in parts)
    with pytest.raises(InputError, match='cannot be read .File name too long'):
        LDWBC(str(tmp_path / ('long/' * 1000)), **QUICK)


def test_accents_are_the_same_on_every_system(tmp_path):
    names = {}
    for form in ('NFC', 'NFD'):
        root = tmp_path / form
        for label in WBC5_CLASSES:
            for number in range(5):
                name = unicodedata.normalize(form, f'é{number}.jpg')
                paint(root / label / name)
        names[form] = [ids(LDWBC(str(root), p, **QUICK)) for p in PARTS]
    assert names['NFC'] == names['NFD']


@pytest.mark.parametrize('form', ['NFC', 'NFD'])
def test_groups_of_names_with_accents(tmp_path, form):
    lines = ['image,group']
    for label in WBC5_CLASSES:
        for number in range(10):
            paint(tmp_path / 'cells' / label / f'é{number}.jpg')
            lines.append(f'{label}/é{number}.jpg,{label} ü{number // 2}')
    table = tmp_path / 'groups.csv'
    table.write_text(unicodedata.normalize(form, '\n'.join(lines)))
    root = str(tmp_path / 'cells')
    sides = defaultdict(set)
    for part in PARTS:
        dataset = LDWBC(root, part, group_file=str(table), **QUICK)
        for info in map(dataset.get_data_info, range(len(dataset))):
            sides[info['group']].add(part)
    assert set(sides) == {f'{c} ü{i}' for c in WBC5_CLASSES for i in range(5)}
    assert all(len(parts) == 1 for parts in sides.values())


# -- splits ------------------------------------------------------------------


def test_the_split_does_not_depend_on_the_place(pbc_root, tmp_path):
    first, second = tmp_path / '1.csv', tmp_path / '2.csv'
    PBC(str(pbc_root), 'test', str(first), **QUICK)
    moved = pbc_root.rename(tmp_path / 'moved')
    PBC(f'{moved}/', 'train', str(second), **QUICK)
    assert first.read_bytes() == second.read_bytes()


def test_an_empty_part(pbc_root, tmp_path):
    split_file = tmp_path / 'split.csv'
    rows = [f'IG_{number}.jpg,train' for number in range(10)]
    split_file.write_text('\n'.join(['image,split', *rows]))
    with pytest.raises(
        InputError,
        match="no image for split='val' and the "
        'classes ig; .*split.csv leaves that part empty',
    ):
        PBC(str(pbc_root), 'val', str(split_file), classes=('ig',), **QUICK)


def test_groups_of_a_file_stay_together(pbc_root, tmp_path):
    group_file = tmp_path / 'groups.csv'
    rows = [
        f'{name}_{number}.jpg,{name}{number // 2}'
        for name in ('IG', 'MONOCYTE', 'PLATELET')
        for number in range(10)
    ]
    group_file.write_text('\n'.join(['image,group', *rows]))
    sides = defaultdict(set)
    for part in PARTS:
        dataset = PBC(
            str(pbc_root),
            part,
            str(tmp_path / 'split.csv'),
            group_file=str(group_file),
            **QUICK,
        )
        assert len(dataset) == dict(train=48, val=16, test=16)[part]
        for name in ids(dataset):
            label, number = name[4:-4].split('_')
            if label in ('IG', 'MONOCYTE', 'PLATELET'):
                sides[label, int(number) // 2].add(part)
    assert len(sides) == 15
    assert all(len(parts) == 1 for parts in sides.values())
    # the split file that was written has the groups, and can lend them
    again = PBC(
        str(pbc_root), 'val', group_file=str(tmp_path / 'split.csv'), **QUICK
    )
    assert ids(again) == ids(
        PBC(str(pbc_root), 'val', str(tmp_path / 'split.csv'), **QUICK)
    )


def test_a_group_file_of_other_images(pbc_root, tmp_path):
    group_file = tmp_path / 'groups.csv'
    group_file.write_text('image,group\nbasophil/BASOPHIL_0.jpg,1\n')
    with pytest.raises(
        InputError, match='names no image of .*such as BASOPHIL_0.jpg'
    ):
        PBC(str(pbc_root), group_file=str(group_file), **QUICK)


def test_a_split_file_that_cuts_groups_is_said(pbc_root, tmp_path, log):
    options = dict(split='train', split_file=str(tmp_path / 'split.csv'))
    PBC(str(pbc_root), **options, **QUICK)
    assert not [record for record in log if record.levelname == 'WARNING']
    group_file = tmp_path / 'groups.csv'
    twins = [f'IG_{number}.jpg,twins' for number in range(10)]
    group_file.write_text('\n'.join(['image,group', *twins]))
    PBC(str(pbc_root), group_file=str(group_file), **options, **QUICK)
    assert 'cuts 1 groups, first twins' in log[-1].getMessage()


def test_no_official_split(pbc_root):
    with pytest.raises(
        InputError,
        match='ships no official part for 80 of '
        '80 images, first BASOPHIL_0.jpg; leave',
    ):
        PBC(str(pbc_root), 'train', official_split=True, **QUICK)


def test_a_split_file_that_cannot_be_written(pbc_root, tmp_path):
    (tmp_path / 'file').touch()
    path = tmp_path / 'file' / 'split.csv'
    with pytest.raises(InputError, match='split.csv') as caught:
        PBC(str(pbc_root), 'train', str(path), **QUICK)
    assert '\n' not in str(caught.value)
    # without a split there is nothing to write
    assert len(PBC(str(pbc_root), None, str(path), **QUICK)) == 80
