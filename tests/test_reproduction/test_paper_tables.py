import json

import pytest
from rich.console import Console

from daffnet_mm.reproduction.paper_tables import (
    ATTRIBUTE_COLUMNS,
    CELL_COLUMNS,
    SAMPLE_COLUMNS,
    print_paper_tables,
    read_correct,
)
from daffnet_mm.structures import WBC_ATTRIBUTES


def make_run(folder, accuracy, wrong, attributes=True):
    """Write what a finished run leaves: ten cells, some of them wrong."""
    out = folder / 'evaluation'
    out.mkdir(parents=True)
    wbc = {f'wbc/{key}': accuracy for key in CELL_COLUMNS.values()}
    wbc['wbc/auc'] = None
    (out / 'wbc_metrics.json').write_text(json.dumps({'metrics': wbc}))
    rows = [
        f'{i}.png,monocyte,{"neutrophil" if i in wrong else "monocyte"}'
        for i in range(10)
    ]
    (out / 'wbc_predictions.csv').write_text(
        '\n'.join(['image,true,predicted', *rows]) + '\n'
    )
    if attributes:
        keys = [*ATTRIBUTE_COLUMNS.values(), *SAMPLE_COLUMNS.values()]
        attr = {f'attr/{key}': 10 + i for i, key in enumerate(keys)}
        attr.update(
            {
                f'attr/{name}/{key}': 50.125
                for name in WBC_ATTRIBUTES
                for key in keys
            }
        )
        (out / 'attr_metrics.json').write_text(json.dumps({'metrics': attr}))
    return folder


@pytest.fixture
def printed(tmp_path):
    folders = [
        make_run(tmp_path / 'supervised', 91, {0}),
        make_run(tmp_path / 'ssl', 92, {0}),
        # right where the ablation is wrong on six cells, wrong on one other
        make_run(tmp_path / 'daffnet', 93, {9}),
        make_run(tmp_path / 'ablation', 94, range(6), attributes=False),
    ]
    console = Console(record=True, width=200)
    print_paper_tables(console, *folders)
    return console.export_text(), tmp_path


def test_tables_hold_the_figures_of_their_runs(printed):
    text, _ = printed
    daffnet = next(x for x in text.splitlines() if 'DAFFNet-tiny ' in x)
    assert daffnet.count('93.00') == 5
    # a figure without a value is shown as such
    assert ' - ' in daffnet
    overall = next(x for x in text.splitlines() if 'overall' in x)
    assert [f'{10 + i:.2f}' in overall for i in range(7)] == [True] * 7
    stage_2 = next(x for x in text.splitlines() if '(stage 2)' in x)
    assert '19.00' in stage_2
    for attribute in WBC_ATTRIBUTES:
        assert attribute.replace('_', ' ') in text


def test_mcnemar_pairs_the_cells_by_image(printed):
    text, _ = printed
    # 6 against 1: 2 * (1 + 7) / 2**7
    assert 'only the first is right on 6, only the second on 1' in text
    assert 'p = 0.125' in text


def test_checkpoints_and_figures_are_named(printed):
    text, folder = printed
    for run in ('supervised', 'ssl', 'daffnet', 'ablation'):
        assert str(folder / run / 'best.pth') in text
    assert str(folder / 'daffnet/evaluation/wbc_predictions.csv') in text


def test_read_correct(printed):
    _, folder = printed
    correct = read_correct(folder / 'ablation')
    assert [correct[f'{i}.png'] for i in range(10)] == [False] * 6 + [True] * 4
