import csv
import os
import re
import xml.etree.ElementTree as ET

import cv2
import numpy as np
import pytest
from PIL import Image
from spreadsheets import KINDS, save_again

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.preparation.resize_folder import (
    resize_dataset,
    resized_shape,
)

VOC = """<annotation><filename>field.jpg</filename>
<size><width>{width}</width><height>{height}</height><depth>3</depth></size>
<object><name>WBC</name><bndbox><xmin>68</xmin><ymin>315</ymin>
<xmax>286</xmax><ymax>480</ymax></bndbox></object></annotation>"""


def picture(height, width, seed=0):
    coarse = np.random.default_rng(seed).integers(
        60, 200, (height // 20 + 2, width // 20 + 2, 3), np.uint8
    )
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / 'source'
    (folder / 'Baso' / 'tief').mkdir(parents=True)
    cv2.imwrite(str(folder / 'Baso' / 'a.jpg'), picture(300, 200))
    cv2.imwrite(str(folder / 'Baso' / 'B.JPEG'), picture(200, 300))
    cv2.imwrite(str(folder / 'Baso' / 'tief' / 'ü.bmp'), picture(240, 240))
    cv2.imwrite(str(folder / 'c.png'), picture(200, 200))
    cv2.imwrite(str(folder / 'd.tif'), picture(200, 200))
    cv2.imwrite(str(folder / 'small.jpg'), picture(90, 120))
    (folder / 'labels.csv').write_text('image,label\na.jpg,basophil\n')
    (folder / 'readme.txt').write_text('as it is')
    (folder / '.DS_Store').write_text('hidden')
    return folder


def files_in(folder):
    return {
        str(path.relative_to(folder)): path.stat().st_mtime_ns
        for path in folder.rglob('*')
        if path.is_file()
    }


def test_names_formats_and_sizes_stay(tmp_path, source):
    target = tmp_path / 'target'
    report = resize_dataset(source, target, 100, num_workers=1)
    assert report == dict(written=8, kept=0, refused=[])
    sizes = {
        'Baso/a.jpg': (100, 150, 'JPEG'),
        'Baso/B.JPEG': (150, 100, 'JPEG'),
        'Baso/tief/ü.bmp': (100, 100, 'BMP'),
        'c.png': (100, 100, 'PNG'),
        'd.tif': (100, 100, 'TIFF'),
    }
    for name, (width, height, kind) in sizes.items():
        with Image.open(target / name) as image:
            assert (*image.size, image.format) == (width, height, kind)
            got = np.asarray(image)[..., ::-1]
        wanted = cv2.resize(
            cv2.imdecode(np.fromfile(source / name, np.uint8), 1),
            (width, height),
            interpolation=cv2.INTER_AREA,
        )
        assert np.abs(got - wanted.astype(float)).mean() < 3
        assert kind == 'JPEG' or (got == wanted).all()
    for name in ('small.jpg', 'labels.csv', 'readme.txt'):
        assert (target / name).read_bytes() == (source / name).read_bytes()
    assert set(files_in(target)) == set(files_in(source)) - {'.DS_Store'} | {
        '.resize_dataset.json'
    }


def test_it_goes_on_where_it_stopped(tmp_path, source):
    target = tmp_path / 'target'
    resize_dataset(source, target, 100, num_workers=1)
    before = files_in(target)
    (target / 'c.png').unlink()
    os.utime(source / 'd.tif')  # newer than its copy
    report = resize_dataset(source, target, 100, num_workers=2)
    assert report == dict(written=2, kept=6, refused=[])
    after = files_in(target)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {'c.png', 'd.tif'}
    with pytest.raises(InputError, match='was begun with .*100.*, not .*64'):
        resize_dataset(source, target, 64)


def test_broken_files_are_named_and_do_not_stop_it(tmp_path, source):
    target = tmp_path / 'target'
    whole = (source / 'Baso' / 'a.jpg').read_bytes()
    (source / 'cut.jpg').write_bytes(whole[:-100])
    (source / 'empty.png').write_bytes(b'')
    os.symlink('nowhere.jpg', source / 'link.jpg')
    report = resize_dataset(source, target, 100, num_workers=1)
    assert report['written'] == 8
    refused = ' '.join(report['refused'])
    assert len(report['refused']) == 3
    assert f'{source / "cut.jpg"}: truncated JPEG' in refused
    assert f'{source / "empty.png"}: the file is empty' in refused
    assert f'{source / "link.jpg"}: No such file' in refused
    assert not (target / 'cut.jpg').exists()


def test_links_back_are_not_followed(tmp_path, source):
    os.symlink(source, source / 'Baso' / 'again')
    os.symlink('itself', source / 'itself')
    other = tmp_path / 'elsewhere'
    other.mkdir()
    cv2.imwrite(str(other / 'e.png'), picture(200, 200))
    os.symlink(other, source / 'linked')
    target = tmp_path / 'target'
    report = resize_dataset(source, target, 100, num_workers=1)
    assert report['written'] == 9
    again, itself = report['refused']
    assert again.startswith(f'{source / "Baso" / "again"} is a symbolic link')
    assert itself.startswith(f'{source / "itself"} is a symbolic link')
    assert cv2.imread(str(target / 'linked' / 'e.png')).shape[0] == 100
    assert not (target / 'Baso' / 'again').exists()


@pytest.mark.parametrize('mode', ['L', 'P', 'RGB'])
def test_masks_keep_their_values(tmp_path, mode):
    source, target = tmp_path / 'source', tmp_path / 'target'
    source.mkdir()
    values = np.zeros((120, 120), np.uint8)
    values[20:100, 20:100] = 1
    values[40:80, 40:80] = 2
    if mode == 'RGB':
        values = np.stack([127 * values] * 3, -1)
    mask = Image.fromarray(values)
    if mode == 'P':
        mask = Image.fromarray(values).convert('P')
        mask.putpalette([9, 9, 9, 99, 0, 0, 0, 0, 99])
    mask.save(source / 'mask.png')
    with Image.open(source / 'mask.png') as before:
        assert before.mode == mode
        full = np.asarray(before)
    resize_dataset(source, target, 30, num_workers=1)
    with Image.open(target / 'mask.png') as after:
        assert after.mode == mode and after.size == (30, 30)
        assert (np.asarray(after) == full[2::4, 2::4]).all()


def test_boxes_of_voc(tmp_path):
    source, target = tmp_path / 'source', tmp_path / 'target'
    source.mkdir()
    (source / 'a.xml').write_text(VOC.format(width=640, height=480))
    (source / 'small.xml').write_text(VOC.format(width=200, height=100))
    (source / 'bad.xml').write_text(VOC.format(width=0, height=480))
    (source / 'worse.xml').write_text('<annotation>')
    no_edge = VOC.format(width=640, height=480).replace('>68<', '><')
    (source / 'no_edge.xml').write_text(no_edge)
    report = resize_dataset(source, target, 120, num_workers=1)
    root = ET.parse(target / 'a.xml').getroot()
    assert [e.text for e in root.find('size')] == ['160', '120', '3']
    box = [edge.text for edge in root.find('object/bndbox')]
    assert box == ['17', '79', '72', '120']
    small = ET.parse(target / 'small.xml').getroot()
    assert small.find('object/bndbox/xmax').text == '286'
    assert len(report['refused']) == 3
    assert 'bad.xml: its boxes cannot be scaled' in report['refused'][0]
    assert 'edge.xml: a box has no number as its xmin' in report['refused'][1]
    assert 'worse.xml: no valid XML' in report['refused'][2]


def test_boxes_of_tables(tmp_path, source):
    target = tmp_path / 'target'
    head = 'image,x1,y1,x2,y2,label\n'
    (source / 'boxes.csv').write_text(head + 'Baso/a.jpg,20,30,200,300,x\n')
    (source / 'Baso' / 'boxes.csv').write_text(head + 'B.JPEG,3,8,4,200,y\n')
    (source / 'lost.csv').write_text(head + 'z.jpg,0,0,1,1,x\n')
    (source / 'coco.json').write_text('{"annotations": [{"bbox": [1]}]}')
    (source / 'other.json').write_text('{"split": "train"}')
    report = resize_dataset(source, target, 100, num_workers=1)
    with open(target / 'boxes.csv', newline='') as file:
        row = list(csv.reader(file))[1]
    assert row == ['Baso/a.jpg', '10', '15', '100', '150', 'x']
    with open(target / 'Baso' / 'boxes.csv', newline='') as file:
        row = list(csv.reader(file))[1]
    assert row == ['B.JPEG', '2', '4', '2', '100', 'y']
    assert [s.split(': ')[0] for s in report['refused']] == [
        str(source / 'coco.json'),
        str(source / 'lost.csv'),
    ]
    assert (target / 'other.json').exists()


@pytest.mark.parametrize('kind', KINDS)
def test_boxes_that_a_spreadsheet_saved_again(tmp_path, source, kind):
    """None is copied as it is, with boxes of the large images."""
    boxes = source / 'boxes.csv'
    boxes.write_text('q,image,x1,y1,x2,y2\n"7;,",Baso/a.jpg,20,30,200,300\n')
    save_again(boxes, kind)
    report = resize_dataset(source, tmp_path / 'target', 100, num_workers=1)
    assert report['refused'] == []
    with open(tmp_path / 'target' / 'boxes.csv', newline='') as file:
        row = list(csv.reader(file))[1]
    assert row == ['7;,', 'Baso/a.jpg', '10', '15', '100', '150']


def test_a_table_that_cannot_be_looked_at_is_told(tmp_path, source):
    content = b'image,x1,y1,x2,y2\n\x81\x00'
    (source / 'boxes.csv').write_bytes(content)
    with pytest.warns(InputWarning, match='boxes.csv: copied as it is'):
        resize_dataset(source, tmp_path / 'target', 100, num_workers=1)
    assert (tmp_path / 'target' / 'boxes.csv').read_bytes() == content


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (
            'image;x1;y1;x2;y2\nBaso/a.jpg;1;2;3;4\nBaso/a.jpg;1;2,5;3;4\n',
            r"line 3, column y1: '2,5' must be a number; write 2\.5",
        ),
        (
            'image,x1,y1,x2,y2\nBaso/a.jpg,1,2,5,3,4\n',
            'line 2: the header has',
        ),
        ('image,x1,y1,x2,y2\nBaso/a.jpg,1,2,nan,4\n', "column x2: 'nan' must"),
        ('x1,y1,x2,y2\n1,2,3,4\n', 'for it has no column image'),
    ],
)
def test_faulty_boxes_are_named(tmp_path, source, text, message):
    (source / 'boxes.csv').write_text(text)
    report = resize_dataset(source, tmp_path / 'target', 100, num_workers=1)
    (refused,) = report['refused']
    assert re.search(message, refused)
    assert not (tmp_path / 'target' / 'boxes.csv').exists()


