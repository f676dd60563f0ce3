"""ROC, training and robustness curves: what is drawn."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from daffnet_mm.visualization import (
    plot_robustness,
    plot_roc,
    plot_training_curves,
)
from daffnet_mm.visualization.curves import roc_curves

CLASSES = ('basophil', 'eosinophil', 'monocyte')


@pytest.fixture(scope='module')
def panel():
    rng = np.random.default_rng(0)
    true = rng.integers(0, 3, 200)
    scores = np.eye(3)[true] + rng.exponential(1, (200, 3))
    return CLASSES, true, scores / scores.sum(1, keepdims=True)


def test_areas_are_those_of_scikit_learn(panel):
    classes, true, scores = panel
    curves = roc_curves(*panel)
    assert list(curves) == [*classes, 'macro average', 'micro average']
    for k, name in enumerate(classes):
        assert curves[name][2] == pytest.approx(
            roc_auc_score(true == k, scores[:, k])
        )
    assert curves['macro average'][2] == pytest.approx(
        roc_auc_score(true, scores, multi_class='ovr', average='macro')
    )
    assert curves['micro average'][2] == pytest.approx(
        roc_auc_score(np.eye(3)[true], scores, average='micro')
    )
    for x, y, _ in curves.values():
        assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)


def test_a_class_without_cells_has_no_curve(panel):
    classes, true, scores = panel
    kept = true != 1
    assert 'eosinophil' not in roc_curves(classes, true[kept], scores[kept])
    with pytest.raises(ValueError, match='all cells are of one class'):
        roc_curves(classes, np.zeros(4, int), scores[:4])


def test_roc_figure(panel):
    figure = plot_roc({'one': panel, 'two': panel})
    one, two = figure.axes
    assert one.get_title() == 'one' and two.get_title() == 'two'
    labels = [t.get_text() for t in one.get_legend().get_texts()]
    area = math.floor(1e4 * roc_curves(*panel)['basophil'][2]) / 100
    assert labels[0] == f'basophil: {area:.2f}' and len(labels) == 5


def test_training_figure():
    runs = {
        'mixup': {
            'wbc/accuracy': ([1, 2, 3], [50.0, 90.0, 80.0]),
            'loss': ([1, 2, 3], [3.0, 1.0, 2.0]),
        },
        'raw': {'loss': ([1, 2], [2.0, 4.0])},
    }
    figure = plot_training_curves(runs, ['loss', 'wbc/accuracy'])
    loss, accuracy = figure.axes
    assert [t.get_text() for t in loss.get_legend().get_texts()] == [
        'mixup: 1 (epoch 2)',
        'raw: 2 (epoch 1)',
    ]
    assert [t.get_text() for t in accuracy.get_legend().get_texts()] == [
        'mixup: 90 (epoch 2)'
    ]
    assert accuracy.lines[0].get_ydata().tolist() == [50.0, 90.0, 80.0]


def test_robustness_figure():
    points = [
        (None, 90.0, 80.0, 95.0),
        (80, 70.0, 60.0, 80.0),
        (10, 20.0, 10.0, 30.0),
    ]
    figure = plot_robustness(
        {
            'jpeg': ('quality', dict(a=points, b=points)),
            'noise': ('grey levels', dict(a=points)),
            'blur': ('px', dict(a=points)),
        }
    )
    jpeg, *_, empty = figure.axes
    assert jpeg.lines[0].get_ydata().tolist() == [90.0, 70.0, 20.0]
    assert [t.get_text() for t in jpeg.get_xticklabels()] == [
        'none',
        '80',
        '10',
    ]
    assert not empty.axison
