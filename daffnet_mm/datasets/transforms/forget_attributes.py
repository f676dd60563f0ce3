from collections.abc import Sequence

from mmcv.transforms import BaseTransform
from mmpretrain.registry import TRANSFORMS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import UNKNOWN, WBC_ATTRIBUTES


@TRANSFORMS.register_module()
class ForgetAttributes(BaseTransform):
    """Make attributes unknown that an augmentation has made untrue.

    An enlarged cell is no longer small, one of another hue no longer purple.
    Behind such an augmentation, the cell goes on teaching its other
    attributes: unknown ones are left out of the loss and of every metric.

    **Required Keys:**

    - gt_attributes (optional: nothing happens without them)

    **Modified Keys:**

    - gt_attributes
    - forgotten_attributes (optional: which ones, of a pseudo-labelled cell,
      for :class:`MeanTeacherHook`)

    Args:
        attributes (Sequence[str]): Names of attributes of WBCAtt.

    Raises:
        InputError: If there is no attribute of such a name.

    Examples:
        >>> train_pipeline = [
        ...     dict(type='LoadCellImage'),
        ...     dict(type='RandomZoom', zoom=(1., 2.)),
        ...     dict(type='ForgetAttributes', attributes=['cell_size']),
        ...     dict(type='PackInputs', algorithm_keys=('gt_attributes', )),
        ... ]
    """

    def __init__(self, attributes: Sequence[str]) -> None:
        names = list(WBC_ATTRIBUTES)
        for name in attributes:
            if name not in names:
                raise InputError(
                    f'ForgetAttributes: {name!r} is no attribute '
                    f'of WBCAtt; these are {", ".join(names)}'
                )
        self.attributes = tuple(attributes)
        self._places = [names.index(name) for name in attributes]

    def transform(self, results: dict) -> dict:
        """Forget attributes of one cell.

        Args:
            results (dict): The sample, with ``gt_attributes``, a LongTensor
                of shape (11, ), where it has any.

        Returns:
            dict: The sample, with a changed copy of ``gt_attributes``.
        """
        forgotten = results.get('forgotten_attributes')
        if forgotten is not None:
            # In place, for the dataset, which packs it: PackInputs would not.
            forgotten[self._places] = True
        if results.get('gt_attributes') is not None:
            attributes = results['gt_attributes'].clone()
            attributes[self._places] = UNKNOWN
            results['gt_attributes'] = attributes
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(attributes={self.attributes})'