@pytest.mark.parametrize(
    ('shape', 'wanted'),
    [
        ((1280, 1280), (256, 256)),
        ((576, 720), (256, 320)),
        ((363, 360), (258, 256)),
        ((256, 900), (256, 900)),
        ((9, 8), (9, 8)),
    ],
)
def test_resized_shape_is_that_of_resize_edge(shape, wanted):
    assert resized_shape(*shape, 256) == wanted


@pytest.mark.parametrize(
    'ending',
    ['jpe', 'jfif', 'webp', 'gif', 'jp2', 'ppm', 'avif', 'tiff', 'dib'],
)
def test_all_kinds_keep_name_and_format(tmp_path, ending):
    name = f'cell.{ending}'
    source, target = tmp_path / 'in', tmp_path / 'out'
    source.mkdir()
    image = Image.fromarray(picture(200, 240)[..., ::-1])
    Image.init()
    kind = Image.registered_extensions().get(f'.{ending}')
    if kind not in Image.SAVE:
        pytest.skip(f'this Pillow writes no {name}')
    image.save(source / name, kind)
    report = resize_dataset(source, target, 100, num_workers=1)
    assert report == dict(written=1, kept=0, refused=[])
    with Image.open(target / name) as copy:
        assert copy.size == (120, 100)
        assert copy.format == kind
        got = np.asarray(copy.convert('RGB')).astype(float)
    wanted = np.asarray(image.resize((120, 100), Image.Resampling.BOX))
    assert np.abs(got - wanted).mean() < 8


