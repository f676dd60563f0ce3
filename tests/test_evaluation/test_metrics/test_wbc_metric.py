import math

import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample
from run_metric import run_metric
from sklearn import metrics as sk

from daffnet_lite.structures import PBC8_CLASSES, WBC5_CLASSES


def evaluate(samples, classes=WBC5_CLASSES, **kwargs):
    values, metric = run_metric('WBCMetric', samples, classes, **kwargs)
    return values, metric.report


def cells(true, scores):
    """DataSamples as a classification head makes them."""
    scores = torch.tensor(np.asarray(scores), dtype=torch.float32)
    return [
        DataSample(metainfo=dict(img_path=f'{index}.jpg'))
        .set_gt_label(int(label))
        .set_pred_label(score.argmax())
        .set_pred_score(score)
        for index, (label, score) in enumerate(zip(true, scores, strict=True))
    ]


def assert_averages(values, true, predicted):
    """Hold the averages over the classes against scikit-learn's."""
    for average, ending in (('weighted', ''), ('macro', '_macro')):
        expected = sk.precision_recall_fscore_support(
            true, predicted, average=average, zero_division=0
        )
        for key, value in zip(
            ('precision', 'recall', 'f1'), expected, strict=False
        ):
            assert values[f'wbc/{key}{ending}'] == pytest.approx(100 * value)


@pytest.fixture
def random_split():
    rng = np.random.default_rng(0)
    true = rng.choice(5, 200, p=[0.05, 0.15, 0.2, 0.1, 0.5])
    logits = rng.normal(size=(200, 5)) + 1.5 * np.eye(5)[true]
    scores = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return true, scores.astype(np.float32)


def test_agrees_with_sklearn(random_split):
    true, scores = random_split
    predicted = scores.argmax(1)
    values, _ = evaluate(cells(true, scores))
    assert_averages(values, true, predicted)
    assert values['wbc/accuracy'] == pytest.approx(
        100 * sk.accuracy_score(true, predicted)
    )
    scores = scores.astype(float)
    assert values['wbc/auc'] == pytest.approx(
        100
        * sk.roc_auc_score(
            true,
            scores / scores.sum(1, keepdims=True),
            multi_class='ovr',
            average='weighted',
        ),
        abs=1e-4,
    )

    specificity = []
    for index, name in enumerate(WBC5_CLASSES):
        own, found = true == index, predicted == index
        specificity.append(sk.recall_score(~own, ~found))
        expected = dict(
            precision=sk.precision_score(own, found),
            recall=sk.recall_score(own, found),
            f1=sk.f1_score(own, found),
            specificity=specificity[-1],
        )
        for key, value in expected.items():
            assert values[f'wbc/{name}/{key}'] == pytest.approx(100 * value)
    weighted = np.average(specificity, weights=np.bincount(true))
    assert values['wbc/specificity'] == pytest.approx(100 * weighted)
    assert values['wbc/auc_hard'] == pytest.approx(
        (values['wbc/recall'] + values['wbc/specificity']) / 2
    )
    assert all(type(value) is float for value in values.values())


def test_convention_of_table_2():
    """The paper's PBC row: Acc and Rec 98.77, AUC 99.28, whose gap to the
    recall only the mean with the weighted specificity explains."""
    # 3,418 cells of PBC's proportions; 42 errors, spread over the neighbours
    support = [244, 623, 310, 579, 243, 284, 666, 469]
    errors = np.array([6, 5, 5, 5, 5, 5, 6, 5])
    true = np.repeat(range(8), support)
    predicted = [
        label
        for own in range(8)
        for label in [own] * (support[own] - errors[own])
        + [(own + 1) % 8] * errors[own]
    ]
    values, _ = evaluate(cells(true, np.eye(8)[predicted]), PBC8_CLASSES)
    assert f'{values["wbc/accuracy"]:.2f}' == '98.77'
    assert f'{values["wbc/recall"]:.2f}' == '98.77'
    # no class's specificity can be far from 1 - 42 / 3,418 / 7
    assert values['wbc/specificity'] == pytest.approx(99.80, abs=0.05)
    assert values['wbc/auc_hard'] == pytest.approx(99.28, abs=0.02)


def test_unknown_classes_are_left_out(random_split):
    true, scores = random_split
    known = cells(true, scores)
    unknown = cells([-1] * 7, scores[:7])
    expected, _ = evaluate(known)
    values, report = evaluate(unknown + known)
    assert values == expected
    assert len(report.predictions) == 207
    assert report.predictions[0]['true'] == ''
    assert '7 cells of unknown class' in report.notes[0]


