"""What a request may not be, and the sentence that it gets."""

import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from running_service import form, png_header

pytest.importorskip('fastapi')
pytest.importorskip('python_multipart')
pytest.importorskip('httpx2')
pytest.importorskip('onnxruntime')

from fastapi.testclient import TestClient

from daffnet_lite.answers import ModelIdentity
from daffnet_lite.onnx import OnnxClassifier
from daffnet_lite.service import Limits, build_app

REPOSITORY = Path(__file__).resolve().parents[3]


@pytest.fixture
def serving(exported):
    """Start a service with limits; gives its client."""
    classifier = OnnxClassifier(exported.path, max_pixels=1_000_000)

    def start(**limits):
        app = build_app(
            classifier,
            ModelIdentity.of_file(exported.path),
            Limits(**limits),
        )
        return TestClient(app, 'http://127.0.0.1')

    return start


def post(client, files, path='/predict'):
    body, kind = form(files)
    return client.post(path, content=body, headers={'Content-Type': kind})


def error_of(answer, status):
    """The sentence of an answer, which is the whole answer."""
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ['error']
    sentence = answer.json()['error']
    assert '\n' not in sentence and 10 < len(sentence) < 300
    return sentence


def in_pieces(body):
    """As a request whose length is not told."""
    return (body[i : i + 5000] for i in range(0, len(body), 5000))


@pytest.mark.parametrize('told', [True, False])
def test_bytes_of_a_request(serving, told):
    client = serving(request_bytes=50_000)
    body, kind = form([('a.png', bytes(30_000))] * 2)
    answer = client.post(
        '/predict',
        content=body if told else in_pieces(body),
        headers={'Content-Type': kind},
    )
    assert 'more than 50000 bytes' in error_of(answer, 413)


def test_a_length_that_is_a_lie(serving):
    client = serving(request_bytes=50_000)
    body, kind = form([('a.png', bytes(100_000))])
    answer = client.post(
        '/predict',
        content=in_pieces(body),
        headers={'Content-Type': kind, 'Content-Length': '10'},
    )
    assert 'more than 50000 bytes' in error_of(answer, 413)


def test_bytes_of_a_file(serving, exported):
    client = serving(file_bytes=100_000)
    good = Path(exported.cells[0]).read_bytes()
    answer = post(
        client, [('good.png', good[:90_000]), ('b.png', bytes(100_001))]
    )
    assert 'b.png has more than 100000 bytes' in error_of(answer, 413)


def test_files_of_a_request(serving):
    answer = post(serving(files=100), [('a.png', b'x')] * 10_000)
    assert 'more than 100 files' in error_of(answer, 413)


def test_pixels_by_the_header(serving):
    """200 million are not decoded, in any of the ways."""
    client = serving()
    large = png_header(20_000, 10_000)
    for path in ('/predict', '/fields', '/report', '/predict?format=csv'):
        sentence = error_of(post(client, [('large.png', large)], path), 422)
        assert 'image large.png' in sentence
        assert '20000 x 10000 pixels' in sentence
        assert 'limit of 1000000 pixels' in sentence


@pytest.mark.parametrize(
    ('body', 'kind', 'status', 'words'),
    [
        (b'', None, 415, 'multipart/form-data'),
        (b'\x89PNG', 'image/png', 415, 'multipart/form-data'),
        (b'a=b', 'application/x-www-form-urlencoded', 415, 'multipart'),
        (b'{}', 'application/json', 415, 'multipart/form-data'),
        (b'x', 'multipart/form-data', 400, 'no boundary'),
        (b'x', f'multipart/form-data; boundary={"b" * 200}', 400, 'boundary'),
        (b'', 'multipart/form-data; boundary=b', 400, 'ends in the middle'),
        (b'rubbish', 'multipart/form-data; boundary=b', 400, 'no form'),
        (b'--b--\r\n', 'multipart/form-data; boundary=b', 400, ''),
        (
            (
                b'--b\r\nContent-Disposition: form-data; name="image"; '
                b'filename="a.png"\r\n\r\nabc'
            ),
            'multipart/form-data; boundary=b',
            400,
            'ends in the middle',
        ),
        (
            (
                b'--b\r\nContent-Disposition: form-data; name="profile"\r\n'
                b'\r\nnone\r\n--b--\r\n'
            ),
            'multipart/form-data; boundary=b',
            400,
            'the part profile is no file',
        ),
        (
            b'--b\r\nX: ' + b'y' * 100_000 + b'\r\n\r\n\r\n--b--\r\n',
            'multipart/form-data; boundary=b',
            400,
            'no form',
        ),
    ],
)
def test_broken_requests(serving, body, kind, status, words):
    headers = {} if kind is None else {'Content-Type': kind}
    answer = serving().post('/predict', content=body, headers=headers)
    assert words in error_of(answer, status)


