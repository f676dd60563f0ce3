import json

import pytest
import torch
from mmengine.runner import Runner
from mmpretrain.registry import METRICS
from tiny_run import (
    RecordHook,
    ScriptedMetric,
    ScriptHook,
    assert_same,
    tiny_config,
    train,
)

SCRIPT = {
    'val_evaluator': dict(
        _delete_=True, type='ScriptedMetric', scores=[10.0, 50.0, 20.0]
    ),
    'default_hooks.best.out_file': 'map.pth',
}


@pytest.fixture(scope='module')
def run(tmp_path_factory):
    work_dir = tmp_path_factory.mktemp('best')
    record = RecordHook()
    train(tiny_config(work_dir, **SCRIPT), ScriptHook(), record)
    return work_dir, record.states


def test_what_is_published(run):
    work_dir, states = run
    published = torch.load(work_dir / 'map.pth', weights_only=True)
    assert published.keys() == {'meta', 'state_dict'}
    meta = published['meta']
    assert meta['epoch'] == 2
    assert meta['dataset_meta']['classes'][0] == 'basophil'
    assert len(meta['train_images']) == 48
    assert_same(published['state_dict'], states[2])
    assert (work_dir / 'best_wbc_accuracy_epoch_2.pth').exists()


def test_the_best_is_tested_not_the_last(run):
    work_dir, states = run
    assert_same(states['test'], states[2])
    assert not torch.equal(
        states[3]['head.fc.weight'], states['test']['head.fc.weight']
    )
    # the figures in the folder are those of the published file
    written = json.loads(
        (work_dir / 'evaluation' / 'wbc_metrics.json').read_text()
    )['metrics']
    cfg = tiny_config(work_dir / 'test', load_from=str(work_dir / 'map.pth'))
    tested = Runner.from_cfg(cfg).test()
    assert tested['wbc/accuracy'] == pytest.approx(written['wbc/accuracy'])
    assert tested['wbc/auc'] == pytest.approx(written['wbc/auc'])


def test_without_a_best_model(tmp_path):
    train(
        tiny_config(
            tmp_path,
            **{
                'default_hooks.checkpoint.save_best': None,
                'default_hooks.checkpoint.rule': None,
                'train_cfg.max_epochs': 1,
            },
        )
    )
    log = next(tmp_path.glob('*/*.log')).read_text()
    assert 'there is no best checkpoint' in log
    assert not (tmp_path / 'best.pth').exists()


@METRICS.register_module()
class SecondScriptedMetric(ScriptedMetric):
    """The same, under another name."""

    def compute_metrics(self, results):
        (score,) = super().compute_metrics(results).values()
        return {'wbc/second': score}


def test_of_two_metrics_the_first_counts(tmp_path):
    cfg = tiny_config(tmp_path, **SCRIPT)
    cfg.default_hooks.checkpoint.save_best = ['wbc/accuracy', 'wbc/second']
    second = dict(type='SecondScriptedMetric', scores=[30.0, 20.0, 10.0])
    cfg.val_evaluator = [cfg.val_evaluator, second]
    train(cfg, ScriptHook())
    assert (tmp_path / 'best_wbc_second_epoch_1.pth').exists()
    published = torch.load(tmp_path / 'map.pth', weights_only=True)
    assert published['meta']['epoch'] == 2
    log = next(tmp_path.glob('*/*.log')).read_text()
    assert 'wbc/accuracy, wbc/second: the best by wbc/accuracy is' in log
    assert 'there is no best checkpoint' not in log
    assert (tmp_path / 'evaluation' / 'wbc_metrics.json').exists()
