"""Each dataset's config loads its release, moved by the environment."""

from pathlib import Path

import cell_trees
import pytest
from mmengine.config import Config
from mmpretrain.registry import DATASETS

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
#: Images in the small tree, all parts together, and classes.
EXPECTED = dict(
    lisc=(23, 5),
    raabin=(50, 5),
    bccd=(288, 4),
    ldwbc=(33, 5),
    labelled=(50, 9),
    jtsc=(25, 5),
)
TREES = dict(bccd='bccd_kaggle')


@pytest.fixture(params=EXPECTED)
def moved(request, tmp_path, monkeypatch):
    """A dataset's name, its tree in place where the environment says."""
    name = request.param
    build = getattr(cell_trees, TREES.get(name, name))
    monkeypatch.setenv(f'{name.upper()}_ROOT', str(build(tmp_path)))
    monkeypatch.setenv(
        f'{name.upper()}_SPLIT_FILE', str(tmp_path / 'splits' / 'split.csv')
    )
    return name


def test_the_three_parts(moved, tmp_path):
    cfg = Config.fromfile(CONFIGS / '_base_' / 'datasets' / f'{moved}.py')
    parts = [
        DATASETS.build(cfg[f'{part}_dataloader'].dataset)
        for part in ('train', 'val', 'test')
    ]
    total, classes = EXPECTED[moved]
    assert sum(map(len, parts)) == total
    assert all(len(part.CLASSES) == classes for part in parts)
    assert (tmp_path / 'splits' / 'split.csv').is_file()
    for part in parts:
        assert part[0]['inputs'].shape == (3, 224, 224)
