import csv

import pytest
from annotations import annotation, write_annotations
from spreadsheets import KINDS, save_again

from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_mm.audit.attribute_check import check_attributes
from daffnet_mm.audit.folder_sources import read_folder


@pytest.fixture
def check(pbc_root, wbcatt_dir):
    pbc = read_folder(str(pbc_root))
    return lambda: check_attributes(str(wbcatt_dir), [pbc])


def change(path, **values):
    with open(path, newline='') as file:
        first, *others = csv.DictReader(file)
    write_annotations(path, [{**first, **values}, *others])


def test_good_files(check, pbc_root):
    report, source = check()
    assert report['images_from'] == 'PBC'
    assert [f['rows'] for f in report['files']] == [10, 20, 15]
    for file in report['files']:
        assert not file['faults'] and not file['images_not_found']
        assert not file['in_another_class']
    # number 9 of each class
    assert report['images_without_annotation'] == dict.fromkeys(
        ('basophil', 'eosinophil', 'lymphocyte', 'monocyte', 'neutrophil'), 1
    )
    assert report['annotated_twice'] == [] and report['agreement'] is None
    # Numbers 0 to 8: five even ones, and 0 and 6 of 0 to 8 modulo 6
    values = report['values']
    assert values['cell_size']['big']['monocyte'] == 5
    assert values['nucleus_shape']['irregular']['monocyte'] == 2
    assert [len(v) for v in values.values()] == [
        len(v) for v in WBC_ATTRIBUTES.values()
    ]
    assert source.title == 'WBCAtt' and len(source.samples) == 45
    (one,) = (s for s in source.samples if s.name == 'MONOCYTE_4.jpg')
    assert one.parts == {'val'} and one.label == 'monocyte'
    assert one.path == str(pbc_root / 'monocyte' / 'MONOCYTE_4.jpg')


@pytest.mark.parametrize('kind', KINDS)
def test_files_that_a_spreadsheet_saved_again(check, wbcatt_dir, kind):
    before, _ = check()
    save_again(wbcatt_dir / 'pbc_attr_v1_train.csv', kind)
    assert check()[0] == before


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        ('img_name,'.encode('utf-16') + b'x', 'begins as UTF-16, but is not'),
        (b'name,label\n', "no column 'img_name'"),
        (b'', "no column 'img_name'"),
    ],
)
def test_a_damaged_file_is_told(check, wbcatt_dir, content, message):
    path = wbcatt_dir / 'pbc_attr_v1_train.csv'
    path.write_bytes(content)
    files = {file['file']: file for file in check()[0]['files']}
    assert len(files) == 3
    (fault,) = files[path.name]['faults']
    assert message in fault


def test_torn_rows_are_told_and_cost_no_others(check, wbcatt_dir):
    path = wbcatt_dir / 'pbc_attr_v1_train.csv'
    head, first, second, *others = path.read_text().splitlines(True)
    torn = first.replace(',big', ',big,', 1).replace(',small', ',small,', 1)
    path.write_text(head + torn + second + ''.join(others) + 'x.jpg,Mono')
    before = check()[0]['files']
    (file,) = (f for f in before if f['file'] == path.name)
    assert file['rows'] == len(others) + 3
    fault, last = file['faults']
    assert fault.startswith('line 2: the header has 14 cells between commas')
    assert last.startswith(f'line {len(others) + 4}: the header has 14 cells')


@pytest.mark.parametrize(
    ('values', 'where', 'message'),
    [
        (
            dict(cell_size='huge'),
            'faults',
            "line 2 (BASOPHIL_0.jpg): cell_size is 'huge'",
        ),
        (dict(label='Platelet'), 'faults', "label is 'Platelet'"),
        (dict(img_name='BASOPHIL_1.jpg'), 'faults', 'has a line already'),
        (
            dict(img_name='BASOPHIL_99.jpg'),
            'images_not_found',
            'BASOPHIL_99.jpg',
        ),
        (
            dict(label='Monocyte'),
            'in_another_class',
            'BASOPHIL_0.jpg: monocyte, but in the folder of basophil',
        ),
        (
            dict(granularity='yes', granule_type='nil'),
            'contradictory_granules',
            'BASOPHIL_0.jpg',
        ),
    ],
)
def test_planted_faults(check, wbcatt_dir, values, where, message):
    path = wbcatt_dir / 'pbc_attr_v1_train.csv'
    sound = dict(granularity='no', granule_type='nil', granule_colour='nil')
    change(path, **{**sound, **values})
    report, _ = check()
    (file,) = (f for f in report['files'] if f['file'] == path.name)
    assert any(message in text for text in file[where]), file


def test_a_vanished_image(check, pbc_root):
    (pbc_root / 'monocyte' / 'MONOCYTE_2.jpg').unlink()
    report, source = check_attributes(
        str(pbc_root.parent / 'wbcatt'), [read_folder(str(pbc_root))]
    )
    assert [f['images_not_found'] for f in report['files']] == [
        [],
        ['MONOCYTE_2.jpg'],
        [],
    ]
    assert len(source.samples) == 44


def test_an_image_in_two_parts(check, wbcatt_dir):
    path = wbcatt_dir / 'pbc_attr_v1_val.csv'
    write_annotations(path, [annotation('monocyte', 2)])
    report, source = check()
    assert report['annotated_twice'] == ['MONOCYTE_2.jpg']
    (sample,) = (s for s in source.samples if s.name == 'MONOCYTE_2.jpg')
    assert sample.parts == {'train', 'val'}


def test_a_second_annotator(check, wbcatt_dir):
    first, second = annotation('monocyte', 1), annotation('monocyte', 2)
    second['cell_size'] = 'small' if second['cell_size'] == 'big' else 'big'
    write_annotations(wbcatt_dir / 'second.csv', [first, second])
    report, source = check()
    # one value of 22, one cell of two
    assert report['agreement']['images'] == 2
    assert report['agreement']['mean'] == 95.5
    assert report['agreement']['whole_cells'] == 50
    assert report['agreement']['attributes']['cell_size'] == 50
    # no part of the published annotations
    assert report['annotated_twice'] == [] and len(source.samples) == 45


def test_a_missing_column(check, wbcatt_dir):
    path = wbcatt_dir / 'pbc_attr_v1_train.csv'
    path.write_text(path.read_text().replace('granularity', 'other', 1))
    report, _ = check()
    assert report['files'][1]['faults'] == ['line 1: no column granularity']


def test_without_images(wbcatt_dir):
    report, source = check_attributes(str(wbcatt_dir), [])
    assert report['images_from'] is None and source is None
    assert report['values']['cell_size']['big']['monocyte'] == 5
