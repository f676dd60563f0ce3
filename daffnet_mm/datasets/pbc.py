from mmpretrain.registry import DATASETS

from daffnet_mm.structures import PBC8_CLASSES

from .wbc_dataset import WBCDataset


@DATASETS.register_module()
class PBC(WBCDataset):
    """Peripheral blood cells of Barcelona's Hospital Clinic (PBC).

    17,092 images of normal cells, about 360 x 363 pixels, May Gruenwald-Giemsa
    stain, CellaVision DM96: 3,329 neutrophils, 3,117 eosinophils, 1,218
    basophils, 1,214 lymphocytes, 1,420 monocytes, 2,895 immature granulocytes
    (promyelocytes, myelocytes, metamyelocytes), 1,551 erythroblasts and 2,348
    platelets. Acevedo et al., Data in Brief 2020; Mendeley Data snkd93bnjr,
    CC BY 4.0.

    The tree after unzipping is used as it is::

        PBC_dataset_normal_DIB      <- data_root
        |-- basophil
        |   |-- BA_100102.jpg
        |   `-- ...
        |-- eosinophil
        |-- erythroblast
        |-- ig
        |-- lymphocyte
        |-- monocyte
        |-- neutrophil
        `-- platelet

    By default all eight classes are used, which is the task of DAFFNet's
    Tables 2 and 4; ``classes=WBC5`` of
    :data:`daffnet_mm.structures.WBC5_CLASSES`, or any other selection, takes
    fewer.

    Args:
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO = dict(classes=PBC8_CLASSES)
    SOURCE = 'PBC'
    FOLDERS = {name: name for name in PBC8_CLASSES}
