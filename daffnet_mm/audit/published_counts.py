"""What was published about the datasets, to hold the files against."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DAFFNET = 'DAFFNet, Table 1'
CHEN = 'Chen et al. 2022, Table 1'


@dataclass(frozen=True)
class Published:
    """Figures of one release.

    Attributes:
        total (int): Images.
        source (str): Who says so.
        classes (Mapping[str, int]): Images by class, where published.
        classes_source (str): Who says so.
        parts (Mapping[str, int]): Images by official part.
        size (tuple[int, int], optional): Width and height in pixels.
        format (str): What Pillow calls the format.
    """

    total: int
    source: str
    classes: Mapping[str, int] = field(default_factory=dict)
    classes_source: str = ''
    parts: Mapping[str, int] = field(default_factory=dict)
    size: tuple[int, int] | None = None
    format: str = ''


#: By release, as the audit's sources name them.
PUBLISHED = {
    'PBC': Published(
        17092,
        DAFFNET,
        classes=dict(
            basophil=1218,
            eosinophil=3117,
            erythroblast=1551,
            ig=2895,
            lymphocyte=1214,
            monocyte=1420,
            neutrophil=3329,
            platelet=2348,
        ),
        classes_source='Acevedo et al. 2020',
        size=(360, 363),
        format='JPEG',
    ),
    'WBCAtt': Published(
        10298,
        'Tsutsui et al. 2023',
        classes=dict(
            basophil=1218,
            eosinophil=3117,
            lymphocyte=1214,
            monocyte=1420,
            neutrophil=3329,
        ),
        classes_source='Acevedo et al. 2020, whose five WBC classes these are',
        parts=dict(train=6169, val=1030, test=3099),
        size=(360, 363),
        format='JPEG',
    ),
    'LISC': Published(
        242,
        DAFFNET,
        classes=dict(
            basophil=53,
            eosinophil=39,
            lymphocyte=52,
            monocyte=48,
            neutrophil=50,
        ),
        classes_source=CHEN,
        size=(720, 576),
        format='BMP',
    ),
    'RaabinWBC': Published(
        14514,
        DAFFNET,
        classes=dict(
            basophil=301,
            eosinophil=1066,
            lymphocyte=3461,
            monocyte=795,
            neutrophil=8891,
        ),
        classes_source=CHEN,
        size=(575, 575),
        format='JPEG',
    ),
    'LDWBC': Published(
        22645,
        DAFFNET,
        classes=dict(
            basophil=224,
            eosinophil=539,
            lymphocyte=10445,
            monocyte=968,
            neutrophil=10469,
        ),
        classes_source=CHEN,
        size=(1280, 1280),
        format='JPEG',
    ),
    'LabelledWBC': Published(
        16027,
        DAFFNET,
        # Bands and segments of neutrophils, 3,300, are not told apart there.
        classes=dict(
            basophil=1023,
            eosinophil=1017,
            lymphoblast=2557,
            lymphocyte=3046,
            monocyte=2040,
            myeloblast=2534,
            normoblast=510,
        ),
        classes_source='users of the release',
        size=(1200, 1200),
        format='BMP',
    ),
    # DAFFNet's BCCD, 3,500 images of 84 x 84, is none of the public releases,
    # and no figure of it applies to one of them.
    'BCCD Kaggle': Published(
        12444,
        CHEN,
        classes=dict(
            eosinophil=3120, lymphocyte=3103, monocyte=3098, neutrophil=3123
        ),
        classes_source=CHEN,
        size=(320, 240),
        format='JPEG',
    ),
    'BCCD detection': Published(
        364, 'Shenggan/BCCD_Dataset, in fields', size=(640, 480), format='JPEG'
    ),
    'BCCD cropped': Published(
        351,
        'apple2373/BCCD',
        classes=dict(
            basophil=3,
            eosinophil=88,
            lymphocyte=33,
            monocyte=20,
            neutrophil=207,
        ),
        classes_source='apple2373/BCCD',
        format='JPEG',
    ),
    'JTSC': Published(
        300, 'Zheng et al. 2018, dataset 1', size=(120, 120), format='BMP'
    ),
}
