"""Many clients at once, of which some do wrong."""

import json
import random
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running_service import RunningService, png_header

pytest.importorskip('fastapi')
pytest.importorskip('python_multipart')
pytest.importorskip('onnxruntime')

from daffnet_lite.onnx import OnnxClassifier

pytestmark = pytest.mark.long
REQUESTS, CLIENTS = 200, 16
#: MiB that the memory may grow by: of all requests at once, whose bodies are
#: a megabyte at most, and of what is computed.
GROWTH = 250


@pytest.fixture(scope='module')
def wanted(exported):
    """The right answers, by the image."""
    found = OnnxClassifier(exported.path, profile='none')(exported.cells)
    return {
        Path(cell['image']).name: (cell['pred_class'], cell['pred_score'])
        for cell in found
    }


def test_good_and_bad_clients(exported, wanted, tmp_path):
    cells = [
        (Path(path).name, Path(path).read_bytes()) for path in exported.cells
    ]
    rng = random.Random(0)

    def good(service):
        sent = rng.sample(cells, rng.randint(1, 8))
        status, _, content = service.post('/predict?profile=none', sent)
        assert status == 200, content
        rows = json.loads(content)['cells']
        assert [row['image'] for row in rows] == [name for name, _ in sent]
        for row in rows:
            cell_type, probability = wanted[row['image']]
            assert row['cell_type'] == cell_type
            assert row['probability'] == pytest.approx(probability, abs=1e-4)

    def half_good(service):
        """A broken one among others, which are answered."""
        sent = [cells[3], ('broken.png', b'x'), cells[5]]
        status, _, content = service.post('/predict?profile=none', sent)
        assert status == 200, content
        told = json.loads(content)
        assert [row['image'] for row in told['cells']] == [
            cells[3][0],
            cells[5][0],
        ]
        (error,) = told['errors']
        assert 'image broken.png cannot be read' in error

    def refused(service, files, status, words, path='/predict'):
        given, _, content = service.post(path, files)
        assert given == status, content
        told = json.loads(content)
        assert list(told) == ['error'] and words in told['error'], told

    def truncated(service):
        name, content = rng.choice(cells)
        half = content[: len(content) // 2]
        refused(service, [(name, half)], 422, f'image {name} cannot be read')

    def enormous(service):
        files = [('large.png', png_header(20_000, 10_000))]
        path = rng.choice(['/predict', '/fields', '/report'])
        refused(service, files, 422, '20000 x 10000 pixels', path)

    def very_many(service):
        files = [('a.png', b'x')] * 10_000
        refused(service, files, 413, 'more than 1000 files')

    def no_image(service):
        refused(service, [('a.pdf', b'%PDF-1.4 and so on')], 422, 'a.pdf')

    def no_form(service):
        with socket.create_connection(('127.0.0.1', service.port)) as there:
            there.sendall(
                b'POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: '
                b'image/png\r\nContent-Length: 4\r\nConnection: close\r\n\r\n'
                b'\x89PNG'
            )
            assert_answer(there, 415, 'no multipart/form-data')

    def slow(service):
        with service.begin_upload() as there:
            assert_answer(there, 408, 'did not arrive within 3 seconds')

    def assert_answer(there, status, words):
        there.settimeout(60)
        found = b''
        while piece := there.recv(65536):
            found += piece
        assert found.startswith(f'HTTP/1.1 {status} '.encode()), found
        told = json.loads(found.partition(b'\r\n\r\n')[2])
        assert list(told) == ['error'] and words in told['error']

    kinds = [good] * 100 + [half_good] * 12 + [truncated] * 20
    kinds += [enormous] * 20 + [very_many] * 12 + [no_image] * 16
    kinds += [no_form] * 10 + [slow] * 10
    assert len(kinds) == REQUESTS
    rng.shuffle(kinds)
    words = ('--upload-seconds', '3')
    with RunningService(
        exported.path, *words, temporary=tmp_path / 'temporary'
    ) as service:
        good(service)
        before = service.memory['VmRSS']
        begun = time.monotonic()
        with ThreadPoolExecutor(CLIENTS) as clients:
            asked = [(kind, clients.submit(kind, service)) for kind in kinds]
        seconds = time.monotonic() - begun
        for kind, answer in asked:
            assert answer.exception() is None, (kind, answer.exception())
        told = service.memory
        print(
            f'{REQUESTS} requests of {CLIENTS} clients in {seconds:.1f} s: '
            f'{dict(Counter(kind.__name__ for kind in kinds))}; resident '
            f'{before:.0f} MiB before, {told["VmRSS"]:.0f} after, '
            f'{told["VmHWM"]:.0f} at most'
        )
        assert told['VmHWM'] < before + GROWTH
        service.wait_for_requests(0)
        good(service)
        assert not list(service.temporary.iterdir())
        # While one uploads slowly, too.
        with service.begin_upload():
            service.wait_for_requests(1)
            status, seconds = service.stop()
        print(f'stopped within {seconds:.2f} s')
        assert (status, seconds < 5) == (0, True)
        assert 'Traceback' not in service.said
    assert not list((tmp_path / 'temporary').iterdir())
