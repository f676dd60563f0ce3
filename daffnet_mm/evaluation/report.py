import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.logging import print_log

from daffnet_lite.fileio.json_files import write_json
from daffnet_lite.fileio.tables import write_csv
from daffnet_lite.utils.rounding import rounded_down
from daffnet_mm.visualization import (
    plot_attribute_confusions,
    plot_confusion_matrix,
    save_figure,
)

#: Labels, and counts of shape (K, K): rows true, columns predicted.
Confusion = tuple[Sequence[str], np.ndarray]


@dataclass
class EvaluationReport:
    """All that one metric has to say of one evaluation.

    Attributes:
        name (str): The metric's prefix, such as ``'wbc'``; names the files.
        metrics (dict[str, float]): Metric keys (with the prefix) and values,
            in percent; nan where a metric has no value.
        table (list[dict]): A row per class or attribute and for the averages;
            all rows have the same keys.
        confusions (dict[str, Confusion]): A name to the labels and the counts
            (int, of shape (K, K), rows true, columns predicted).
        predictions (list[dict]): A row per sample, in the dataset's order.
        notes (list[str]): What has no value in this evaluation, and why.
    """

    name: str
    metrics: dict[str, float]
    table: list[dict[str, Any]]
    confusions: dict[str, Confusion]
    predictions: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)

    def to_text(self) -> str:
        """Lay the table out for a log: numbers right, names left aligned.

        Returns:
            str: The lines of the table, the headers first.
        """
        import pandas as pd

        names = next(iter(self.table[0]))
        table = pd.DataFrame(self.table).set_index(names)
        table = table.rename_axis(index=None, columns=names)
        return table.to_string(
            float_format=lambda score: f' {rounded_down(score, 2)}', na_rep='-'
        )

    def log(self, title: str, *below: str) -> None:
        """Log the notes as warnings, then the table.

        Args:
            title (str): What the table shows.
            *below (str): Lines to stand under it.
        """
        for note in self.notes:
            print_log(f'{self.name}: {note}', 'current', logging.WARNING)
        lines = (f'{self.name}: {title}, in percent', self.to_text(), *below)
        print_log('\n'.join(lines), 'current')


def write_report(
    report: EvaluationReport, out_dir: str | Path, figures: bool = True
) -> list[Path]:
    """Write a report's tables and figures, each file whole or not at all.

    .. code::

        out_dir
        ├── wbc_metrics.json      metrics, notes, table, confusion matrices
        ├── wbc_table.csv         a row per class (or attribute)
        ├── wbc_predictions.csv   a row per sample
        └── wbc_confusion.png     the paper's Fig. 6 (of attributes: Fig. 7)

    In the JSON file a metric without a value is ``null``, in the CSV files
    the cell is empty.

    Args:
        report (EvaluationReport): What to write.
        out_dir (str | Path): The folder, made if needed.
        figures (bool): Whether to draw the confusion matrices.
            Defaults to True.

    Returns:
        list[Path]: The files written.
    """
    stem = report.name.replace('/', '_')
    out_dir = Path(out_dir)
    content = {
        'metrics': report.metrics,
        'notes': report.notes,
        'table': report.table,
        'confusion_matrices': {
            name: {'labels': list(labels), 'counts': counts.tolist()}
            for name, (labels, counts) in report.confusions.items()
        },
    }
    paths = [
        out_dir / f'{stem}_metrics.json',
        out_dir / f'{stem}_table.csv',
        out_dir / f'{stem}_predictions.csv',
    ]
    write_json(paths[0], content)
    write_csv(paths[1], report.table)
    write_csv(paths[2], report.predictions)

    if figures:
        if len(report.confusions) == 1:
            ((labels, counts),) = report.confusions.values()
            figure = plot_confusion_matrix(counts, labels)
        else:
            figure = plot_attribute_confusions(report.confusions)
        paths.append(out_dir / f'{stem}_confusion.png')
        save_figure(figure, paths[-1])
    return paths
