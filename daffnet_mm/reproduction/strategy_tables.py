"""Lay several seeds of several strategies out as Tables 5 and 6."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from daffnet_mm.fileio import atomic_write
from daffnet_mm.structures import WBC_ATTRIBUTES

from .map_experiments import TEACHERS, Outcome, Run
from .paper_figures import (
    ANNOTATORS,
    PAPER_TABLE_5,
    PAPER_TABLE_6,
    WBCATT_BASELINE,
)
from .paper_tables import ATTRIBUTE_COLUMNS, SAMPLE_COLUMNS

#: Names of the strategies. The paper calls the first self-supervised in its
#: table and describes a supervised one.
STRATEGY_NAMES = {
    'plain': 'supervised',
    'dsl': 'deep-supervised (DSL)',
    'dsl-ssl': 'deep- and semi-supervised (DSL + SSL)',
    'ssl': 'semi-supervised (SSL)',
}

_CELL_TYPE = {'cell type': 'cell_type'}
_DIFFERENCES = {
    'Acc': 'accuracy',
    'macro F1': 'f1_macro',
    'SAcc': 'subset_accuracy',
}

Metrics = dict[str, float]


def read_outcome(outcome: Outcome) -> Metrics:
    """Read a finished run's figures.

    Args:
        outcome (Outcome): The run.

    Returns:
        dict[str, float]: In percent, by the keys of ``MultiAttributeMetric``
        without their prefix; ``cell_type`` is the accuracy of the auxiliary
        classifier. What has no value is left out.
    """
    folder = outcome.folder / 'evaluation'
    with open(folder / 'attr_metrics.json', encoding='utf-8') as f:
        found = json.load(f)['metrics']
    metrics = {
        key.removeprefix('attr/'): value
        for key, value in found.items()
        if value is not None
    }
    cells = folder / 'wbc_metrics.json'
    if cells.is_file():
        with open(cells, encoding='utf-8') as f:
            metrics['cell_type'] = json.load(f)['metrics']['wbc/accuracy']
    return metrics


class StrategyTables:
    """The tables of an experiment.

    Args:
        runs (Sequence[Run]): All runs that were asked for.
        outcomes (Mapping[Run, Outcome]): Those that have ended.
    """

    def __init__(
        self, runs: Sequence[Run], outcomes: Mapping[Run, Outcome]
    ) -> None:
        self.runs = list(runs)
        self.metrics: dict[Run, Metrics] = {}
        self.failures = {
            run: outcome.error
            for run, outcome in outcomes.items()
            if outcome.error
        }
        for run, outcome in outcomes.items():
            if outcome.error is None:
                self.metrics[run] = read_outcome(outcome)
        asked = {run.strategy for run in runs}
        self.strategies = [s for s in TEACHERS if s in asked]
        self.percents = sorted({run.percent for run in runs})

    def select(self, strategy: str, percent: float) -> dict[int, Metrics]:
        """The figures of one row's finished runs, by seed."""
        return {
            run.seed: self.metrics[run]
            for run in self.runs
            if run in self.metrics
            and (run.strategy, run.percent) == (strategy, percent)
        }

    def table_5(self) -> list[dict[str, str]]:
        """Each attribute's figures under the paper's last strategy.

        Of the strategies that were run, the one furthest down Table 6 stands
        for it.

        Returns:
            list[dict[str, str]]: For each share of the labels and each
            attribute a row of ours and one of the paper's.
        """
        ranked = [
            s
            for s in ('dsl-ssl', 'ssl', 'dsl', 'plain')
            if s in self.strategies
        ]
        rows = []
        for percent in self.percents:
            for attribute in (*WBC_ATTRIBUTES, 'overall'):
                head = {
                    'Labels': f'{percent:g} %',
                    'Attribute': attribute.replace('_', ' '),
                }
                rows.append(
                    {
                        **head,
                        'Whose': STRATEGY_NAMES[ranked[0]],
                        **self._attribute_cells(ranked[0], percent, attribute),
                    }
                )
                rows.append(
                    {
                        **head,
                        'Whose': "the paper's",
                        **_paper_cells(
                            ATTRIBUTE_COLUMNS, PAPER_TABLE_5[attribute]
                        ),
                        'Runs': '-',
                    }
                )
                rows.append(
                    {
                        **head,
                        'Whose': 'two annotators agree',
                        **_paper_cells(
                            ATTRIBUTE_COLUMNS,
                            dict(accuracy=ANNOTATORS[attribute]),
                        ),
                        'Runs': '-',
                    }
                )
        return rows

    def table_6(self) -> list[dict[str, str]]:
        """The strategies' figures.

        Returns:
            list[dict[str, str]]: For each share of the labels and each
            strategy a row of ours and one of the paper's; at the end,
            WBCAtt's baseline and annotators.
        """
        columns = {**ATTRIBUTE_COLUMNS, **SAMPLE_COLUMNS, **_CELL_TYPE}
        rows = []
        for percent in self.percents:
            for strategy in self.strategies:
                head = {
                    'Labels': f'{percent:g} %',
                    'Strategy': STRATEGY_NAMES[strategy],
                }
                rows.append(
                    {
                        **head,
                        'Whose': 'ours',
                        **self._cells(strategy, percent, columns),
                    }
                )
                if strategy in PAPER_TABLE_6 and percent == 100:
                    rows.append(
                        {
                            **head,
                            'Whose': "the paper's",
                            **_paper_cells(columns, PAPER_TABLE_6[strategy]),
                            'Runs': '-',
                        }
                    )
        for name, figures in (
            ("WBCAtt's ResNet50, official test part", WBCATT_BASELINE),
            (
                'two annotators agree',
                dict(
                    accuracy=ANNOTATORS['overall'],
                    subset_accuracy=ANNOTATORS['subset_accuracy'],
                ),
            ),
        ):
            rows.append(
                {
                    'Labels': '100 %',
                    'Strategy': name,
                    'Whose': "WBCAtt's",
                    **_paper_cells(columns, figures),
                    'Runs': '-',
                }
            )
        return rows

    def supplementary_table_3(self) -> list[dict[str, str]]:
        """Every attribute under every strategy.

        Returns:
            list[dict[str, str]]: For each share of the labels, attribute and
            strategy a row, and one for the mean attribute. The paper's
            supplement is not part of its text; its figures of DSL + SSL are
            Table 5's.
        """
        return [
            {
                'Labels': f'{percent:g} %',
                'Attribute': attribute.replace('_', ' '),
                'Strategy': STRATEGY_NAMES[strategy],
                **self._attribute_cells(strategy, percent, attribute),
            }
            for percent in self.percents
            for attribute in (*WBC_ATTRIBUTES, 'overall')
            for strategy in self.strategies
        ]

    def differences(self) -> list[dict[str, str]]:
        """What each strategy gains over the plain one, seed by seed.

        Returns:
            list[dict[str, str]]: For each share of the labels and each other
            strategy the mean and spread of the differences, in percentage
            points, and in how many seeds the accuracy is higher.
        """
        rows = []
        for percent in self.percents:
            plain = self.select('plain', percent)
            for strategy in self.strategies:
                own = self.select(strategy, percent)
                seeds = sorted(plain.keys() & own.keys())
                if strategy == 'plain' or not seeds:
                    continue
                row = {
                    'Labels': f'{percent:g} %',
                    'Strategy': STRATEGY_NAMES[strategy],
                }
                for title, key in _DIFFERENCES.items():
                    gains = [
                        own[seed][key] - plain[seed][key]
                        for seed in seeds
                        if key in own[seed] and key in plain[seed]
                    ]
                    row[title] = _mean_and_spread(gains, '+.2f')
                better = sum(
                    own[seed]['accuracy'] > plain[seed]['accuracy']
                    for seed in seeds
                )
                row['better in'] = f'{better} of {len(seeds)} seeds'
                rows.append(row)
        return rows

    def each_run(self) -> list[dict[str, str]]:
        """A row a run: its state and its figures, unrounded."""
        columns = {**ATTRIBUTE_COLUMNS, **SAMPLE_COLUMNS, **_CELL_TYPE}
        rows = []
        for run in self.runs:
            state = (
                'failed'
                if run in self.failures
                else 'finished'
                if run in self.metrics
                else 'not run'
            )
            row = {
                'Strategy': run.strategy,
                'Labels': f'{run.percent:g} %',
                'Seed': str(run.seed),
                'State': state,
                'Error': self.failures.get(run, ''),
            }
            metrics = self.metrics.get(run, {})
            row.update(
                {
                    title: f'{metrics[key]:.6g}' if key in metrics else ''
                    for title, key in columns.items()
                }
            )
            rows.append(row)
        return rows

    def to_markdown(self) -> str:
        """All tables and what they mean, as one page."""
        parts = [
            '# MAP under several training strategies',
            (
                'Figures in percent; mean ± standard deviation over the seeds '
                'whose runs have finished. AUC is (Rec + Spec) / 2, as the '
                'paper computes it; its printed headers F1 and Spec are '
                'swapped, and its Hamming loss is the one that its accuracy '
                'implies. The '
                "paper's and WBCAtt's figures are from their own test parts."
            ),
        ]
        for title, rows in (
            ('Table 6: strategies', self.table_6()),
            ('Gain over the supervised row, same seed', self.differences()),
            ('Table 5: attributes', self.table_5()),
            (
                'Supplementary Table 3: every attribute under every strategy',
                self.supplementary_table_3(),
            ),
        ):
            if rows:
                parts += [f'## {title}', markdown_table(rows)]
        if self.failures:
            parts += [
                '## Failed runs',
                '\n'.join(
                    f'- {run.name}: {error}'
                    for run, error in self.failures.items()
                ),
            ]
        return '\n\n'.join(parts) + '\n'

    def write(self, folder: Path) -> list[Path]:
        """Write the tables as Markdown and CSV.

        Args:
            folder (Path): Where to.

        Returns:
            list[Path]: The files.
        """
        paths = [folder / 'tables.md']
        with atomic_write(paths[0]) as f:
            f.write(self.to_markdown())
        for name, rows in (
            ('table_5', self.table_5()),
            ('table_6', self.table_6()),
            ('supplementary_table_3', self.supplementary_table_3()),
            ('differences', self.differences()),
            ('runs', self.each_run()),
        ):
            if rows:
                paths.append(folder / f'{name}.csv')
                with atomic_write(paths[-1]) as f:
                    writer = csv.DictWriter(
                        f, list(rows[0]), lineterminator='\n'
                    )
                    writer.writeheader()
                    writer.writerows(rows)
        return paths

    def _attribute_cells(
        self, strategy: str, percent: float, attribute: str
    ) -> dict[str, str]:
        prefix = '' if attribute == 'overall' else f'{attribute}/'
        return self._cells(
            strategy,
            percent,
            {t: prefix + k for t, k in ATTRIBUTE_COLUMNS.items()},
        )

    def _cells(
        self, strategy: str, percent: float, columns: Mapping[str, str]
    ) -> dict[str, str]:
        """Mean and spread of one row's runs."""
        found = list(self.select(strategy, percent).values())
        asked = [
            r
            for r in self.runs
            if (r.strategy, r.percent) == (strategy, percent)
        ]
        cells = {}
        for title, key in columns.items():
            values = [m[key] for m in found if key in m]
            cells[title] = _mean_and_spread(values)
        state = f'{len(found)} of {len(asked)}'
        failed = sum(run in self.failures for run in asked)
        if failed:
            state += f', {failed} failed'
        cells['Runs'] = state
        return cells


def markdown_table(rows: Sequence[Mapping[str, str]]) -> str:
    """Lay rows of the same keys out as a Markdown table."""
    header = list(rows[0])
    lines = [header, ['---'] * len(header), *(r.values() for r in rows)]
    return '\n'.join(
        '| ' + ' | '.join(cell.replace('|', r'\|') for cell in line) + ' |'
        for line in lines
    )


def _mean_and_spread(values: Sequence[float], form: str = '.2f') -> str:
    if not values:
        return '-'
    mean = f'{np.mean(values):{form}}'
    if len(values) == 1:
        return mean
    return f'{mean} ± {np.std(values, ddof=1):.2f}'


def _paper_cells(
    columns: Mapping[str, str], figures: Mapping[str, float]
) -> dict[str, str]:
    return {
        title: f'{figures[key]:.2f}' if key in figures else '-'
        for title, key in columns.items()
    }
