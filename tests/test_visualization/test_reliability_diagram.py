import io

import numpy as np

from daffnet_mm.evaluation.functional import ReliabilityBins
from daffnet_mm.visualization import plot_reliability


def test_a_panel_for_each_target():
    scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]]).repeat(10, 0)
    # a bin of a single cell is not drawn
    scores = np.concatenate([scores, [[0.5, 0.5]]])
    true = np.array([0, 0, 1]).repeat(10)
    bins = ReliabilityBins.from_scores(scores, np.append(true, 0))
    sure = ReliabilityBins.from_scores(np.eye(2), np.arange(2))
    figure = plot_reliability(
        {
            'cell_size': dict(before=bins, after=sure),
            'granularity': dict(before=sure),
            'cell_type': dict(before=bins),
        },
        columns=2,
    )
    panels = figure.axes
    assert [ax.get_title() for ax in panels[:3]] == [
        'cell size',
        'granularity',
        'cell type',
    ]
    assert len(panels) == 4 and not panels[3].axison
    _, before, after = panels[0].lines
    # 0.6 and 0.9 are right, 0.7 is wrong
    np.testing.assert_allclose(before.get_xdata(), [0.6, 0.7, 0.9])
    np.testing.assert_allclose(before.get_ydata(), [1, 0, 1])
    assert after.get_label() == 'after: ECE 0.00 %'
    figure.savefig(io.BytesIO(), format='png')
