import json

import pytest
from mmengine.config import Config
from tool_process import REPOSITORY, load_tool

MAP = REPOSITORY / 'configs/daffnet/map-lite_wbcatt.py'


@pytest.fixture
def benchmark(monkeypatch):
    module = load_tool('analysis_tools/benchmark_gradients.py')
    monkeypatch.setattr(module, 'multiplies_bfloat16', lambda device: True)
    return module


def test_three_ways_take_turns(benchmark, monkeypatch, tmp_path, capsys):
    """Seconds by a clock that each way moves on by as much as it takes."""
    now, calls = [0.0], []
    takes = dict(zip(benchmark.WAYS, (6.0, 4.0, 2.0), strict=True))

    def build_step(cfg, way, data):
        def step():
            calls.append(way)
            # The last round is slower for all.
            now[0] += takes[way] * (3 if len(calls) > 6 else 1)

        return step

    monkeypatch.setattr(benchmark, 'build_step', build_step)
    monkeypatch.setattr(benchmark.time, 'perf_counter', lambda: now[0])
    out = tmp_path / 'out.json'
    assert not benchmark.main([str(MAP), '--rounds', '2', '--out', str(out)])
    assert calls == [*benchmark.WAYS, *benchmark.WAYS[::-1], *benchmark.WAYS]
    rows = json.loads(out.read_text())['rows']
    assert [row['ratio'] for row in rows] == [3, 2, 1]
    assert rows[-1]['s'] == 4 and rows[-1]['rounds'] == [2, 6]
    said = capsys.readouterr().out.replace(' ', '')
    assert '|bfloat16|8.000|2.00|' in said


def test_a_step_of_each_way_trains(benchmark, monkeypatch):
    """And only the last takes gradients in float32."""
    from daffnet_mm.engine.optimizers import bfloat16_optim_wrapper as wrapper

    entered = []
    enter = wrapper.DepthwiseGradientsInFloat32.__enter__

    def note(mode):
        entered.append(mode)
        return enter(mode)

    monkeypatch.setattr(wrapper, 'multiplies_bfloat16', lambda device: True)
    monkeypatch.setattr(wrapper.DepthwiseGradientsInFloat32, '__enter__', note)
    rows = benchmark.measure(Config.fromfile(MAP), benchmark.WAYS, 2, 32, 1)
    assert [row['way'] for row in rows] == list(benchmark.WAYS)
    assert all(row['s'] > 0 for row in rows)
    # One round that is not measured, and one that is.
    assert len(entered) == 2


def test_what_is_no_training_is_refused(benchmark, tmp_path, capsys):
    config = tmp_path / 'a.py'
    config.write_text('a = 1')
    with pytest.raises(SystemExit):
        benchmark.main([str(config)])
    assert 'it lacks model or optim_wrapper' in capsys.readouterr().err


def test_without_bfloat16_there_is_one_row(benchmark, monkeypatch, capsys):
    monkeypatch.setattr(benchmark, 'multiplies_bfloat16', lambda device: False)
    monkeypatch.setattr(benchmark, 'build_step', lambda *_: lambda: None)
    assert not benchmark.main([str(MAP), '--rounds', '1'])
    said = capsys.readouterr().out
    assert 'no bfloat16 instructions' in said
    assert '| float32' in said and '| bfloat16' not in said
