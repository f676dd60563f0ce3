"""Write filled tables as Markdown, CSV and LaTeX."""

import math
from collections.abc import Sequence
from pathlib import Path

from daffnet_mm.fileio import atomic_write

from .matrix import Table
from .methods import DATASETS, EPOCHS, IMAGE_SIZE
from .plan import Plan
from .result_tables import write_csv
from .results import (
    RowResult,
    SectionResult,
    fill,
    read_all_metrics,
)
from .run import read_outcome
from .statistics import Comparison, Summary
from .strategy_tables import markdown_table

_LATEX = str.maketrans(
    {
        '&': r'\&',
        '%': r'\%',
        '$': r'\$',
        '#': r'\#',
        '_': r'\_',
        '{': r'\{',
        '}': r'\}',
        '~': r'\textasciitilde{}',
        '^': r'\textasciicircum{}',
        '\\': r'\textbackslash{}',
        '±': r'$\pm$',
        '<': r'$<$',
    }
)


def write_tables(plan: Plan) -> list[Path]:
    """Write every table of a plan, and a list of its runs.

    Each table becomes ``<out_dir>/tables/<name>.md``, ``.csv`` (unrounded)
    and ``.tex`` (for the ``booktabs`` package).

    Args:
        plan (Plan): The runs, finished or not.

    Returns:
        list[Path]: The files.
    """
    folder = plan.settings.out_dir / 'tables'
    paths = []
    for table in plan.tables:
        sections = fill(table, plan)
        for suffix, text in (
            ('md', to_markdown(table, sections, plan)),
            ('tex', to_latex(table, sections, plan)),
        ):
            paths.append(folder / f'{table.name}.{suffix}')
            with atomic_write(paths[-1]) as f:
                f.write(text)
        paths.append(folder / f'{table.name}.csv')
        write_csv(
            paths[-1],
            [
                _csv_row(section, row)
                for section in sections
                for row in section.rows
            ],
        )
    paths.append(folder / 'runs.csv')
    write_csv(paths[-1], _run_rows(plan))
    return paths


def to_markdown(
    table: Table, sections: Sequence[SectionResult], plan: Plan
) -> str:
    """Lay a table out as a Markdown page.

    Args:
        table (Table): The table.
        sections (Sequence[SectionResult]): What fills it.
        plan (Plan): Its runs.

    Returns:
        str: The page.
    """
    parts = [f'# {table.title}', caption(plan)]
    for section in sections:
        parts.append(f'## {_heading(section)}')
        parts.append(
            markdown_table(
                [
                    {'Method': _label(row), **_cells(section, row)}
                    for row in section.rows
                ]
            )
        )
        notes = _notes(section)
        if notes:
            parts.append('\n'.join(f'- {note}' for note in notes))
    return '\n\n'.join(parts) + '\n'


def to_latex(
    table: Table, sections: Sequence[SectionResult], plan: Plan
) -> str:
    r"""Lay a table out for LaTeX, a ``table`` environment a dataset.

    Args:
        table (Table): The table.
        sections (Sequence[SectionResult]): What fills it.
        plan (Plan): Its runs.

    Returns:
        str: The text; needs ``\\usepackage{booktabs}``.
    """
    parts = []
    for section in sections:
        rows = [
            {'Method': _label(row), **_cells(section, row)}
            for row in section.rows
        ]
        lines = [
            ' & '.join(map(_escape, cells)) + r' \\'
            for cells in (rows[0], *(row.values() for row in rows))
        ]
        text = f'{table.title}. {_heading(section)}. {caption(plan)}'
        parts.append(
            '\n'.join(
                [
                    r'\begin{table}',
                    rf'\caption{{{_escape(text)}}}',
                    rf'\begin{{tabular}}{{l{"r" * (len(rows[0]) - 1)}}}',
                    r'\toprule',
                    lines[0],
                    r'\midrule',
                    *lines[1:],
                    r'\bottomrule',
                    r'\end{tabular}',
                    *(rf'\par {_escape(note)}' for note in _notes(section)),
                    r'\end{table}',
                ]
            )
        )
    return '\n\n'.join(parts) + '\n'


def caption(plan: Plan) -> str:
    """Say what the figures of a plan are.

    Args:
        plan (Plan): The runs.

    Returns:
        str: Some sentences.
    """
    settings = plan.settings
    count = len(plan.seeds)
    what = f'{count} seed' + ('s' if count > 1 else '')
    if settings.k_fold is not None:
        what += f' of {settings.k_fold} folds each'
    text = (
        f'In percent; {what}, with the 95 % interval of the mean by the '
        't distribution where more than one run has finished.'
    )
    if settings.k_fold is not None:
        text += (
            ' Folds share training images, so that the interval is '
            'rather too narrow.'
        )
    if settings.scale == 'tiny':
        text += (
            f' Small networks from scratch, '
            f'{settings.image_size or IMAGE_SIZE} px, '
            f'{settings.epochs or EPOCHS} epochs: rows are to be '
            "compared with each other, not with the paper's."
        )
    if settings.fraction not in (None, 1):
        text += (
            f' Trained on {100 * settings.fraction:g} % of the training '
            'images.'
        )
    text += (
        " p: McNemar's exact test on the test cells against the trained "
        'row above'
    )
    if count > 1:
        text += ', of several seeds twice the median p'
    return text + '.'


