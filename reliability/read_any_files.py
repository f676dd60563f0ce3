"""Give a folder of any files to the tools, and see what becomes of each file.

Usage:
    python reliability/read_any_files.py FOLDER [--out FILE] [--skip-crop]

All that is no CSV file is put in a class folder, and this given to
``python -m daffnet_mm.predict``, to the audit, to ``crop_cells.py`` and to a
dataset that a training reads. CSV files are read as annotations of WBCAtt, by
the dataset and by the audit. Printed is a table in Markdown: a line a file,
a column a tool.

Every file must be read, or be named with a reason. Where one is not, or a
tool ends in a traceback, the exit status is 1.
"""

import contextlib
import io
import json
import os
import re
import runpy
import sys
import tempfile
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from daffnet_lite.commands import predict
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.csv_files import read_csv
from daffnet_lite.fileio.image_folders import (
    is_image_name,
    is_other_image_name,
    walk_folder,
)
from daffnet_lite.fileio.names import printable, valid_unicode
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.utils.command_line import ToolParser, one_sentence_errors
from daffnet_mm.audit import audit_datasets
from daffnet_mm.audit.folder_sources import ClassFolders
from daffnet_mm.datasets import WBCAtt

TOOLS = Path(__file__).resolve().parents[1] / 'tools'
CLASS = 'eosinophil'
LOST = 'LOST WITHOUT A WORD'
TRACEBACK = 'TRACEBACK'
#: Verdicts by file.
Verdicts = dict[str, str]


def build_parser() -> ToolParser:
    """Describe the command line."""
    parser = ToolParser(__doc__)
    parser.add_argument('folder', help='folder of any files')
    parser.add_output('--out', 'Markdown file to write (default: print it)')
    parser.add_argument(
        '--skip-crop', action='store_true', help='do not search for cells'
    )
    return parser


def call(function: Callable, *arguments: str) -> tuple[int | None, str, str]:
    """Run a tool's ``main``.

    Returns:
        tuple[int | None, str, str]: Its exit status (None after a traceback),
        what it wrote to the standard error, and to the standard output.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stderr(err), contextlib.redirect_stdout(out):
        try:
            status = function(list(arguments))
        except SystemExit as end:
            status = int(end.code or 0)
        except Exception:
            traceback.print_exc()
            status = None
    return status, err.getvalue(), out.getvalue()


def told(name: str, text: str) -> str | None:
    """Find what a line of a tool says of a file."""
    for line in text.splitlines():
        _, found, reason = line.partition(f'/{printable(name)}')
        if found and reason[:1] in ' :':
            return reason.strip(' :').removeprefix('cannot be read ')
    return None


def left_out(names: Sequence[str], text: str) -> Verdicts:
    """Find which files of other kinds were named together, and counted."""
    kinds = {
        name: os.path.splitext(name)[1].lower()
        for name in names
        if is_other_image_name(name)
    }
    number = Counter(kinds.values())
    return {
        name: 'left out, as told'
        for name, kind in kinds.items()
        if f'{number[kind]} {kind} (first ' in text
    }


def run_predict(tree: Path, names: Sequence[str], scratch: Path) -> Verdicts:
    """Ask for the cell types; gives the verdicts."""
    file = scratch / 'predict.json'
    status, err, _ = call(
        predict.main, str(tree), '--format', 'json', '--out', str(file)
    )
    if status is None:
        return dict.fromkeys(names, TRACEBACK)
    report = json.loads(file.read_text(encoding='utf-8'))
    cells = {
        os.path.relpath(cell['image'], tree): cell for cell in report['cells']
    }
    found = left_out(names, '\n'.join(report['warnings']))
    for name in names:
        cell = cells.get(valid_unicode(name))
        reason = told(name, err)
        if cell:
            found[name] = f'{cell["cell_type"]} {cell["probability"]:.2f}'
            if reason:
                found[name] += f'; {reason}'
        elif reason:
            found[name] = f'refused {reason}'
    assert status == bool(report['errors'])
    return found


def run_audit(tree: Path, names: Sequence[str], scratch: Path) -> Verdicts:
    """Audit the files; gives the verdicts."""
    tool = runpy.run_path(str(TOOLS / 'audit_dataset.py'))['main']
    out = scratch / 'audit'
    arguments = ('--out-dir', str(out), '--num-workers', '0')
    status, err, _ = call(tool, str(tree.parent), *arguments)
    if status is None:
        return dict.fromkeys(names, TRACEBACK)
    report = json.loads((out / 'audit.json').read_text(encoding='utf-8'))
    (source,) = report['sources']
    places = {f'{CLASS}/{valid_unicode(name)}': name for name in names}
    found = {
        places[name]: 'left out, as told'
        for name in source['images_of_other_kinds']
    }
    found |= {
        places[f['image']]: f'{f["fault"]} ({f["message"]})'
        for f in source['faulty']
    }
    sentences = [text for text in err.splitlines() if 'UTF-8' in text]
    for name in names:
        if name not in found and (reason := told(name, '\n'.join(sentences))):
            found[name] = f'refused: {reason}'
    rest = [n for n in names if n not in found and is_image_name(n)]
    if len(rest) + len(source['faulty']) == source['files']:
        found |= dict.fromkeys(rest, 'read')
    for remark, images in source['remarks'].items():
        for image in images:
            if found[places[image]][:4] == 'read':
                found[places[image]] += f'; {remark}'
    return found


def run_crop(tree: Path, names: Sequence[str], scratch: Path) -> Verdicts:
    """Search for cells; gives the verdicts."""
    path = TOOLS / 'dataset_converters' / 'crop_cells.py'
    tool = runpy.run_path(str(path))['main']
    target = scratch / 'crops'
    status, err, out = call(tool, str(tree), str(target), '--num-workers', '1')
    if status is None:
        return dict.fromkeys(names, TRACEBACK)
    cells = Counter(
        row['group'] for _, row in read_csv(target / 'boxes.csv', ['group'])
    )
    found = left_out(names, err)
    for name in names:
        reason = told(name, out)
        if cells[name]:
            found[name] = f'{cells[name]} cell{"s" * (cells[name] > 1)}'
        elif f'no cell found: {name}' in out.splitlines():
            found[name] = 'no cell, as told'
        elif reason:
            found[name] = f'refused ({reason})'
    return found


def run_dataset(tree: Path, names: Sequence[str]) -> Verdicts:
    """Read the files as a training does; gives the verdicts."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always', InputWarning)
        dataset = ClassFolders(
            str(tree.parent),
            classes=(CLASS,),
            pipeline=[dict(type='LoadCellImage')],
        )
    text = '\n'.join(str(w.message) for w in caught)
    found = left_out(names, text)
    for name in names:
        if reason := told(name, text):
            found[name] = f'refused: {reason}'
    for index in range(len(dataset)):
        path = dataset.get_data_info(index)['img_path']
        name = os.path.relpath(path, tree)
        try:
            height, width = dataset[index]['ori_shape']
            found[name] = f'{width} x {height}'
        except InputError as error:
            reason = str(told(name, str(error)))
            found[name] = f'refused {reason.partition("; replace")[0]}'
        except Exception:
            found[name] = TRACEBACK
    return found


