"""One page with counts, cells, reasons and which model it was."""

import base64
import hashlib
import re
from datetime import datetime
from html.parser import HTMLParser

import cv2
import numpy as np
import pytest

from daffnet_lite.answers import HtmlReport, ModelIdentity
from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES

MODEL = ModelIdentity('model.pth', 'ab' * 32, '9.9')


class Page(HTMLParser):
    """What a browser would fetch, run and show."""

    def __init__(self, text):
        super().__init__()
        self.sources, self.tags, self.texts = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.sources += [v for k, v in attrs if k in ('src', 'href')]

    def handle_data(self, data):
        self.texts += [data.strip()] if data.strip() else []


def row(path, cell_type='neutrophil', review='', **attributes):
    return dict(
        image=str(path),
        cell_type=cell_type,
        probability=0.987,
        neutrophil_probability=0.987,
        **attributes,
        review=review,
    )


@pytest.fixture
def image(tmp_path):
    """A picture that is twice as wide as high, green on the left."""
    values = np.full((200, 400, 3), 230, np.uint8)
    values[:, :200] = (0, 160, 0)
    cv2.imwrite(str(tmp_path / 'cell.png'), values)
    return tmp_path / 'cell.png'


def report_of(rows, **kwargs):
    report = HtmlReport(MODEL, WBC5_CLASSES, **kwargs)
    for each in rows:
        report.add(each)
    return report


def test_what_it_tells(image):
    rows = [row(image, cell_size='big', granule_colour='pink')] * 3
    rows += [row(image, 'basophil', review='blurred; unsure')]
    text = report_of(rows).render(
        errors=['broken.png cannot be read'],
        command=['/usr/bin/daffnet', 'predict', 'my cells'],
        date=datetime(2024, 2, 3, 4, 5),
    )
    page = Page(text)
    joined = '\n'.join(page.texts)
    for expected in (
        'Differential count of 4 white blood cells',
        '2024-02-03 04:05',
        'Not for diagnosis',
        'Neutrophil: 3',
        'cell size: big',
        'granule colour: pink',
        'Look at again: 1',
        'blurred; unsure',
        '98.7',
        'broken.png cannot be read',
        'ab' * 32,
        "daffnet predict 'my cells'",
    ):
        assert expected in joined, expected
    assert '/usr/bin' not in joined
    # Three quarters, and their interval by Wilson's formula, worked by hand.
    assert '75.0' in page.texts and '30.0 to 95.5' in page.texts
    # Nothing is fetched, nothing runs.
    assert all(s.startswith('data:image/jpeg;base64,') for s in page.sources)
    assert len(page.sources) == 4
    assert not {'script', 'link', 'iframe'} & set(page.tags)
    assert 'http' not in text.replace('http-equiv', '')


@pytest.mark.parametrize(
    ('program', 'shown'),
    [
        ('/usr/bin/daffnet', 'daffnet predict x'),
        ('C:\\bin\\daffnet', 'daffnet predict x'),
        ('/a/daffnet_lite/__main__.py', 'python -m daffnet_lite predict x'),
    ],
)
def test_a_command_that_can_be_given_again(image, program, shown):
    text = report_of([row(image)]).render(command=[program, 'predict', 'x'])
    assert shown in Page(text).texts


def test_what_is_no_single_cell_is_not_counted(image):
    rows = [row(image)] * 2 + [row(image, review='unsure')]
    rows += [row(image, 'basophil', review='not a cell')]
    texts = ' '.join(Page(report_of(rows).render()).texts)
    assert 'Differential count of 3 white blood cells' in texts
    assert '1 of the cells should be looked at again, and is counted' in texts
    assert 'Not counted: 1 more, which does not show one white cell' in texts
    # It is shown all the same, with its reason.
    assert 'Look at again: 2' in texts and 'not a cell' in texts
    texts = ' '.join(Page(report_of(rows[3:]).render()).texts)
    assert 'None of the images shows one white cell' in texts


def test_pictures_are_small_copies(image):
    (source,) = Page(report_of([row(image)]).render()).sources
    content = base64.b64decode(source.partition(',')[2])
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), 1)
    assert picture.shape == (56, 112, 3)
    left, right = picture[:, :50].mean((0, 1)), picture[:, 62:].mean((0, 1))
    assert np.abs(left - (0, 160, 0)).max() < 8
    assert np.abs(right - 230).max() < 8


