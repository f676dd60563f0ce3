"""Synthetic white blood cells as a data set that needs no files."""

from collections.abc import Sequence

import numpy as np
import torch
from mmpretrain.datasets.base_dataset import BaseDataset
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.structures.attributes import (
    ATTRIBUTE_SIZES,
    UNKNOWN,
    WBC5_CLASSES,
)

from .synthetic.combinations import combination_tables
from .synthetic.laboratories import get_laboratory
from .synthetic.renderer import check_image_size
from .synthetic.streams import (
    ATTRIBUTES,
    cell_stream,
    check_split,
    check_whole_number,
)


@DATASETS.register_module()
class SyntheticWBC(BaseDataset):
    """Procedurally painted, Wright-Giemsa-like white blood cells.

    A sample's cell type is drawn first, then one of the combinations of the
    eleven attributes that this type has in WBCAtt's training split, in
    proportion to how many cells have it; the picture is then painted from
    the attributes alone. A few combinations occur in two types (small
    monocytes and lymphocytes, above all), so that no classifier can exceed
    98.9 % cell type accuracy on balanced classes.

    A sample is a function of the seed, the split, the laboratory and its
    index: it does not depend on the number of samples, the order of access
    or the worker process. It is painted when the pipeline's
    ``LoadSyntheticCell``, in the place of ``LoadImageFromFile``, asks for it.

    Args:
        split (str): ``'train'``, ``'val'`` or ``'test'``: disjoint random
            streams. Defaults to ``'train'``.
        num_samples (int): Number of cells. Defaults to 4000.
        image_size (int): Height and width in pixels, at least 32. Defaults
            to 128.
        seed (int): Seed of all streams, at least 0. Defaults to 0.
        laboratory (str): Whose stain and microscope: ``'a'``, or ``'b'``,
            which stains differently and looks through another microscope.
            Defaults to ``'a'``.
        with_attributes (bool): Whether ``gt_attributes`` tells the
            attributes. If not, all eleven are unknown (-1), as in a
            laboratory that annotated only the cell type. Defaults to True.
        class_weights (Sequence[float], optional): How often each class is
            drawn, in the order of ``classes``, in any unit. Defaults to
            None, all equally often.
        metainfo (dict, optional): Meta information, as in
            :class:`mmpretrain.datasets.BaseDataset`. Defaults to None.
        **kwargs: Other arguments of the same class: ``pipeline``,
            ``classes`` (a selection of the five types), ``test_mode``,
            ``indices``, ``lazy_init`` and so on.

    Raises:
        InputError: If an argument's value does not exist or is out of range.

    Examples:
        >>> from daffnet_mm.datasets import SyntheticWBC
        >>> cells = SyntheticWBC(
        ...     split='val', num_samples=10,
        ...     pipeline=[dict(type='LoadSyntheticCell')])
        >>> cells[3]['img'].shape
        (128, 128, 3)
        >>> cells[3]['image_id']
        'synthetic/a/0/val/000003.png'
    """

    METAINFO = {'classes': WBC5_CLASSES}

    def __init__(
        self,
        split: str = 'train',
        num_samples: int = 4000,
        image_size: int = 128,
        seed: int = 0,
        laboratory: str = 'a',
        with_attributes: bool = True,
        class_weights: Sequence[float] | None = None,
        metainfo: dict | None = None,
        **kwargs,
    ):
        check_split(split)
        check_whole_number('The seed of synthetic cells', seed, 0)
        check_whole_number('num_samples of SyntheticWBC', num_samples, 1)
        check_image_size(image_size)
        get_laboratory(laboratory)
        self.split = split
        self.num_samples = int(num_samples)
        self.image_size = int(image_size)
        self.seed = int(seed)
        self.laboratory = laboratory
        self.with_attributes = with_attributes
        self.class_weights = class_weights
        super().__init__(ann_file='', metainfo=metainfo, **kwargs)

    def load_data_list(self) -> list[dict]:
        """Draw every sample's cell type and attributes; paint nothing.

        Returns:
            list[dict]: One dict a sample: ``img_path`` and ``image_id`` (a
            name: there is no such file), ``gt_label``, ``gt_attributes``
            and, for ``LoadSyntheticCell``, ``synthetic_cell``.
        """
        ends = np.cumsum(self._class_probabilities())
        tables = [combination_tables()[name] for name in self.CLASSES]
        return [
            self._draw_sample(index, ends, tables)
            for index in range(self.num_samples)
        ]

    def _class_probabilities(self) -> np.ndarray:
        strangers = [name for name in self.CLASSES if name not in WBC5_CLASSES]
        if strangers:
            raise InputError(
                f'SyntheticWBC cannot paint the class {strangers[0]!r}; it '
                f'has {", ".join(WBC5_CLASSES)}.'
            )
        if self.class_weights is None:
            weights = np.ones(len(self.CLASSES))
        else:
            weights = np.asarray(self.class_weights, dtype=float)
        # nan is not at least 0 either
        usable = (weights >= 0) & np.isfinite(weights)
        if usable.shape != (len(self.CLASSES),) or not (
            usable.all() and weights.any()
        ):
            raise InputError(
                f'class_weights of SyntheticWBC must be {len(self.CLASSES)} '
                'numbers of at least 0, not all 0, but got '
                f'{self.class_weights!r}.'
            )
        return weights / weights.sum()

    def _draw_sample(self, index: int, ends: np.ndarray, tables: list) -> dict:
        rng = cell_stream(
            self.seed, self.split, self.laboratory, index, ATTRIBUTES
        )
        which_class, which_combination = rng.random(2).tolist()
        # Scaled, because the sum may miss 1 by a rounding error.
        label = int(
            np.searchsorted(ends, which_class * ends[-1], side='right')
        )
        attributes = tables[label].draw(which_combination)
        name = (
            f'synthetic/{self.laboratory}/{self.seed}/{self.split}/'
            f'{index:06d}.png'
        )
        unknown = (UNKNOWN,) * len(ATTRIBUTE_SIZES)
        return dict(
            img_path=name,
            image_id=name,
            gt_label=label,
            gt_attributes=attributes if self.with_attributes else unknown,
            synthetic_cell=dict(
                attributes=attributes,
                image_size=self.image_size,
                seed=self.seed,
                split=self.split,
                laboratory=self.laboratory,
                index=index,
            ),
        )

    def get_data_info(self, idx: int) -> dict:
        """Get a sample's description, with its attributes as a tensor.

        Args:
            idx (int): Its index.

        Returns:
            dict: As in :meth:`load_data_list`, with ``gt_attributes`` a
            LongTensor of 11 and ``sample_idx``.
        """
        info = super().get_data_info(idx)
        # A tensor in every stored description would make pickling slow.
        info['gt_attributes'] = torch.tensor(
            info['gt_attributes'], dtype=torch.long
        )
        return info

    def extra_repr(self) -> list[str]:
        """Name the random stream instead of a folder."""
        return [
            f'Split: \t{self.split}',
            f'Seed: \t{self.seed}',
            f'Laboratory: \t{self.laboratory}',
            f'Image size: \t{self.image_size}',
            f'With attributes: \t{self.with_attributes}',
        ]