def test_an_absent_class_counts_as_in_sklearn():
    # nobody is c; one b is predicted as c, d is neither true nor predicted
    true, predicted = [0, 0, 1, 1], [0, 1, 1, 2]
    scores = 0.6 * np.eye(4)[predicted] + 0.1
    values, report = evaluate(cells(true, scores), 'abcd')
    assert_averages(values, true, predicted)
    assert values['wbc/c/recall'] == 0 and values['wbc/d/f1'] == 0
    # of the classes that occur only: both have an area, c and d have none
    area_a = sk.roc_auc_score([1, 1, 0, 0], scores[:, 0])
    area_b = sk.roc_auc_score([0, 0, 1, 1], scores[:, 1])
    assert values['wbc/auc'] == pytest.approx(50 * (area_a + area_b))
    assert 'no cell of the class c, d' in report.notes[0]


def test_one_class_only_has_no_auc():
    values, report = evaluate(cells([1, 1], [[0.2, 0.8], [0.7, 0.3]]), 'ab')
    assert values['wbc/accuracy'] == 50
    assert math.isnan(values['wbc/auc'])
    assert any('one class' in note for note in report.notes)


def test_takes_plain_values_and_works_without_prediction_or_scores():
    dicts = [
        dict(gt_label=0, pred_label=0, pred_score=[0.9, 0.1]),
        dict(gt_label=np.array([1]), pred_score=np.array([0.2, 0.8])),
        dict(
            gt_label=[1],
            pred_label=torch.tensor(0),
            sample_idx=17,
            pred_score=torch.tensor([0.6, 0.4], dtype=torch.bfloat16),
        ),
    ]
    values, report = evaluate(dicts, 'ab')
    assert values['wbc/accuracy'] == pytest.approx(200 / 3)
    assert [row['image'] for row in report.predictions] == ['', '', '17']

    bare = [dict(gt_label=label, pred_label=label) for label in (0, 1)]
    values, report = evaluate(bare, 'ab')
    assert values['wbc/accuracy'] == 100
    assert math.isnan(values['wbc/auc'])
    assert 'no pred_score' in report.notes[0]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(gt_label=None), 'x.jpg has no gt_label, which the dataset sets'),
        (dict(pred_label=None, pred_score=None), r'has no pred_label, .*head'),
        (dict(gt_label=5), r'gt_label of x.jpg is 5, .* 0 to 4 or -1'),
        (dict(pred_label=-1), r'pred_label of x.jpg is -1, .* 0 to 4\.'),
        (dict(gt_label=[1, 2]), r'holds 2 label\(s\), but 1 expected'),
        (dict(gt_label=1.5), 'whole numbers'),
        (dict(pred_score=[0.5] * 8), '8 values, but there are 5 classes'),
        (dict(pred_score=[math.nan] * 5), 'finite; the model has diverged'),
    ],
)
def test_bad_samples(change, message):
    good = dict(
        img_path='x.jpg', gt_label=0, pred_label=0, pred_score=[0.2] * 5
    )
    evaluate([good])
    with pytest.raises(ValueError, match=message):
        evaluate([{**good, **change}])


def test_bad_dataset():
    good = dict(gt_label=0, pred_label=0, pred_score=[1.0])
    with pytest.raises(ValueError, match="metainfo has no 'classes'"):
        evaluate([good], classes=None)
    with pytest.raises(ValueError, match='none has a known class'):
        evaluate([dict(gt_label=-1, pred_label=0, pred_score=[1.0])], 'a')
    with pytest.raises(ValueError, match='0 cells'):
        evaluate([])


def test_report_and_table(random_split):
    true, scores = random_split
    values, report = evaluate(cells(true, scores), prefix='lab')
    assert report.name == 'lab' and report.metrics == values
    labels, counts = report.confusions['cell_type']
    assert labels == WBC5_CLASSES
    assert (counts == sk.confusion_matrix(true, scores.argmax(1))).all()
    assert [row['class'] for row in report.table] == [
        *WBC5_CLASSES,
        'weighted average',
        'macro average',
    ]
    row = report.predictions[3]
    assert row['image'] == '3.jpg' and row['true'] == WBC5_CLASSES[true[3]]
    assert row['probability'] == pytest.approx(scores[3].max())
    lines = report.to_text().splitlines()
    assert len({len(line) for line in lines}) == 1
    assert f'{math.floor(100 * values["lab/f1"]) / 100:.2f}' in lines[-2]
