import posixpath
import re
from collections.abc import Sequence

from mmpretrain.registry import DATASETS

from daffnet_lite.fileio.image_folders import join
from daffnet_lite.structures import WBC5_CLASSES

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

    A hyphen in ``Test-A`` and ``Test-B`` does no harm. File names begin with
    the slide (``95-8-10-1_...``: a date of the Iranian calendar and a number)
    or, for basophils, the date (``20190531_...``). That is the group: cells of
    one slide are alike in stain and light, and on both sides of a split they
    would make it look easy. Train has 54 slides, one of which holds 380 of its
    744 eosinophils, and basophils of four dates alone. Some of these are one
    smear that was photographed twice, cell by cell: 95-8-12-4 and 95-9-4-4
    show cells of 95-5-10-1, 95-9-4-3 of 95-5-11-1, and 20190531 of 20190527.
    Here they are groups of their own: a ``group_file`` joins them. With
    ``official_split=True``, ``Train`` is cut into training and validation part
    and the test sets are the test part, of the slides as they were shared out.

    Args:
        subsets (Sequence[str], optional): Which of ``'Train'``, ``'TestA'``
            and ``'TestB'`` to read. Defaults to None: all that are there.
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=WBC5_CLASSES)
    SOURCE = 'RaabinWBC'
    SUBSETS = dict(Train='train', TestA='test', TestB='test')
    _SLIDE = re.compile(r'(\d{2}-\d+-\d+-\d+|\d{8})_')

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
        """List the images of the subsets, by slide."""
        samples = self.part_samples('', self.SUBSETS, self.subsets)
        for sample in samples:
            slide = self._SLIDE.match(posixpath.basename(sample['name']))
            if slide:
                # The release itself parts the cells of a slide.
                part = sample['part'] if self.official_split else ''
                sample['group'] = join(part, slide[1])
        return samples
