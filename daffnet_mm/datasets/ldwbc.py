from mmpretrain.registry import DATASETS

from daffnet_lite.structures import WBC5_CLASSES

from .wbc_dataset import WBCDataset


@DATASETS.register_module()
class LDWBC(WBCDataset):
    """LDWBC: large-scale white blood cells of Chen et al.

    22,645 crops of 1280 x 1280 pixels from 150 people, Wright-Giemsa stain,
    Olympus BX41: 224 basophils, 539 eosinophils, 10,445 lymphocytes, 968
    monocytes and 10,469 neutrophils. Chen et al., BMC Bioinformatics 2022,
    where the data are announced as free; read the licence at the download.

    A folder a class is expected::

        LDWBC                       <- data_root
        |-- basophil
        |   |-- *.jpg
        |   `-- ...
        |-- eosinophil
        |-- lymphocyte
        |-- monocyte
        `-- neutrophil

    This layout has not been held against the download. Subfolders in a class
    folder are read too, and so are class folders below ``train``, ``val`` and
    ``test``; what is named in an unknown way goes into ``class_map``. Nothing
    is known of file names that tell the 150 people apart; if yours do, give
    them as a ``group_file``.

    Args:
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=WBC5_CLASSES)
    SOURCE = 'LDWBC'
