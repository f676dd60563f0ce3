"""What the service answers is what the classifier says."""

import csv
import io
import json
import re
import warnings
from pathlib import Path

import cv2
import numpy as np
import pytest
from fields import painted_field

pytest.importorskip('fastapi')
pytest.importorskip('python_multipart')
pytest.importorskip('httpx2')
pytest.importorskip('onnxruntime')

from fastapi.testclient import TestClient

from daffnet_lite.answers import ModelIdentity
from daffnet_lite.answers.differential import REFERENCE_RANGES
from daffnet_lite.commands.main import main
from daffnet_lite.fields import cut_cell, predict_field
from daffnet_lite.onnx import OnnxClassifier
from daffnet_lite.service import Limits, answering, build_app

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope='module')
def classifier(exported):
    return OnnxClassifier(exported.path)


@pytest.fixture(scope='module')
def client(exported, classifier):
    app = build_app(classifier, ModelIdentity.of_file(exported.path))
    with TestClient(app, 'http://127.0.0.1') as client:
        yield client


def upload(paths, names=None):
    names = names or [Path(path).name for path in paths]
    return [
        ('image', (name, Path(path).read_bytes()))
        for name, path in zip(names, paths, strict=True)
    ]


def png(image):
    return cv2.imencode('.png', image)[1].tobytes()


@pytest.fixture(scope='module')
def field_file(tmp_path_factory):
    path = tmp_path_factory.mktemp('fields') / 'field.png'
    path.write_bytes(png(painted_field([(150, 150), (400, 300)])))
    return str(path)


@pytest.mark.parametrize('number', [1, 5, 34])
@pytest.mark.parametrize('profile', ['auto', 'none'])
def test_cells(client, exported, number, profile):
    """As a classifier of its own says, profiles estimated or not."""
    paths = exported.cells[:number]
    direct = OnnxClassifier(exported.path, profile=profile)
    with warnings.catch_warnings(record=True):
        wanted = direct(paths)
    answer = client.post(f'/predict?profile={profile}', files=upload(paths))
    assert answer.status_code == 200
    told = answer.json()
    assert [row['image'] for row in told['cells']] == [
        Path(path).name for path in paths
    ]
    for row, cell in zip(told['cells'], wanted, strict=True):
        expected = cell.to_row()
        assert list(row) == list(expected)
        del row['image'], expected['image']
        for key, value in expected.items():
            near = pytest.approx(value, abs=1e-5)
            assert row[key] == (near if isinstance(value, float) else value)
    assert told['errors'] == []
    assert any('was estimated on' in text for text in told['warnings']) == (
        number > 29 and profile == 'auto'
    )
    numbers = {c['cell_type']: c['number'] for c in told['differential_count']}
    assert sum(numbers.values()) == number
    for name, found in numbers.items():
        assert found == sum(cell['pred_class'] == name for cell in wanted)
    for count in told['differential_count']:
        assert (
            tuple(count['reference']) == REFERENCE_RANGES[count['cell_type']]
        )
    assert [row['image'] for row in told['review']] == [
        Path(path).name
        for path, cell in zip(paths, wanted, strict=True)
        if cell['review']
    ]


def test_csv_is_that_of_the_command(client, exported, capsys):
    paths = exported.cells[:3]
    assert main(['predict', *paths, '--onnx', exported.path, *CSV]) == 0
    wanted = capsys.readouterr().out
    for path in paths:
        wanted = wanted.replace(path, Path(path).name)
    answer = client.post('/predict?format=csv', files=upload(paths))
    assert answer.headers['content-type'].startswith('text/csv')
    rows, expected = (
        list(csv.reader(io.StringIO(text))) for text in (answer.text, wanted)
    )
    assert rows[0] == expected[0]
    for row, other in zip(rows, expected, strict=True):
        for one, two in zip(row, other, strict=True):
            assert one == two or float(one) == pytest.approx(
                float(two), abs=2e-4
            )


CSV = ('--format', 'csv')


def test_json_holds_the_rest_if_asked(client, exported):
    files = upload(exported.cells[:2])
    plain = client.post('/predict', files=files).json()
    told = client.post(
        '/predict?include=csv&include=report&include=pictures', files=files
    ).json()
    assert plain.keys() == told.keys() - {'csv', 'report', 'pictures'}
    assert plain['cells'] == told['cells']
    table = client.post('/predict?format=csv', files=files)
    assert told['csv'].encode() == table.content
    assert 'Differential count of 2 white blood cells' in told['report']
    assert len(told['pictures']) == 2
    assert all(
        p.startswith('data:image/jpeg;base64,') for p in told['pictures']
    )


