import os.path as osp

from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.csv_files import read_csv
from daffnet_lite.fileio.image_folders import scan_folder
from daffnet_lite.structures import WBC5_CLASSES

from .wbc_dataset import WBCDataset


@DATASETS.register_module()
class JTSC(WBCDataset):
    """Jiangxi Tecom's cells (JTSC): dataset 1 of Zheng et al.

    300 crops of 120 x 120 pixels (BMP), a rapid stain of the maker's own,
    N800-D microscope and Moticam Pro 252A. Classes 1 to 5 are neutrophil,
    lymphocyte, monocyte, eosinophil and basophil; not physicians but the
    authors labelled them. Zheng et al., Micron 2018; zxaoyou/segmentation_WBC,
    GPL-3.0.

    The tree is used as it is::

        segmentation_WBC            <- data_root
        |-- Class Labels of Dataset 1.csv       image ID, class label
        `-- Dataset 1
            |-- 001.bmp
            |-- 001.png             white nucleus, grey cytoplasm
            `-- ...

    ``seg_map_path`` names the mask, where there is one. The set is small and
    a selection of it can be without a class.

    Args:
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=WBC5_CLASSES)
    SOURCE = 'JTSC'
    OPTIONAL_CLASSES = WBC5_CLASSES
    CLASS_MAP = {
        '1': 'neutrophil',
        '2': 'lymphocyte',
        '3': 'monocyte',
        '4': 'eosinophil',
        '5': 'basophil',
    }
    IMAGES = 'Dataset 1'
    LABELS = 'Class Labels of Dataset 1.csv'

    def list_images(self) -> list[dict]:
        """List the images with their labels and masks.

        Raises:
            InputError: If an image has no label, or a label or mask no image.
        """
        folder = self.require_folder(self.IMAGES)
        images, masks = {}, {}
        for name in scan_folder(folder)[1]:
            stem, extension = osp.splitext(name)
            if extension.lower() == '.bmp':
                images[stem] = name
            elif extension.lower() == '.png':
                masks[f'{self.IMAGES}/{stem}'] = osp.join(folder, name)
        labels = self._read_labels()
        samples = []
        for stem, name in images.items():
            if stem.lstrip('0') not in labels:
                raise InputError(
                    f'JTSC: image {osp.join(folder, name)} has no line in '
                    f'{osp.join(self.data_root, self.LABELS)}; add one or '
                    'remove the image'
                )
            name_of_class, where = labels.pop(stem.lstrip('0'))
            label = self.class_of_name(name_of_class, where)
            if label is not None:
                samples.append(
                    dict(
                        name=f'{self.IMAGES}/{name}',
                        path=osp.join(folder, name),
                        label=label,
                        group=None,
                        part=None,
                    )
                )
        if labels:
            number, (_, where) = next(iter(labels.items()))
            raise InputError(
                f'JTSC: {where} names image {number}, which is not in '
                f'{folder}; complete the download or remove the line'
            )
        self.pair_masks(masks, samples)
        return samples

    def _read_labels(self) -> dict[str, tuple[str, str]]:
        """Read the class label of each number, and where it stands.

        Raises:
            InputError: If there is no table, or an image has two labels.
        """
        path = osp.join(self.data_root, self.LABELS)
        if not osp.isfile(path):
            raise InputError(
                f'JTSC: there is no {path}; data_root must be '
                'the folder of zxaoyou/segmentation_WBC'
            )
        labels: dict[str, tuple[str, str]] = {}
        columns = ('image ID', 'class label')
        for where, row in read_csv(path, columns):
            number, label = (row[column].strip() for column in columns)
            own = label, f'{where}: {label!r}'
            before = labels.setdefault(number.lstrip('0'), own)
            if before[0] != label:
                raise InputError(
                    f'JTSC: image {number} has two labels, {before[1]} and '
                    f'{own[1]}; remove the wrong line'
                )
        return labels
