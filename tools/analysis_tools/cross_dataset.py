"""Test classifiers on the datasets of other laboratories.

Usage:
    python tools/analysis_tools/cross_dataset.py CONFIG CKPT [CONFIG CKPT ...]
        --datasets NAME=ROOT [NAME=ROOT ...] [--home] [--adapt-bn]
        [--names NAME ...] [--out-dir DIR] [--batch-size 64]
        [--num-workers 2] [--device DEVICE] [--no-figures]
        [--cfg-options KEY=VALUE ...]

    python tools/analysis_tools/cross_dataset.py
        configs/daffnet/cross/flips-tiny_pbc5.py
        work_dirs/flips-tiny_pbc5/best.pth
        configs/daffnet/cross/robust-tiny_pbc5.py
        work_dirs/robust-tiny_pbc5/best.pth
        --datasets BCCD=data/BCCD_cropped JTSC=data/segmentation_WBC --home

Each classifier is a row. Classes are matched by name, finer ones counted as
the coarser one that holds them; the common five are compared, and among them
the classifier decides, whatever else it was trained on. Cells are prepared by
the test pipeline of the classifier's config: to test with another preparation,
write another config. NAME is a dataset type of the plugin and ROOT the folder
of its release, of which all images are taken; or NAME is any name and ROOT a
config, whose test part is taken. A dataset that shares an image with a
classifier's training is refused. --home adds the test part of the
classifier's own config.

--adapt-bn adds a row for each classifier whose batch statistics are estimated
anew on the images, not the labels, of each dataset before it is tested there.

Written are ``cross_dataset.md``, ``.csv`` and ``.json``, and for each
classifier and dataset a folder with all metrics, the predictions and the
confusion matrix. Accuracies come with Wilson's 95 % interval; balanced
accuracy is the mean recall of the classes of which a dataset has five cells or
more, with the interval that follows from those of the recalls.

Exit status: 1 if an image cannot be read, which is named and left out, while
the rest goes on; 2 for bad input; else 0.
"""

import argparse
from collections.abc import Iterator

from mmengine.logging import MMLogger

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.claims import claim_folder
from daffnet_lite.fileio.json_files import write_json
from daffnet_lite.fileio.tables import to_markdown, write_csv
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_lite.utils.command_line import (
    ToolParser,
    named_places,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import rounded_down, with_interval
from daffnet_mm.apis.trained_classifier import (
    DATASET,
    ClassifierResult,
    load_classifiers,
)
from daffnet_mm.evaluation import write_report

#: The column of a classifier's own test part.
HOME = 'home'
ADAPTED = ', adapted BN'
#: Classifier, dataset and what came out.
Row = tuple[str, str, ClassifierResult]


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_classifiers('work_dirs/cross_dataset')
    parser.add_argument(
        '--datasets',
        nargs='+',
        default=[],
        metavar='NAME=ROOT',
        help='what they are tested on: NAME=ROOT or NAME=CONFIG.py',
    )
    parser.add_argument(
        '--home',
        action='store_true',
        help="test on the test part of each classifier's own config too",
    )
    parser.add_argument(
        '--adapt-bn',
        action='store_true',
        help='add rows with batch statistics of the tested images',
    )
    parser.add_argument(
        '--no-figures', action='store_true', help='draw no confusion matrices'
    )
    return parser


def check_datasets(args: argparse.Namespace) -> None:
    """Refuse datasets that make no table."""
    if not args.datasets and not args.home:
        raise InputError(
            'nothing to test on: give --datasets NAME=ROOT or --home'
        )
    named_places(args.datasets, DATASET, [HOME])


def run(args: argparse.Namespace) -> Iterator[Row]:
    """Test every classifier on every dataset."""
    for name, classifier in load_classifiers(
        args.models,
        args.names,
        device=args.device,
        batch_size=args.batch_size,
        num_workers=args.num_workers,
        cfg_options=args.cfg_options,
    ):
        datasets = [(HOME, classifier.home())] if args.home else []
        datasets += [classifier.dataset(text) for text in args.datasets]
        for column, dataset in datasets:
            yield name, column, classifier.test(dataset, column)
        if args.adapt_bn:
            for column, dataset in datasets:
                adapted = classifier.adapted(dataset)
                yield name + ADAPTED, column, adapted.test(dataset, column)


def accuracy_table(rows: list[Row]) -> str:
    """One row a classifier, two columns a dataset."""
    columns = list(dict.fromkeys(column for _, column, _ in rows))
    cells = {(name, column): result for name, column, result in rows}
    lines = []
    for name in dict.fromkeys(name for name, _, _ in rows):
        line = [name]
        for column in columns:
            result = cells[name, column]
            line += [
                with_interval(result.accuracy, *result.interval),
                with_interval(*result.balanced),
            ]
        lines.append(line)
    headers = ['classifier']
    for column in columns:
        sizes = {r.cells for _, c, r in rows if c == column}
        size = ', '.join(str(s) for s in sorted(sizes))
        headers += [f'{column} ({size} cells)', f'{column}, balanced']
    return to_markdown(headers, lines)


def recall_table(rows: list[Row]) -> str:
    """One row a classifier and dataset, one column a class."""
    classes = [
        c for c in WBC5_CLASSES if any(c in r.recalls for _, _, r in rows)
    ]
    lines = []
    for name, column, result in rows:
        values = (result.recalls.get(c) for c in classes)
        lines.append(
            [
                name,
                column,
                *('-' if v is None else rounded_down(v, 1) for v in values),
            ]
        )
    return to_markdown(['classifier', 'tested on', *classes], lines)


def write(rows: list[Row], args: argparse.Namespace) -> str:
    """Write the tables; gives the one in Markdown."""
    notes = dict.fromkeys(note for _, _, r in rows for note in r.notes)
    text = (
        'Accuracy in percent, with its 95 % interval (Wilson), and balanced '
        f'accuracy, with its own.\n\n{accuracy_table(rows)}\n'
        f'Recall of each class in percent.\n\n{recall_table(rows)}'
    )
    if notes:
        text += '\n' + ''.join(f'- {note}\n' for note in notes)
    with atomic_write(args.out_dir / 'cross_dataset.md') as file:
        file.write(text)
    records = [
        dict(classifier=name, dataset=column, **result.summary())
        for name, column, result in rows
    ]
    write_csv(args.out_dir / 'cross_dataset.csv', records)
    for record, (_, _, result) in zip(records, rows, strict=True):
        labels, counts = result.report.confusions['cell_type']
        record.update(
            confusion_matrix=dict(labels=list(labels), counts=counts.tolist()),
            notes=result.notes,
        )
    write_json(args.out_dir / 'cross_dataset.json', records)
    return text


def test_all(args: argparse.Namespace) -> str:
    """Test, and write all that comes out; gives the tables in Markdown."""
    rows: list[Row] = []
    for name, column, result in run(args):
        folder = args.out_dir / name.replace(ADAPTED, '_adapted') / column
        write_report(result.report, folder, figures=not args.no_figures)
        rows.append((name, column, result))
        # What there is so far, should the rest fail.
        if (
            len({c for n, c, _ in rows if n == name})
            == len(args.datasets) + args.home
        ):
            text = write(rows, args)
    return text


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    # Not every evaluation's table: they are written.
    MMLogger.get_instance('daffnet_mm', log_level='ERROR')
    with one_sentence_errors() as status:
        check_datasets(args)
        with claim_folder(args.out_dir):
            text = test_all(args)
        print(text)
        print(f'written to {args.out_dir}')
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
