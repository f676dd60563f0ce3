import csv
import json

import numpy as np
import pytest

from daffnet_mm.reproduction.map_experiments import Outcome, Run
from daffnet_mm.reproduction.paper_figures import (
    ANNOTATORS,
    PAPER_TABLE_5,
    PAPER_TABLE_6,
)
from daffnet_mm.reproduction.paper_tables import (
    ATTRIBUTE_COLUMNS,
    SAMPLE_COLUMNS,
)
from daffnet_mm.reproduction.strategy_tables import (
    StrategyTables,
    markdown_table,
)
from daffnet_mm.structures import POSITIVE_VALUES, WBC_ATTRIBUTES


def finish(folder, figure, cell_type=None):
    """Write what a finished run leaves."""
    out = folder / 'evaluation'
    out.mkdir(parents=True)
    keys = {*ATTRIBUTE_COLUMNS.values(), *SAMPLE_COLUMNS.values()}
    metrics = {f'attr/{key}': figure for key in keys}
    metrics['attr/subset_accuracy'] = None
    for number, name in enumerate(WBC_ATTRIBUTES):
        metrics.update({f'attr/{name}/{key}': figure + number for key in keys})
    (out / 'attr_metrics.json').write_text(json.dumps(dict(metrics=metrics)))
    if cell_type is not None:
        (out / 'wbc_metrics.json').write_text(
            json.dumps(dict(metrics={'wbc/accuracy': cell_type}))
        )
    return Outcome(folder)


@pytest.fixture
def tables(tmp_path):
    """Three seeds; one DSL run has failed, one SSL run was not begun."""
    runs = [
        Run(strategy, percent, seed)
        for percent in (5, 100)
        for strategy in ('plain', 'dsl', 'dsl-ssl')
        for seed in range(3)
    ]
    outcomes = {}
    for seed, figure in enumerate((80.0, 81.0, 83.0)):
        outcomes[Run('plain', 100, seed)] = finish(
            tmp_path / f'plain{seed}', figure
        )
        outcomes[Run('dsl', 100, seed)] = finish(
            tmp_path / f'dsl{seed}', figure + 1 + seed, 90.0
        )
    outcomes[Run('dsl', 100, 1)] = Outcome(tmp_path, 'out of | memory')
    for seed in range(2):
        outcomes[Run('dsl-ssl', 100, seed)] = finish(
            tmp_path / f'ssl{seed}', 79.5, 91.0
        )
    return StrategyTables(runs, outcomes)


def row(rows, **cells):
    (found,) = [
        r for r in rows if all(r[key] == value for key, value in cells.items())
    ]
    return found


def test_mean_and_spread(tables):
    plain = row(
        tables.table_6(), Labels='100 %', Strategy='supervised', Whose='ours'
    )
    # 80, 81, 83: mean 244 / 3, variance (16 + 1 + 25) / 9 / 2 = 7 / 3
    assert plain['Acc'] == '81.33 ± 1.53'
    assert plain['Runs'] == '3 of 3'
    assert plain['SAcc'] == '-' and plain['cell type'] == '-'
    dsl = row(
        tables.table_6(),
        Labels='100 %',
        Whose='ours',
        Strategy='deep-supervised (DSL)',
    )
    assert dsl['Acc'] == '83.50 ± 3.54'
    assert dsl['Runs'] == '2 of 3, 1 failed'
    assert dsl['cell type'] == '90.00 ± 0.00'
    none = row(tables.table_6(), Labels='5 %', Strategy='supervised')
    assert (none['Acc'], none['Runs']) == ('-', '0 of 3')


def test_the_papers_figures_stand_beside_ours(tables):
    paper = row(
        tables.table_6(),
        Labels='100 %',
        Strategy='supervised',
        Whose="the paper's",
    )
    assert (paper['Spec'], paper['F1'], paper['HL']) == (
        '92.41',
        '78.26',
        '16.00',
    )
    baseline = row(
        tables.table_6(),
        Whose="WBCAtt's",
        Strategy="WBCAtt's ResNet50, official test part",
    )
    assert (baseline['Acc'], baseline['macro F1'], baseline['Prec']) == (
        '94.09',
        '91.27',
        '-',
    )
    # with few labels there is nothing to compare with
    assert not [
        r
        for r in tables.table_6()
        if r['Labels'] == '5 %' and r['Whose'] != 'ours'
    ]


