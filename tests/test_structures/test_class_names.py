import pytest

from daffnet_mm.datasets import LABELLED9_CLASSES
from daffnet_mm.structures import PBC8_CLASSES, WBC5_CLASSES
from daffnet_mm.structures.class_names import (
    ALIASES,
    COARSER,
    canonical_class,
    plain,
)


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('Baso', 'basophil'),
        ('BASOPHIL', 'basophil'),
        ('basophils', 'basophil'),
        ('Basophile', 'basophil'),
        ('bas', 'basophil'),
        ('eosi', 'eosinophil'),
        ('EOS', 'eosinophil'),
        ('lymp', 'lymphocyte'),
        ('mono', 'monocyte'),
        ('neut', 'neutrophil'),
        ('SNE', 'neutrophil'),
        ('BNE', 'neutrophil'),
        ('Segmented_Neutrophils', 'neutrophil'),
        ('neutrophil-band', 'neutrophil'),
        ('ＭＯＮＯＣＹＴＥ', 'monocyte'),  # noqa: RUF001
        ('platelet', None),
        ('lymphoblast', None),
        ('mixt', None),
        ('', None),
    ],
)
def test_names_of_the_common_five(name, expected):
    assert canonical_class(name, WBC5_CLASSES) == expected


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('IG', 'ig'),
        ('Immature Granulocytes', 'ig'),
        ('PMY', 'ig'),
        ('Normoblasts', 'erythroblast'),
        ('thrombocyte', 'platelet'),
    ],
)
def test_names_of_pbc(name, expected):
    assert canonical_class(name, PBC8_CLASSES) == expected


@pytest.mark.parametrize(
    ('name', 'expected'),
    [
        ('Neutrophile Band', 'neutrophil_band'),
        ('BNE', 'neutrophil_band'),
        ('neutrophilSegments', 'neutrophil_segment'),
        ('SNE', 'neutrophil_segment'),
        ('Normoblast', 'normoblast'),
        ('Myeloblasts', 'myeloblast'),
        # which of the two it is cannot be known
        ('neutrophil', None),
    ],
)
def test_finer_names_come_first(name, expected):
    assert canonical_class(name, LABELLED9_CLASSES) == expected


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