@pytest.mark.parametrize(
    ('content', 'words'),
    [
        (b'', 'image a.png cannot be read (the file is empty)'),
        (b'GIF89a', 'image a.png cannot be read'),
        (b'%PDF-1.4', 'of no image format'),
        (b'#!/bin/sh', 'of no image format'),
    ],
)
def test_one_that_is_no_image(serving, content, words):
    assert words in error_of(post(serving(), [('a.png', content)]), 422)


def test_truncated_images(serving, exported):
    content = Path(exported.cells[0]).read_bytes()
    answer = post(serving(), [('a.png', content[: len(content) // 2])])
    assert 'image a.png cannot be read' in error_of(answer, 422)


def test_none_of_several(serving):
    sentence = error_of(post(serving(), [('a.png', b''), ('b.png', b'')]), 422)
    assert 'none of the 2 images has an answer: image a.png' in sentence


@pytest.mark.parametrize(
    ('option', 'words'),
    [
        ('profile=/etc/passwd', 'profile: '),
        ('profile=file', "'auto' or 'none'"),
        ('format=xml', 'format: '),
        ('include=all', ': Input should be'),
    ],
)
def test_options_that_there_are_not(serving, exported, option, words):
    files = [('a.png', Path(exported.cells[0]).read_bytes())]
    answer = post(serving(), files, f'/predict?{option}')
    sentence = error_of(answer, 422)
    assert words in sentence


class Slow:
    """A classifier that takes its time, and can be let go."""

    classes = ('a', 'b')
    reading = dict(bit_depth=None, max_pixels=None)
    card = SimpleNamespace(attributes={})

    def __init__(self, seconds=0.0):
        self.seconds = seconds
        self.answered = 0
        self.errors, self.warnings = {}, []
        self.go_on = threading.Event()

    def with_profile(self, profile):
        return self

    def stream(self, images, batch_size, skip_broken):
        for _ in images:
            if self.seconds:
                time.sleep(self.seconds)
            else:
                assert self.go_on.wait(60)
            self.answered += 1
            yield dict(
                image=None,
                pred_class='a',
                pred_score=0.75,
                pred_scores=[0.75, 0.25],
                review='',
            )


def app_of(classifier, **limits):
    model = ModelIdentity('slow.onnx', '0' * 64)
    return build_app(classifier, model, Limits(**limits))


def test_what_takes_too_long():
    slow = Slow(seconds=0.05)
    client = TestClient(
        app_of(slow, compute_seconds=0.5, requests=1), 'http://127.0.0.1'
    )
    begun = time.monotonic()
    answer = post(client, [('a.png', b'x')] * 400)
    assert 'more than 0.5 seconds' in error_of(answer, 503)
    assert time.monotonic() - begun < 10
    # It is given up, and its place is free.
    time.sleep(1)
    answered = slow.answered
    assert answered < 60
    time.sleep(0.5)
    assert slow.answered == answered
    assert post(client, [('a.png', b'x')]).status_code == 200


def test_a_field_that_takes_too_long(monkeypatch):
    """It is given up while its cells are looked for."""
    begun, ended = [], []

    def segment(image, chain='own', check=None):
        begun.append(image.shape)
        try:
            for _ in range(400):
                check()
                time.sleep(0.05)
        finally:
            ended.append(time.monotonic())
        return []

    monkeypatch.setattr('daffnet_lite.fields.cutting.segment_cells', segment)
    image = cv2.imencode('.png', np.full((64, 64, 3), 230, np.uint8))[1]
    until = time.monotonic() + 10
    with TestClient(
        app_of(Slow(), compute_seconds=0.5, requests=1), 'http://127.0.0.1'
    ) as client:
        answer = post(client, [('a.png', image.tobytes())], '/fields')
        assert 'more than 0.5 seconds' in error_of(answer, 503)
        while client.get('/health').json()['requests']:
            assert time.monotonic() < until
    assert len(begun) == len(ended) == 1


def test_one_that_cannot_be_stopped_keeps_its_place():
    """Else requests that are given up would pile up in the memory."""
    slow = Slow()
    with TestClient(
        app_of(slow, compute_seconds=0.2, requests=1), 'http://127.0.0.1'
    ) as client:
        error_of(post(client, [('a.png', b'x')]), 503)
        answer = post(client, [('a.png', b'x')])
        assert 'no more can wait' in error_of(answer, 503)
        assert client.get('/health').json()['requests'] == 1
        slow.go_on.set()
        until = time.monotonic() + 10
        while client.get('/health').json()['requests']:
            assert time.monotonic() < until
        assert post(client, [('a.png', b'x')]).status_code == 200


def test_more_requests_than_can_wait():
    slow = Slow()
    answers = []
    with TestClient(app_of(slow, requests=2), 'http://127.0.0.1') as client:
        threads = [
            threading.Thread(
                target=lambda: answers.append(post(client, [('a.png', b'x')]))
            )
            for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 20
        while client.get('/health').json()['requests'] < 2:
            assert time.monotonic() < until
        refused = post(client, [('a.png', b'x')])
        assert '2 requests are being answered' in error_of(refused, 503)
        assert int(refused.headers['retry-after']) > 0
        # All else is still told.
        assert client.get('/').status_code == 200
        slow.go_on.set()
        for thread in threads:
            thread.join(20)
    assert [answer.status_code for answer in answers] == [200, 200]


def test_no_answer_tells_a_path(serving, exported, monkeypatch):
    """Not even when the service fails."""
    client = serving(files=2)
    client = TestClient(
        client.app, 'http://127.0.0.1', raise_server_exceptions=False
    )
    told = [
        post(client, [('a.png', content)]).text
        for content in (b'', b'GIF89a', png_header(20_000, 10_000))
    ]
    told += [client.get(path).text for path in ('/model', '/openapi.json')]
    told += [client.get(path).text for path in ('/docs', '/etc/passwd')]

    def fail(*_):
        raise OSError(2, 'No such file', str(REPOSITORY / 'secret'))

    monkeypatch.setattr(OnnxClassifier, 'stream', fail)
    answer = post(client, [('a.png', b'x')])
    sentence = error_of(answer, 500)
    assert 'its log' in sentence
    assert answer.headers['x-content-type-options'] == 'nosniff'
    told.append(answer.text)
    for text in told:
        for secret in (REPOSITORY, exported.path, Path.home(), '/tmp/'):
            assert f'{secret}' not in text


def test_nothing_is_put_onto_the_disk(serving, exported, monkeypatch):
    """Three megabytes, which Starlette's own forms would put there."""

    def refuse(*_, **__):
        raise AssertionError('a temporary file')

    for name in (
        *('TemporaryFile', 'NamedTemporaryFile', 'SpooledTemporaryFile'),
        *('mkstemp', 'mkdtemp', 'TemporaryDirectory'),
    ):
        monkeypatch.setattr(tempfile, name, refuse)
    monkeypatch.setattr('starlette.formparsers.SpooledTemporaryFile', refuse)
    noise = np.random.default_rng(0).integers(0, 256, 3_000_000, 'u1')
    good = Path(exported.cells[0]).read_bytes()
    client = serving()
    files = [('noise.png', noise.tobytes()), ('good.png', good)]
    for path in ('/predict', '/fields', '/report', '/predict?format=csv'):
        assert post(client, files, path).status_code == 200


def test_warnings_are_not_kept(serving, exported):
    """Python remembers each that it has shown, by its text."""
    import daffnet_lite.onnx.onnx_classifier as module

    client = serving()
    wide = exported.cells[0]
    before = len(vars(module).get('__warningregistry__', {}))
    for number in range(3):
        files = [(f'{number}.png', Path(wide).read_bytes())]
        assert post(client, files).status_code == 200
    assert len(vars(module).get('__warningregistry__', {})) == before