def test_what_is_read_otherwise_is_said(tmp_path):
    source, target = tmp_path / 'in', tmp_path / 'out'
    (source / 'deep').mkdir(parents=True)
    values = picture(200, 200).astype(np.uint16) * 16
    cv2.imwrite(str(source / 'camera.png'), values)
    cv2.imwrite(str(source / 'deep' / 'camera.png'), values)
    moving = Image.fromarray(picture(200, 200))
    moving.save(
        source / 'moving.gif', save_all=True, append_images=[moving.rotate(9)]
    )
    (source / 'scan.dcm').write_bytes(b'scan')
    with pytest.warns(InputWarning) as caught:
        resize_dataset(source, target, 100, num_workers=1)
    # Not what is said of other tests' objects that are collected meanwhile.
    told = [str(w.message) for w in caught if w.category is InputWarning]
    assert told[0].startswith('copied as they are, for images of their kind')
    assert '1 .dcm (first scan.dcm)' in told[0]
    assert told[1].startswith('camera.png and 1 more: ')
    assert '--bit-depth 12' in told[1]
    assert told[2] == 'moving.gif: only frame 1 of its 2 is used'
    assert len(told) == 3
    assert (target / 'scan.dcm').read_bytes() == b'scan'
    assert cv2.imread(str(target / 'camera.png')).max() < 17

    other = tmp_path / 'other'
    with pytest.warns(InputWarning) as caught:
        resize_dataset(source, other, 100, num_workers=1, bit_depth=12)
    assert not [w for w in caught if 'bit' in str(w.message)]
    wanted = cv2.resize(
        picture(200, 200), (100, 100), interpolation=cv2.INTER_AREA
    )
    got = cv2.imread(str(other / 'camera.png'))
    assert np.abs(got - wanted.astype(float)).max() <= 1
    with pytest.raises(InputError, match='begun with .*bit_depth'):
        resize_dataset(source, other, 100)


