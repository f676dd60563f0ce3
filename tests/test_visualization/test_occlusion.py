import cv2
import numpy as np
import pytest
import torch
from mmcv.transforms import Compose
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import MODELS, TRANSFORMS
from tiny_run import daffnet_model
from torch import nn

from daffnet_lite.cropping import segment_cells
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.apis.shipped_model import (
    SHIPPED_CONFIG,
    SHIPPED_WEIGHTS,
    shipped_file,
)
from daffnet_mm.apis.trained_model import load_trained
from daffnet_mm.utils.config_files import load_config
from daffnet_mm.visualization.grad_cam import CELL_TYPE
from daffnet_mm.visualization.occlusion import OcclusionExplainer


class Corners(nn.Module):
    """The first class looks at red above left, the second below right."""

    def __init__(self):
        super().__init__()
        self.head = nn.Identity()

    def forward(self, images, mode='tensor'):
        red = images[:, 0]
        above = red[:, 4:12, 4:12].mean((1, 2))
        below = red[:, -12:-4, -12:-4].mean((1, 2))
        return torch.stack([above, below, 0 * above], dim=1) * 10


@pytest.mark.parametrize('size', [(48, 48), (40, 64)])
def test_planted_evidence(size):
    explainer = OcclusionExplainer(Corners())
    image = torch.zeros(1, 3, *size)
    image[0, 0, 4:12, 4:12] = 1
    image[0, 0, -12:-4, -12:-4] = 1
    targets = [explainer.target(CELL_TYPE, value, 3) for value in range(3)]
    above, below, nothing = explainer.explain(image, targets)
    for found, corner in ((above, slice(0, 20)), (below, slice(-20, None))):
        assert found.shape == size
        assert found.min() >= 0 and found.max() == pytest.approx(1)
        assert found[corner, corner].sum() > 0.8 * found.sum()
    # what is hidden anywhere only makes the third more likely
    assert not nothing.any()


class Noisy(Corners):
    """The same, but every change anywhere changes the answers a little."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.noise = torch.randn(2, 48, 48, generator=generator)

    def forward(self, images, mode='tensor'):
        rows = super().forward(images)
        texture = (images[:, 1, None] * self.noise).mean((2, 3))
        return rows + torch.nn.functional.pad(200 * texture, (0, 1))


def test_what_any_place_costs_is_no_evidence():
    """Little is left where nothing is but texture."""
    explainer = OcclusionExplainer(Noisy())
    generator = torch.Generator().manual_seed(1)
    image = torch.zeros(1, 3, 48, 48)
    image[0, 1] = torch.rand(48, 48, generator=generator)
    image[0, 0, 4:12, 4:12] = 1
    (above,) = explainer.explain(image, [explainer.target(CELL_TYPE, 0, 3)])
    assert above[:20, :20].sum() > 0.9 * above.sum()


@pytest.mark.parametrize('own', [{}, dict(backbone=None)])
def test_a_daffnet_of_one_backbone_or_two(own):
    """Attributes and cell types alike, and the model stays as it is."""
    torch.manual_seed(0)
    cfg = {k: v for k, v in daffnet_model().items() if k != '_delete_'}
    model = MODELS.build(dict(cfg, **own))
    explainer = OcclusionExplainer(model)
    targets = [
        explainer.target('granularity', 1),
        explainer.target(CELL_TYPE, 2, 5),
    ]
    image = torch.randn(1, 3, 64, 64)
    maps = explainer.explain(image, targets)
    assert [m.shape for m in maps] == [(64, 64)] * 2
    # of the one value or of the other something speaks
    other = explainer.explain(image, [explainer.target('granularity', 0)])
    assert maps[0].any() or other[0].any()
    assert not any(m._forward_hooks for m in model.modules())


@pytest.mark.long
def test_the_shipped_models_maps_lie_on_the_cell(shared):
    """For 90 of 100 real cells: half of the map of the mean attribute.

    The cell is grown by half of what a place blurs, which cannot be told
    apart from it.
    """
    cfg = load_config(shipped_file(SHIPPED_CONFIG))
    model, _ = load_trained(cfg, shipped_file(SHIPPED_WEIGHTS), 'cpu')
    explainer = OcclusionExplainer(model)
    pipeline = Compose(
        [
            TRANSFORMS.build(step)
            for step in cfg.test_dataloader.dataset.pipeline
        ]
    )
    root = shared / 'data/pbc/PBC_dataset_normal_DIB'
    found = []
    for name in WBC5_CLASSES:
        paths = sorted((root / name).glob('[!.]*.jpg'))
        found += [
            _mean_share(model, explainer, pipeline, str(path))
            for path in paths[:: len(paths) // 20][:20]
        ]
    assert len(found) == 100
    # Of the model at hand, all.
    assert np.mean(np.greater_equal(found, 0.5)) >= 0.9


def _mean_share(model, explainer, pipeline, path):
    sample = pipeline(dict(img_path=path))
    seen = sample['inputs'].permute(1, 2, 0).numpy()
    batch = model.data_preprocessor(pseudo_collate([sample]), False)
    images = batch['inputs']
    (answer,) = model(images, mode='predict')
    targets = [
        explainer.target(name, value)
        for name, value in zip(
            explainer.logits.attributes,
            answer.pred_attributes.tolist(),
            strict=True,
        )
    ]
    large = cv2.resize(seen, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    # a cell that is not found counts as missed
    cells = segment_cells(large)
    if not cells:
        return 0.0
    side = large.shape[0] // 2
    cell = min(
        cells, key=lambda c: abs(np.add(c.box[:2], c.box[2:]) / 2 - side).sum()
    )
    mask = cv2.resize(cell.cell.astype(np.float32), seen.shape[1::-1]) > 0.5
    grown = seen.shape[0] // 12 | 1
    mask = cv2.dilate(mask.astype(np.uint8), np.ones((grown, grown), np.uint8))
    maps = explainer.explain(images, targets)
    return np.mean([(m * mask).sum() / max(m.sum(), 1e-9) for m in maps])