def _heading(section: SectionResult) -> str:
    dataset, paper = section.section.dataset, section.section.published_on
    name = DATASETS[dataset] or 'synthetic cells'
    if dataset == 'pbc5':
        name = 'PBC, five classes'
    if paper is None:
        return name
    if paper == DATASETS[dataset] and dataset != 'pbc5':
        return name
    if dataset == 'pbc5' and paper == 'PBC':
        paper = 'PBC, eight classes'
    return f"{name} (the paper's figures: {paper})"


def _label(row: RowResult) -> str:
    if row.row.method is None:
        return f'{row.row.label} (published figures)'
    return row.row.label


def _cells(section: SectionResult, row: RowResult) -> dict[str, str]:
    """The cells of a row behind its name."""
    cells = {}
    with_paper = {
        column for other in section.rows for column in other.published
    }
    for column, title in section.columns.items():
        summary = row.figures.get(column)
        cells[title] = '-' if summary is None else _text(summary)
        if summary is None and row.failures and not row.finished:
            cells[title] = 'failed'
        if column in with_paper:
            figure = row.published.get(column)
            cells[f'{title}, paper'] = (
                '-' if figure is None else f'{figure:.2f}'
            )
    cells['Runs'] = row.state
    cells['p'] = _p_text(row.comparison)
    if row.same_as:
        cells['p'] = 'same training'
    return cells


def _text(summary: Summary) -> str:
    if math.isnan(summary.half_width):
        return f'{summary.mean:.2f}'
    return f'{summary.mean:.2f} ± {summary.half_width:.2f}'


def _p_text(comparison: Comparison | None) -> str:
    if comparison is None:
        return '-'
    if comparison.p_value < 0.001:
        return '< 0.001'
    return f'{comparison.p_value:.3f}'


def _notes(section: SectionResult) -> list[str]:
    """What a reader has to know of the rows, each sentence once."""
    notes = {}
    for row in section.rows:
        if row.row.note:
            notes.setdefault(
                f"the paper's figures: {row.row.note}", []
            ).append(row.row.label)
        if row.same_as:
            notes.setdefault(
                f'the same training as {row.same_as} at this scale', []
            ).append(row.row.label)
        for name, error in row.failures.items():
            notes.setdefault(f'{name} failed: {error}', [])
    return [
        (f'{", ".join(labels)}: ' if labels else '') + text
        for text, labels in notes.items()
    ]


def _csv_row(section: SectionResult, row: RowResult) -> dict:
    found = {
        'dataset': section.section.dataset,
        'method': row.row.label,
        'trained': row.row.method or '',
        'state': row.state,
        'runs_finished': row.finished,
        'runs_failed': len(row.failures),
        'runs_asked': row.asked,
    }
    for column in section.columns:
        summary = row.figures.get(column)
        found[column] = ''
        found[f'{column} low'] = found[f'{column} high'] = ''
        if summary is not None:
            found[column] = summary.mean
            if not math.isnan(summary.half_width):
                found[f'{column} low'] = summary.mean - summary.half_width
                found[f'{column} high'] = summary.mean + summary.half_width
        found[f'{column} paper'] = row.published.get(column, '')
    test = row.comparison
    found['p'] = '' if test is None else test.p_value
    found['right_above_only'] = found['right_here_only'] = ''
    if test is not None:
        found['right_above_only'] = ' '.join(map(str, test.only_first))
        found['right_here_only'] = ' '.join(map(str, test.only_second))
    found['same_as'] = row.same_as or ''
    found['paper_on'] = section.section.published_on or ''
    found['note'] = row.row.note
    return found


def _run_rows(plan: Plan) -> list[dict]:
    rows = []
    keys = {c: None for table in plan.tables for c in table.columns}
    for run in plan.configs:
        outcome = read_outcome(plan.folder(run))
        row = {
            'dataset': run.dataset,
            'method': run.method,
            'seed': run.seed,
            'fold': '' if run.fold is None else run.fold,
            'state': 'not run',
            'minutes': '',
            'error': '',
        }
        metrics = {}
        if outcome is not None:
            row['state'] = outcome.state
            row['error'] = outcome.error or ''
            row['minutes'] = outcome.minutes
            if outcome.state == 'finished':
                metrics = read_all_metrics(plan.folder(run))
        for key in keys:
            row[key] = metrics.get(key)
        rows.append(row)
    return rows


def _escape(text: str) -> str:
    return text.translate(_LATEX)