def test_table_5_shows_the_papers_strategy(tables):
    rows = [r for r in tables.table_5() if r['Labels'] == '100 %']
    assert len(rows) == 3 * 12
    ours = row(
        rows,
        Attribute='cell shape',
        Whose='deep- and semi-supervised (DSL + SSL)',
    )
    assert ours['Acc'] == '80.50 ± 0.00' and ours['Runs'] == '2 of 3'
    assert (
        row(rows, Attribute='cell shape', Whose="the paper's")['F1'] == '89.91'
    )
    assert (
        row(rows, Attribute='cell shape', Whose='two annotators agree')['Acc']
        == '95.80'
    )


def test_supplementary_table_3_has_every_attribute_and_strategy(tables):
    rows = tables.supplementary_table_3()
    assert len(rows) == 2 * 12 * 3
    last = row(
        rows, Labels='100 %', Attribute='granularity', Strategy='supervised'
    )
    assert last['Acc'] == '91.33 ± 1.53'


def test_gains_go_seed_by_seed(tables):
    gains = row(tables.differences(), Strategy='deep-supervised (DSL)')
    # seeds 0 and 2: +1 and +3
    assert gains['Acc'] == '+2.00 ± 1.41'
    assert gains['better in'] == '2 of 2 seeds'
    gains = row(
        tables.differences(), Strategy='deep- and semi-supervised (DSL + SSL)'
    )
    # -0.5 and -1.5
    assert gains['Acc'] == '-1.00 ± 0.71'
    assert gains['better in'] == '0 of 2 seeds'


def test_files(tables, tmp_path):
    paths = tables.write(tmp_path / 'out')
    assert [p.name for p in paths] == [
        'tables.md',
        'table_5.csv',
        'table_6.csv',
        'supplementary_table_3.csv',
        'differences.csv',
        'runs.csv',
    ]
    page = paths[0].read_text()
    assert '- dsl_100percent_seed1: out of | memory' in page
    with open(paths[-1], newline='') as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 18
    states = [r['State'] for r in rows]
    assert (
        states.count('finished'),
        states.count('failed'),
        states.count('not run'),
    ) == (7, 1, 10)
    failed = row(rows, State='failed')
    assert (failed['Strategy'], failed['Seed']) == ('dsl', '1')
    assert failed['Error'] == 'out of | memory'
    with open(tmp_path / 'out' / 'table_6.csv', newline='') as file:
        assert list(csv.DictReader(file)) == tables.table_6()


def test_markdown():
    assert markdown_table([dict(a='1', b='x|y')]) == (
        '| a | b |\n| --- | --- |\n| 1 | x\\|y |'
    )


def test_nothing_has_run():
    page = StrategyTables([Run('plain', 100, 0)], {}).to_markdown()
    assert '| 100 % | supervised | ours | - |' in page


# -- the paper's figures are read as they must be ----------------------------


def test_headers_are_the_right_way_round():
    """F1 follows from precision and recall, the paper's AUC from the rest."""
    for name, figures in PAPER_TABLE_5.items():
        auc = (figures['recall'] + figures['specificity']) / 2
        assert figures['auc_hard'] == pytest.approx(auc, abs=0.011), name
        if name in POSITIVE_VALUES:
            f1 = 2 / (1 / figures['precision'] + 1 / figures['recall'])
            assert figures['f1'] == pytest.approx(f1, abs=0.011), name
    for figures in PAPER_TABLE_6.values():
        auc = (figures['recall'] + figures['specificity']) / 2
        assert figures['auc_hard'] == pytest.approx(auc, abs=0.011)
        # eq. (4)
        assert figures['hamming_loss'] == pytest.approx(
            100 - figures['accuracy'], abs=0.011
        )


def test_overall_is_the_mean():
    for key, overall in PAPER_TABLE_5['overall'].items():
        mean = np.mean([PAPER_TABLE_5[name][key] for name in WBC_ATTRIBUTES])
        assert overall == pytest.approx(mean, abs=0.011), key
        assert PAPER_TABLE_6['dsl-ssl'][key] == overall
    agreement = np.mean([ANNOTATORS[name] for name in WBC_ATTRIBUTES])
    assert ANNOTATORS['overall'] == pytest.approx(agreement, abs=0.051)
