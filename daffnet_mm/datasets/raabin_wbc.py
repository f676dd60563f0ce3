import posixpath
import re
from collections.abc import Mapping, Sequence

from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
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
    or, for basophils, the date (``20190531_...``). Cells of one slide are
    alike in stain and light, and on both sides of a split they would make it
    look easy, so the group is the slide. Some slides are one smear that was
    photographed again, cell by cell, and have its group: 95-8-12-4 and
    95-9-4-4 show cells of 95-5-10-1, 95-9-4-3 of 95-5-11-1, and 20190531 of
    20190527. Train has 54 slides, one of which holds 380 of its 744
    eosinophils, and basophils of four dates alone; 54 groups in all. With
    ``official_split=True``, ``Train`` is cut into training and validation part
    and the test sets are the test part, of the slides as they were shared out.

    Args:
        subsets (Sequence[str], optional): Which of ``'Train'``, ``'TestA'``
            and ``'TestB'`` to read. Defaults to None: all that are there.
        slides (Sequence[str], optional): Which slides to read, as file names
            begin with them; they need not have cells of every class. Defaults
            to None: all, and files that name none.
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=WBC5_CLASSES)
    SOURCE = 'RaabinWBC'
    SUBSETS = dict(Train='train', TestA='test', TestB='test')
    _SLIDE = re.compile(r'(\d{2}-\d+-\d+-\d+|\d{8})_')
    #: The slides, or dates, under whose name an earlier one's smear was
    #: photographed again: found by the audit, and looked at.
    SMEARS: Mapping[str, str] = {
        '95-8-12-4': '95-5-10-1',
        '95-9-4-4': '95-5-10-1',
        '95-9-4-3': '95-5-11-1',
        '20190531': '20190527',
    }

    def __init__(
        self,
        data_root: str,
        *args,
        subsets: Sequence[str] | None = None,
        slides: Sequence[str] | None = None,
        **kwargs,
    ) -> None:
        self.subsets = subsets
        self.slides = slides
        if slides is not None:
            self.OPTIONAL_CLASSES = self.METAINFO['classes']
        super().__init__(data_root, *args, **kwargs)

    def list_images(self) -> list[dict]:
        """List the images of the subsets and slides, by smear.

        Returns:
            list[dict]: The samples.

        Raises:
            InputError: If a subset is unknown or missing, or a slide has no
                image there.
        """
        samples = []
        found = set()
        for sample in self.part_samples('', self.SUBSETS, self.subsets):
            match = self._SLIDE.match(posixpath.basename(sample['name']))
            slide = match and match[1]
            found.add(slide)
            if self.slides is not None and slide not in self.slides:
                continue
            if slide:
                # The release itself parts the cells of a slide.
                part = sample['part'] if self.official_split else ''
                sample['group'] = join(part, self.SMEARS.get(slide, slide))
            samples.append(sample)
        absent = [slide for slide in self.slides or () if slide not in found]
        if absent:
            raise InputError(
                f'{type(self).__name__}: {self.data_root} has no image of '
                f'{len(absent)} of the slides, first {absent[0]}; file names '
                'must begin with the slide, as in 95-8-10-1_11_22.jpg, and '
                'lie in the folders that subsets names'
            )
        return samples