def test_of_very_many_some_are_shown(image):
    rows = [row(image)] * 30 + [row(image, review='unsure')] * 7
    page = Page(report_of(rows, per_type=5, most_reviewed=4).render())
    assert len(page.sources) == 9
    texts = ' '.join(page.texts)
    assert 'Look at again: 7' in texts and 'The first 4 of them.' in texts
    assert '5 of 37;' in texts


def test_names_are_text_and_missing_files_have_no_picture(tmp_path):
    name = tmp_path / '<script>alert(1)</script>&.png'
    rows = [row(name), row(name, review='<b>')]
    text = report_of(rows).render(errors=['<img src=x>'])
    page = Page(text)
    assert not {'script', 'b', 'img'} & set(page.tags)
    assert '&lt;script&gt;alert(1)&lt;/script&gt;&amp;.png' in text


def picture_in(source):
    content = base64.b64decode(source.partition(',')[2])
    return len(content), cv2.imdecode(np.frombuffer(content, np.uint8), 1)


def test_fields_and_where_their_cells_lie(image, tmp_path):
    report = report_of([], most_fields=2)
    rng = np.random.default_rng(0)
    drawn = []

    def draw(shape):
        drawn.append(shape)
        return rng.integers(0, 256, (*shape, 3), np.uint8)

    def gone():
        raise InputError('it does not exist')

    report.add_field(
        'a/<i>.png', '1 cell: 1 basophil', 1, lambda: draw((900, 1800))
    )
    report.add_field('a/gone.png', '0 cells', 0, gone)
    for number in range(3):
        report.add_field(f'{number}.png', '', number, lambda: draw((9, 9)))
    crop = row('basophil/i_0.png', 'basophil', 'unsure')
    report.add(crop, str(image), 'a/<i>.png', 'box 1, 2, 3, 4')
    report.add(dict(crop, review=''), str(image), 'a/j.png', 'box 5, 6, 7, 8')
    page = Page(report.render())
    joined = ' '.join(page.texts)
    assert 'count of 2 white blood cells in 5 fields' in joined
    assert 'Fields: 5' in joined and '1 cell: 1 basophil' in joined
    assert 'first 2 of the 5 fields: the others have 3 cells.' in joined
    assert 'a/<i>.png box 1, 2, 3, 4' in joined and 'i' not in page.tags
    assert 'j.png box 5, 6, 7, 8' in joined
    # Noise is what a JPEG is largest of; it is asked for where it is shown.
    assert drawn == [(900, 1800)]
    sizes = sorted(picture_in(source)[0] for source in page.sources)
    assert len(sizes) == 3 and 50_000 < sizes[-1] <= 250_000
    shapes = {picture_in(source)[1].shape for source in page.sources}
    assert shapes == {(500, 1000, 3), (56, 112, 3)}


def test_fields_without_a_cell():
    report = report_of([])
    blank = np.full((40, 60, 3), 230, np.uint8)
    report.add_field('a.png', '0 cells', 0, lambda: blank)
    page = Page(report.render(errors=['b.png cannot be read']))
    joined = ' '.join(page.texts)
    assert 'count of 0 white blood cells in 1 field' in joined
    assert 'No white cell was found' in joined
    assert '95 % interval' not in joined and len(page.sources) == 1
    assert 'Without an answer: 1 b.png cannot be read' in joined


@pytest.mark.parametrize(
    ('number', 'verdict'), [(0, 'below'), (60, ''), (99, 'above')]
)
def test_where_the_interval_lies(image, number, verdict):
    types = ['neutrophil'] * number + ['lymphocyte'] * (100 - number)
    rows = [row(image, cell_type) for cell_type in types]
    report = HtmlReport(MODEL, WBC5_CLASSES, per_type=0)
    for each in rows:
        report.add(each)
    text = report.render()
    (line,) = re.findall(r'<tr><td>neutrophil</td>.*?</tr>', text, re.DOTALL)
    found = re.findall(r'whole interval (\w+) the', line)
    assert found == ([verdict] if verdict else [])


def test_which_model(tmp_path):
    file = tmp_path / 'weights.pth'
    file.write_bytes(bytes(range(256)) * 9000)
    found = ModelIdentity.of_file(str(file))
    assert found.name == 'weights.pth'
    assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(InputError, match=r'none\.pth cannot be read'):
        ModelIdentity.of_file(str(tmp_path / 'none.pth'))
