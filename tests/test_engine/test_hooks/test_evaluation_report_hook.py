import json

import pytest
import torch
from mmengine.dataset import BaseDataset
from mmengine.model import BaseModel
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from mmpretrain.structures import DataSample

from daffnet_mm.engine.hooks.evaluation_report_hook import EvaluationReportHook
from daffnet_mm.structures import ATTRIBUTE_SIZES


class Cells(BaseDataset):
    """Ten cells of two types without images."""

    METAINFO = dict(classes=('basophil', 'eosinophil'))

    def load_data_list(self):
        return [dict(index=index) for index in range(10)]


class Guess(BaseModel):
    """Takes every cell for a basophil with all first values."""

    def forward(self, index, sample_idx, mode):
        results = []
        for i in index:
            sample = DataSample(metainfo=dict(img_path=f'{i}.jpg'))
            sample.set_gt_label(i % 2).set_pred_label(0)
            sample.set_pred_score(torch.tensor([0.6, 0.4]))
            sample.gt_attributes = torch.tensor(
                [i % size for size in ATTRIBUTE_SIZES]
            )
            sample.pred_attributes = torch.zeros(11, dtype=torch.long)
            sample.pred_attribute_scores = torch.full((31,), 0.5)
            results.append(sample)
        return results


def test(work_dir, metrics, **kwargs):
    """Run the test loop of a real runner."""
    runner = Runner(
        model=Guess(),
        work_dir=str(work_dir),
        test_dataloader=dict(
            dataset=Cells(serialize_data=False),
            sampler=dict(type='DefaultSampler', shuffle=False),
            batch_size=4,
        ),
        test_evaluator=metrics,
        test_cfg=dict(),
        custom_hooks=[
            HOOKS.build(dict(type='EvaluationReportHook', **kwargs))
        ],
        default_scope='mmpretrain',
        experiment_name=f'{work_dir.name}_{id(work_dir)}',
    )
    return runner.test(), next(work_dir.glob('*/*.log')).read_text()


test.__test__ = False

BOTH = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]


def test_writes_what_the_test_found(tmp_path):
    values, log = test(tmp_path, BOTH)
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
    written = json.loads((out_dir / 'wbc_metrics.json').read_text())
    assert written['metrics']['wbc/accuracy'] == values['wbc/accuracy'] == 50
    rows = (out_dir / 'attr_predictions.csv').read_text().splitlines()
    assert len(rows) == 11 and rows[3].startswith('2.jpg,big,big,0.5,')
    # the tables, and where the files are, are in the log
    assert 'weighted average' in log and 'granule_colour' in log
    assert f'to {out_dir}' in log


def test_options(tmp_path):
    out_dir = tmp_path / 'elsewhere'
    test(tmp_path / 'run', BOTH[:1], out_dir=str(out_dir), figures=False)
    assert len(list(out_dir.iterdir())) == 3
    assert not (tmp_path / 'run' / 'evaluation').exists()


def test_other_metrics_have_nothing_to_write(tmp_path):
    _, log = test(tmp_path, [dict(type='Accuracy', topk=1)])
    assert 'nothing to write' in log
    assert not (tmp_path / 'evaluation').exists()


def test_only_the_main_process_writes(tmp_path, monkeypatch):
    monkeypatch.setattr('mmengine.dist.utils.is_main_process', lambda: False)
    # a runner would be needed only to write
    assert EvaluationReportHook(tmp_path).after_test_epoch(None) is None
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize('key', ['out_dir', 'figures'])
def test_config_arguments(key):
    hook = HOOKS.build(dict(type='EvaluationReportHook', **{key: False}))
    assert getattr(hook, key) is False
