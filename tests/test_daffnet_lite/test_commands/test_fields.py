import csv
import json
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from fields import CLASSES, Painter, painted_field

from daffnet_lite.answers import differential_count
from daffnet_lite.boxes import read_boxes
from daffnet_lite.commands import fields
from daffnet_lite.cropping import crop_window, cut_window
from daffnet_lite.fields import predict_field
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.preparation.crop_table import CROP_COLUMNS
from daffnet_lite.shipped_files import SHIPPED_WEIGHTS, shipped_file

MIDDLES = dict(a=[(150, 120), (420, 200)], b=[], c=[(300, 240)])


@pytest.fixture
def smear(tmp_path):
    folder = tmp_path / 'smear'
    (folder / 'more').mkdir(parents=True)
    for number, (name, middles) in enumerate(MIDDLES.items()):
        file = folder / ('more' if name == 'c' else '') / f'{name}.png'
        cv2.imwrite(str(file), painted_field(middles, seed=number))
    return folder


@pytest.fixture
def run(monkeypatch):
    def run(*words, painter=None):
        monkeypatch.setattr(
            fields, 'load_model', lambda args: painter or Painter()
        )
        return fields.main([*map(str, words), '--num-workers', '0'])

    return run


def read(path):
    with open(path, newline='', encoding='utf-8') as file:
        return list(csv.DictReader(file))


def test_a_folder_of_fields(smear, run, tmp_path, capsys):
    out = tmp_path / 'out'
    assert run(smear, '--out-dir', out, '--format', 'csv') == 0
    printed, said = capsys.readouterr()
    assert printed == (out / 'cells.csv').read_text()
    assert f'3 cells in 3 fields, wrote {out}' in said
    assert 'b.png: it has no white cell' in said
    rows = read(out / 'cells.csv')
    assert list(rows[0])[: len(CROP_COLUMNS)] == list(CROP_COLUMNS)
    assert [Path(row['group']).name for row in rows] == ['a.png'] * 2 + [
        'c.png'
    ]
    for row in rows:
        # The crop is the field's pixels, with the margin.
        field = cv2.imread(row['group'])
        box = [int(row[side]) for side in ('x1', 'y1', 'x2', 'y2')]
        x1, y1, x2, y2 = crop_window(box, field.shape, 0.1)
        crop = cv2.imread(str(out / 'crops' / row['image']))
        np.testing.assert_array_equal(crop, field[y1:y2, x1:x2])
        assert Path(row['image']).parts[0] == row['cell_type'] == 'dark'
    assert sorted(
        str(p.relative_to(out)) for p in out.rglob('*') if p.is_file()
    ) == sorted(
        [
            *('cells.csv', 'count.csv', 'fields.csv'),
            *(f'annotated/{n}.png' for n in ('a', 'b', 'more/c')),
            *(f'geojson/{n}.geojson' for n in ('a', 'b', 'more/c')),
            *(f'crops/dark/{n}.png' for n in ('a_0', 'a_1', 'more/c_0')),
        ]
    )
    assert [row['cells'] for row in read(out / 'fields.csv')] == [
        '2',
        '0',
        '1',
    ]
    (dark, _) = differential_count(['dark'] * 3, CLASSES)
    row = read(out / 'count.csv')[0]
    assert row['number'] == '3' and row['percent'] == '100.0'
    # No narrower than it is.
    assert 0 <= dark['low'] - float(row['low']) < 0.01
    assert 0 <= float(row['high']) - dark['high'] < 0.01


def test_cells_at_one_scale(smear, run, tmp_path, capsys):
    out = tmp_path / 'out'
    painter = Painter(side=120)
    words = [smear, '--format', 'json']
    assert run(*words, '--out-dir', out, painter=painter) == 0
    report = json.loads(capsys.readouterr().out)
    assert 'squares of 120 pixels' in ' '.join(report['warnings'])
    for row in read(out / 'cells.csv'):
        field = cv2.imread(row['group'])
        box = [int(row[side]) for side in ('x1', 'y1', 'x2', 'y2')]
        crop = cv2.imread(str(out / 'crops' / row['image']))
        np.testing.assert_array_equal(crop, cut_window(field, box, 120))
    run(*words, '--margin', 0.2, painter=painter)
    report = json.loads(capsys.readouterr().out)
    assert 'squares' not in ' '.join(report['warnings'])
    assert painter.sizes[3:] != [(120, 120)] * 3


def test_the_scale_is_that_of_all_fields(smear, run):
    class Asks(Painter):
        def window(self, looked_at):
            self.looked_at = looked_at()
            return None

    painter = Asks()
    (smear / 'broken.png').write_bytes(b'\x89PNG')
    assert run(smear, painter=painter) == 1
    assert len(painter.looked_at) == 3


