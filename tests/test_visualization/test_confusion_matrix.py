import sys

import numpy as np
import pytest

from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_mm.visualization import (
    plot_attribute_confusions,
    plot_confusion_matrix,
)


def test_counts_and_shares():
    ax = plot_confusion_matrix([[8, 2], [0, 0]], ['a', 'b']).axes[0]
    texts = [text.get_text() for text in ax.texts]
    assert texts == ['8\n80.0 %', '2\n20.0 %', '0', '0']
    # shaded by the share of the row; an empty row is not a division by zero
    assert ax.images[0].get_array().tolist() == [[0.8, 0.2], [0, 0]]
    assert [t.get_text() for t in ax.get_yticklabels()] == ['a', 'b']


def test_a_panel_per_attribute(tmp_path):
    matrices = {
        name: (values, np.eye(len(values), dtype=int))
        for name, values in WBC_ATTRIBUTES.items()
    }
    figure = plot_attribute_confusions(matrices)
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert titles == [name.replace('_', ' ') for name in WBC_ATTRIBUTES]
    figure.savefig(tmp_path / 'x.png', dpi=40)

    # no panel's labels may run into another panel
    figure.draw_without_rendering()
    boxes = [ax.get_tightbbox() for ax in figure.axes if ax.get_title()]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])
    one = dict(list(matrices.items())[:1])
    assert len(plot_attribute_confusions(one).axes) == 2


def test_leaves_pyplot_alone():
    plot_confusion_matrix(np.eye(2, dtype=int), 'ab')
    pyplot = sys.modules.get('matplotlib.pyplot')
    assert pyplot is None or not pyplot.get_fignums()


def test_bad_shape():
    with pytest.raises(ValueError, match=r'of 2 labels .* got \(3, 3\)'):
        plot_confusion_matrix(np.eye(3), ['a', 'b'])
