from collections.abc import Sequence

from mmpretrain.registry import DATASETS

from daffnet_mm.structures import WBC5_CLASSES

from .wbc_dataset import WBCDataset


@DATASETS.register_module()
class RaabinWBC(WBCDataset):
    """Raabin-WBC: the cropped cells on which two experts agree.

    575 x 575 pixels, Giemsa stain. ``Train`` (10,175) and ``TestA`` (4,339)
    are the 14,514 cells of both papers: 301 basophils, 1,066 eosinophils,
    3,461 lymphocytes, 795 monocytes and 8,891 neutrophils, Olympus CX18.
    ``TestB`` (3,451 by the total of 17,965 that is reported) is from another
    microscope and camera and has few of the classes. Kouzehkanan et al.,
    Scientific Reports 2022; raabindata.com, "Double-labeled cropped cells".

    The tree after unpacking ``Train.rar``, ``TestA.rar`` and ``TestB.zip``
    into one folder is used as it is::

        Raabin-WBC                  <- data_root
        |-- Train
        |   |-- Basophil
        |   |-- Eosinophil
        |   |-- Lymphocyte
        |   |-- Monocyte
        |   `-- Neutrophil
        |-- TestA
        |   `-- ...
        `-- TestB
            `-- ...

    The archives and their class folders are known here from public download
    scripts, not from the files. With ``official_split=True``, ``Train`` is
    cut into training and validation part and the test sets are the test part.

    Args:
        subsets (Sequence[str], optional): Which of ``'Train'``, ``'TestA'``
            and ``'TestB'`` to read. Defaults to None: all that are there.
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=WBC5_CLASSES)
    SOURCE = 'RaabinWBC'
    SUBSETS = dict(Train='train', TestA='test', TestB='test')

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
        """List the images of the subsets."""
        return self.part_samples('', self.SUBSETS, self.subsets)
