import os.path as osp
import re
from collections.abc import Sequence
from pathlib import Path

from mmengine.logging import MMLogger
from mmpretrain.registry import DATASETS

from daffnet_lite.boxes.voc import read_voc
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.csv_files import read_csv
from daffnet_lite.fileio.image_folders import join, scan_folder
from daffnet_lite.fileio.text_files import read_text
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_lite.structures.class_names import canonical_class

from .wbc_dataset import WBCDataset


@DATASETS.register_module()
class BCCD(WBCDataset):
    """Blood cell count and detection (BCCD), in any of its releases.

    Some 400 fields of 640 x 480 pixels, Gismo-Right stain, regular light
    microscope; Cosmicad and akshaylamba, MIT. Which release ``data_root``
    holds is seen from its folders; all are used as unzipped.

    **Kaggle** (paultimothymooney/blood-cells): 12,444 augmented fields of 320
    x 240 pixels, the set of Chen et al., in ``TRAIN`` (9,957) and ``TEST``
    (2,487); ``TEST_SIMPLE`` has the 71 fields of ``TEST`` as they were. 3,120
    eosinophils, 3,103 lymphocytes, 3,098 monocytes, 3,123 neutrophils::

        dataset2-master             <- data_root
        `-- images
            |-- TRAIN
            |   |-- EOSINOPHIL
            |   |   |-- _0_207.jpeg     _<source>_<random number>
            |   |   `-- ...
            |   |-- LYMPHOCYTE
            |   |-- MONOCYTE
            |   `-- NEUTROPHIL
            |-- TEST
            |   `-- ...
            `-- TEST_SIMPLE
                `-- ...

    About 30 copies of one field have one number, which is the group: within
    a part of the official split, in which fields were parted before they were
    augmented; over all parts where another split is drawn, to be safe. Beware:
    the notebook that made these files (dhruvp/wbc-classification, 2017) had
    them numbered by Keras, and Keras before 2.0.9 gave the place in a shuffled
    pass over the fields, not the field. If that is so, only the official test
    part is free of training fields: prefer ``official_split=True``, or give
    groups that were found by content as ``group_file``.

    **Detection** (Shenggan/BCCD_Dataset): 364 fields with boxes. The cell
    types come from ``labels.csv`` of the Kaggle archive's ``dataset-master``,
    which lists them by field::

        bccd_detection              <- data_root
        |-- labels.csv
        `-- BCCD
            |-- Annotations
            |   |-- BloodImage_00000.xml
            |   `-- ...
            |-- ImageSets/Main      train.txt, val.txt, test.txt
            `-- JPEGImages
                |-- BloodImage_00000.jpg
                `-- ...

    Each box of a white cell is a sample, with ``box``; the boxes of a field
    are a group. Of the 372 boxes, 355 are used: where a field is listed with
    different types, which box is which is not said, and where it is listed
    with fewer cells than it has boxes, the largest boxes count.
    ``Annotations`` and so on may lie in ``data_root`` itself, as they do in
    ``dataset-master``.

    **Cropped** (apple2373/BCCD): 351 cells, a folder a class: 3 basophils, 88
    eosinophils, 33 lymphocytes, 20 monocytes, 207 neutrophils. They are cells
    of the detection release, and the groups of both are the same fields::

        BCCD_cropped                <- data_root
        |-- Basophil
        |   |-- BloodImage_00008_1.jpg
        |   `-- ...
        |-- Eosinophil
        |-- Lymphocyte
        |-- Monocyte
        `-- Neutrophil

    After ``daffnet crop``, the Kaggle and the cropped release are read as
    before, and crops have the groups of their fields.

    Args:
        subsets (Sequence[str], optional): Which of Kaggle's ``'TRAIN'``,
            ``'TEST'`` and ``'TEST_SIMPLE'`` to read. Defaults to None: all
            that are there. The other releases have no such folders.
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=WBC5_CLASSES)
    SOURCE = 'BCCD'
    #: Kaggle's release has none.
    OPTIONAL_CLASSES = ('basophil',)
    SUBSETS = dict(TRAIN='train', TEST='test', TEST_SIMPLE='test')

    def __init__(
        self,
        data_root: str,
        *args,
        subsets: Sequence[str] | None = None,
        **kwargs,
    ) -> None:
        self.subsets = subsets
        super().__init__(data_root, *args, **kwargs)

    def list_images(self) -> list[dict]:
        """List the images or boxes of whichever release this is."""
        folders = scan_folder(self.data_root).folders
        if 'images' in folders:
            return self._list_kaggle()
        for folder in ('BCCD', ''):
            if osp.isdir(osp.join(self.data_root, folder, 'Annotations')):
                return self._list_detection(folder)
        if any(
            name in self.class_map
            or canonical_class(name, self.source_classes)
            for name in folders
        ):
            return self._list_cropped()
        raise InputError(
            f'BCCD: {self.data_root} is none of the releases; expected is a '
            'folder with images/TRAIN (Kaggle), with Annotations (detection) '
            'or with class folders (cropped); '
            f'{self.where_else("images", "TRAIN")}'
        )

    # -- Kaggle --------------------------------------------------------------

    def _list_kaggle(self) -> list[dict]:
        samples = self.part_samples('images', self.SUBSETS, self.subsets)
        for sample in samples:
            # A crop's own number may follow.
            file = osp.basename(self.field_of(sample) or sample['name'])
            number = re.match(r'_(\d+)_\d', file)
            if number:
                # TEST_SIMPLE holds the sources of TEST: both are 'test'.
                part = sample['part'] if self.official_split else ''
                sample['group'] = join(part, sample['label'], number[1])
        drawn = self.split and not osp.isfile(self.split_file or '')
        if drawn and not self.official_split and not self.group_file:
            MMLogger.get_current_instance().warning(
                f'BCCD: the split of {self.data_root} relies on the number in '
                'the file names, which may not tell the copies of one field; '
                'official_split=True keeps the test part clean'
            )
        return samples

    # -- detection -----------------------------------------------------------

    def _list_detection(self, folder: str) -> list[dict]:
        root = osp.join(self.data_root, folder)
        images = {
            osp.splitext(name)[0]: name
            for name in scan_folder(
                self.require_folder(*filter(None, (folder, 'JPEGImages')))
            )[1]
        }
        types = self._read_types(folder)
        parts = self._read_parts(osp.join(root, 'ImageSets', 'Main'))
        samples = []
        annotations = osp.join(root, 'Annotations')
        for file in scan_folder(annotations)[1]:
            field, extension = osp.splitext(file)
            if extension != '.xml':
                continue
            path = osp.join(annotations, file)
            if field not in images:
                raise InputError(
                    f'BCCD: annotation {path} has no image '
                    f'{osp.join(root, "JPEGImages", field)}.jpg; complete the '
                    'download or remove the annotation'
                )
            name = join(folder, 'JPEGImages', images[field])
            for index, label, box in self._typed_boxes(
                path, types.get(field, [])
            ):
                samples.append(
                    dict(
                        name=f'{name}#{index}',
                        path=osp.join(root, 'JPEGImages', images[field]),
                        label=label,
                        group=field,
                        part=parts.get(field),
                        box=box,
                    )
                )
        return samples

    def _typed_boxes(
        self, path: str, types: Sequence[str]
    ) -> list[tuple[int, str, tuple[int, ...]]]:
        """The white cells of a field whose type is certain."""
        boxes = self._read_boxes(path)
        if len(set(types)) != 1:
            return []
        label = self.class_of_name(types[0], f'the type of {path}')
        if label is None:
            return []
        largest = sorted(
            range(len(boxes)),
            key=lambda i: (
                (boxes[i][2] - boxes[i][0]) * (boxes[i][3] - boxes[i][1])
            ),
            reverse=True,
        )
        return [(i, label, boxes[i]) for i in largest[: len(types)]]

    @staticmethod
    def _read_boxes(path: str) -> list[tuple[int, ...]]:
        try:
            boxes = read_voc(Path(path))
        except InputError as e:
            raise InputError(
                f'BCCD: annotation {path} is not valid VOC XML ({e}); '
                'download it again'
            ) from e
        return [
            tuple(int(side) for side in box.sides)
            for box in boxes
            if box.kind == 'WBC'
        ]

    def _read_types(self, folder: str) -> dict[str, list[str]]:
        """Read the cell types of each field.

        Raises:
            InputError: If there is no table, or a field is listed twice, with
                different types.
        """
        path = osp.join(self.data_root, 'labels.csv')
        if not osp.isfile(path):
            path = osp.join(self.data_root, folder, 'labels.csv')
        if not osp.isfile(path):
            raise InputError(
                f'BCCD: {self.data_root} has boxes, but no labels.csv, which '
                'says the cell types; it comes with the Kaggle archive, in '
                'dataset-master'
            )
        types: dict[str, list[str]] = {}
        lines: dict[str, str] = {}
        for where, row in read_csv(path, ('Image', 'Category')):
            number = row['Image'].strip()
            if not number.isdecimal():
                raise InputError(
                    f'{where}: Image is {number!r}, but must be a number'
                )
            names = map(str.strip, row['Category'].split(','))
            own = [*filter(None, names)]
            field = f'BloodImage_{int(number):05d}'
            line = lines.setdefault(field, f'{where}: {row["Category"]!r}')
            if sorted(types.setdefault(field, own)) != sorted(own):
                raise InputError(
                    f'BCCD: image {number} is listed with different types, '
                    f'{line} and {where}: {row["Category"]!r}; remove the '
                    'wrong line'
                )
        return types

    @staticmethod
    def _read_parts(folder: str) -> dict[str, str]:
        parts = {}
        for part in ('train', 'val', 'test'):
            path = osp.join(folder, f'{part}.txt')
            if osp.isfile(path):
                text, _ = read_text(path)
                parts.update(dict.fromkeys(text.split(), part))
        return parts

    # -- cropped -------------------------------------------------------------

    def _list_cropped(self) -> list[dict]:
        samples = self.folder_samples()
        for sample in samples:
            file = osp.basename(self.field_of(sample) or sample['name'])
            field = re.match(r'(BloodImage_\d+)_\d', file)
            if field:
                sample['group'] = field[1]
        return samples
