from mmpretrain.registry import DATASETS

from .wbc_dataset import WBCDataset

#: The nine cell types of Bodzas et al.
LABELLED9_CLASSES = (
    'basophil',
    'eosinophil',
    'lymphoblast',
    'lymphocyte',
    'monocyte',
    'myeloblast',
    'neutrophil_band',
    'neutrophil_segment',
    'normoblast',
)


@DATASETS.register_module()
class LabelledWBC(WBCDataset):
    """High-resolution labelled leukocytes of Bodzas et al. ("Labelled").

    16,027 crops of 1200 x 1200 pixels (BMP) in nine types, May
    Gruenwald-Giemsa stain, Olympus BX51 and Basler acA5472-17uc: 1,023
    basophils, 1,017 eosinophils, 2,557 lymphoblasts, 3,046 lymphocytes, 2,040
    monocytes, 2,534 myeloblasts, 3,300 neutrophils (bands and segments) and
    510 normoblasts, as public users count them. Bodzas et al., Scientific Data
    2023; figshare collection 6612970.

    The tree after unzipping is used as it is::

        Labelled                    <- data_root
        |-- Basophile
        |   |-- *.bmp
        |   `-- ...
        |-- Eosinophile
        |-- Lymphoblast
        |-- Lymphocyte
        |-- Monocyte
        |-- Myeloblast
        |-- Neutrophile Band
        |-- Neutrophile Segment
        `-- Normoblast

    The names of the folders are known here from public code, not from the
    files.

    By default all nine types are used, which are the 16,027 of DAFFNet's
    Table 1. With ``classes=WBC5`` of
    :data:`daffnet_lite.structures.WBC5_CLASSES`, bands and segments become
    ``neutrophil``, and blasts and normoblasts are left out. The split is drawn
    over the nine in either case.

    Args:
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=LABELLED9_CLASSES)
    SOURCE = 'LabelledWBC'
