import json

from mmengine.runner import Runner
from tiny_run import PREDICTOR, tiny_config

from daffnet_mm.engine.hooks import EvaluationReportHook

BOTH = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]


def run_test(work_dir, metrics, **options):
    """Test a small MAP on sixteen cells."""
    cfg = tiny_config(work_dir, model=dict(PREDICTOR, _delete_=True))
    cfg.test_evaluator = metrics
    cfg.default_hooks.report = dict(type='EvaluationReportHook', **options)
    values = Runner.from_cfg(cfg).test()
    return values, next(work_dir.glob('*/*.log')).read_text()


def test_writes_what_the_test_found(tmp_path):
    values, log = run_test(tmp_path, BOTH)
    out_dir = tmp_path / 'evaluation'
    assert sorted(path.name for path in out_dir.iterdir()) == [
        f'{name}_{file}'
        for name in ('attr', 'wbc')
        for file in (
            'confusion.png',
            'metrics.json',
            'predictions.csv',
            'table.csv',
        )
    ]
    for name in ('attr', 'wbc'):
        written = json.loads((out_dir / f'{name}_metrics.json').read_text())
        accuracy = f'{name}/accuracy'
        assert written['metrics'][accuracy] == values[accuracy]
    rows = (out_dir / 'attr_predictions.csv').read_text().splitlines()
    assert len(rows) == 17 and rows[3].startswith('synthetic/a/0/test/000002')
    # the tables, and where the files are, are in the log
    assert 'weighted average' in log and 'granule_colour' in log
    assert f'to {out_dir}' in log


def test_options(tmp_path):
    out_dir = tmp_path / 'elsewhere'
    run_test(tmp_path / 'run', BOTH[:1], out_dir=str(out_dir), figures=False)
    assert len(list(out_dir.iterdir())) == 3
    assert not (tmp_path / 'run' / 'evaluation').exists()


def test_other_metrics_have_nothing_to_write(tmp_path):
    _, log = run_test(tmp_path, [dict(type='Accuracy', topk=1)])
    assert 'nothing to write' in log
    assert not (tmp_path / 'evaluation').exists()


def test_only_the_main_process_writes(tmp_path, monkeypatch):
    monkeypatch.setattr('mmengine.dist.utils.is_main_process', lambda: False)
    # a runner would be needed only to write
    assert EvaluationReportHook(tmp_path).after_test_epoch(None) is None
    assert not list(tmp_path.iterdir())
