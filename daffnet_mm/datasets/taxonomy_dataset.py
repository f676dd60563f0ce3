from collections.abc import Sequence

from mmengine.dataset import BaseDataset, Compose, ConcatDataset
from mmengine.logging import MMLogger
from mmpretrain.registry import DATASETS, TRANSFORMS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_lite.structures.class_names import among

#: What a pseudo-labelled cell has beyond its attributes.
PSEUDO_LABEL_KEYS = (
    'pseudo_labelled',
    'attribute_targets',
    'attribute_weight',
    'forgotten_attributes',
)


@DATASETS.register_module()
class TaxonomyDataset:
    """A dataset whose classes are those of a declared taxonomy.

    The auxiliary classifier of deep-supervised learning has one list of cell
    types, while laboratories count different ones, in different orders. Labels
    are mapped by the class's name, a finer type (band neutrophils) to the
    coarser one that holds it. A class that the taxonomy lacks becomes -1: such
    a cell teaches attributes only.

    Args:
        dataset (dict | Dataset): The dataset, or its config.
        classes (Sequence[str]): The taxonomy, in the order of the classifier.
            Defaults to the five common types of white blood cells.
        lazy_init (bool): Leave the dataset unread until ``full_init``.
            Defaults to False.

    Raises:
        InputError: If the taxonomy names a class twice, or the dataset has no
            pipeline of its own.

    Examples:
        >>> # PBC's eight classes, for a classifier of six
        >>> train_dataset = dict(
        ...     type='TaxonomyDataset',
        ...     classes=(*WBC5_CLASSES, 'erythroblast'),
        ...     dataset=dict(type='PBC', data_root='data/PBC'))
    """

    def __init__(
        self,
        dataset: dict | BaseDataset,
        classes: Sequence[str] = WBC5_CLASSES,
        lazy_init: bool = False,
    ) -> None:
        self.dataset = (
            DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        )
        if not hasattr(self.dataset, 'pipeline'):
            raise InputError(
                f'{type(self.dataset).__name__} has no pipeline of its own, '
                'by which TaxonomyDataset reads: wrap the datasets in it, '
                'each by itself'
            )
        self.metainfo = dict(classes=check_taxonomy(classes))
        self._label_map: list[int] | None = None
        if not lazy_init:
            self.full_init()

    @property
    def pipeline(self):
        """The transforms of the dataset inside."""
        return self.dataset.pipeline

    def full_init(self) -> None:
        """Read the dataset and map its classes."""
        if self._label_map is not None:
            return
        self.dataset.full_init()
        taxonomy = self.metainfo['classes']
        own = self.dataset.metainfo['classes']
        mapped = [among(name, taxonomy) for name in own]
        self._label_map = [
            -1 if name is None else taxonomy.index(name) for name in mapped
        ]
        outside = [name for name in own if among(name, taxonomy) is None]
        if outside:
            MMLogger.get_current_instance().info(
                f'{type(self).__name__}: cells of the classes '
                f'{", ".join(outside)} teach attributes only'
            )

    def get_data_info(self, idx: int) -> dict:
        """Get one sample's annotation, with its class in the taxonomy."""
        info = self.dataset.get_data_info(idx)
        if self._label_map is not None and info['gt_label'] >= 0:
            info['gt_label'] = self._label_map[info['gt_label']]
        return info

    def get_cat_ids(self, idx: int) -> list[int]:
        """Get the class of a sample, -1 if the taxonomy lacks it."""
        return [self.get_data_info(idx)['gt_label']]

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, idx: int) -> dict | None:
        return run_pipeline(self.pipeline, self.get_data_info(idx))