def test_a_broken_one_among_several(client, exported):
    files = upload(exported.cells[:3])
    files.insert(1, ('image', ('broken.png', b'no image')))
    told = client.post('/predict', files=files).json()
    assert [row['image'] for row in told['cells']] == [
        Path(path).name for path in exported.cells[:3]
    ]
    (error,) = told['errors']
    assert error.startswith('image broken.png cannot be read (')
    report = client.post('/report', files=files)
    assert 'image broken.png cannot be read' in report.text


def test_fields(client, classifier, exported, field_file):
    wanted = predict_field(classifier, field_file)
    assert len(wanted.cells) == 2
    told = client.post('/fields', files=upload([field_file])).json()
    for row, cell in zip(told['cells'], wanted.cells, strict=True):
        assert tuple(row[key] for key in ('x1', 'y1', 'x2', 'y2')) == cell.box
        assert row['group'] == 'field.png'
        assert row['cell_type'] == cell.cell_type
        assert row['probability'] == pytest.approx(cell.probability, abs=1e-5)
        assert row['review'] == cell.review
    assert told['fields'] == [
        dict(field='field.png', width=640, height=480, cells=2)
    ]
    assert sum(c['number'] for c in told['differential_count']) == 2


def test_cells_of_fields_at_one_scale(
    client, classifier, field_file, monkeypatch
):
    """Measured around the cells of all fields; as the classifier wants it."""

    def window(self, looked_at):
        assert len(looked_at()) == 4
        return 150

    monkeypatch.setattr(OnnxClassifier, 'window', window)
    files = upload([field_file] * 2, ['a.png', 'b.png'])
    told = client.post('/fields', files=files).json()
    field = cv2.imread(field_file)
    boxes = predict_field(classifier, field_file, margin=0.1).boxes
    crops = [cut_cell(field, box, side=150) for box in boxes]
    for row, cell in zip(told['cells'], 2 * classifier(crops), strict=True):
        assert row['probability'] == pytest.approx(
            cell['pred_score'], abs=1e-5
        )
    assert 'squares of 150 pixels' in ' '.join(told['warnings'])


def test_more_cells_than_there_is_memory_for(client, field_file, monkeypatch):
    monkeypatch.setattr(answering, 'MOST_CROP_BYTES', 20_000)
    answer = client.post('/fields', files=upload([field_file] * 2))
    assert answer.status_code == 413
    assert '0.02 MB of memory: send fewer fields' in answer.json()['error']


def test_the_report_of_fields_shows_them(
    client, classifier, field_file, tmp_path
):
    """As that of `daffnet fields`: each drawn, and where its cells lie."""
    empty = tmp_path / 'empty.png'
    cv2.imwrite(str(empty), np.full((300, 400, 3), 240, 'u1'))
    cells = predict_field(classifier, field_file).cells
    files = upload([field_file, str(empty)])
    pages = [
        client.post('/report?of=fields', files=files).text,
        client.post('/fields?include=report', files=files).json()['report'],
    ]
    for page in pages:
        text = ' '.join(re.sub(r'<[^>]*>', ' ', page).split())
        assert '2 white blood cells in 2 fields' in text
        assert '0 cells empty.png' in text
        for cell in cells:
            assert 'field.png box {}, {}, {}, {}'.format(*cell.box) in text
        # Two fields and two cells.
        assert page.count('src="data:image/jpeg;base64,') == 4


def test_the_table_of_fields_is_that_of_the_command(
    client, exported, field_file, tmp_path
):
    out = tmp_path / 'cells.csv'
    words = ['--onnx', exported.path, '--num-workers', '0', '--out', str(out)]
    assert main(['fields', field_file, *words]) == 0
    wanted = list(csv.reader(out.open()))
    answer = client.post('/fields?format=csv', files=upload([field_file]))
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == wanted[0]
    boxes = [wanted[0].index(key) for key in ('image', 'x1', 'y1', 'x2', 'y2')]
    for row, other in zip(rows, wanted, strict=True):
        assert [row[i] for i in boxes] == [other[i] for i in boxes]