def read_tables(folder: Path, names: Sequence[str], scratch: Path) -> dict:
    """Read CSV files as annotations; gives the verdicts of both readers."""

    def by_dataset(path: Path) -> str:
        number = len(WBCAtt.read_annotation_file(str(path)))
        return f'{number} rows'

    def by_audit(path: Path) -> str:
        place = scratch / 'tables' / str(len(os.listdir(scratch / 'tables')))
        place.mkdir()
        (place / path.name).symlink_to(path)
        report = audit_datasets([str(place)], str(place / 'out'))
        (file,) = report['attributes'][0]['files']
        faults = file['faults']
        more = f' and {len(faults) - 2} more' if faults[2:] else ''
        return (
            f'{file["rows"]} rows'
            + ''.join(f'; {fault}' for fault in faults[:2])
            + more
        )

    (scratch / 'tables').mkdir()
    verdicts: dict[str, Verdicts] = {}
    for kind, read in dict(audit=by_audit, dataset=by_dataset).items():
        verdicts[kind] = {}
        for name in names:
            path = (folder / name).resolve()
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter('always', InputWarning)
                try:
                    with contextlib.redirect_stderr(io.StringIO()):
                        verdict = read(path)
                except InputError as error:
                    verdict = f'refused: {error}'
                except Exception:
                    verdict = TRACEBACK
            notes = [
                f'; {w.message}'
                for w in caught
                if issubclass(w.category, InputWarning)
            ]
            verdict += ''.join(dict.fromkeys(notes))
            verdict = re.sub(rf'{re.escape(str(scratch))}\S+', 'it', verdict)
            verdict = verdict.replace(str(path), 'it')
            verdicts[kind][name] = verdict
    return verdicts


def main(argv: list[str] | None = None) -> int:
    """Run the script; gives 1 if a file was handled wrongly, else 0."""
    args = build_parser().parse_checked(argv)
    folder = Path(args.folder)
    with one_sentence_errors(), tempfile.TemporaryDirectory() as scratch:
        names, faults = walk_folder(str(folder))
        tables = [name for name in names if name.lower().endswith('.csv')]
        files = [name for name in names if name not in set(tables)]
        tree = Path(scratch, 'release', CLASS)
        for name in files:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).symlink_to((folder / name).resolve())
        place = Path(scratch)
        verdicts = dict(predict={}, audit={}, crop={}, dataset={})
        if files:
            verdicts.update(
                predict=run_predict(tree, files, place),
                audit=run_audit(tree, files, place),
                crop={} if args.skip_crop else run_crop(tree, files, place),
                dataset=run_dataset(tree, files),
            )
        for kind, found in read_tables(folder, tables, place).items():
            verdicts[kind] |= found
    wrong = list(faults)
    rows = []
    for name in names:
        row = [printable(name)]
        for kind, found in verdicts.items():
            expected = not (
                (name in tables and kind in ('predict', 'crop'))
                or (kind == 'crop' and args.skip_crop)
                or not (
                    name in tables
                    or is_image_name(name)
                    or is_other_image_name(name)
                )
            )
            cell = found.get(name, LOST if expected else '-')
            if LOST in cell or TRACEBACK in cell:
                wrong.append(f'{kind}: {name}: {cell}')
            row.append(printable(' '.join(cell.split())))
        rows.append(row)
    text = to_markdown(['file', *verdicts], rows)
    # Sentences are too long to be aligned.
    text = re.sub(' {2,}', ' ', re.sub('-{4,}', '---', text))
    if args.out:
        with atomic_write(args.out) as file:
            file.write(text)
    else:
        print(text)
    for sentence in wrong:
        print(f'error: {printable(sentence)}', file=sys.stderr)
    print(f'{len(names)} files, {len(wrong)} of them handled wrongly')
    return 1 if wrong else 0


if __name__ == '__main__':
    raise SystemExit(main())