def test_pipes_and_large_images_cost_themselves_alone(tmp_path):
    source, target = tmp_path / 'in', tmp_path / 'out'
    source.mkdir()
    for name in ('a.png', 'b.csv', 'c.xml', 'd.json', 'e.txt'):
        os.mkfifo(source / name)
    cv2.imwrite(str(source / 'large.png'), picture(200, 200))
    cv2.imwrite(str(source / 'small.png'), picture(100, 100))
    report = resize_dataset(
        source, target, 50, num_workers=1, max_pixels=10_000
    )
    assert report['written'] == 1
    *pipes, large = report['refused']
    assert len(pipes) == 5
    assert all('it is a pipe' in sentence for sentence in pipes)
    assert 'large.png: it has 200 x 200 pixels, more than' in large


def test_boxes_of_a_name_that_would_tear_a_row(tmp_path):
    source, target = tmp_path / 'in', tmp_path / 'out'
    source.mkdir()
    name = 'a\rb,"c".png'
    cv2.imwrite(str(source / name), picture(200, 200))
    with open(source / 'boxes.csv', 'w', newline='') as file:
        writer = csv.writer(file)
        writer.writerow(['image', 'x1', 'y1', 'x2', 'y2'])
        writer.writerow([name, 20, 40, 60, 80])
    report = resize_dataset(source, target, 100, num_workers=1)
    assert report['refused'] == []
    with open(target / 'boxes.csv', newline='') as file:
        assert list(csv.reader(file))[1:] == [[name, '10', '20', '30', '40']]


def test_the_table_of_crops_is_kept(tmp_path):
    """Its boxes are in pixels of the fields, which are not resized."""
    source, target = tmp_path / 'in', tmp_path / 'out'
    source.mkdir()
    cv2.imwrite(str(source / 'a_0.png'), picture(200, 200))
    table = 'image,group,x1,y1,x2,y2\na_0.png,a.png,20,40,220,240\n'
    (source / 'boxes.csv').write_text(table)
    report = resize_dataset(source, target, 100, num_workers=1)
    assert report['refused'] == []
    assert (target / 'boxes.csv').read_text() == table
    assert cv2.imread(str(target / 'a_0.png')).shape == (100, 100, 3)
