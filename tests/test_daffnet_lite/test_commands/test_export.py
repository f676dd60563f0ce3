"""`daffnet export`, and `daffnet predict --onnx` with what it wrote."""

import csv
import hashlib
import io

import pytest

from daffnet_lite.commands import export, predict
from daffnet_lite.commands.main import main


def test_export_and_predict(exported, tmp_path, capsys):
    out = tmp_path / 'new' / 'model.onnx'
    model = ['--config', exported.config, '--checkpoint', exported.checkpoint]
    cells = exported.cells[:5]
    assert export.main(['--out', str(out), *model, '--cells', *cells]) == 0
    told, written = capsys.readouterr().out.splitlines()[-2:]
    assert told.startswith('as exported: the same cell type on 100.00 % of 5')
    sha256 = hashlib.sha256(out.read_bytes()).hexdigest()
    assert written.endswith(f'SHA-256 {sha256}')
    found = {}
    for name, words in dict(light=['--onnx', str(out)], torch=model).items():
        words = [*cells, *words, '--format', 'csv']
        assert main(['predict', *words]) == 0
        text = capsys.readouterr().out
        found[name] = list(csv.reader(io.StringIO(text)))
    for light, torch in zip(found['light'], found['torch'], strict=True):
        for one, other in zip(light, torch, strict=True):
            # Four digits are written, the last of which may be rounded.
            close = one == other or abs(float(one) - float(other)) < 2e-4
            assert close, (one, other)


@pytest.mark.parametrize(
    'words',
    [
        ['--config', 'x.py', '--checkpoint', 'x.pth'],
        ['--views', 'flips'],
        ['--device', 'cpu'],
    ],
)
def test_what_an_exported_model_has_no_use_for(words, capsys):
    with pytest.raises(SystemExit) as stop:
        predict.main(['cell.png', '--onnx', 'model.onnx', *words])
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f'error: {words[0]} is for a model that runs on')


def test_there_is_no_such_file(tmp_path, capsys):
    (tmp_path / 'cell.png').touch()
    with pytest.raises(SystemExit) as stop:
        predict.main(
            [str(tmp_path / 'cell.png'), '--onnx', str(tmp_path / 'no.onnx')]
        )
    assert stop.value.code == 2
    assert 'no.onnx does not exist' in capsys.readouterr().err
