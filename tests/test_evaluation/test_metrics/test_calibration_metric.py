import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample
from run_metric import run_metric

from daffnet_lite.errors import InputError
from daffnet_mm.evaluation.functional import ReliabilityBins

ATTRIBUTES = dict(size=('big', 'small'), hue=('r', 'g', 'b'))


def sample(attributes=None, scores=None, label=None, score=None):
    result = DataSample(metainfo=dict(img_path='x.jpg'))
    if attributes is not None:
        result.set_field(torch.tensor(attributes), 'gt_attributes')
        result.set_field(torch.tensor(scores), 'pred_attribute_scores')
    if label is not None:
        result.set_gt_label(label).set_pred_score(torch.tensor(score))
    return result


def evaluate(samples):
    return run_metric('CalibrationMetric', samples, attributes=ATTRIBUTES)


def test_by_hand():
    metrics, metric = evaluate(
        [
            sample([0, -1], [0.75, 0.25, 0.5, 0.25, 0.25], 1, [0.5, 0.5]),
            sample([1, 0], [0.75, 0.25, 0.5, 0.25, 0.25], -1, [0.5, 0.5]),
            sample([0, 2], [1.0, 0.0, 0.5, 0.25, 0.25]),
        ]
    )
    assert metrics['calibration/size/ece'] == pytest.approx(100 * 0.5 / 3)
    assert metrics['calibration/size/nll'] == pytest.approx(
        (np.log2(4 / 3) + 2 + 0) / 3
    )
    assert metrics['calibration/hue/ece'] == pytest.approx(0)
    assert metrics['calibration/hue/nll'] == pytest.approx(1.5)
    assert metrics['calibration/ece'] == pytest.approx(100 * 0.25 / 3)
    assert metrics['calibration/cell_type/ece'] == pytest.approx(50)
    assert metrics['calibration/cell_type/nll'] == pytest.approx(1)
    scores, true = metric.predictions['hue']
    assert true.tolist() == [0, 2] and scores.shape == (2, 3)
    bins = ReliabilityBins.from_scores(*metric.predictions['size'])
    assert metrics['calibration/size/ece'] == pytest.approx(100 * bins.error)


def test_only_one_kind_of_truth():
    metrics, _ = evaluate([sample(label=0, score=[0.5, 0.5])])
    assert set(metrics) == {
        'calibration/cell_type/ece',
        'calibration/cell_type/nll',
    }
    metrics, _ = evaluate([sample([0, 0], [0.5, 0.5, 0.5, 0.25, 0.25])])
    assert 'calibration/ece' in metrics
    assert 'calibration/cell_type/ece' not in metrics


@pytest.mark.parametrize(
    ('true', 'scores', 'message'),
    [
        ([-1, -1], [0.5] * 5, 'none has a known attribute'),
        ([0, 0], [0.5] * 4, 'holds 4 values'),
        ([0, 3], [0.5] * 5, r'gt_attributes\[hue\] of x.jpg'),
    ],
)
def test_bad_samples(true, scores, message):
    with pytest.raises(InputError, match=message):
        evaluate([sample(true, scores)])
