import json

import pytest
from tool_process import load_tool

SECONDS = {'as they come': 0.5, 'asleep': 0.25, 'one thread': 1.0}


@pytest.fixture(scope='module')
def benchmark():
    return load_tool('analysis_tools/benchmark_waiting.py')


def test_all_take_turns(benchmark, monkeypatch, tmp_path, capsys):
    calls = []

    def step_of(config, way, num_busy, num_steps):
        calls.append((config, way, num_busy))
        # the second round is slower for all
        return SECONDS[way] * (1 + num_busy) * (1 if len(calls) < 7 else 3)

    monkeypatch.setattr(benchmark, 'step_of', step_of)
    out = tmp_path / 'out.json'
    status = benchmark.main(['a/b.py', '--rounds', '2', '--out', str(out)])
    assert status == 0
    assert calls[6:] == calls[5::-1]
    rows = json.loads(out.read_text())
    assert [
        (row['busy_processes'], row['threads'], row['ratio']) for row in rows
    ] == [
        (busy, way, seconds / 0.5)
        for busy in (0, 1)
        for way, seconds in SECONDS.items()
    ]
    assert rows[0]['s'] == 1.0 and rows[0]['rounds'] == [0.5, 1.5]
    assert '| b ' in capsys.readouterr().out


def test_the_neighbour_ends_with_the_training(benchmark, monkeypatch):
    started = []
    popen = benchmark.subprocess.Popen

    def start(*args, **kwargs):
        started.append(popen(*args, **kwargs))
        return started[-1]

    monkeypatch.setattr(benchmark.subprocess, 'Popen', start)
    with pytest.raises(KeyError), benchmark.beside(2):
        assert [process.poll() for process in started] == [None, None]
        raise KeyError
    assert None not in [process.poll() for process in started]


@pytest.mark.long
def test_a_training_is_timed(benchmark):
    config = 'configs/daffnet/map-tiny_synthetic.py'
    assert 0 < benchmark.step_of(config, 'one thread', 0, 3) < 60


def test_a_config_that_does_not_train(tmp_path, fails):
    config = tmp_path / 'a.py'
    said = fails('analysis_tools/benchmark_waiting.py', config)
    assert f'{config} does not train: ' in said and 'a.py' in said
