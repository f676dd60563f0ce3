"""Write filled tables as Markdown, CSV and LaTeX."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.tables import (
    escape_latex,
    to_latex,
    to_markdown,
    write_csv,
)
from daffnet_lite.utils.rounding import rounded_down, rounded_up
from daffnet_mm.evaluation.run_folders import read_metrics

from .matrix import known_metrics
from .methods import DATASETS, EPOCHS, IMAGE_SIZE, LEFT_OUT
from .plan import Plan
from .results import GAINS, RowResult, SectionResult, fill
from .statistics import Comparison, Summary, summarize
from .training_steps import FINISHED, read_outcome


class Block(NamedTuple):
    """A piece of a table as it is read.

    Attributes:
        heading (str): What it is about.
        headers (list[str]): The headings of its columns.
        rows (list[list[str]]): Its cells.
        notes (list[str]): What a reader has to know of them.
    """

    heading: str
    headers: list[str]
    rows: list[list[str]]
    notes: list[str]


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
    text = caption(plan)
    paths = []
    for table in plan.tables:
        sections = fill(table, plan.runs_of, plan.shares)
        blocks = lay_out(sections)
        page = [f'# {table.title}', text, *map(block_markdown, blocks)]
        latex = [_block_latex(b, table.title, text) for b in blocks]
        for suffix, parts in (('md', page), ('tex', latex)):
            paths.append(folder / f'{table.name}.{suffix}')
            with atomic_write(paths[-1]) as f:
                f.write('\n\n'.join(parts) + '\n')
        paths.append(folder / f'{table.name}.csv')
        write_csv(
            paths[-1], [_csv_row(s, r) for s in sections for r in s.rows]
        )
    paths.append(folder / 'runs.csv')
    write_csv(paths[-1], _run_rows(plan))
    return paths


def lay_out(sections: Sequence[SectionResult]) -> list[Block]:
    """Lay a filled table out.

    Args:
        sections (Sequence[SectionResult]): What fills it.

    Returns:
        list[Block]: A block a dataset and share of the labels, and one of the
        gains over the supervised MAP, where that is a row.
    """
    blocks = []
    for section in sections:
        heading = _heading(section)
        rows = [
            {'Method': _label(row), **_cells(section, row)}
            for row in section.rows
        ]
        blocks.append(_block(heading, rows, _notes(section)))
        gains = [
            {'Method': row.row.label, **_gain_cells(row)}
            for row in section.rows
            if row.gains
        ]
        if gains:
            heading += ': gain over the supervised row, same seed'
            blocks.append(_block(heading, gains, []))
    return blocks


def _block(heading: str, rows: list[dict], notes: list[str]) -> Block:
    return Block(heading, [*rows[0]], [[*row.values()] for row in rows], notes)


def block_markdown(block: Block) -> str:
    """Write a block in Markdown.

    Args:
        block (Block): The block.

    Returns:
        str: Heading, table and notes.
    """
    text = f'## {block.heading}\n\n{to_markdown(block.headers, block.rows)}'
    if block.notes:
        text += '\n' + '\n'.join(f'- {note}' for note in block.notes)
    return text.rstrip('\n')


def _block_latex(block: Block, title: str, text: str) -> str:
    """Write a block as a ``table`` environment."""
    text = f'{title}. {block.heading}. {text}'
    return '\n'.join(
        [
            r'\begin{table}',
            rf'\caption{{{escape_latex(text)}}}',
            to_latex(block.headers, block.rows).rstrip('\n'),
            *(rf'\par {escape_latex(note)}' for note in block.notes),
            r'\end{table}',
        ]
    )


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
        f'In percent; {what}. ± is half the width of the 95 % interval of '
        'the mean by the t distribution, where more than one run has finished.'
    )
    if settings.k_fold is not None:
        text += (
            ' Folds share training images, so that the interval is '
            'rather too narrow.'
        )
    if settings.official_split is not None:
        text += f" Ours on WBCAtt's official {settings.official_split} part."
    if settings.scale == 'tiny':
        text += (
            f' Small networks from scratch, '
            f'{settings.image_size or IMAGE_SIZE} px, '
            f'{settings.epochs or EPOCHS} epochs: rows are to be '
            "compared with each other, not with the paper's."
        )
    if plan.shares != [1]:
        text += " The paper's figures are of all labels."
    text += (
        " p: McNemar's exact test on the test cells against the trained "
        'row above'
    )
    if count > 1:
        text += ', of several seeds twice the median p'
    return text + '.'


def _heading(section: SectionResult) -> str:
    dataset, paper = section.section.dataset, section.section.published_on
    if dataset in LEFT_OUT:
        return f'{LEFT_OUT[dataset]}, trained without it'
    name = DATASETS[dataset] or 'synthetic cells'
    if paper == name:
        paper = None
    if dataset == 'pbc5':
        name += ', five classes'
        paper = paper or 'PBC, eight classes'
    if section.share != 1:
        name += f', {100 * section.share:g} % of the labels'
    return name if paper is None else f"{name} (the paper's figures: {paper})"


def _label(row: RowResult) -> str:
    if row.row.method is None:
        return f'{row.row.label} (published figures)'
    return row.row.label


def _cells(section: SectionResult, row: RowResult) -> dict[str, str]:
    """The cells of a row behind its name."""
    cells = {}
    for column, title in section.columns.items():
        summary = row.figures.get(column)
        cells[title] = '-' if summary is None else _text(summary)
        if summary is None and row.failures and not row.measured:
            cells[title] = 'failed'
        for key, whose in _published(section, column).items():
            figure = row.row.published.get(key)
            cells[f'{title}, {whose}'] = (
                '-' if figure is None else f'{figure:.2f}'
            )
    cells['Runs'] = row.state
    cells['p'] = _p_text(row.comparison)
    if row.same_as:
        cells['p'] = 'same training'
    return cells


def _published(section: SectionResult, column: str) -> dict[str, str]:
    """What stands beside a column of ours: the keys, and what they are."""
    known = {key for row in section.rows for key in row.row.published}
    kinds = {column: 'paper', f'{column} implied': 'implied by their Acc'}
    return {key: kind for key, kind in kinds.items() if key in known}


def _gain_cells(row: RowResult) -> dict[str, str]:
    titles, cells = known_metrics(), {}
    for metric in GAINS:
        gains = row.gains.get(metric)
        cells[titles[metric]] = (
            _text(summarize(gains), sign='+') if gains else '-'
        )
    gains = row.gains.get(GAINS[0], [])
    cells['better in'] = f'{sum(g > 0 for g in gains)} of {len(gains)}'
    return cells


def _text(summary: Summary, sign: str = '') -> str:
    mean = rounded_down(summary.mean, 2)
    if not mean.startswith('-'):
        mean = sign + mean
    if math.isnan(summary.half_width):
        return mean
    return f'{mean} ± {rounded_up(summary.half_width, 2)}'


def _p_text(comparison: Comparison | None) -> str:
    if comparison is None:
        return '-'
    if comparison.p_value < 0.001:
        return '< 0.001'
    return rounded_up(comparison.p_value, 3)


def _notes(section: SectionResult) -> list[str]:
    """What a reader has to know of the rows, each sentence once."""
    notes: dict[str, list[str]] = {}
    for row in section.rows:
        if row.row.note:
            notes.setdefault(f'published figures: {row.row.note}', []).append(
                row.row.label
            )
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
        'share': section.share,
        'method': row.row.label,
        'trained': row.row.method,
        'state': row.state,
        'runs_finished': len(row.measured),
        'runs_failed': len(row.failures),
        'runs_asked': row.asked,
    }
    for column in section.columns:
        found.update(_csv_cells(column, row.figures.get(column)))
        for key, whose in _published(section, column).items():
            found[f'{column} {whose}'] = row.row.published.get(key)
    for metric, gains in row.gains.items():
        found.update(_csv_cells(f'{metric} gain', summarize(gains)))
    test = row.comparison
    found['p'] = found['right_above_only'] = found['right_here_only'] = None
    if test is not None:
        found['p'] = test.p_value
        found['right_above_only'] = ' '.join(map(str, test.only_first))
        found['right_here_only'] = ' '.join(map(str, test.only_second))
    found['same_as'] = row.same_as
    found['paper_on'] = section.section.published_on
    found['note'] = row.row.note
    return found


def _csv_cells(name: str, summary: Summary | None) -> dict:
    mean = half_width = math.nan
    if summary is not None:
        mean, half_width, _ = summary
    return {
        name: mean,
        f'{name} low': mean - half_width,
        f'{name} high': mean + half_width,
    }


def _run_rows(plan: Plan) -> list[dict]:
    rows = []
    keys = {c: None for table in plan.tables for c in table.columns}
    for run in plan.configs:
        outcome = read_outcome(plan.folder(run))
        row = vars(run) | dict(state='not run', minutes=None, error=None)
        metrics = {}
        if outcome is not None:
            row |= outcome._asdict()
            if outcome.state == FINISHED:
                metrics = read_metrics(plan.folder(run))
        rows.append(row | {key: metrics.get(key) for key in keys})
    return rows
