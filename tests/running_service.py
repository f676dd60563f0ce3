"""The command `daffnet serve` in a process in which PyTorch is refused."""

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
#: What the service runs without: an import of it raises.
ABSENT = ['torch', 'torchvision', 'mmengine', 'mmcv', 'mmpretrain']
ABSENT += ['daffnet_mm', 'onnx']
_RUN = f"""
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in {ABSENT}:
            raise ImportError(f'{{name}} is not to be imported')

sys.meta_path.insert(0, Refuse())
from daffnet_lite.commands.main import main
raise SystemExit(main(['serve', '--port', '0', *sys.argv[1:]]))
"""


class RunningService:
    """A service that is up.

    Args:
        onnx (str): Its model.
        *words (str): Further options.
        temporary (Path): Its folder for temporary files.
    """

    def __init__(self, onnx, *words, temporary):
        temporary.mkdir(exist_ok=True)
        self.temporary = temporary
        self._log = open(temporary.with_name('service.log'), 'w+')
        self.process = subprocess.Popen(
            [sys.executable, '-c', _RUN, '--onnx', onnx, *words],
            cwd=ROOT,
            env=dict(os.environ, TMPDIR=str(temporary), OMP_NUM_THREADS='1'),
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        line = self.process.stdout.readline()
        assert line.startswith('serving at http://'), self.said
        self.address = line.split()[-1].rstrip('/')
        self.port = int(self.address.rpartition(':')[2])

    @property
    def said(self):
        """What it wrote to the standard error."""
        self._log.flush()
        return Path(self._log.name).read_text()

    @property
    def memory(self):
        """MiB that are resident, and were at most."""
        status = Path(f'/proc/{self.process.pid}/status').read_text()
        return {
            name: int(line.split()[1]) / 1024
            for line in status.splitlines()
            for name in [line.partition(':')[0]]
            if name in ('VmRSS', 'VmHWM')
        }

    def get(self, path):
        """Ask; gives status and content."""
        return self.ask(urllib.request.Request(self.address + path))

    def post(self, path, files, **headers):
        """Post files, pairs of name and content."""
        body, kind = form(files)
        return self.ask(
            urllib.request.Request(
                self.address + path, body, {'Content-Type': kind, **headers}
            )
        )

    def ask(self, request):
        """Give status, headers and content of an answer."""
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def begin_upload(self, said=b'--b\r\nContent-Disp'):
        """Begin a request that does not end; gives its connection."""
        connection = socket.create_connection(('127.0.0.1', self.port))
        connection.sendall(
            b'POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: '
            b'multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n'
            b'\r\n' + said
        )
        return connection

    def wait_for_requests(self, number):
        """Wait until so many are there."""
        until = time.monotonic() + 20
        while json.loads(self.get('/health')[2])['requests'] != number:
            assert time.monotonic() < until
            time.sleep(0.05)

    def stop(self, number=signal.SIGTERM):
        """Tell it to stop; gives the status, and the seconds that it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(30)
        return status, time.monotonic() - begun

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self._log.close()


def form(files, boundary='b0undary'):
    """Write a form of files, pairs of name and content."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="image"; '
        f'filename="{name}"\r\n\r\n'.encode()
        + content
        + b'\r\n'
        for name, content in files
    ]
    body = b''.join([*parts, f'--{boundary}--\r\n'.encode()])
    return body, f'multipart/form-data; boundary={boundary}'


def png_header(width, height):
    """A PNG that says to be so large, and has next to no pixels."""

    def chunk(kind, content):
        both = kind + content
        return (
            struct.pack('>I', len(content))
            + both
            + struct.pack('>I', zlib.crc32(both))
        )

    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return (
        b'\x89PNG\r\n\x1a\n'
        + chunk(b'IHDR', header)
        + chunk(b'IDAT', zlib.compress(b'\0' * 100))
        + chunk(b'IEND', b'')
    )


@contextlib.contextmanager
def hanging(connections):
    """Close connections in the end."""
    try:
        yield connections
    finally:
        for connection in connections:
            connection.close()
