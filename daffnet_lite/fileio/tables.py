"""Tables of results as CSV, Markdown and LaTeX, laid out by pandas."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from .atomic import atomic_write
from .csv_files import LineFeeds, readable_cell

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


def write_csv(path: str | Path, rows: Sequence[Mapping]) -> None:
    """Write rows as CSV for people; a cell without a value is empty.

    A text that a spreadsheet would take for a formula is guarded by
    :func:`~daffnet_lite.fileio.csv_files.for_spreadsheet`.

    Args:
        path (str | Path): The file.
        rows (Sequence[Mapping]): The rows. A column that a row lacks is
            empty there.
    """
    # Here, because it takes a while to import.
    import pandas as pd

    # Whole numbers stay whole where a cell of their column is empty.
    table = pd.DataFrame(rows).map(readable_cell).convert_dtypes()
    with atomic_write(path) as file:
        table.to_csv(
            LineFeeds(file),
            index=False,
            float_format='%.6g',
            lineterminator='\r\n',
        )


def to_markdown(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay a table out in Markdown.

    Args:
        headers (Sequence[str]): The headings; the first column is aligned
            left, the others right.
        rows (Sequence[Sequence[str]]): The cells.

    Returns:
        str: The lines, with a line end after each.
    """
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(headers))
    text = table.map(_escape_pipe).to_markdown(
        index=False,
        headers=list(map(_escape_pipe, headers)),
        disable_numparse=True,
        colalign=('left', *('right' for _ in headers[1:])),
    )
    return text + '\n'


def to_latex(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay a table out as a ``tabular`` of LaTeX, for ``booktabs``.

    Args:
        headers (Sequence[str]): The headings; the first column is aligned
            left, the others right.
        rows (Sequence[Sequence[str]]): The cells.

    Returns:
        str: The lines, with a line end after each.
    """
    import pandas as pd

    table = pd.DataFrame(rows, columns=list(map(escape_latex, headers)))
    return table.map(escape_latex).to_latex(
        index=False,
        escape=False,
        column_format='l' + 'r' * (len(headers) - 1),
    )


def escape_latex(text: str) -> str:
    """Write a text so that LaTeX prints it as it is."""
    return text.translate(_LATEX)


def _escape_pipe(text: str) -> str:
    return text.replace('|', r'\|')