def test_what_is_written_can_be_given_back(smear, run, tmp_path):
    """The table and QuPath's file hold the same boxes, and are boxes."""
    out, again = tmp_path / 'out', tmp_path / 'again'
    run(smear, '--out-dir', out, '--out', tmp_path / 'x')
    boxes = read_boxes(out / 'cells.csv')
    outlines = read_boxes(out / 'geojson')
    assert {Path(n).stem: len(b) for n, b in boxes.items()} == dict(a=2, c=1)
    for name, found in boxes.items():
        stem = 'more/c' if 'more' in name else 'a'
        assert [b.sides for b in found] == [b.sides for b in outlines[stem]]
    for given in (out / 'cells.csv', out / 'geojson'):
        run(smear, '--boxes', given, '--out-dir', again / given.stem)
        assert (again / given.stem / 'cells.csv').read_text() == (
            out / 'cells.csv'
        ).read_text()


@pytest.mark.parametrize('form', ['table', 'csv', 'json'])
def test_an_empty_field(smear, run, tmp_path, capsys, form):
    out = tmp_path / 'out'
    status = run(smear / 'b.png', '--format', form, '--out-dir', out)
    assert status == 0
    printed, said = capsys.readouterr()
    assert '0 cells in 1 field' in printed + said
    if form == 'csv':
        assert printed.startswith('image,group,x1,y1,x2,y2,cell_type')
        assert printed.count('\n') == 1
    if form == 'json':
        report = json.loads(printed)
        assert report['cells'] == report['differential_count'] == []
    assert (out / 'annotated' / 'b.png').is_file()
    assert len(read(out / 'count.csv')) == 0


def test_a_broken_field_costs_no_other(smear, run, capsys):
    (smear / 'broken.png').write_bytes(b'\x89PNG')
    assert run(smear) == 1
    printed, said = capsys.readouterr()
    assert 'error: field ' in said and 'broken.png' in said
    assert '3 cells in 3 fields' in printed


def test_a_cell_without_an_answer_is_named(smear, run, tmp_path, capsys):
    out = tmp_path / 'out'
    status = run(smear, '--out-dir', out, painter=Painter(broken=[0]))
    assert status == 1
    assert 'a.png: the cell at (' in capsys.readouterr().err
    rows = read(out / 'cells.csv')
    assert [row['image'] for row in rows] == [
        'dark/a_0.png',
        'dark/more/c_0.png',
    ]
    field = cv2.imread(rows[0]['group'])
    box = [int(rows[0][side]) for side in ('x1', 'y1', 'x2', 'y2')]
    x1, y1, x2, y2 = crop_window(box, field.shape, 0.1)
    crop = cv2.imread(str(out / 'crops' / rows[0]['image']))
    np.testing.assert_array_equal(crop, field[y1:y2, x1:x2])


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.sources, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.sources += [v for k, v in attrs if k in ('src', 'href')]

    def handle_data(self, data):
        self.texts += [data.strip()] if data.strip() else []


@pytest.mark.parametrize('kept', [True, False])
def test_a_report(smear, run, tmp_path, capsys, kept):
    out, report = tmp_path / 'out', tmp_path / 'report.html'
    (smear / 'broken.png').write_bytes(b'\x89PNG')
    boxes = tmp_path / 'boxes.csv'
    boxes.write_text(
        'field,x1,y1,x2,y2\na.png,118,88,182,152\na.png,20,380,70,430\n'
        'more/c.png,268,208,332,272\n'
    )
    words = ['--out-dir', out] if kept else []
    assert run(smear, '--boxes', boxes, '--report', report, *words) == 1
    printed, _ = capsys.readouterr()
    assert printed.rstrip().endswith(f'wrote {report}')
    assert list(tmp_path.glob('*.html')) == [report]
    page = Page(report.read_text())
    joined = ' '.join(page.texts)
    assert 'Differential count of 3 white blood cells in 3 fields' in joined
    # Two of three, by hand with Wilson's formula: 20.8 to 93.9.
    assert '20.7 to 93.9' in page.texts
    for told, field in (
        ('2 cells: 1 dark, 1 bright; 1 to look at again', 'a.png'),
        ('0 cells', 'b.png'),
        ('1 cell: 1 dark', 'more/c.png'),
    ):
        assert f'{told} {smear / field}' in joined
    assert 'Look at again: 1' in joined
    assert (
        f'{smear / "a.png"} box 20, 380, 70, 430 bright 75.0 unsure' in joined
    )
    assert 'c.png box 268, 208, 332, 272' in joined
    assert 'Without an answer: 1' in joined and 'broken.png' in joined
    assert file_sha256(shipped_file(SHIPPED_WEIGHTS)) in joined
    # Three fields and three cells, and nothing to be fetched.
    assert len(page.sources) == 6
    assert all(s.startswith('data:image/jpeg;base64,') for s in page.sources)


class Doubtful(Painter):
    """What is bright is no cell."""

    def stream(self, *args, **kwargs):
        for answer in super().stream(*args, **kwargs):
            bright = answer['pred_class'] == 'bright'
            yield dict(answer, review='not a cell' if bright else '')


