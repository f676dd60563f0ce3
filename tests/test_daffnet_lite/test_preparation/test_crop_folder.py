import csv
import os
import shutil
import unicodedata
import warnings

import cv2
import numpy as np
import pytest
from PIL import Image

from daffnet_lite.cropping import segment_cells
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.preparation.crop_folder import crop_folder
from daffnet_lite.preparation.mask_boxes import boxes_of_mask
from daffnet_mm.datasets.synthetic import render_cell

LYMPHOCYTE = [1, 1, 5, 0, 0, 0, 0, 0, 1, 0, 0]


def cell_image(seed):
    return render_cell(LYMPHOCYTE, 96, seed)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / 'in'
    for name, seed in {
        'lymphocyte/a.png': 1,
        'lymphocyte/b.png': 2,
        'monocyte/tief/ü.png': 3,
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(cell_image(seed)[..., ::-1]).save(path)
    Image.fromarray(np.full((90, 90, 3), 225, np.uint8)).save(
        folder / 'monocyte' / 'blank.png'
    )
    return folder


def rows(target):
    with open(target / 'boxes.csv', newline='', encoding='utf-8') as file:
        return list(csv.reader(file))


def crops(target):
    return {
        path.relative_to(target).as_posix(): path.stat().st_mtime_ns
        for path in target.rglob('*.png')
    }


def test_crops_and_boxes(tmp_path, source):
    target = tmp_path / 'out'
    report = crop_folder(source, target, margin=0.2, num_workers=1)
    assert report == dict(
        images=4, kept=0, cells=3, empty=['monocyte/blank.png'], refused=[]
    )
    assert set(crops(target)) == {
        'lymphocyte/a_0.png',
        'lymphocyte/b_0.png',
        'monocyte/tief/ü_0.png',
    }
    head, *lines = rows(target)
    assert head == ['image', 'group', 'x1', 'y1', 'x2', 'y2']
    assert [line[:2] for line in lines] == [
        ['lymphocyte/a_0.png', 'lymphocyte/a.png'],
        ['lymphocyte/b_0.png', 'lymphocyte/b.png'],
        ['monocyte/tief/ü_0.png', 'monocyte/tief/ü.png'],
    ]
    image = cell_image(1)
    box = segment_cells(image)[0].box
    assert tuple(map(int, lines[0][2:])) == box
    crop = cv2.imread(str(target / 'lymphocyte' / 'a_0.png'))
    side = round(max(box[2] - box[0], box[3] - box[1]) * 1.4)
    assert crop.shape == (min(side, 96), min(side, 96), 3)
    match = cv2.matchTemplate(image, crop, cv2.TM_SQDIFF)
    assert match.min() < 1  # its pixels are the image's


def test_it_goes_on_where_it_stopped(tmp_path, source):
    target = tmp_path / 'out'
    crop_folder(source, target, num_workers=1)
    before, table = crops(target), rows(target)
    # As after a kill: the table is not there, the journal's end is cut.
    (target / 'boxes.csv').unlink()
    with open(target / '.crop_cells.jsonl', 'a') as journal:
        journal.write('{"image": "lymph')
    (target / 'lymphocyte' / 'b_0.png').unlink()
    os.utime(source / 'monocyte' / 'tief' / 'ü.png', (1, 1))
    with pytest.warns(InputWarning, match='jsonl: a line is damaged or cut'):
        report = crop_folder(source, target, num_workers=1)
    assert (report['images'], report['kept']) == (4, 2)
    assert rows(target) == table
    after = crops(target)
    assert {name for name in before if before[name] != after[name]} == {
        'lymphocyte/b_0.png',
        'monocyte/tief/ü_0.png',
    }
    assert crop_folder(source, target, num_workers=1)['kept'] == 4
    with pytest.raises(InputError, match='was begun with .*choose an empty'):
        crop_folder(source, target, margin=0.3)


def test_a_damaged_journal(tmp_path, source):
    target = tmp_path / 'out'
    crop_folder(source, target, num_workers=1)
    table = rows(target)
    journal = target / '.crop_cells.jsonl'
    head, first, *others = journal.read_bytes().splitlines(keepends=True)
    first = first.replace(b'image', b'imagf')
    noise = [b'\xff\x00\n', b'[]\n', b'{"image": 1}\n']
    journal.write_bytes(b''.join([head, *noise, first, *others]))
    with pytest.warns(InputWarning, match='4 lines are damaged'):
        report = crop_folder(source, target, num_workers=1)
    assert (report['images'], report['kept']) == (4, 3)
    assert rows(target) == table
    with warnings.catch_warnings():
        warnings.simplefilter('error', InputWarning)
        assert crop_folder(source, target, num_workers=1)['kept'] == 4


def test_broken_images_are_named_and_do_not_stop_it(tmp_path, source):
    whole = (source / 'lymphocyte' / 'a.png').read_bytes()
    (source / 'lymphocyte' / 'cut.png').write_bytes(whole[:500])
    (source / 'empty.jpg').write_bytes(b'')
    Image.new('RGB', (4, 4)).save(source / 'tiny.png')
    deep = np.full((90, 90), 60000, np.uint16)
    Image.fromarray(deep).save(source / 'deep.png')
    report = crop_folder(source, tmp_path / 'out', num_workers=1)
    assert report['cells'] == 3
    assert report['empty'] == ['deep.png', 'monocyte/blank.png']
    refused = report['refused']
    assert len(refused) == 3
    assert refused[0] == f'{source / "empty.jpg"}: the file is empty'
    assert refused[1].startswith(f'{source / "lymphocyte" / "cut.png"}: ')
    assert 'at least 16 x 16' in refused[2]


def test_names_that_differ_in_the_suffix_alone(tmp_path):
    source, target = tmp_path / 'in', tmp_path / 'out'
    source.mkdir()
    for name in ('a.png', 'a.bmp', 'b.png', 'b_0.png'):
        Image.fromarray(cell_image(4)[..., ::-1]).save(source / name)
    report = crop_folder(source, target, num_workers=1)
    assert report['cells'] == len(crops(target)) == 4


def test_lisc_is_cropped_by_its_masks(tmp_path):
    root = tmp_path / 'LISC Database'
    images = root / 'Main Dataset'
    masks = root / 'Ground Truth Segmentation' / 'Baso' / 'areaforexpert1'
    for folder in ('Baso', 'eosi', 'lymp', 'mono', 'neut'):
        (images / folder).mkdir(parents=True)
        Image.fromarray(np.full((108, 108, 3), 220, np.uint8)).save(
            images / folder / '1.bmp'
        )
    masks.mkdir(parents=True)
    mask = np.zeros((100, 100), np.uint8)
    mask[20:50, 30:50] = 128
    mask[30:40, 35:45] = 255
    mask[60:80, 60:80] = 128
    mask[5, 5] = 255  # a slip of the pen
    Image.fromarray(mask).save(masks / '1_expert.bmp')
    assert boxes_of_mask(masks / '1_expert.bmp', (108, 108, 3)) == [
        (34, 24, 54, 54),
        (64, 64, 84, 84),
    ]
    report = crop_folder(root, tmp_path / 'out', num_workers=1)
    assert report['cells'] == 2 and len(report['empty']) == 4
    assert rows(tmp_path / 'out')[1:] == [
        [f'Main Dataset/Baso/1_{i}.png', 'Main Dataset/Baso/1.bmp', *box]
        for i, box in enumerate(
            (['34', '24', '54', '54'], ['64', '64', '84', '84'])
        )
    ]
    with pytest.raises(ValueError, match='has 100 x 100 pixels, more than'):
        boxes_of_mask(masks / '1_expert.bmp', (90, 108))


def test_all_kinds_are_cropped_and_others_named(tmp_path, source):
    cell = Image.fromarray(cell_image(5)[..., ::-1])
    for name in ('c.webp', 'c.jfif', 'c.jp2'):
        kind = 'JPEG' if name == 'c.jfif' else None
        cell.save(source / name, kind)
    (source / 'slide.svs').touch()
    (source / 'scan.dcm').touch()
    with pytest.warns(InputWarning, match='1 .dcm .* 1 .svs') as caught:
        report = crop_folder(source, tmp_path / 'out', num_workers=1)
    assert len(caught) == 1 and report['refused'] == []
    assert {'c.webp_0.png', 'c.jfif_0.png', 'c.jp2_0.png'} <= set(
        crops(tmp_path / 'out')
    )


def test_values_of_a_camera(tmp_path):
    source = tmp_path / 'in'
    source.mkdir()
    values = cell_image(1).astype(np.uint16) * 16
    cv2.imwrite(str(source / 'cell.png'), values)
    with pytest.warns(InputWarning, match=r'^cell\.png: .*--bit-depth 12'):
        crop_folder(source, tmp_path / 'dark', num_workers=1)
    with warnings.catch_warnings():
        warnings.simplefilter('error', InputWarning)
        report = crop_folder(
            source, tmp_path / 'out', num_workers=1, bit_depth=12
        )
    assert report['cells'] == 1
    crop = cv2.imread(str(tmp_path / 'out' / 'cell_0.png'))
    match = cv2.matchTemplate(cell_image(1), crop, cv2.TM_SQDIFF)
    assert match.min() < crop.size  # within a grey level
    with pytest.raises(InputError, match='begun with .*bit_depth'):
        crop_folder(source, tmp_path / 'out')


def test_what_cannot_be_used_costs_itself_alone(tmp_path, source):
    os.mkfifo(source / 'pipe.png')
    (source / 'again').symlink_to(source)
    Image.new('RGB', (300, 300)).save(source / 'large.png')
    torn = source / 'torn\rname.png'
    (source / 'lymphocyte' / 'a.png').rename(torn)
    with open(os.fsencode(source) + b'/\xff.png', 'wb') as file:
        file.write(torn.read_bytes())
    report = crop_folder(
        source, tmp_path / 'out', num_workers=1, max_pixels=80_000
    )
    assert report['cells'] == 3
    refused = ' '.join(report['refused'])
    assert len(report['refused']) == 4
    assert 'pipe.png: it is a pipe' in refused
    assert 'large.png: it has 300 x 300 pixels, more than' in refused
    assert 'again is a symbolic link that leads back' in refused
    assert 'is not valid UTF-8' in refused
    assert [row[:2] for row in rows(tmp_path / 'out')[1:]] == [
        ['lymphocyte/b_0.png', 'lymphocyte/b.png'],
        ['monocyte/tief/ü_0.png', 'monocyte/tief/ü.png'],
        ['torn\rname_0.png', 'torn\rname.png'],
    ]


def test_masks_of_more_bits(tmp_path):
    mask = np.zeros((60, 60), np.uint16)
    mask[10:20, 10:20] = 1
    mask[30:50, 30:50] = 2
    for name, values in dict(a=mask, b=mask.astype(np.int32)).items():
        Image.fromarray(values).save(tmp_path / f'{name}.tif')
        assert boxes_of_mask(tmp_path / f'{name}.tif', (60, 60)) == [
            (30, 30, 50, 50),
            (10, 10, 20, 20),
        ]


def test_the_crops_of_what_an_image_was_before(tmp_path, source):
    target = tmp_path / 'out'
    crop_folder(source, target, num_workers=1)
    # One has no cell any more, one a namesake, and one is gone.
    shutil.copy(source / 'monocyte/blank.png', source / 'lymphocyte/a.png')
    os.utime(source / 'lymphocyte/a.png', (1, 1))
    b = source / 'lymphocyte/b.png'
    Image.open(b).save(b.with_suffix('.bmp'))
    (source / 'monocyte/tief/ü.png').unlink()
    said = 'holds 1 crops of images .* monocyte/tief/ü_0.png, and boxes.csv'
    with pytest.warns(InputWarning, match=said):
        report = crop_folder(source, target, num_workers=1)
    assert report['cells'] == 2 and len(report['empty']) == 2
    assert set(crops(target)) == {
        'lymphocyte/b.bmp_0.png',
        'lymphocyte/b.png_0.png',
        'monocyte/tief/ü_0.png',
    }
    assert {crop for crop, *_ in rows(target)[1:]} == {
        'lymphocyte/b.bmp_0.png',
        'lymphocyte/b.png_0.png',
    }


def test_an_image_of_another_kind_takes_its_crops_over(tmp_path, source):
    target = tmp_path / 'out'
    crop_folder(source, target, num_workers=1)
    before = set(crops(target))
    a = source / 'lymphocyte/a.png'
    Image.open(a).save(a.with_suffix('.bmp'))
    a.unlink()
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        crop_folder(source, target, num_workers=1)
    assert set(crops(target)) == before
    assert rows(target)[1][:2] == ['lymphocyte/a_0.png', 'lymphocyte/a.bmp']


def test_what_somebody_has_named_stays(tmp_path, source):
    """The table is a group file, too, which people change."""
    target = tmp_path / 'out'
    crop_folder(source, target, num_workers=1)
    sorted_by_hand = target / 'neutrophil' / 'a_0.png'
    sorted_by_hand.parent.mkdir()
    (target / 'lymphocyte' / 'a_0.png').rename(sorted_by_hand)
    (target / 'lymphocyte' / 'by hand.png').touch()
    text = (target / 'boxes.csv').read_text(encoding='utf-8')
    text = text.replace('lymphocyte/a_0.png', 'neutrophil/a_0.png')
    text += 'lymphocyte/by hand.png,lymphocyte/a.png,1,2,3,4\n'
    (target / 'boxes.csv').write_text(text, encoding='utf-8')
    crop_folder(source, target, num_workers=1)
    assert sorted_by_hand.is_file()
    assert (target / 'lymphocyte' / 'by hand.png').is_file()


def test_a_table_that_leads_elsewhere_removes_nothing(tmp_path, source):
    target = tmp_path / 'out'
    crop_folder(source, target, num_workers=1)
    table = target / 'boxes.csv'
    other = tmp_path / 'mine_0.png'
    other.touch()
    with open(table, 'a', encoding='utf-8') as file:
        file.write('../mine_0.png,../mine.png,1,2,3,4\n')
    crop_folder(source, target, num_workers=1)
    assert other.is_file()
    assert 'mine' not in table.read_text(encoding='utf-8')


def test_stale_crops_of_names_with_accents(tmp_path, source):
    decomposed = unicodedata.normalize('NFD', 'é.png')
    (source / 'lymphocyte' / 'a.png').rename(source / decomposed)
    target = tmp_path / 'out'
    crop_folder(source, target, num_workers=1)
    crop = target / decomposed.replace('.png', '_0.png')
    assert crop.is_file()
    Image.new('RGB', (90, 90), 'white').save(source / decomposed)
    crop_folder(source, target, num_workers=1)
    assert not crop.exists()
