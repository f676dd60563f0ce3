"""The same boxes in every format, and what is wrong with files of them."""

import json
import re

import pytest

from daffnet_lite.boxes import boxes_of_fields, read_boxes
from daffnet_lite.errors import InputError

#: Of a field of 640 x 480 pixels.
BOXES = {'a.png': [(64, 48, 192, 144), (320, 240, 640, 480)], 'b.png': []}
SHAPE = (480, 640)


def as_csv(folder):
    lines = ['image,group,x1,y1,x2,y2']
    for name, boxes in BOXES.items():
        for number, box in enumerate(boxes):
            crop = f'neutrophil/{name}_{number}.png'
            lines.append(','.join([crop, name, *map(str, box)]))
    path = folder / 'boxes.csv'
    path.write_text('\n'.join(lines) + '\n')
    return path


def as_coco(folder):
    images = [
        dict(id=10 + n, file_name=f'images/{name}', width=640, height=480)
        for n, name in enumerate(BOXES)
    ]
    annotations = [
        dict(
            id=number,
            image_id=10 + n,
            category_id=2,
            bbox=[x1, y1, x2 - x1, y2 - y1],
        )
        for n, boxes in enumerate(BOXES.values())
        for number, (x1, y1, x2, y2) in enumerate(boxes)
    ]
    path = folder / 'boxes.json'
    path.write_text(
        json.dumps(
            dict(
                images=images,
                annotations=annotations,
                categories=[dict(id=2, name='WBC')],
            )
        )
    )
    return path


def as_yolo(folder):
    for name, boxes in BOXES.items():
        lines = [
            f'0 {(x1 + x2) / 1280} {(y1 + y2) / 960} '
            f'{(x2 - x1) / 640} {(y2 - y1) / 480}\n'
            for x1, y1, x2, y2 in boxes
        ]
        (folder / f'{name[0]}.txt').write_text(''.join(lines))
    (folder / 'classes.txt').write_text('WBC\nRBC\n')
    return folder


def as_voc(folder):
    for name, boxes in BOXES.items():
        objects = ''.join(
            f'<object><name>WBC</name><bndbox><xmin>{x1}</xmin>'
            f'<ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox>'
            '</object>'
            for x1, y1, x2, y2 in boxes
        )
        (folder / f'{name[0]}.xml').write_text(
            f'<annotation><filename>{name}</filename>{objects}</annotation>'
        )
    return folder


def as_geojson(folder):
    for name, boxes in BOXES.items():
        features = [
            dict(
                type='Feature',
                geometry=dict(
                    type='Polygon',
                    # A lozenge: its bounds are the box.
                    coordinates=[
                        [
                            [(x1 + x2) / 2, y1],
                            [x2, (y1 + y2) / 2],
                            [(x1 + x2) / 2, y2],
                            [x1, (y1 + y2) / 2],
                        ]
                    ],
                ),
                properties=dict(classification=dict(name='Leukocyte')),
            )
            for x1, y1, x2, y2 in boxes
        ]
        features.append(
            dict(
                type='Feature',
                geometry=dict(type='Point', coordinates=[1, 1]),
                properties={},
            )
        )
        (folder / f'{name[0]}.geojson').write_text(
            json.dumps(dict(type='FeatureCollection', features=features))
        )
    return folder


@pytest.mark.parametrize(
    'write', [as_csv, as_coco, as_yolo, as_voc, as_geojson]
)
def test_each_format_holds_the_same_boxes(tmp_path, write):
    fields = [str(tmp_path / 'smear' / name) for name in BOXES]
    given = boxes_of_fields(fields, read_boxes(write(tmp_path)), 'it')
    for field, wanted in zip(fields, BOXES.values(), strict=True):
        found = given.get(field, [])
        assert [box.in_pixels(SHAPE) for box in found] == wanted
        assert all(box.is_white for box in found)
    # All but a CSV say of a field that it has none.
    assert (fields[1] in given) == (write is not as_csv)


@pytest.mark.parametrize(
    ('name', 'content'),
    [
        ('boxes', '0 0.2 0.2 0.2 0.2\n'),
        ('boxes.dat', 'field;x1;y1;x2;y2\nf.jpg;64;48;192;144\n'),
        ('boxes.txt', 'field,x1,y1,x2,y2\nf.jpg,64,48,192,144\n'),
        ('labels.txt', '1 0.2 0.2 0.2 0.2 0.97\n'),
        ('labels.txt', '1 0.1 0.1 0.3 0.1 0.3 0.3 0.1 0.3\n'),
        (
            'f',
            (
                '<annotation><object><bndbox><xmin>64</xmin><ymin>48</ymin>'
                '<xmax>192</xmax><ymax>144</ymax></bndbox></object></annotation>'
            ),
        ),
        (
            'f.json',
            (
                '[{"type": "Feature", "properties": null, "geometry": '
                '{"type": "MultiPolygon", "coordinates": '
                '[[[[64, 48], [192, 144]]]]}}]'
            ),
        ),
    ],
)
def test_content_tells_what_a_file_of_one_field_is(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content)
    given = boxes_of_fields(['x/f.jpg'], read_boxes(path), name)
    ((box,),) = given.values()
    assert box.in_pixels(SHAPE) == (64, 48, 192, 144)