@DATASETS.register_module()
class MixedDataset(ConcatDataset):
    """Several datasets of one taxonomy, as stage 2 trains on (Fig. 4).

    MMEngine's ``ConcatDataset`` takes the first dataset's classes for all.
    Here they are declared, and a part that counts otherwise is refused: its
    label 2 would silently be another cell type than its neighbour's.

    Args:
        datasets (Sequence[dict | Dataset]): The parts, or their configs.
            Those with classes of their own go into a :class:`TaxonomyDataset`
            or a :class:`PseudoLabelledDataset`.
        classes (Sequence[str]): The taxonomy. Defaults to the five common
            types of white blood cells.
        pipeline (Sequence[dict]): What follows each part's own pipeline: the
            steps that are the same for all, said once. Defaults to none.
        lazy_init (bool): Leave the parts unread until ``full_init``. Defaults
            to False.

    Raises:
        InputError: If a part has other classes, or the same in another order.

    Examples:
        >>> # Crops of cells, and boxes in fields: each is loaded in its way.
        >>> crops = dict(
        ...     type='PBC', data_root='data/PBC', classes=WBC5_CLASSES,
        ...     pipeline=[dict(type='LoadCellImage')])
        >>> boxes = dict(
        ...     type='BCCD', data_root='data/bccd_detection',
        ...     pipeline=[dict(type='LoadCellImage', margin=0.1)])
        >>> train_dataset = dict(
        ...     type='MixedDataset', datasets=[crops, boxes],
        ...     pipeline=[
        ...         dict(type='Resize', scale=(128, 128)),
        ...         dict(type='PackInputs')])
    """

    def __init__(
        self,
        datasets: Sequence[dict | BaseDataset],
        classes: Sequence[str] = WBC5_CLASSES,
        pipeline: Sequence[dict] = (),
        lazy_init: bool = False,
    ) -> None:
        # Not the base class's: it compares all metadata, and refuses wrappers
        # that are built already.
        self._metainfo = dict(classes=check_taxonomy(classes))
        self.ignore_keys: list[str] = []
        self.datasets = []
        for number, part in enumerate(datasets):
            if isinstance(part, dict):
                part = DATASETS.build(part)
            own = tuple(part.metainfo.get('classes') or ())
            if own != self._metainfo['classes']:
                raise InputError(
                    f'MixedDataset: datasets[{number}] '
                    f'({type(part).__name__}) has the classes '
                    f'{", ".join(own)}, but the taxonomy is '
                    f'{", ".join(self._metainfo["classes"])} (the order '
                    "counts); wrap it in dict(type='TaxonomyDataset', "
                    'classes=...), or set classes here'
                )
            self.datasets.append(part)
        self.pipeline = Compose([TRANSFORMS.build(step) for step in pipeline])
        self._fully_initialized = False
        if not lazy_init:
            self.full_init()

    def __getitem__(self, idx: int) -> dict | None:
        return run_pipeline(self.pipeline, super().__getitem__(idx))


def run_pipeline(pipeline: Compose, info: dict) -> dict | None:
    """Run transforms, and pack what only pseudo-labelled cells have.

    Not a matter of ``PackInputs``: pipelines are shared with data that have
    true attributes, and may be followed by another one that packs.

    Args:
        pipeline (Compose): The transforms.
        info (dict): A sample's annotation, or what a pipeline made of it.

    Returns:
        dict, optional: The sample. If it is packed by now, ``data_samples``
        holds ``attribute_targets``, ``attribute_weight`` and
        ``forgotten_attributes`` too, where the annotation does, and
        ``pseudo_labelled`` in its metadata.
    """
    extra = {key: info[key] for key in PSEUDO_LABEL_KEYS if key in info}
    results = pipeline(info)
    sample = (results or {}).get('data_samples')
    if sample is not None and extra:
        marked = extra.pop('pseudo_labelled', False)
        sample.set_metainfo(dict(pseudo_labelled=marked))
        for key, value in extra.items():
            sample.set_field(value, key)
    return results


def check_taxonomy(classes: Sequence[str]) -> tuple[str, ...]:
    """Refuse a list of classes that names one twice.

    Args:
        classes (Sequence[str]): The classes.

    Returns:
        tuple[str, ...]: The classes.

    Raises:
        InputError: If there is none, or one is named twice.
    """
    classes = tuple(classes)
    if not classes or len(set(classes)) < len(classes):
        raise InputError(
            'a taxonomy must name one or more classes, each '
            f'once, but is {", ".join(classes) or "empty"}'
        )
    return classes
