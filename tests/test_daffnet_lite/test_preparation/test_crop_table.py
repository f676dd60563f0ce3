"""Releases that were cut: which field a crop is of decides where it goes."""

import csv
import unicodedata
from collections import Counter, defaultdict

import pytest
from cell_trees import (
    PARTS,
    QUICK,
    bccd_cropped,
    bccd_kaggle,
    counts,
    cut,
    ids,
    infos,
    lisc_whole,
    paint,
)

from daffnet_lite.errors import InputError
from daffnet_lite.preparation.crop_folder import crop_folder
from daffnet_lite.preparation.crop_table import read_fields
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.datasets import BCCD, LDWBC, LISC, PBC
from daffnet_mm.datasets.splits import read_group_file, read_split_file
from daffnet_mm.preparation.make_splits import (
    draw_parts,
    list_release,
    open_release,
    write_splits,
)

HEADER = 'image,group,x1,y1,x2,y2\n'


def sides_of(parts, source):
    """The parts in which each source has images."""
    sides = defaultdict(set)
    for part, dataset in parts.items():
        for name in ids(dataset):
            sides[source(name)].add(part)
    return sides


@pytest.fixture(scope='module')
def lisc_cut(tmp_path_factory):
    root = tmp_path_factory.mktemp('lisc')
    crop_folder(lisc_whole(root), root / 'cut', num_workers=1)
    return root / 'cut'


def field_of_lisc(name):
    """By hand: what stands before the last underscore."""
    return name.rpartition('_')[0]


def test_the_papers_lisc_is_one_cell_a_field(lisc_cut):
    """242 cells; 145, 48 and 49 in the parts (Chen et al., Table 2)."""
    parts = {
        part: LISC(str(lisc_cut), part, cells='largest', **QUICK)
        for part in PARTS
    }
    assert list(map(len, parts.values())) == [145, 48, 49]
    assert counts(LISC(str(lisc_cut), cells='largest', **QUICK)) == [
        53,
        39,
        52,
        48,
        50,
    ]
    # crop 0 is of the larger of two cells
    assert all(
        name.endswith('_0.png') for d in parts.values() for name in ids(d)
    )


@pytest.mark.parametrize('cells', [None, 'all'])
@pytest.mark.parametrize('seed', range(3))
def test_two_cells_of_a_field_stay_together(lisc_cut, seed, cells, log):
    parts = {
        part: LISC(str(lisc_cut), part, cells=cells, split_seed=seed, **QUICK)
        for part in PARTS
    }
    sides = sides_of(parts, field_of_lisc)
    assert len(sides) == 242
    assert all(len(found) == 1 for found in sides.values())
    assert sum(map(len, parts.values())) == 242 + 32
    said = [r.getMessage() for r in log if 'cells of' in r.getMessage()]
    assert len(said) == (3 if cells else 0)
    assert all('has 274 cells of 242 fields; 274 are' in s for s in said)


def test_the_table_is_a_group_file(lisc_cut, tmp_path):
    """For datasets and for make_splits, whatever they call an image."""
    table = str(lisc_cut / 'boxes.csv')
    groups = read_group_file(table)
    assert len(groups) == 274 and len(set(groups.values())) == 242
    assert groups['Main Dataset/Baso/7_1.png'] == 'Main Dataset/Baso/7.bmp'
    release = open_release(
        dict(type='LISC', data_root=str(lisc_cut)), group_file=table
    )
    samples = list_release(release)
    (path,) = write_splits(
        str(tmp_path / 'split.csv'), samples, draw_parts(release, samples)
    )
    assert read_group_file(path) == groups
    sides = defaultdict(set)
    for name, part in read_split_file(path).items():
        sides[field_of_lisc(name)].add(part)
    assert len(sides) == 242
    assert all(len(found) == 1 for found in sides.values())


@pytest.mark.parametrize('form', ['NFC', 'NFD'])
def test_accents_may_be_written_in_either_way(tmp_path, form):
    lines = [HEADER]
    for label in WBC5_CLASSES:
        for number in range(5):
            field = f'{label}/é{number}'
            lines.append(f'{field}_0.png,{field}.png,0,0,9,9\n')
            name = unicodedata.normalize('NFD', f'{field}_0.png')
            paint(tmp_path / 'cut' / name)
    table = tmp_path / 'cut' / 'boxes.csv'
    table.write_text(unicodedata.normalize(form, ''.join(lines)))
    groups = tmp_path / 'groups.csv'
    groups.write_text('image,group\nbasophil/é0.png,g\n')
    dataset = LDWBC(str(tmp_path / 'cut'), group_file=str(groups), **QUICK)
    found = sorted(info['group'] for info in infos(dataset))
    assert found[:2] == ['basophil/é1.png', 'basophil/é2.png']
    assert 'g' in found and len(found) == 25


