import pytest
from cell_trees import PARTS, QUICK, counts, ids, ldwbc, paint
from mmpretrain.registry import DATASETS

from daffnet_lite.errors import InputError
from daffnet_mm.datasets import LDWBC

COUNTS = [3, 4, 10, 5, 11]


def test_a_folder_a_class(tmp_path):
    root = ldwbc(tmp_path)
    dataset = DATASETS.build(dict(type='LDWBC', data_root=str(root), **QUICK))
    # the subfolder's two neutrophils are among the eleven
    assert counts(dataset) == COUNTS
    assert 'LDWBC/neutrophil/patient7/2.jpg' in ids(dataset)


def test_other_names_of_the_folders(tmp_path):
    root = ldwbc(tmp_path)
    for old, new in dict(
        basophil='01',
        eosinophil='EOS',
        lymphocyte='Lymphocytes',
        monocyte='MONO',
        neutrophil='Neut',
    ).items():
        (root / old).rename(root / new)
    with pytest.raises(InputError, match='LDWBC/01 means no class'):
        LDWBC(str(root), **QUICK)
    dataset = LDWBC(str(root), class_map={'01': 'Baso'}, **QUICK)
    assert counts(dataset) == COUNTS


def test_class_folders_below_parts(tmp_path):
    root = tmp_path / 'LDWBC'
    for part, count in dict(train=4, val=2, Test=1).items():
        for name in LDWBC.METAINFO['classes']:
            for number in range(count):
                paint(root / part / name / f'{number}.jpg')
    assert len(LDWBC(str(root), **QUICK)) == 35
    sizes = [
        len(LDWBC(str(root), part, official_split=True, **QUICK))
        for part in PARTS
    ]
    assert sizes == [20, 10, 5]
