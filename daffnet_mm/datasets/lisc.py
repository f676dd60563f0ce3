import os.path as osp
import re

from mmpretrain.registry import DATASETS

from daffnet_lite.fileio.image_folders import (
    join,
    list_image_files,
    scan_folder,
)
from daffnet_lite.structures import WBC5_CLASSES

from .wbc_dataset import WBCDataset


@DATASETS.register_module()
class LISC(WBCDataset):
    """Leukocyte images for segmentation and classification (LISC).

    242 fields of 720 x 576 pixels with one type of cell each, from eight
    healthy people, Gismo-Right stain, Axioskope 40 and a Sony camera: 53
    basophils, 39 eosinophils, 52 lymphocytes, 48 monocytes and 50 neutrophils.
    Rezatofighi and Soltanian-Zadeh, Computerized Medical Imaging and Graphics
    2011; free for research and education, no redistribution.

    The tree after unzipping is used as it is::

        LISC Database               <- data_root
        |-- Main Dataset
        |   |-- Baso
        |   |   |-- 1.bmp
        |   |   `-- ...
        |   |-- eosi
        |   |-- lymp
        |   |-- mixt                fields of several types: left out
        |   |-- mono
        |   `-- neut
        |-- Ground Truth Segmentation
        |   |-- Baso
        |   |   `-- areaforexpert1
        |   |       |-- 1_expert.bmp
        |   |       `-- ...
        |   `-- ...
        `-- More Dataset without Ground Truth   not read

    The masks of nucleus and cytoplasm are optional; where they are,
    ``seg_map_path`` names them. People who have used them report that they
    lack a border of 4 pixels (712 x 568); that and the tree are known here
    from public code, not from the files.

    Some fields show several cells of one type. No patient or slide is named,
    so each field is a group of its own, and after ``daffnet crop``, which
    cuts by the masks, its cells are one.

    Args:
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=WBC5_CLASSES)
    SOURCE = 'LISC'
    CLASS_MAP = {'mixt': None}
    IMAGES = 'Main Dataset'
    MASKS = 'Ground Truth Segmentation'

    def list_images(self) -> list[dict]:
        """List the images with their masks."""
        self.require_folder(self.IMAGES)
        samples = self.folder_samples(self.IMAGES)
        if osp.isdir(osp.join(self.data_root, self.MASKS)):
            self.pair_masks(self._find_masks(), samples)
        return samples

    def _find_masks(self) -> dict[str, str]:
        root = osp.join(self.data_root, self.MASKS)
        masks: dict[str, str] = {}
        for folder in scan_folder(root)[0]:
            path = osp.join(root, folder)
            if self.class_of_name(folder, f'mask folder {path}') is None:
                continue
            # The expert's number, if there are several: the first counts.
            for mask in list_image_files(path).images:
                stem = osp.splitext(osp.basename(mask))[0]
                stem = re.sub(r'_expert\d*$', '', stem)
                masks.setdefault(
                    join(self.IMAGES, folder, stem), osp.join(path, mask)
                )
        return masks
