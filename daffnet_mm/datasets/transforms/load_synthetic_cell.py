"""A pipeline's first step for synthetic cells: paint instead of read."""

from typing import Any

from mmcv.transforms import BaseTransform
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError

from ..synthetic.renderer import render_cell
from ..synthetic.streams import PAINT, cell_stream


@TRANSFORMS.register_module()
class LoadSyntheticCell(BaseTransform):
    """Paint a sample of :class:`SyntheticWBC`.

    It takes the place that ``LoadImageFromFile`` has in the pipelines of
    other data sets.

    **Required Keys:**

    - synthetic_cell

    **Modified Keys:**

    - img
    - img_shape
    - ori_shape
    """

    def transform(self, results: dict) -> dict | None:
        """Paint the cell that the sample describes.

        Args:
            results (dict): A sample of :class:`SyntheticWBC`.

        Returns:
            dict: The sample with ``img``, uint8 of shape (H, W, 3), BGR.

        Raises:
            InputError: If the sample is of another data set.
        """
        if 'synthetic_cell' not in results:
            raise InputError(
                'LoadSyntheticCell paints samples of SyntheticWBC, but this '
                f'sample ({results.get("img_path", "without a path")}) is of '
                'another data set: load it with LoadImageFromFile.'
            )
        cell = results['synthetic_cell']
        rng = cell_stream(
            cell['seed'],
            cell['split'],
            cell['laboratory'],
            cell['index'],
            PAINT,
        )
        img: Any = render_cell(
            cell['attributes'], cell['image_size'], rng, cell['laboratory']
        )
        results['img'] = img
        results['img_shape'] = img.shape[:2]
        results['ori_shape'] = img.shape[:2]
        return results

    def __repr__(self) -> str:
        return f'{self.__class__.__name__}()'
