import pytest

from daffnet_lite.structures import PBC8_CLASSES, WBC5_CLASSES
from daffnet_lite.structures.class_names import (
    ALIASES,
    COARSER,
    canonical_class,
    plain,
)
from daffnet_mm.datasets import LABELLED9_CLASSES

#: The names, as they are found, that mean a class.
MEANINGS = {
    WBC5_CLASSES: {
        'basophil': 'Baso, BASOPHIL, basophils, Basophile, bas',
        'eosinophil': 'eosi, EOS',
        'lymphocyte': 'lymp',
        'monocyte': 'mono, ＭＯＮＯＣＹＴＥ',  # noqa: RUF001
        'neutrophil': 'neut, SNE, BNE, Segmented_Neutrophils, neutrophil-band',
        None: 'platelet, lymphoblast, mixt, ',
    },
    PBC8_CLASSES: {
        'ig': 'IG, Immature Granulocytes, PMY',
        'erythroblast': 'Normoblasts',
        'platelet': 'thrombocyte',
    },
    # Finer names come first.
    LABELLED9_CLASSES: {
        'neutrophil_band': 'Neutrophile Band, BNE',
        'neutrophil_segment': 'neutrophilSegments, SNE',
        'normoblast': 'Normoblast',
        'myeloblast': 'Myeloblasts',
        None: 'neutrophil',  # which of the two it is cannot be known
    },
}


@pytest.mark.parametrize('classes', MEANINGS)
def test_what_names_mean(classes):
    for expected, names in MEANINGS[classes].items():
        for name in names.split(', '):
            assert canonical_class(name, classes) == expected, name


def test_own_names_come_before_aliases():
    assert canonical_class('Mono', ('mono', 'poly')) == 'mono'


def test_no_name_means_two_types():
    owner = {}
    for label, aliases in ALIASES.items():
        for alias in (label, *aliases):
            assert owner.setdefault(plain(alias), label) == label, alias


def test_every_class_is_in_the_table():
    for label in (*PBC8_CLASSES, *LABELLED9_CLASSES):
        assert label in ALIASES
    assert set(COARSER) | set(COARSER.values()) <= set(ALIASES)