@pytest.mark.parametrize(
    ('name', 'content', 'said'),
    [
        ('b.csv', 'image,left,top\na,1,2\n', "has no column 'x1'"),
        ('b.csv', 'a,b\n1,2\n', "has no column 'field'"),
        ('b.csv', 'field,x1,y1,x2,y2\n,1,2,3,4\n', 'the field is missing'),
        ('b.csv', 'field,x1,y1,x2,y2\na,1,2,3,?\n', "'?' must be a number"),
        ('b.csv', 'field,x1,y1,x2,y2\na,9,2,3,4\n', 'line 2: 9, 2, 3, 4 is'),
        ('b.json', '{', 'no valid JSON'),
        ('b.json', '{"boxes": []}', "neither COCO's JSON"),
        ('b.json', '[{"image_id": 1, "bbox": [1, 2, 3, 4]}]', 'neither COCO'),
        ('b.json', '{"annotations": []}', 'list of images'),
        (
            'b.json',
            '{"images": [], "annotations": [{"image_id": 3, "bbox": []}]}',
            'annotation 1: 3 is missing',
        ),
        (
            'b.json',
            (
                '{"images": [{"id": 3, "file_name": "a"}], "annotations": '
                '[{"image_id": 3, "bbox": [1, 2, 3]}]}'
            ),
            'the four numbers x, y, width and height',
        ),
        ('b.json', '{"images": [{}], "annotations": []}', 'an id and a'),
        ('b.geojson', '{"type": "Feature"}', 'feature 1: it has no outline'),
        (
            'b.geojson',
            '{"type": "FeatureCollection", "features": 3}',
            'must be a list',
        ),
        (
            'b.geojson',
            (
                '{"type": "Feature", "geometry": {"type": "Polygon", '
                '"coordinates": []}}'
            ),
            'no point',
        ),
        ('b.xml', '<annotation>', 'is not valid XML'),
        ('b.xml', '<html></html>', "root is 'html'"),
        (
            'b.xml',
            '<annotation><object><name>WBC</name></object></annotation>',
            'object 1: its bndbox must have numbers',
        ),
        ('b.txt', '0 0.5 0.5 0.1 0.1\n0 0.5\n', 'line 2: expected are'),
        ('b.txt', '0 120 80 30 30\n', 'shares'),
        ('b.txt', '0 0.5 0.5 0 0.1\n', 'is no box'),
        ('b.txt', '0 0.5 0.5 0.1 0.1\nx\n', "'x' must be numbers"),
        ('b.bin', 'PK\x03\x04', 'has no column'),
        ('gone.csv', None, 'does not exist'),
    ],
)
def test_a_bad_file_is_one_sentence(tmp_path, name, content, said):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError) as error:
        read_boxes(path)
    assert said in str(error.value) and str(path) in str(error.value)
    assert '\n' not in str(error.value)


def test_a_folder_without_boxes(tmp_path):
    (tmp_path / 'a.png').touch()
    with pytest.raises(InputError, match='holds no file of boxes'):
        read_boxes(tmp_path)


@pytest.mark.parametrize(
    ('kind', 'white'),
    [
        ('WBC', True),
        ('neutrophil', True),
        ('', True),
        ('RBC', False),
        ('Red blood cell', False),
        ('Platelets', False),
    ],
)
def test_what_is_no_white_cell(tmp_path, kind, white):
    path = tmp_path / 'b.csv'
    path.write_text(f'field,label,x1,y1,x2,y2\na,{kind},1,2,3,4\n')
    ((box,),) = read_boxes(path).values()
    assert box.is_white == white


def test_an_empty_box_of_a_platelet_is_no_matter(tmp_path):
    """BCCD has one."""
    objects = [('Platelets', 504, 337, 504, 337), ('WBC', 64, 48, 192, 144)]
    path = tmp_path / 'a.xml'
    path.write_text(
        '<annotation>'
        + ''.join(
            f'<object><name>{name}</name><bndbox><xmin>{x1}</xmin><ymin>{y1}'
            f'</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>'
            for name, x1, y1, x2, y2 in objects
        )
        + '</annotation>'
    )
    (boxes,) = read_boxes(path).values()
    assert [box.in_pixels(SHAPE) for box in boxes if box.is_white] == [
        (64, 48, 192, 144)
    ]


def test_the_boxes_of_a_real_release(real):
    given = read_boxes(real('bccd_detection') / 'BCCD' / 'Annotations')
    assert len(given) == 364
    assert sum(b.is_white for boxes in given.values() for b in boxes) == 372


def test_two_files_of_one_field(tmp_path):
    """Each cell would count twice; CSV may be of a type each."""
    table = 'field,x1,y1,x2,y2\na,{},48,192,144\n'
    (tmp_path / 'one.csv').write_text(table.format(64))
    (tmp_path / 'two.csv').write_text(table.format(80))
    assert len(read_boxes(tmp_path)['a']) == 2
    (tmp_path / 'three.csv').write_text(table.format(80))
    with pytest.raises(InputError, match='both have the boxes of a'):
        read_boxes(tmp_path)
    (tmp_path / 'three.csv').unlink()
    (tmp_path / 'a.txt').write_text('0 0.2 0.2 0.2 0.2\n')
    said = f'{tmp_path}/a.txt and {tmp_path}/one.csv both have the boxes of a'
    with pytest.raises(InputError, match=re.escape(said)):
        read_boxes(tmp_path)
