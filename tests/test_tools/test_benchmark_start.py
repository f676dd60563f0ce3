import json
import os

import pytest
from tool_process import load_tool

from daffnet_lite.errors import InputError

BUSY = 'import time; t = time.process_time()\nwhile time.process_time() < t + '


@pytest.fixture(scope='module')
def benchmark():
    return load_tool('analysis_tools/benchmark_start.py')


def test_seconds_and_memory_are_those_of_one_process(benchmark):
    """Neither this one's nor those of its children before."""
    plain = benchmark.start(('-c', ''))
    busy = benchmark.start(('-c', f'{BUSY}0.5: pass'))
    large = benchmark.start(('-c', 'x = bytearray(200 * 2**20)'))
    assert 0.45 < busy.seconds - plain.seconds < 1.5
    assert large.mebibytes - plain.mebibytes == pytest.approx(200, abs=15)
    again = benchmark.start(('-c', ''))
    assert again.mebibytes == pytest.approx(plain.mebibytes, abs=15)
    assert again.seconds < busy.seconds


def test_one_that_fails_is_named(benchmark):
    with pytest.raises(InputError, match=r'raise OSError\(5\).*status 1: OSE'):
        benchmark.start(('-c', 'raise OSError(5)'))


def test_ratios_are_of_the_same_round(
    benchmark, monkeypatch, tmp_path, capsys
):
    asked = []

    def start(arguments):
        asked.append(arguments)
        number = (len(asked) - 1) // len(benchmark.PROGRAMS)
        # each round all are twice as slow
        base = 1.0 if arguments == benchmark.PROGRAMS[benchmark.BASIS] else 1.5
        return benchmark.Cost(base * 2**number, 100 * base)

    monkeypatch.setattr(benchmark, 'start', start)
    monkeypatch.setattr(
        benchmark, 'list_programs', lambda image: dict(benchmark.PROGRAMS)
    )
    out = tmp_path / 'out.json'
    assert benchmark.main(['--rounds', '3', '--out', str(out)]) == 0
    rows = json.loads(out.read_text())['rows']
    # the first of four is left out
    assert [row['seconds'] for row in rows] == [4, 6]
    assert [row['seconds_ratio'] for row in rows] == [1, 1.5]
    assert [row['mebibytes_ratio'] for row in rows] == [1, 1.5]
    printed = capsys.readouterr().out.split('| import daffnet_mm')[1]
    assert printed.split()[1:4] == ['6.00', '|', '1.500']


def test_an_image_adds_its_prediction(benchmark, tmp_path):
    image = tmp_path / 'cell.png'
    image.touch()
    without = benchmark.list_programs(None)
    added = benchmark.list_programs(image).keys() - without
    assert len(added) == 1 and 'predict' in added.pop()
    with pytest.raises(SystemExit) as ended:
        benchmark.main([os.fspath(tmp_path / 'none.png')])
    assert ended.value.code == 2
