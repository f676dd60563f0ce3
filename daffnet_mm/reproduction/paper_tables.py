"""Print finished runs as the paper's tables are laid out."""

import csv
import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from daffnet_mm.evaluation import mcnemar_test
from daffnet_mm.structures import WBC_ATTRIBUTES

#: Columns of Tables 2 and 4. The paper's AUC is (recall + specificity) / 2 on
#: hard predictions; the ROC AUC that readers expect stands beside it.
CELL_COLUMNS = {
    'Prec': 'precision',
    'Rec': 'recall',
    'F1': 'f1',
    'Acc': 'accuracy',
    'AUC (paper)': 'auc_hard',
    'ROC AUC': 'auc',
}

#: Columns of Tables 5 and 6, whose headers F1 and Spec are swapped in print.
ATTRIBUTE_COLUMNS = {
    'Prec': 'precision',
    'Rec': 'recall',
    'Spec': 'specificity',
    'F1': 'f1',
    'Acc': 'accuracy',
    'AUC (paper)': 'auc_hard',
    'macro F1': 'f1_macro',
}

#: Further columns of Table 6.
SAMPLE_COLUMNS = {
    'SAcc': 'subset_accuracy',
    'HL': 'hamming_loss',
    'JS': 'jaccard',
}


def read_metrics(work_dir: Path, prefix: str) -> dict[str, float]:
    """Read what :class:`EvaluationReportHook` wrote.

    Args:
        work_dir (Path): Folder of a finished run.
        prefix (str): ``'wbc'`` or ``'attr'``.

    Returns:
        dict[str, float]: Metric values by key, in percent; None where a
        figure has no value.
    """
    path = work_dir / 'evaluation' / f'{prefix}_metrics.json'
    with open(path, encoding='utf-8') as f:
        return json.load(f)['metrics']


def _figures(metrics: dict[str, float], keys: list[str]) -> list[str]:
    values = [metrics.get(key) for key in keys]
    return ['-' if v is None else f'{v:.2f}' for v in values]


def cell_table(title: str, rows: dict[str, Path]) -> Table:
    """Lay runs out as in Tables 2 and 4.

    Args:
        title (str): The table's title.
        rows (dict[str, Path]): Folder of the run by row name.

    Returns:
        Table: The table, in percent.
    """
    table = Table('Method', *CELL_COLUMNS, title=title)
    for name, work_dir in rows.items():
        metrics = read_metrics(work_dir, 'wbc')
        table.add_row(
            name,
            *_figures(metrics, [f'wbc/{k}' for k in CELL_COLUMNS.values()]),
        )
    return table


def attribute_table(title: str, work_dir: Path) -> Table:
    """Lay one MAP out as in Table 5.

    Args:
        title (str): The table's title.
        work_dir (Path): Folder of the run.

    Returns:
        Table: A row an attribute and their mean, in percent.
    """
    metrics = read_metrics(work_dir, 'attr')
    table = Table('Attribute', *ATTRIBUTE_COLUMNS, title=title)
    for attribute in WBC_ATTRIBUTES:
        table.add_row(
            attribute.replace('_', ' '),
            *_figures(
                metrics,
                [f'attr/{attribute}/{k}' for k in ATTRIBUTE_COLUMNS.values()],
            ),
        )
    table.add_section()
    table.add_row(
        'overall',
        *_figures(metrics, [f'attr/{k}' for k in ATTRIBUTE_COLUMNS.values()]),
    )
    return table


def strategy_table(title: str, rows: dict[str, Path]) -> Table:
    """Lay MAPs of different training strategies out as in Table 6.

    Args:
        title (str): The table's title.
        rows (dict[str, Path]): Folder of the run by strategy.

    Returns:
        Table: The table, in percent.
    """
    columns = {**ATTRIBUTE_COLUMNS, **SAMPLE_COLUMNS}
    table = Table('Strategy', *columns, title=title)
    for name, work_dir in rows.items():
        metrics = read_metrics(work_dir, 'attr')
        table.add_row(
            name, *_figures(metrics, [f'attr/{k}' for k in columns.values()])
        )
    return table


def read_correct(work_dir: Path) -> dict[str, bool]:
    """Read which test cells a run has right.

    Args:
        work_dir (Path): Folder of a finished run.

    Returns:
        dict[str, bool]: Whether the cell type is right, by image.
    """
    path = work_dir / 'evaluation' / 'wbc_predictions.csv'
    with open(path, newline='', encoding='utf-8') as f:
        return {
            row['image']: row['true'] == row['predicted']
            for row in csv.DictReader(f)
        }


def print_paper_tables(
    console: Console,
    map_supervised: Path,
    map_ssl: Path,
    daffnet: Path,
    ablation: Path,
) -> None:
    """Print Tables 2, 5 and 6 for the runs of a demonstration.

    Args:
        console (Console): Where to print.
        map_supervised (Path): Folder of stage 1.
        map_ssl (Path): Folder of stage 2.
        daffnet (Path): Folder of stage 3.
        ablation (Path): Folder of stage 3 without the morphological branch.
    """
    console.print(
        cell_table(
            'Table 2: cell types (weighted averages, %)',
            {
                'EPSA-SA-ResNet (ablation)': ablation,
                'DAFFNet-tiny': daffnet,
            },
        )
    )
    console.print(
        attribute_table('Table 5: attributes of the final MAP (%)', map_ssl)
    )
    console.print(
        strategy_table(
            'Table 6: training strategies of MAP (%)',
            {
                'deep-supervised (stage 1)': map_supervised,
                'deep- and semi-supervised (stage 2)': map_ssl,
            },
        )
    )

    ours, theirs = read_correct(daffnet), read_correct(ablation)
    images = sorted(ours)
    result = mcnemar_test(
        [ours[i] for i in images], [theirs[i] for i in images]
    )
    console.print(
        f'DAFFNet-tiny against its ablation on {len(images)} test cells: only '
        f'the first is right on {result.b}, only the second on {result.c}; '
        f"McNemar's exact p = {result.p_value:.3f}"
    )

    console.print('checkpoints:')
    for folder in (map_supervised, map_ssl, daffnet, ablation):
        console.print(f'  {folder / "best.pth"}', soft_wrap=True)
    console.print('figures, tables and predictions:')
    for folder in (map_supervised, map_ssl, daffnet, ablation):
        for figure in sorted((folder / 'evaluation').iterdir()):
            console.print(f'  {figure}', soft_wrap=True)
