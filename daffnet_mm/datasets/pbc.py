import os.path as osp

from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_lite.structures import PBC8_CLASSES

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

    File names are unique, so split files hold them without the folder.

    By default all eight classes are used, which is the task of DAFFNet's
    Tables 2 and 4; ``classes=WBC5`` of
    :data:`daffnet_lite.structures.WBC5_CLASSES`, or any other selection, takes
    fewer.

    Args:
        **kwargs: As for :class:`WBCDataset`.
    """

    METAINFO: dict = dict(classes=PBC8_CLASSES)
    SOURCE = 'PBC'
    SOURCE_CLASSES = PBC8_CLASSES

    def list_images(self) -> list[dict]:
        """List the images, named by their file names.

        Raises:
            InputError: If two folders hold an image of one name.
        """
        images = super().list_images()
        label_of: dict[str, str] = {}
        for image in images:
            name, label = osp.basename(image['name']), image['label']
            # The split is keyed by image name: two images of one name would
            # silently share a part.
            if name in label_of:
                raise InputError(
                    f'{type(self).__name__}: {self.data_root} has {name} as '
                    f'{label_of[name]} and as {label}; remove or rename one'
                )
            label_of[name] = label
            image['name'] = name
        return images
