import glob
import os.path as osp
from collections.abc import Sequence

from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.csv_files import read_csv
from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES

from .pbc import PBC
from .splits import SPLITS


@DATASETS.register_module()
class WBCAtt(PBC):
    """WBCAtt: eleven morphological attributes for PBC's mature white cells.

    10,298 images of :class:`PBC`'s five white blood cell classes with 11
    attributes each. Tsutsui et al., NeurIPS 2023; annotations under MIT at
    apple2373/wbcatt. Files, as published::

        wbcatt                      <- ann_dir
        |-- pbc_attr_v1_train.csv   6,169 images
        |-- pbc_attr_v1_val.csv     1,030 images
        `-- pbc_attr_v1_test.csv    3,099 images

    Columns: ``img_name``, ``label``, the eleven attributes, ``path``. The
    images lie in PBC's own tree, ``data_root``.

    There are two ways to split. With ``official_split=True`` a part is the
    published file of that name. By default all files that are there are read
    together and the parts come from ``split_file``, the one that all stages
    of DAFFNet share, so that no cell on which stage 3 is tested was seen by
    the attribute predictor.

    The official test part is for the one last figure. To choose between
    models or thresholds without it and without the validation part, which
    early stopping has seen, ``select_ratio`` sets aside some of the official
    training part as a fourth part, ``'select'``; ``'train'`` is then what
    remains.

    Args:
        data_root (str): PBC's folder.
        ann_dir (str): The folder with the annotation files.
        split (str | Sequence[str], optional): ``'train'``, ``'val'``,
            ``'test'``, with ``select_ratio`` also ``'select'``, several of
            them, or None for all. Defaults to None.
        official_split (bool): Use the published parts. Defaults to False.
        select_ratio (float): The share of the official training part that is
            set aside, stratified, by ``split_seed`` and the names. Defaults
            to 0: none.
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=WBC5_CLASSES)
    PARTS = (*SPLITS, 'select')

    def __init__(
        self,
        data_root: str,
        ann_dir: str,
        split: str | Sequence[str] | None = None,
        official_split: bool = False,
        select_ratio: float = 0.0,
        **kwargs,
    ) -> None:
        if not 0 <= select_ratio < 1:
            raise InputError(
                f'WBCAtt: select_ratio={select_ratio} must be 0 '
                'or more and less than 1'
            )
        if select_ratio and not official_split:
            raise InputError(
                'WBCAtt: select_ratio sets aside some of the '
                'published training part; set official_split too'
            )
        if split and 'select' in split and not select_ratio:
            raise InputError(
                f'WBCAtt: split={split!r} needs a select_ratio, such as 0.1'
            )
        self.ann_dir = ann_dir
        self.select_ratio = select_ratio
        super().__init__(
            data_root=data_root,
            split=split,
            official_split=official_split,
            **kwargs,
        )

    def annotation_files(self) -> list[str]:
        """Find the annotation files to read.

        Returns:
            list[str]: Their paths: with the official split that of the part,
            else all; and all where copies in the other parts count.

        Raises:
            InputError: If there are none.
        """
        part = '*'
        one = isinstance(self.split, str) and not self.group_file
        if self.official_split and one:
            part = 'train' if self.split == 'select' else self.split
        pattern = osp.join(self.ann_dir, f'pbc_attr_v1_{part}.csv')
        files = sorted(glob.glob(pattern))
        if not files:
            raise InputError(
                f'WBCAtt: there is no {pattern}; ann_dir must be the folder '
                'with the pbc_attr_v1_*.csv of apple2373/wbcatt'
            )
        return files

    def annotate(self, images: list[dict]) -> list[dict]:
        """Read the annotation files and hold them against the images.

        Args:
            images (list[dict]): PBC's images.

        Returns:
            list[dict]: The annotated ones, with ``attributes`` and ``part``.

        Raises:
            InputError: If an image is annotated twice or does not exist.
        """
        existing = {(i['label'], i['name']): i for i in images}
        samples = []
        seen: dict[str, str] = {}
        for path in self.annotation_files():
            part = osp.basename(path)[len('pbc_attr_v1_') : -len('.csv')]
            for annotation in self.read_annotation_file(path):
                name, label = annotation['name'], annotation['label']
                if name in seen:
                    raise InputError(
                        f'{path}: image {name} is annotated '
                        f'twice (before in {seen[name]})'
                    )
                seen[name] = path
                image = existing.get((label, name))
                if image is not None:
                    samples.append({**image, **annotation, 'part': part})
                elif label in self.CLASSES:
                    folder = osp.join(self.data_root, label)
                    raise InputError(
                        f'{path}: image {name} is not in {folder}; complete '
                        'the download or remove its line'
                    )
        return sorted(samples, key=lambda sample: sample['name'])

    def official_parts(self, samples: Sequence[dict]) -> dict[str, str]:
        """Take the published parts, less what is set aside.

        Args:
            samples (Sequence[dict]): The samples.

        Returns:
            dict[str, str]: The part by name.
        """
        parts = {s['name']: s['part'] for s in samples}
        if self.select_ratio:
            parts.update(self.set_aside(samples, self.select_ratio, 'select'))
        return parts

    @staticmethod
    def read_annotation_file(path: str) -> list[dict]:
        """Read one annotation file.

        Args:
            path (str): CSV with the columns ``img_name``, ``label`` and the
                eleven attributes.

        Returns:
            list[dict]: ``name``, ``label`` (lower case) and ``attributes``
            (value indices) of each row.

        Raises:
            InputError: If a column is missing or a value unknown.
        """
        annotations = []
        columns = ('img_name', 'label', *WBC_ATTRIBUTES)
        for where, row in read_csv(path, columns):
            row = {column: value.strip() for column, value in row.items()}
            label = row['label'].lower()
            if label not in WBC5_CLASSES:
                raise InputError(
                    f'{where}: label {row["label"]!r} must be one of '
                    f'{", ".join(WBC5_CLASSES)}'
                )
            attributes = []
            for attribute, values in WBC_ATTRIBUTES.items():
                value = row[attribute]
                if value not in values:
                    raise InputError(
                        f'{where}: {attribute} is {value!r}, but must be '
                        f'one of {", ".join(values)}'
                    )
                attributes.append(values.index(value))
            annotations.append(
                dict(name=row['img_name'], label=label, attributes=attributes)
            )
        return annotations
