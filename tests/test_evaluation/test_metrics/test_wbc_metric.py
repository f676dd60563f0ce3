import math

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmpretrain.registry import METRICS
from mmpretrain.structures import DataSample
from sklearn import metrics as sk

import daffnet_mm.evaluation  # noqa: F401
from daffnet_mm.structures import PBC8_CLASSES, WBC5_CLASSES


def sample(true, scores, index=0):
    scores = torch.as_tensor(scores, dtype=torch.float32)
    return (
        DataSample(metainfo=dict(img_path=f'{index}.jpg'))
        .set_gt_label(int(true))
        .set_pred_label(scores.argmax())
        .set_pred_score(scores)
    )


def evaluate(samples, classes=WBC5_CLASSES, **kwargs):
    """Through the Evaluator, as a test loop does it."""
    metric = METRICS.build(dict(type='WBCMetric', **kwargs))
    evaluator = Evaluator(metric)
    evaluator.dataset_meta = dict(classes=classes)
    for start in range(0, len(samples), 4):
        evaluator.process(samples[start : start + 4])
    return evaluator.evaluate(len(samples)), metric.report


def from_confusion(confusion):
    """Samples whose confusion matrix is the given one."""
    size = len(confusion)
    return [
        sample(t, np.eye(size)[p])
        for t in range(size)
        for p in range(size)
        for _ in range(confusion[t][p])
    ]


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
    values, _ = evaluate(
        [sample(t, s) for t, s in zip(true, scores, strict=True)]
    )

    for average, ending in (('weighted', ''), ('macro', '_macro')):
        p, r, f, _ = sk.precision_recall_fscore_support(
            true, predicted, average=average
        )
        assert values[f'wbc/precision{ending}'] == pytest.approx(100 * p)
        assert values[f'wbc/recall{ending}'] == pytest.approx(100 * r)
        assert values[f'wbc/f1{ending}'] == pytest.approx(100 * f)
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
        assert values[f'wbc/{name}/precision'] == pytest.approx(
            100 * sk.precision_score(own, found)
        )
        assert values[f'wbc/{name}/recall'] == pytest.approx(
            100 * sk.recall_score(own, found)
        )
        assert values[f'wbc/{name}/f1'] == pytest.approx(
            100 * sk.f1_score(own, found)
        )
        specificity.append(sk.recall_score(~own, ~found))
        assert values[f'wbc/{name}/specificity'] == pytest.approx(
            100 * specificity[-1]
        )
    weighted = np.average(specificity, weights=np.bincount(true))
    assert values['wbc/specificity'] == pytest.approx(100 * weighted)
    assert values['wbc/auc_hard'] == pytest.approx(
        (values['wbc/recall'] + values['wbc/specificity']) / 2
    )
    assert all(type(value) is float for value in values.values())


def test_by_hand():
    # true a: 3 right, 1 as b; true b: 1 right, 1 as a
    values, _ = evaluate(from_confusion([[3, 1], [1, 1]]), ('a', 'b'))
    assert values['wbc/accuracy'] == pytest.approx(100 * 4 / 6)
    assert values['wbc/a/precision'] == pytest.approx(75)
    assert values['wbc/b/recall'] == pytest.approx(50)
    # a: TN/(TN+FP) = 1/2, b: 3/4; weights 4 and 2
    assert values['wbc/specificity'] == pytest.approx(
        100 * (4 * 1 / 2 + 2 * 3 / 4) / 6
    )
    assert values['wbc/auc_hard'] == pytest.approx(100 * (4 / 6 + 3.5 / 6) / 2)
    assert values['wbc/f1_macro'] == pytest.approx(100 * (0.75 + 0.5) / 2)


def test_convention_of_table_2():
    """The paper's PBC row: Acc and Rec 98.77, AUC 99.28, whose gap to the
    recall only the mean with the weighted specificity explains."""
    # 3,418 cells of PBC's proportions; 42 errors, spread over the neighbours
    support = [244, 623, 310, 579, 243, 284, 666, 469]
    confusion = np.diag(support)
    for index in range(8):
        errors = [6, 5, 5, 5, 5, 5, 6, 5][index]
        confusion[index, index] -= errors
        confusion[index, (index + 1) % 8] += errors
    values, _ = evaluate(from_confusion(confusion), PBC8_CLASSES)
    assert f'{values["wbc/accuracy"]:.2f}' == '98.77'
    assert f'{values["wbc/recall"]:.2f}' == '98.77'
    # no class's specificity can be far from 1 - 42 / 3,418 / 7
    assert values['wbc/specificity'] == pytest.approx(99.80, abs=0.05)
    assert values['wbc/auc_hard'] == pytest.approx(99.28, abs=0.02)


def test_unknown_classes_are_left_out(random_split):
    true, scores = random_split
    known = [sample(t, s) for t, s in zip(true, scores, strict=True)]
    unknown = [sample(-1, s) for s in scores[:7]]
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
    values, report = evaluate(
        [sample(t, s) for t, s in zip(true, scores, strict=True)], 'abcd'
    )
    for average, ending in (('weighted', ''), ('macro', '_macro')):
        p, r, f, _ = sk.precision_recall_fscore_support(
            true, predicted, average=average, zero_division=0
        )
        assert values[f'wbc/precision{ending}'] == pytest.approx(100 * p)
        assert values[f'wbc/recall{ending}'] == pytest.approx(100 * r)
        assert values[f'wbc/f1{ending}'] == pytest.approx(100 * f)
    assert values['wbc/c/recall'] == 0 and values['wbc/d/f1'] == 0
    # of the classes that occur only: both have an area, c and d have none
    area_a = sk.roc_auc_score([1, 1, 0, 0], scores[:, 0])
    area_b = sk.roc_auc_score([0, 0, 1, 1], scores[:, 1])
    assert values['wbc/auc'] == pytest.approx(50 * (area_a + area_b))
    assert 'no cell of the class c, d' in report.notes[0]


def test_one_class_only_has_no_auc():
    values, report = evaluate(
        [sample(1, [0.2, 0.8]), sample(1, [0.7, 0.3])], ('a', 'b')
    )
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
    values, report = evaluate(dicts, ('a', 'b'))
    assert values['wbc/accuracy'] == pytest.approx(200 / 3)
    assert [row['image'] for row in report.predictions] == ['', '', '17']

    values, report = evaluate(
        [dict(gt_label=0, pred_label=0), dict(gt_label=1, pred_label=1)],
        ('a', 'b'),
    )
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
        (
            dict(pred_score=[0.5] * 8),
            'holds 8 values, but there are 5 classes',
        ),
        (
            dict(pred_score=[math.nan] * 5),
            'not finite; the model has diverged',
        ),
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
    values, report = evaluate(
        [
            sample(t, s, i)
            for i, (t, s) in enumerate(zip(true, scores, strict=True))
        ],
        prefix='lab',
    )
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
    assert f'{values["lab/f1"]:.2f}' in lines[-2]
