"""The command in a process of its own, in which PyTorch is refused."""

import json
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
from running_service import RunningService, form, hanging

pytest.importorskip('fastapi')
pytest.importorskip('python_multipart')
pytest.importorskip('onnxruntime')


@pytest.fixture
def start(exported, tmp_path):
    """Start a service, which ends with the test."""
    started = []

    def start(*words):
        service = RunningService(
            exported.path, *words, temporary=tmp_path / 'temporary'
        )
        started.append(service)
        return service

    yield start
    for service in started:
        service.__exit__()


def cells(exported, number):
    return [
        (Path(path).name, Path(path).read_bytes())
        for path in exported.cells[:number]
    ]


def receive(connection):
    """Read all that comes, as text."""
    connection.settimeout(30)
    found = b''
    while piece := connection.recv(65536):
        found += piece
    return found.decode()


def test_it_serves_without_torch(start, exported):
    service = start()
    assert service.address.startswith('http://127.0.0.1:')
    assert json.loads(service.get('/health')[2])['status'] == 'ok'
    status, _, content = service.post('/predict', cells(exported, 34))
    assert status == 200
    told = json.loads(content)
    assert len(told['cells']) == 34
    assert any('was estimated on' in text for text in told['warnings'])
    for path in ('/fields', '/report'):
        assert service.post(path, cells(exported, 2))[0] == 200
    assert not list(service.temporary.iterdir())
    status, seconds = service.stop()
    assert (status, seconds < 5) == (0, True)
    # What is said of images, their senders are told.
    assert service.said == 'stopped\n'


def test_a_slow_upload(start, exported):
    """It gets a sentence, and its place is the next one's."""
    service = start('--upload-seconds', '2', '--max-requests', '1')
    with hanging([service.begin_upload()]) as (slow,):
        service.wait_for_requests(1)
        status, headers, content = service.post('/predict', cells(exported, 1))
        assert status == 503 and int(headers['Retry-After']) > 0
        assert 'no more can wait' in json.loads(content)['error']
        answer = receive(slow)
        assert answer.startswith('HTTP/1.1 408 ')
        assert 'did not arrive within 2 seconds' in answer
    assert service.post('/predict', cells(exported, 1))[0] == 200


def test_a_client_that_goes(start, exported):
    service = start('--max-requests', '1')
    slow = service.begin_upload()
    service.wait_for_requests(1)
    slow.close()
    service.wait_for_requests(0)
    assert service.post('/predict', cells(exported, 1))[0] == 200
    assert 'Traceback' not in service.said


def test_a_client_that_goes_while_it_is_computed(start, exported):
    service = start('--max-requests', '1')
    body, kind = form(cells(exported, 30) * 30)
    with socket.create_connection(('127.0.0.1', service.port)) as connection:
        connection.sendall(
            f'POST /predict?profile=none HTTP/1.1\r\nHost: 127.0.0.1\r\n'
            f'Content-Type: '
            f'{kind}\r\nContent-Length: {len(body)}\r\n\r\n'.encode()
            + body
        )
        service.wait_for_requests(1)
    begun = time.monotonic()
    service.wait_for_requests(0)
    assert time.monotonic() - begun < 15


def test_more_than_is_read_is_still_answered(start):
    """A client that sends on reads the sentence all the same."""
    service = start('--max-files', '5', '--max-request-bytes', '20000000')
    status, _, content = service.post('/predict', [('a.png', b'x')] * 10_000)
    assert status == 413
    assert 'more than 5 files' in json.loads(content)['error']
    status, _, content = service.post('/predict', [('a', bytes(30_000_000))])
    assert status == 413
    assert 'more than 20000000 bytes' in json.loads(content)['error']


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize('busy', ['idle', 'slow upload', 'computing'])
def test_it_stops(start, exported, number, busy):
    service = start()
    connections = [service.begin_upload(b'') for _ in range(2)]
    with hanging(connections if busy == 'slow upload' else []):
        if busy == 'slow upload':
            service.wait_for_requests(2)
        else:
            for connection in connections:
                connection.close()
            service.wait_for_requests(0)
        if busy == 'computing':
            body = cells(exported, 30) * 33
            threading.Thread(
                target=lambda: _post_in_vain(service, body), daemon=True
            ).start()
            service.wait_for_requests(1)
            time.sleep(1)
        status, seconds = service.stop(number)
    assert status == 0
    assert seconds < 5
    assert 'Traceback' not in service.said
    assert not list(service.temporary.iterdir())


def test_what_is_under_way_is_answered(start, exported):
    service = start()
    body, kind = form(cells(exported, 1))
    with socket.create_connection(('127.0.0.1', service.port)) as connection:
        connection.sendall(
            f'POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: '
            f'{kind}\r\nContent-Length: {len(body)}\r\n\r\n'.encode()
            + body[:100]
        )
        service.wait_for_requests(1)
        service.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        connection.sendall(body[100:])
        assert receive(connection).startswith('HTTP/1.1 200 ')
    assert service.process.wait(10) == 0


def _post_in_vain(service, files):
    with suppress(OSError):
        service.post('/predict', files)