def test_a_field_without_a_cell(client):
    files = [('image', ('empty.png', png(np.full((300, 400, 3), 240, 'u1'))))]
    answer = client.post(
        '/fields?include=report&include=csv&include=pictures', files=files
    )
    assert answer.status_code == 200
    told = answer.json()
    assert (
        told['cells'] == told['differential_count'] == told['pictures'] == []
    )
    (field,) = told['fields']
    assert field['cells'] == 0
    assert field['picture'].startswith('data:image/jpeg')
    assert 'report' not in told
    assert told['csv'].startswith('image,group,x1,y1,x2,y2,cell_type,')
    refused = client.post('/report?of=fields', files=files)
    assert refused.status_code == 422
    assert refused.json() == dict(error='there is no white cell to report')


def test_several_fields_and_a_broken_one(client, field_file):
    files = upload([field_file] * 2)
    files.append(('image', ('broken.png', b'')))
    told = client.post('/fields', files=files).json()
    assert [field['field'] for field in told['fields']] == [
        'field.png',
        'field (2).png',
    ]
    assert len({row['image'] for row in told['cells']}) == 4
    assert told['errors'] == [
        'image broken.png cannot be read (the file is empty)'
    ]


@pytest.mark.parametrize('of', ['cells', 'fields'])
def test_the_report(client, exported, field_file, of):
    paths = exported.cells[:2] if of == 'cells' else [field_file]
    answer = client.post(f'/report?of={of}', files=upload(paths))
    assert answer.headers['content-type'].startswith('text/html')
    assert 'sandbox' in answer.headers['content-security-policy']
    assert 'Differential count of 2 white blood cells' in answer.text
    assert ModelIdentity.of_file(exported.path).sha256 in answer.text
    assert 'POST /report' in answer.text
    # Two cells, and the field that they are of.
    pictures = 2 if of == 'cells' else 3
    assert answer.text.count('src="data:image/jpeg;base64,') == pictures
    assert not re.search(r'(?:src|href)="(?!data:)', answer.text)
    assert exported.path not in answer.text


@pytest.mark.parametrize(
    ('sent', 'shown'),
    [
        ('../../etc/passwd', 'passwd'),
        ('C:\\Users\\me\\cell.png', 'cell.png'),
        ('/absolute/cell.png', 'cell.png'),
        (
            '<img src=x onerror=alert(1)>.png',
            '<img src=x onerror=alert(1)>.png',
        ),
        ('a\tb.png', 'a\\tb.png'),
        ('', 'image 1'),
        ('..', '..'),
        ('Zelle äöü.png', 'Zelle äöü.png'),
        ('n' * 500 + '.png', 'n' * 116 + '.png'),
    ],
)
def test_names_are_no_paths(client, exported, sent, shown):
    content = Path(exported.cells[0]).read_bytes()
    name = sent.replace('"', '%22').encode()
    body = (
        b'--b\r\nContent-Disposition: form-data; name="image"; filename="'
        + name.replace(b'\\', b'\\\\')
        + b'"\r\n\r\n'
        + content
        + b'\r\n--b--\r\n'
    )
    kind = 'multipart/form-data; boundary=b'
    answer = client.post(
        '/predict', content=body, headers={'Content-Type': kind}
    )
    assert answer.status_code == 200, answer.text
    assert [row['image'] for row in answer.json()['cells']] == [shown]
    report = client.post(
        '/report', content=body, headers={'Content-Type': kind}
    )
    assert '<img src=x' not in report.text


def test_the_same_name_twice(client, exported):
    files = upload(exported.cells[:3], ['a.png', 'a.png', 'b/a.png'])
    told = client.post('/predict', files=files).json()
    assert [row['image'] for row in told['cells']] == [
        'a.png',
        'a (2).png',
        'a (3).png',
    ]


def test_of_the_service_itself(client, exported, classifier):
    assert client.get('/health').json() == dict(status='ok', requests=0)
    told = client.get('/model').json()
    assert told['name'] == 'small.onnx'
    assert told['sha256'] == ModelIdentity.of_file(exported.path).sha256
    assert told['classes'] == list(classifier.classes)
    assert told['attributes'] == {
        name: list(values)
        for name, values in classifier.card.attributes.items()
    }
    assert told['limits'] == dict(vars(Limits()), max_pixels=None)
    assert told['profile'] == 'auto'
    assert 'Chen et al. 2022' in told['reference_source']


