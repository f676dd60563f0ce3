"""The audit from end to end, on small trees with planted faults."""

import csv
import json
import os
import shutil

import numpy as np
import pytest
import tifffile
from annotations import annotation, write_annotations
from cell_trees import BCCD_BOX, QUICK
from mmengine.config import Config
from pictures import picture, save
from PIL import Image, ImageOps
from rich.console import Console

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import claims
from daffnet_lite.structures import PBC8_CLASSES
from daffnet_mm.audit import audit_datasets, print_report
from daffnet_mm.datasets import PBC


def audit(tmp_path, *locations, **kwargs):
    """Run an audit; what it returns is what the JSON says."""
    out = tmp_path / 'out'
    report = audit_datasets(
        list(map(str, locations)),
        str(out),
        num_workers=0,
        console=Console(file=open(os.devnull, 'w')),
        **kwargs,
    )
    with open(out / 'audit.json', encoding='utf-8') as file:
        assert json.load(file) == json.loads(json.dumps(report))
    return report


def printed(report):
    console = Console(record=True, width=200, file=open(os.devnull, 'w'))
    print_report(report, console)
    return console.export_text()


@pytest.fixture
def lab(tmp_path):
    """Five images in each of two classes and three parts, all different."""
    root = tmp_path / 'lab'
    seed = 0
    for part in ('train', 'val', 'test'):
        for label in ('monocyte', 'neutrophil'):
            for number in range(5):
                seed += 1
                save(picture(seed), root / part / label / f'{number}.png')
    return root


def test_nothing_wrong(tmp_path, lab):
    report = audit(tmp_path, lab)
    (source,) = report['sources']
    assert source['counts'] == {
        label: dict(train=5, val=5, test=5)
        for label in ('monocyte', 'neutrophil')
    }
    assert source['sizes'] == {'96x96': 30}
    assert source['formats'] == {'PNG RGB 8 bits': 30}
    assert report['duplicates'] == dict(counts=[], pairs=[])
    assert report['split'] and not report['leaks']
    assert not report['label_conflicts'] and not source['faulty']
    text = printed(report)
    assert 'leaks: 0 groups' in text and 'unreadable: none' in text


@pytest.mark.parametrize(
    ('change', 'kind'),
    [
        (lambda image: image, 'same pixels'),
        (lambda image: image.rotate(90), 'near duplicate'),
        (ImageOps.mirror, 'near duplicate'),
        (lambda image: image.resize((70, 70)), 'near duplicate'),
    ],
)
@pytest.mark.parametrize('part', ['train', 'test'])
def test_copies(tmp_path, lab, change, kind, part):
    copy = change(Image.open(lab / 'train' / 'monocyte' / '3.png'))
    save(copy, lab / part / 'neutrophil' / 'copy.png')
    report = audit(tmp_path, lab)
    first = 'lab/train/monocyte/3.png'
    second = f'lab/{part}/neutrophil/copy.png'
    (pair,) = report['duplicates']['pairs']
    assert {pair['first'], pair['second']} == {first, second}
    assert pair['kind'] == kind
    assert report['label_conflicts'] == [
        dict(
            labels=dict(monocyte=[first], neutrophil=[second]), because=[kind]
        )
    ]
    # a leak only if it is on the other side
    if part == 'train':
        assert report['leaks'] == []
    else:
        assert report['leaks'] == [
            dict(because=[kind], parts=dict(test=[second], train=[first]))
        ]
        assert 'leaks: 1 groups' in printed(report)


def test_copies_across_datasets(tmp_path, lab):
    other = tmp_path / 'other'
    for number in range(2):
        save(picture(100 + number), other / 'Monocytes' / f'{number}.png')
    shutil.copy(
        lab / 'val' / 'monocyte' / '2.png', other / 'Monocytes' / 'known.png'
    )
    report = audit(tmp_path, lab, other)
    assert report['duplicates']['counts'] == [
        dict(
            first='lab',
            second='other',
            kind='same pixels',
            pairs=1,
            images=[1, 1],
        )
    ]
    # the other is not split, so nothing leaks
    assert report['leaks'] == []