def test_names_without_folders(pbc_root, tmp_path):
    root = cut(pbc_root, tmp_path / 'cut', cells=lambda number: 2)
    table = str(root / 'boxes.csv')
    for group_file in (None, table):
        parts = {
            part: PBC(str(root), part, group_file=group_file, **QUICK)
            for part in PARTS
        }
        sides = sides_of(parts, lambda name: name.rpartition('_')[0])
        assert len(sides) == 80
        assert all(len(found) == 1 for found in sides.values())
    samples = list_release(
        open_release(dict(type='PBC', data_root=str(root)), group_file=table)
    )
    assert len({s['group'] for s in samples}) == 80


@pytest.mark.parametrize('group_file', [None, 'boxes.csv'])
@pytest.mark.parametrize('official', [False, True])
@pytest.mark.parametrize('seed', range(2))
def test_crops_of_copies_have_the_number_of_their_source(
    tmp_path, group_file, official, seed
):
    """``_0_207_0.png`` is of source 0, not of a source 207."""
    root = cut(bccd_kaggle(tmp_path, copies=3), tmp_path / 'cut')
    parts = {
        part: BCCD(
            str(root),
            part,
            subsets=('TRAIN', 'TEST'),
            official_split=official,
            split_seed=seed,
            group_file=group_file and str(root / group_file),
            **QUICK,
        )
        for part in PARTS
    }

    def source(name):
        *_, subset, label, file = name.split('/')
        return subset if official else '', label, file.split('_')[1]

    sides = sides_of(parts, source)
    assert len(sides) == 4 * (12 if official else 10)
    assert all(len(found) == 1 for found in sides.values())
    if official:
        assert all('/TEST/' in name for name in ids(parts['test']))


def test_crops_of_crops(tmp_path):
    root = cut(bccd_cropped(tmp_path), tmp_path / 'cut')
    groups = {
        i['image_id'].rpartition('/')[2]: i['group']
        for i in infos(BCCD(str(root), **QUICK))
    }
    two = [n for n in groups if n.startswith('BloodImage_00003')]
    assert len(two) >= 2
    assert {groups[n] for n in two} == {'BloodImage_00003'}


def test_groups_of_the_fields_serve_their_crops(pbc_root, tmp_path):
    """What the audit found in the release holds after it was cut."""
    root = cut(pbc_root, tmp_path / 'cut')
    fields = sorted(
        p.relative_to(pbc_root) for p in pbc_root.rglob('[!.]*.jpg')
    )
    path = tmp_path / 'groups.csv'
    path.write_text(
        'image,group\n'
        + ''.join(
            f'{f.as_posix()},{f.parent}{i % 10 // 2}\n'
            for i, f in enumerate(fields)
        )
    )
    samples = PBC(str(root), group_file=str(path), **QUICK).list_samples()
    assert Counter(s['group'] for s in samples) == {
        f'{name}{pair}': 3
        for name in map(str, {f.parent for f in fields})
        for pair in range(5)
    }


def test_the_largest_is_the_first_of_its_field_in_the_table(tmp_path):
    root = cut(bccd_kaggle(tmp_path, copies=2), tmp_path / 'cut')
    table = root / 'boxes.csv'
    with open(table, newline='') as file:
        header, *rows = csv.reader(file)
    # ten crops and more are not in the order of their names
    with open(table, 'w', newline='') as file:
        csv.writer(file).writerows([header, *rows[::-1]])
    dataset = BCCD(str(root), cells='largest', **QUICK)
    fields = {row[1] for row in rows}
    assert len(dataset) == len(fields)
    last = {row[1]: row[0] for row in rows}
    assert ids(dataset) == {f'BCCD/{crop}' for crop in last.values()}


def test_a_release_that_was_not_cut(pbc_root, tmp_path):
    assert read_fields(str(pbc_root)) == {}
    with pytest.raises(
        InputError, match="cells='largest' is for .*no boxes.csv.*daffnet crop"
    ):
        PBC(str(pbc_root), cells='largest', **QUICK)
    with pytest.raises(InputError, match='cut by `daffnet crop'):
        PBC(str(tmp_path / 'nowhere'), cells='all', **QUICK)
    with pytest.raises(InputError, match="cells='some' must be 'largest', "):
        PBC(str(pbc_root), cells='some', **QUICK)


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('image,x1,y1,x2,y2\n', "no column 'group'.*daffnet crop RELEASE"),
        (f'{HEADER}a.png,,1,1,2,2\n', 'line 2: a crop and its field must'),
        (f'{HEADER}a,b,1,1,2,2\na,c,1,1,2,2\n', 'line 3: crop a is named tw'),
        (HEADER + 'ig/IG_0.jpg,x,1,1,2,2\n', 'lacks 79 of the images, first'),
    ],
)
def test_faulty_tables(pbc_root, content, message):
    (pbc_root / 'boxes.csv').write_text(content)
    with pytest.raises(InputError, match=message):
        PBC(str(pbc_root), **QUICK)