def test_what_is_no_cell_is_not_counted(smear, run, tmp_path, capsys):
    boxes = tmp_path / 'boxes.csv'
    boxes.write_text(
        'field,x1,y1,x2,y2\na.png,118,88,182,152\na.png,20,380,70,430\n'
    )
    words = [smear / 'a.png', '--boxes', boxes]
    run(*words, '--format', 'json', painter=Doubtful())
    report = json.loads(capsys.readouterr().out)
    assert len(report['cells']) == 2 and len(report['review']) == 1
    assert [c['number'] for c in report['differential_count']] == [1, 0]
    assert '1 of the 2 boxes' in report['warnings'][-1]
    run(*words, painter=Doubtful())
    printed = ' '.join(capsys.readouterr().out.split())
    assert 'count of 1 cell ' in printed and 'left out: 1 of 2' in printed
    result = predict_field(
        Doubtful(), str(smear / 'a.png'), [(20, 380, 70, 430)]
    )
    assert result.count == [] and len(result.cells) == 1


def test_a_report_of_nothing(smear, run, tmp_path, capsys):
    report = tmp_path / 'report.html'
    assert run(smear / 'b.png', '--report', report) == 0
    texts = ' '.join(Page(report.read_text()).texts)
    assert 'No white cell was found' in texts and 'Fields: 1' in texts
    with pytest.raises(SystemExit):
        run(smear, '--report', report, '--out', report)
    assert 'are both' in capsys.readouterr().err


def test_what_is_there_is_not_lost(smear, run, tmp_path, capsys):
    out = tmp_path / 'out'
    out.mkdir()
    (out / 'sorted.txt').touch()
    with pytest.raises(SystemExit):
        run(smear, '--out-dir', out)
    assert 'holds files already' in capsys.readouterr().err
    assert [p.name for p in out.iterdir()] == ['sorted.txt']


@pytest.mark.parametrize('inside', ['out', 'more/out', '..'])
def test_results_do_not_become_fields(smear, run, capsys, inside):
    with pytest.raises(SystemExit):
        run(smear, '--out-dir', smear / inside)
    assert 'lie in each other' in capsys.readouterr().err
    assert len(list(smear.rglob('*'))) == 4
    # One file of a folder is not the folder.
    out = smear / 'out'
    assert run(smear / 'a.png', '--out-dir', out) == 0
    assert (out / 'cells.csv').is_file()


def test_a_name_that_is_too_long_costs_itself_alone(
    smear, run, tmp_path, capsys
):
    """There is room for its crops, and none for `.geojson`."""
    name = 'x' * (255 - len('_0.png'))
    (smear / 'more' / 'c.png').rename(smear / f'{name}.png')
    out = tmp_path / 'out'
    assert run(smear, '--out-dir', out) == 1
    assert f'error: field {smear / name}.png is not drawn: File name' in (
        capsys.readouterr().err
    )
    assert len(read(out / 'cells.csv')) == 3
    assert (out / 'geojson' / 'a.geojson').is_file()


def test_nothing_is_left_of_a_run_that_fails(smear, run, tmp_path):
    class Fails(Painter):
        def stream(self, *args, **kwargs):
            raise KeyboardInterrupt

    out = tmp_path / 'out'
    with pytest.raises(KeyboardInterrupt):
        run(smear, '--out-dir', out, painter=Fails())
    assert not any(out.iterdir())
    assert run(smear, '--out-dir', out) == 0


def test_red_cells_are_left_out(smear, run, tmp_path, capsys):
    boxes = tmp_path / 'boxes.csv'
    boxes.write_text(
        'field,class,x1,y1,x2,y2\na.png,WBC,118,88,182,152\n'
        'a.png,RBC,10,10,60,60\na.png,Platelets,10,10,20,20\n'
    )
    assert run(smear, '--boxes', boxes) == 0
    printed, said = capsys.readouterr()
    assert '1 cell in 3 fields' in printed
    assert '2 boxes are of no white cells, but of Platelets, RBC' in said
    assert 'does not name 2 of the 3 fields' in said


def test_a_box_outside_is_its_fields_error(smear, run, tmp_path, capsys):
    boxes = tmp_path / 'boxes.csv'
    boxes.write_text(
        'group,x1,y1,x2,y2\na.png,1118,88,1182,152\nmore/c.png,268,208,332,272\n'
    )
    assert run(smear, '--boxes', boxes) == 1
    said = capsys.readouterr().err
    assert 'boxes.csv, line 2: the box 1118, 88, 1182, 152' in said


def test_no_field_can_be_read(tmp_path, run, capsys):
    (tmp_path / 'a.png').write_bytes(b'no image')
    with pytest.raises(SystemExit) as stop:
        run(tmp_path)
    assert stop.value.code == 2
    assert 'no field can be read: ' in capsys.readouterr().err
