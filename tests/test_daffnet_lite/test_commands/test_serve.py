"""The command line of the service, and the model that it takes."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from daffnet_lite.commands.main import main
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.shipped_files import SHIPPED_WEIGHTS, shipped_file
from daffnet_lite.version import __version__

pytest.importorskip('fastapi')
pytest.importorskip('python_multipart')

from daffnet_lite.service import listen, shipped_export, shipped_model
from daffnet_lite.service.running import address_of, is_loopback


def refused(capsys, *words):
    with pytest.raises(SystemExit) as end:
        main(['serve', *words])
    assert end.value.code == 2
    return capsys.readouterr().err


def test_a_port_that_is_taken(capsys):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(capsys, '--port', port)
    assert said.startswith(f'error: 127.0.0.1, port {port}, cannot be served')
    assert '--port' in said


def test_a_host_of_another_machine(capsys):
    said = refused(capsys, '--host', '192.0.2.1', '--port', '0')
    assert said.startswith('error: 192.0.2.1, port 0, cannot be served')


def test_a_model_that_is_not_there(capsys):
    said = refused(capsys, '--port', '0', '--onnx', 'none.onnx')
    assert 'none.onnx does not exist' in said and 'daffnet export' in said


@pytest.mark.parametrize('option', ['--max-files', '--upload-seconds'])
def test_limits_of_nothing(capsys, option):
    assert 'must be a whole number of 1' in refused(capsys, option, '0')


def test_without_fastapi(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, 'fastapi', None)
    said = refused(capsys, '--port', '0')
    assert 'pip install "daffnet-mm[serve]"' in said
    assert said.count('\n') == 1


def test_help_needs_nothing():
    code = (
        'import sys\n'
        'from daffnet_lite.commands.serve import build_parser\n'
        'text = build_parser().format_help()\n'
        'assert "(default: 40000000)" in " ".join(text.split()), text\n'
        'for name in ("torch", "fastapi", "uvicorn", "onnxruntime"):\n'
        '    assert name not in sys.modules, name\n'
    )
    subprocess.run([sys.executable, '-c', code], check=True)


def test_where_it_listens():
    with listen('127.0.0.1', 0) as here:
        assert is_loopback(here)
        assert address_of(here) == f'http://127.0.0.1:{here.getsockname()[1]}'
    with listen('0.0.0.0', 0) as all_over:
        assert not is_loopback(all_over)


def test_where_it_listens_by_ipv6():
    try:
        here = listen('::1', 0)
    except InputError:
        pytest.skip('no IPv6 here')
    with here:
        assert is_loopback(here)
        assert address_of(here) == f'http://[::1]:{here.getsockname()[1]}'


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    return tmp_path / 'daffnet'


def test_a_model_that_was_exported_before(cache, monkeypatch):
    """It is found by the checkpoint's hash, and nothing is run."""
    monkeypatch.setattr(subprocess, 'Popen', None)
    monkeypatch.setattr(shipped_model, '_has', lambda package: False)
    with pytest.raises(InputError) as error:
        shipped_export()
    assert 'daffnet export' in str(error.value) and '--onnx' in str(
        error.value
    )
    digest = file_sha256(shipped_file(SHIPPED_WEIGHTS))[:16]
    cache.mkdir()
    stem = Path(SHIPPED_WEIGHTS).stem
    (cache / f'{stem}-{digest}-{__version__}.onnx').touch()
    assert digest in shipped_export()


def test_an_export_that_fails(cache, monkeypatch, capfd):
    monkeypatch.setattr(sys, 'executable', '/bin/false')
    monkeypatch.setattr(shipped_model, '_has', lambda package: True)
    with pytest.raises(InputError, match='for the reason above'):
        shipped_export()
    assert 'is exported once, to' in capfd.readouterr().err
    assert not cache.exists()


@pytest.mark.long
def test_the_model_of_the_package(cache, capfd):
    """Exported in a process of its own, once."""
    pytest.importorskip('onnx')
    runtime = pytest.importorskip('onnxruntime')
    path = shipped_export()
    assert 'is exported once' in capfd.readouterr().err
    assert [Path(path)] == list(cache.iterdir())
    assert runtime.InferenceSession(path).get_inputs()
    assert shipped_export() == path
    assert capfd.readouterr().err == ''
