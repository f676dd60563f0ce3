from pathlib import Path

import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_mm.reproduction.matrix import own_table, paper_table
from daffnet_mm.reproduction.methods import DATASETS, list_methods
from daffnet_mm.reproduction.published import TITLES, load_published

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


SUPPLEMENT = 'daffnet_supplementary_table3'


@pytest.mark.parametrize(
    'name', [name for name in TITLES if name != SUPPLEMENT]
)
def test_every_published_row_is_there_and_trained_unless_cited(name):
    table = paper_table(name)
    rows = {
        (s.published_on, row.label): row
        for s in table.sections
        for row in s.rows
    }
    for published in load_published(name):
        row = rows[published.dataset, published.method.replace('_', ' ')]
        assert row.published == published.figures
        assert (row.method is None) is (published.origin == 'cited')
        assert row.method == published.trained
    methods = list_methods(CONFIGS)
    assert all(row.method in methods for row in rows.values() if row.method)
    assert all(DATASETS[s.dataset] == s.published_on for s in table.sections)
    assert 'pbc5' not in [s.dataset for s in table.sections]


def test_table_4_has_its_rows_in_order():
    section = paper_table('daffnet_table4', ['lisc']).sections[0]
    assert section.methods == [
        'resnet50',
        'epsa',
        'epsa-sa',
        'epsa-sa-map',
        'daffnet',
    ]
    assert section.rows[-1].published['wbc/accuracy'] == 91.3


def test_table_10_has_every_peer_raw_and_with_mixup():
    methods = paper_table('chen_table10').sections[0].methods
    for peer in (
        'resnet50',
        'densenet121',
        'inception-v3',
        'vgg19',
        'vit-base',
    ):
        assert f'scam/peer/{peer}' in methods
        assert f'scam/peer/{peer}_raw' in methods
    assert methods[-2:] == ['scam/alpha-0.0', 'scam']


def test_methods_of_others_have_figures_only():
    rows = paper_table('chen_table11').sections[0].rows
    cited = [row for row in rows if row.method is None]
    assert [row.label for row in cited] == ['Jiang et al.', 'Sharma et al.']
    assert cited[0].published['wbc/accuracy'] == 97.96


def test_chen_et_al_in_table_3_are_trained():
    (section,) = paper_table('daffnet_table3', ['ldwbc']).sections
    assert (section.rows[0].label, section.rows[0].method) == (
        'Chen, H. (2022)',
        'scam/cam',
    )
    # the figures are those of their paper
    own = paper_table('chen_table5').sections[0].rows
    cam = next(row for row in own if row.method == 'scam/cam')
    accuracy = 'wbc/accuracy'
    assert section.rows[0].published[accuracy] == cam.published[accuracy]


@pytest.mark.parametrize(
    'name', ['chen_table6', 'chen_table9', 'chen_table12']
)
def test_columns_by_class(name):
    columns = paper_table(name).columns
    assert list(columns.values()) == [
        'basophil',
        'monocyte',
        'eosinophil',
        'neutrophil',
        'lymphocyte',
    ]


def test_each_paper_has_its_averages():
    daffnet = paper_table('daffnet_table4').columns
    assert list(daffnet) == [
        f'wbc/{key}'
        for key in ('precision', 'recall', 'f1', 'accuracy', 'auc_hard', 'auc')
    ]
    assert list(paper_table('chen_table5').columns.values()) == [
        'Acc',
        'AP',
        'AR',
        'AF1',
    ]


def test_rows_of_table_5_are_attributes_beside_two_annotators():
    rows = paper_table('daffnet_table5').sections[0].rows
    assert {row.method for row in rows[::2]} == {'map/dsl-ssl'}
    assert [row.attribute for row in rows[::2]] == [*WBC_ATTRIBUTES, None]
    assert rows[0].key('attr/f1') == 'attr/cell_size/f1'
    assert rows[-2].key('attr/f1') == 'attr/f1'
    assert [row.label for row in rows[2:4]] == [
        'cell shape',
        'cell shape, two annotators',
    ]
    assert rows[3].published == {'attr/accuracy': 95.8}
    assert all(row.method is None for row in rows[1::2])


def test_table_6_ends_with_what_is_known_of_wbcatt():
    table = paper_table('daffnet_table6')
    (section,) = table.sections
    assert section.methods == ['map/plain', 'map/dsl', 'map/dsl-ssl']
    baseline, annotators = section.rows[3:]
    assert baseline.published == {
        'attr/accuracy': 94.09,
        'attr/f1_macro': 91.27,
    }
    assert annotators.published['attr/subset_accuracy'] == 63.7
    assert table.columns['wbc/accuracy'] == 'cell type Acc'
    assert table.columns['attr/accuracy'] == 'Acc'
    assert not any(key.endswith(' implied') for key in table.columns)


def test_the_supplement_has_every_attribute_under_every_strategy():
    rows = paper_table(SUPPLEMENT).sections[0].rows
    assert len(rows) == 12 * 4
    size = [row for row in rows if row.attribute == 'cell_size']
    assert [(row.label, row.method) for row in size] == [
        ('cell size, supervised', 'map/plain'),
        ('cell size, deep-supervised', 'map/dsl'),
        ('cell size, deep- and semi-supervised', 'map/dsl-ssl'),
    ]
    # what is printed in the paper's own text
    assert [bool(row.published) for row in size] == [False, False, True]
    assert size[-1].published['attr/f1'] == 79.28
    assert [row.published['attr/accuracy'] for row in rows[-4:]] == [
        84.0,
        87.05,
        88.65,
        96.1,
    ]


def test_a_dataset_of_ones_own_has_the_first_datasets_figures():
    (section,) = paper_table('chen_table5', ['pbc5']).sections
    assert section.published_on == 'LDWBC'
    assert section.rows[-1].published['wbc/accuracy'] == 97.84


def test_own_table():
    table = own_table(
        ['pbc', 'lisc'],
        ['scam', 'daffnet'],
        ['wbc/accuracy', 'wbc/basophil/recall'],
    )
    assert list(table.columns.values()) == ['Acc', 'basophil Rec']
    assert [s.dataset for s in table.sections] == ['pbc', 'lisc']
    maps = own_table(['wbcatt'], ['map/dsl'])
    assert 'attr/accuracy' in maps.columns


@pytest.mark.parametrize(
    ('call', 'words'),
    [
        (lambda: paper_table('chen_table3'), "no table 'chen_table3'"),
        (lambda: paper_table('chen_table4', ['mnist']), "no dataset 'mnist'"),
        (lambda: paper_table('chen_table4', None, ['acc']), "no metric 'acc'"),
        (lambda: own_table(['pbc'], ['scam'], ['wbc/x']), "no metric 'wbc/x'"),
    ],
)
def test_unknown(call, words):
    with pytest.raises(InputError, match=words):
        call()
