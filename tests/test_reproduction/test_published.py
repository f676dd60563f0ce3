"""The published figures agree with themselves: a wrong digit would show."""

import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_mm.reproduction.published import PUBLISHED_TABLES, load_published

ROWS = dict(
    daffnet_table2=6,
    daffnet_table3=20,
    daffnet_table4=30,
    daffnet_table5=12,
    daffnet_table6=3,
    chen_table4=6,
    chen_table5=8,
    chen_table6=8,
    chen_table7=3,
    chen_table8=4,
    chen_table9=4,
    chen_table10=12,
    chen_table11=18,
    chen_table12=24,
    wbcatt=13,
)


def by_row(table):
    return {(r.dataset, r.method): r.figures for r in load_published(table)}


def mean(values):
    values = list(values)
    return sum(values) / len(values)


@pytest.mark.parametrize('table', PUBLISHED_TABLES)
def test_tables_are_complete(table):
    rows = load_published(table)
    assert len(rows) == ROWS[table]
    assert len({(r.dataset, r.method) for r in rows}) == len(rows)
    for row in rows:
        assert row.origin in ('proposed', 'ablation', 'peer', 'cited')
        assert row.figures
        assert (row.trained is None) is (row.origin == 'cited')
        assert all(5 < value <= 100 for value in row.figures.values())
        prefix = 'attr/' if row.dataset == 'WBCAtt' else 'wbc/'
        assert all(key.startswith(prefix) for key in row.figures)


def test_unknown_table():
    with pytest.raises(InputError, match="'chen_table3'; there are daffnet"):
        load_published('chen_table3')


# -- DAFFNet -----------------------------------------------------------------


@pytest.mark.parametrize('table', ['daffnet_table2', 'daffnet_table4'])
def test_weighted_recall_is_accuracy(table):
    for figures in by_row(table).values():
        assert figures['wbc/recall'] == figures['wbc/accuracy']


def test_tables_of_daffnet_repeat_their_last_row():
    proposed = by_row('daffnet_table2')
    for table, method in (
        ('daffnet_table3', 'DAFFNet'),
        ('daffnet_table4', 'ResNet50+EPSA+SA+MAP+MAE'),
    ):
        rows = by_row(table)
        for dataset, _ in proposed:
            assert rows[dataset, method] == proposed[dataset, 'DAFFNet']


def test_attribute_rows_are_in_order():
    methods = [row.method for row in load_published('daffnet_table5')]
    assert methods == [*WBC_ATTRIBUTES, 'overall']


@pytest.mark.parametrize('table', ['daffnet_table5', 'daffnet_table6'])
def test_auc_is_the_mean_of_recall_and_specificity(table):
    for row in load_published(table):
        figures = row.figures
        expected = mean((figures['attr/recall'], figures['attr/specificity']))
        assert figures['attr/auc_hard'] == pytest.approx(expected, abs=0.011)


def test_binary_attributes_have_the_f1_of_precision_and_recall():
    several = (
        'nucleus_shape',
        'cytoplasm_colour',
        'granule_type',
        'granule_colour',
        'overall',
    )
    for row in load_published('daffnet_table5'):
        if row.method not in several:
            p, r = (row.figures[f'attr/{k}'] for k in ('precision', 'recall'))
            assert row.figures['attr/f1'] == pytest.approx(
                2 * p * r / (p + r), abs=0.011
            )


def test_overall_is_the_mean_of_the_attributes():
    *attributes, overall = load_published('daffnet_table5')
    for key in (
        'precision',
        'recall',
        'specificity',
        'f1',
        'accuracy',
        'auc_hard',
    ):
        expected = mean(row.figures[f'attr/{key}'] for row in attributes)
        assert overall.figures[f'attr/{key}'] == pytest.approx(
            expected, abs=0.011
        )
    assert overall.figures == load_published('daffnet_table6')[-1].figures


def test_the_hamming_loss_is_the_printed_one_and_the_implied_beside_it():
    printed = [14.67, 11.87, 10.41]
    for row, value in zip(
        load_published('daffnet_table6'), printed, strict=True
    ):
        assert row.figures['attr/hamming_loss'] == value
        # eq. (4)
        assert row.figures['attr/hamming_loss implied'] == pytest.approx(
            100 - row.figures['attr/accuracy']
        )
        assert 'contradicts the accuracy' in row.note


def test_annotators_agree_on_the_mean_attribute():
    *attributes, overall = load_published('wbcatt')[1:]
    assert [row.method for row in attributes] == [
        f'{name}, two annotators' for name in WBC_ATTRIBUTES
    ]
    assert overall.figures['attr/accuracy'] == pytest.approx(
        mean(row.figures['attr/accuracy'] for row in attributes), abs=0.051
    )


def test_what_cannot_be_compared_is_noted():
    notes = {
        (r.dataset, r.method): r.note for r in load_published('daffnet_table4')
    }
    rows = by_row('daffnet_table4')
    assert rows['LISC', 'ResNet50'] == rows['LISC', 'ResNet50+EPSA+SA']
    assert 'equals plain ResNet50' in notes['LISC', 'ResNet50+EPSA+SA']
    assert notes['LISC', 'ResNet50+EPSA'] == ''
    assert rows['LISC', 'ResNet50+EPSA+SA+MAP+MAE']['wbc/accuracy'] == round(
        100 * 42 / 46, 2
    )
    chen = next(
        r
        for r in load_published('daffnet_table3')
        if r.dataset == 'LDWBC' and r.origin == 'peer'
    )
    cam = by_row('chen_table5')['LDWBC', 'CAM']
    assert chen.figures == {
        'wbc/precision': cam['wbc/precision_macro'],
        'wbc/recall': cam['wbc/recall_macro'],
        'wbc/f1': cam['wbc/f1_macro'],
        'wbc/accuracy': cam['wbc/accuracy'],
    }
    assert 'macro' in chen.note


# -- Chen et al. -------------------------------------------------------------


@pytest.mark.parametrize(
    ('averages', 'classes'),
    [
        ('chen_table5', 'chen_table6'),
        ('chen_table8', 'chen_table9'),
        ('chen_table11', 'chen_table12'),
    ],
)
def test_average_recall_is_the_mean_of_the_classes(averages, classes):
    recalls = by_row(classes)
    for key, figures in by_row(averages).items():
        assert figures['wbc/recall_macro'] == pytest.approx(
            mean(recalls[key].values()), abs=0.011
        ), key


def test_ldwbc_rows_of_table_12_are_those_of_table_10_with_mixup():
    mixup = by_row('chen_table10')
    for (dataset, method), figures in by_row('chen_table12').items():
        if dataset == 'LDWBC':
            assert mixup[dataset, f'{method}, mixup'][
                'wbc/recall_macro'
            ] == pytest.approx(mean(figures.values()), abs=0.011)


def test_the_proposed_network_is_one_row_everywhere():
    figures = by_row('chen_table5')['LDWBC', 'SCAM']
    for table, method in (
        ('chen_table4', 'alpha 0.2'),
        ('chen_table7', 'ResNet + DenseNet + SCAM'),
        ('chen_table8', 'ImageNet weights in both'),
        ('chen_table10', 'SCAM network, mixup'),
    ):
        assert by_row(table)['LDWBC', method] == figures
    raw = by_row('chen_table10')['LDWBC', 'SCAM network, raw']
    assert raw == by_row('chen_table4')['LDWBC', 'alpha 0.0']


def test_bccd_has_no_basophils():
    for (dataset, _), figures in by_row('chen_table12').items():
        assert ('wbc/basophil/recall' in figures) is (dataset != 'BCCD')