def test_broken_files_do_not_stop_it(tmp_path, lab):
    folder = lab / 'train' / 'monocyte'
    content = (folder / '0.png').read_bytes()
    (folder / 'empty.png').touch()
    (folder / 'cut.png').write_bytes(content[: len(content) // 2])
    (folder / 'text.jpg').write_text('404')
    (folder / '.DS_1.jpg').write_bytes(b'\0Mac\0')
    picture(77).convert('CMYK').save(folder / 'cmyk.jpg')
    Image.fromarray(
        np.asarray(picture(78).convert('L')).astype(np.uint16) * 200
    ).save(folder / 'deep.png')
    (folder / 'gone.png').symlink_to('nowhere.png')
    (source,) = audit(tmp_path, lab)['sources']
    faults = {
        f['image'].rpartition('/')[2]: f['fault'] for f in source['faulty']
    }
    assert faults == {
        'empty.png': 'empty',
        'cut.png': 'truncated',
        'text.jpg': 'unreadable',
        'gone.png': 'unreadable',
    }
    assert source['hidden_files_ignored'][0]['image'] == (
        'train/monocyte/.DS_1.jpg'
    )
    assert source['hidden_files_ignored'][0]['fault'] == 'unreadable'
    assert source['remarks'] == {
        '16 bits a channel': ['train/monocyte/deep.png'],
        'CMYK': ['train/monocyte/cmyk.jpg'],
        'grey': ['train/monocyte/deep.png'],
    }
    assert source['samples'] == 36


def test_published_counts(tmp_path, pbc_root):
    (source,) = audit(tmp_path, pbc_root)['sources']
    published = source['published']
    assert published['total_difference'] == 80 - 17092
    assert published['class_differences']['ig'] == 10 - 2895
    assert source['hidden_files_ignored'][0]['image'] == (
        'neutrophil/.DS_169665.jpg'
    )
    report = audit(tmp_path, pbc_root)
    assert not report['split'] and report['leaks'] == []
    assert 'none of the datasets is split' in printed(report)


@pytest.fixture
def cells(tmp_path):
    """PBC's tree with images that are all different."""
    root = tmp_path / 'PBC_dataset_normal_DIB'
    for i, name in enumerate(PBC8_CLASSES):
        for n in range(10):
            path = root / name / f'{name.upper()}_{n}.jpg'
            save(picture(10 * i + n, 48, 48), path, quality=95)
    return root


def write_config(path, root, **kwargs):
    Config(
        {
            f'{part}_dataloader': dict(
                dataset=dict(
                    type='PBC',
                    data_root=str(root),
                    split=part,
                    serialize_data=False,
                    **kwargs,
                )
            )
            for part in ('train', 'val', 'test')
        }
    ).dump(path)
    return path


def test_a_group_file_mends_the_split(tmp_path, cells):
    trained, tested = (
        PBC(str(cells), part, **QUICK).get_data_info(0)['img_path']
        for part in ('train', 'test')
    )
    with Image.open(trained) as image:
        image.rotate(180).save(tested, quality=95)
    config = write_config(tmp_path / 'before.py', cells)
    groups = tmp_path / 'groups.csv'
    report = audit(tmp_path, config, groups_out=str(groups))
    assert len(report['leaks']) == 1
    with open(groups, newline='') as file:
        group_of = {r['image']: r['group'] for r in csv.DictReader(file)}
    assert len(group_of) == 80 and len(set(group_of.values())) == 79
    assert (
        group_of[os.path.basename(trained)]
        == group_of[os.path.basename(tested)]
    )

    mended = write_config(tmp_path / 'after.py', cells, group_file=str(groups))
    assert audit(tmp_path, mended)['leaks'] == []


def test_a_config_that_tests_on_what_it_trains_on(tmp_path, cells):
    config = write_config(tmp_path / 'config.py', cells)
    config.write_text(config.read_text().replace("'test',", "'val',"))
    report = audit(tmp_path, config)
    assert len(report['leaks']) == 16
    assert report['leaks'][0]['because'] == ['same file']


def test_attributes(tmp_path, cells):
    folder = tmp_path / 'wbcatt'
    folder.mkdir()
    shutil.copy(
        cells / 'monocyte' / 'MONOCYTE_0.jpg',
        cells / 'monocyte' / 'MONOCYTE_1.jpg',
    )
    for part, numbers in dict(train=(0, 2), val=(1, 3), test=(4, 99)).items():
        write_annotations(
            folder / f'pbc_attr_v1_{part}.csv',
            [annotation('monocyte', n) for n in numbers],
        )
    report = audit(tmp_path, cells, folder)
    assert [s['title'] for s in report['sources']] == ['PBC', 'WBCAtt']
    (attributes,) = report['attributes']
    assert [f['images_not_found'] for f in attributes['files']] == [
        ['MONOCYTE_99.jpg'],
        [],
        [],
    ]
    assert report['sources'][1]['published']['part_differences'] == dict(
        train=2 - 6169, val=2 - 1030, test=1 - 3099
    )
    # the copy is in another official part, with other values
    (leak,) = report['leaks']
    assert leak['parts'] == dict(
        train=['WBCAtt/MONOCYTE_0.jpg'], val=['WBCAtt/MONOCYTE_1.jpg']
    )
    (conflict,) = report['attribute_conflicts']
    assert conflict['attributes']['cell_size'] == ['big', 'small']
    text = printed(report)
    assert 'images not found: 1: MONOCYTE_99.jpg' in text
    assert 'duplicates with different attributes: 1' in text


@pytest.fixture
def detection(tmp_path):
    """BCCD with boxes: two fields of one cell each, and crops of them."""
    root = tmp_path / 'bccd_detection'
    boxes = [(60, 60, 150, 140), (200, 100, 280, 200)]
    rows = [['', 'Image', 'Category']]
    for number, box in enumerate(boxes):
        name = f'BloodImage_{number:05d}'
        field = picture(number, 320, 240)
        save(field, root / 'BCCD' / 'JPEGImages' / f'{name}.jpg')
        annotations = root / 'BCCD' / 'Annotations'
        annotations.mkdir(exist_ok=True)
        (annotations / f'{name}.xml').write_text(
            '<annotation>'
            + BCCD_BOX.format(name='WBC', box=box)
            + '</annotation>'
        )
        rows.append(['', number, 'NEUTROPHIL'])
        # with margins of its own
        crop = field.crop((box[0] - 20, box[1] - 15, box[2] + 9, box[3] + 24))
        label = ('Neutrophil', 'Monocyte')[number]
        save(crop, tmp_path / 'BCCD_cropped' / label / f'{name}_1.jpg')
    save(
        picture(50, 100, 100),
        tmp_path / 'BCCD_cropped' / 'Neutrophil' / 'BloodImage_00009_1.jpg',
    )
    with open(root / 'labels.csv', 'w', newline='') as file:
        csv.writer(file).writerows(rows)
    return root


def test_crops_of_fields(tmp_path, detection):
    report = audit(tmp_path, detection, tmp_path / 'BCCD_cropped')
    assert report['duplicates']['counts'] == [
        dict(
            first='BCCD cropped',
            second='BCCD detection',
            kind='cut from the field',
            pairs=2,
            images=[2, 2],
        )
    ]
    (conflict,) = report['label_conflicts']
    assert conflict['labels'] == dict(
        monocyte=['BCCD cropped/Monocyte/BloodImage_00001_1.jpg'],
        neutrophil=['BCCD detection/BCCD/JPEGImages/BloodImage_00001.jpg#0'],
    )


def test_the_contact_sheet(tmp_path, lab, cells):
    sheet = tmp_path / 'sheets' / 'sheet.png'
    audit(tmp_path, lab, cells, contact_sheet=str(sheet))
    with Image.open(sheet) as image:
        image.load()
        # eight classes, two datasets
        assert image.width > 2.5 * image.height
        assert len(np.unique(np.asarray(image.convert('L')))) > 100
    before = sheet.read_bytes()
    audit(tmp_path, lab, cells, contact_sheet=str(sheet))
    assert sheet.read_bytes() == before


def test_bad_input(tmp_path, lab):
    with pytest.raises(InputError, match='neither a folder nor a config'):
        audit(tmp_path, tmp_path / 'nowhere')
    (tmp_path / 'file').touch()
    for option in ('groups_out', 'contact_sheet'):
        path = str(tmp_path / 'file' / 'name')
        with pytest.raises(InputError, match='name cannot be written .*room'):
            audit(tmp_path, lab, **{option: path})
    with pytest.raises(InputError, match='number of workers is -1'):
        audit_datasets([str(lab)], str(tmp_path / 'out'), num_workers=-1)


def test_two_at_once(tmp_path, lab, monkeypatch):
    monkeypatch.setattr(claims, 'PATIENCE', 0)
    with (
        claims.claim_folder(tmp_path / 'out'),
        pytest.raises(InputError, match='another process is working in'),
    ):
        audit_datasets([str(lab)], str(tmp_path / 'out'), num_workers=0)
    audit_datasets([str(lab)], str(tmp_path / 'out'), num_workers=0)
    assert not (tmp_path / 'out' / '.lock').exists()


def test_real_bccd(tmp_path, real):
    crops, fields = real('BCCD_cropped'), real('bccd_detection')
    # a tenth of the known overlap, to be quick
    for folder in ('Annotations', 'JPEGImages', 'ImageSets'):
        (tmp_path / 'bccd' / folder).mkdir(parents=True)
    shutil.copy(fields / 'labels.csv', tmp_path / 'bccd')
    crops = sorted(crops.glob('*/*_1.jpg'))[::10]
    numbers = {crop.name.split('_')[1] for crop in crops}
    for number in numbers:
        for folder, suffix in (('Annotations', 'xml'), ('JPEGImages', 'jpg')):
            name = f'BloodImage_{number}.{suffix}'
            file = fields / 'BCCD' / folder / name
            if file.is_file():
                shutil.copy(file, tmp_path / 'bccd' / folder)
    for crop in crops:
        target = tmp_path / 'cropped' / crop.parent.name / crop.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(crop, target)
    report = audit(tmp_path, tmp_path / 'bccd', tmp_path / 'cropped')

    def number(path):
        return path.split('BloodImage_')[1][:5]

    found = {
        number(pair['second'])
        for pair in report['duplicates']['pairs']
        if pair['kind'] == 'cut from the field'
    }
    unlisted = map(number, report['sources'][0]['images_not_listed'])
    assert len(found) > 30
    assert found == numbers - set(unlisted)
    assert report['label_conflicts'] == []


def test_cells_that_jtsc_has_twice(tmp_path, shared):
    """Each looked at: cut more tightly the second time, one labelled anew."""
    report = audit(tmp_path, shared / 'data' / 'jtsc')
    pairs = {
        (pair['first'][-7:-4], pair['second'][-7:-4])
        for pair in report['duplicates']['pairs']
    }
    assert pairs == {
        ('030', '086'),
        ('056', '092'),
        ('060', '090'),
        ('070', '072'),
    }
    (conflict,) = report['label_conflicts']
    assert conflict['labels'].keys() == {'monocyte', 'neutrophil'}


def test_how_images_are_read(tmp_path, lab):
    """A 12-bit copy is one with its bits told; a limit is an own one."""
    folder = lab / 'train' / 'monocyte'
    values = np.asarray(Image.open(folder / '0.png')).astype(np.uint16)
    copy = lab / 'test' / 'monocyte' / 'copy.tif'
    tifffile.imwrite(copy, values * 16, photometric='rgb')
    sheet = str(tmp_path / 'sheet.png')
    untold = audit(tmp_path, lab, contact_sheet=sheet)
    (remark,) = (r for r in untold['sources'][0]['remarks'] if 'depth' in r)
    told = audit(tmp_path, lab, contact_sheet=sheet, bit_depth=12)
    assert remark not in told['sources'][0]['remarks']
    (pair,) = told['duplicates']['pairs']
    assert {pair['first'], pair['second']} == {
        'lab/train/monocyte/0.png',
        'lab/test/monocyte/copy.tif',
    }
    # what was found with other settings is not taken again
    assert audit(tmp_path, lab, contact_sheet=sheet) == untold
    strict = audit(tmp_path, lab, max_pixels=2000)['sources'][0]['faulty']
    assert len(strict) == 31
    assert 'the limit of 2000 pixels' in strict[0]['message']
    with pytest.raises(InputError, match='bit_depth=20 must be'):
        audit(tmp_path, lab, bit_depth=20)
