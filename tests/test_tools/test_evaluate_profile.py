import numpy as np
import pytest
from smears import smear
from tool_process import load_tool

from daffnet_lite.profiles import estimate_profile, home_profile, measure

tool = load_tool('analysis_tools/evaluate_profile.py')


class Cells:
    """Ten cells of a class, three of another, two of none."""

    labels = [0] * 10 + [1] * 3 + [-1] * 2

    def get_data_info(self, index):
        return dict(img_path=f'{index}.png', gt_label=self.labels[index])

    def full_init(self):
        pass

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return index


def test_so_many_cells_of_each_class_are_drawn():
    few, more = tool.Sample(Cells(), 2), tool.Sample(Cells(), 5)
    labels = [[Cells.labels[i] for i in sample] for sample in (few, more)]
    assert labels == [[0, 0, 1, 1], [0] * 5 + [1] * 3]
    assert set(few.indices) < set(more.indices)
    among = tool.Sample(Cells(), 5, [3, 7, 11])
    assert list(among) == among.indices == [3, 7, 11]


def test_small_images_are_padded_to_the_view():
    here = estimate_profile(
        measure(smear(seed, red_cell=42, side=200)) for seed in range(14)
    )
    view = 0.66 * 360 * here.scale.red_cell / home_profile().scale.red_cell
    pad = tool.PaddedProfile(here, colours='left')
    img = smear(0, red_cell=42, side=200)[60:140, 70:130]
    got = pad(dict(img=img, ori_shape=(80, 60)))['img']
    assert got.shape[:2] == pytest.approx((view, view), abs=1)
    top, left = (
        (n - m) // 2 for n, m in zip(got.shape[:2], img.shape[:2], strict=True)
    )
    assert (got[top : top + 80, left : left + 60] == img).all()
    assert np.unique(got[:top].reshape(-1, 3), axis=0).shape == (1, 3)
    half = pad(dict(img=img[::2, ::2], ori_shape=(80, 60)))['img']
    assert half.shape[0] == pytest.approx(view / 2, abs=1)
    wide = smear(0, red_cell=42, side=200)
    assert pad(dict(img=wide))['img'].shape[0] == pytest.approx(view, abs=1)


def test_groups_are_counted():
    rows = [
        {'cells': 10, 'left': 5, 'by channel': b, 'together': 5}
        | {'where trusted': 5, 'cytoplasm made paler': 5}
        for b in (7, 6, 1)
    ]
    table = tool.group_table(rows)
    assert 'accuracy (30 cells)' in table
    (line,) = (x for x in table.splitlines() if 'by channel' in x)
    assert [word.strip() for word in line.split('|')[2:5]] == [
        # Of 46.66.
        '46.6',
        '2',
        '1',
    ]