def test_the_page_and_its_headers(client):
    for path, kind in {
        '/': 'text/html',
        '/app.js': 'text/javascript',
        '/style.css': 'text/css',
        '/docs': 'text/html',
    }.items():
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.headers['content-type'].startswith(kind)
        policy = answer.headers['content-security-policy']
        assert "default-src 'none'" in policy
        assert "script-src 'self'" in policy and 'unsafe' not in policy
        assert answer.headers['x-content-type-options'] == 'nosniff'
        # Nothing of another place, and nothing that the policy refuses.
        assert not re.search(
            r'(?:src|href|url\()=?"?(?:https?:)?//', answer.text
        )
        assert ' style="' not in answer.text and '<style' not in answer.text
        assert not re.search(r'\son\w+="', answer.text)
    page = client.get('/').text
    assert 'Not for diagnosis' in page
    assert 'innerHTML' not in client.get('/app.js').text


def test_the_description_tells_of_all(client):
    described = client.get('/openapi.json').json()
    assert described['paths'].keys() == {
        *('/predict', '/fields', '/report', '/health', '/model')
    }
    refusals = described['paths']['/predict']['post']['responses']
    assert refusals.keys() == {
        *('200', '400', '403', '408', '413', '415', '422', '503')
    }
    page = client.get('/docs').text
    for path, operations in described['paths'].items():
        for method, operation in operations.items():
            assert f'{method.upper()} {path}' in page
            for option in operation.get('parameters', ()):
                assert f'<code>{option["name"]}</code>' in page


def test_what_is_not_there(client):
    for path in ('/nothing', '/page/../app.py', '/%2e%2e/setup.py'):
        answer = client.get(path)
        assert answer.status_code == 404
        assert list(answer.json()) == ['error']
    answer = client.get('/predict')
    assert answer.status_code == 405 and list(answer.json()) == ['error']


def test_another_place(client, exported):
    files = upload(exported.cells[:1])
    for headers, status in (
        ({'Host': 'evil.example'}, 400),
        ({'Host': ''}, 400),
        ({'Host': 'evil.example:80'}, 400),
        ({'Origin': 'http://evil.example'}, 403),
        ({'Origin': 'null'}, 403),
        ({'Origin': 'http://[x'}, 403),
        ({'Host': 'localhost:8000', 'Origin': 'http://localhost:9'}, 403),
        ({'Host': 'localhost:8000', 'Origin': 'http://localhost:8000'}, 200),
        ({'Host': '[::1]:8000'}, 200),
        ({'Host': '192.168.1.2'}, 200),
    ):
        answer = client.post('/predict', files=files, headers=headers)
        assert answer.status_code == status, headers
        if status != 200:
            assert list(answer.json()) == ['error']


@pytest.mark.parametrize(
    'name',
    ['Cells.Example', 'cells.example:8443', 'https://cells.example/page'],
)
def test_names_that_are_allowed(exported, classifier, name):
    model = ModelIdentity.of_file(exported.path)
    app = build_app(classifier, model, names=[name])
    with TestClient(app, 'http://cells.example') as client:
        assert client.get('/health').status_code == 200


def test_an_address_is_no_name_of_nonsense(exported, classifier):
    """As of a service that listens on one of IPv6."""
    model = ModelIdentity.of_file(exported.path)
    app = build_app(classifier, model, names=['::1', '::'])
    with TestClient(app, 'http://127.0.0.1') as client:
        for host, status in (('[::1]:8000', 200), ('[bad', 400), (':80', 400)):
            answer = client.get('/health', headers={'Host': host})
            assert answer.status_code == status, host


def test_the_profile_that_it_was_started_with(exported, tmp_path):
    """A file's stands unless a request says otherwise."""
    from daffnet_lite.profiles import estimate_profile, measure_file

    home = tmp_path / 'laboratory.json'
    profile = estimate_profile([measure_file(p) for p in exported.cells])
    home.write_text(json.dumps(profile.to_dict()))
    classifier = OnnxClassifier(exported.path, profile=str(home))
    app = build_app(
        classifier, ModelIdentity.of_file(exported.path), profile=str(home)
    )
    paths = exported.cells[:4]
    with TestClient(app, 'http://127.0.0.1') as client:
        assert client.get('/model').json()['profile'] == 'file'
        for option, given in (('', str(home)), ('?profile=none', 'none')):
            wanted = OnnxClassifier(exported.path, profile=given)(paths)
            told = client.post(f'/predict{option}', files=upload(paths)).json()
            for row, cell in zip(told['cells'], wanted, strict=True):
                assert row['probability'] == pytest.approx(
                    cell['pred_score'], abs=1e-5
                )
