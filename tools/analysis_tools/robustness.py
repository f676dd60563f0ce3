"""Measure how classifiers bear blur, noise, JPEG and another stain.

Usage:
    python tools/analysis_tools/robustness.py CONFIG CKPT [CONFIG CKPT ...]
        [--corruptions blur noise jpeg stain] [--names NAME ...]
        [--out-dir DIR] [--batch-size 64] [--num-workers 2]
        [--device DEVICE] [--cfg-options KEY=VALUE ...]

Each classifier is tested on the test part of its own config: as it is, and
with the images made worse in five steps by each of the corruptions, which act
on the image as the model sees it, before any colour normalisation. Several
classifiers become several curves; they see the same noise. Written are
``robustness.csv`` (accuracy with Wilson's 95 % interval, balanced accuracy,
recalls), ``robustness.md`` and ``robustness.png``.

Exit status: 1 if an image cannot be read, which is named and left out, while
the rest goes on; 2 for bad input; else 0.
"""

from operator import itemgetter

from mmengine.logging import MMLogger

import daffnet_mm  # noqa: F401
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.claims import claim_folder
from daffnet_lite.fileio.tables import to_markdown, write_csv
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import with_interval
from daffnet_mm.apis.robustness import CORRUPTIONS, measure_robustness
from daffnet_mm.apis.trained_classifier import load_classifiers
from daffnet_mm.visualization import plot_robustness, save_figure


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_classifiers('work_dirs/robustness')
    parser.add_argument(
        '--corruptions',
        nargs='+',
        default=list(CORRUPTIONS),
        help=f'how images are made worse (default: {" ".join(CORRUPTIONS)})',
    )
    return parser


def curves(rows: list[dict], names: list[str]) -> dict:
    """Arrange the rows for the figure."""
    point = itemgetter('severity', 'accuracy', 'accuracy_low', 'accuracy_high')
    found = {}
    for corruption in dict.fromkeys(r['corruption'] for r in rows):
        if corruption == 'none':
            continue
        found[corruption] = (
            CORRUPTIONS[corruption][0],
            {
                name: [
                    point(r)
                    for r in rows
                    if r['classifier'] == name
                    and r['corruption'] in ('none', corruption)
                ]
                for name in names
            },
        )
    return found


def markdown(rows: list[dict], names: list[str]) -> str:
    """One row a corruption and severity, one column a classifier."""
    lines = {}
    for r in rows:
        key = (
            r['corruption'],
            '-' if r['severity'] is None else f'{r["severity"]:g}',
        )
        lines.setdefault(key, []).append(
            with_interval(r['accuracy'], r['accuracy_low'], r['accuracy_high'])
        )
    return to_markdown(
        ['corruption', 'severity', *names],
        [[*key, *cells] for key, cells in lines.items()],
    )


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    # Not every evaluation's table: they are written.
    MMLogger.get_instance('daffnet_mm', log_level='ERROR')
    with one_sentence_errors() as status:
        classifiers = load_classifiers(
            args.models,
            args.names,
            device=args.device,
            batch_size=args.batch_size,
            num_workers=args.num_workers,
            cfg_options=args.cfg_options,
        )
        with claim_folder(args.out_dir):
            rows = [
                dict(
                    classifier=name,
                    corruption=corruption,
                    severity=severity,
                    **result.summary(),
                )
                for name, classifier in classifiers
                for corruption, severity, result in measure_robustness(
                    classifier, args.corruptions
                )
            ]
            names = list(dict.fromkeys(row['classifier'] for row in rows))
            text = markdown(rows, names)
            write_csv(args.out_dir / 'robustness.csv', rows)
            with atomic_write(args.out_dir / 'robustness.md') as file:
                file.write(text)
            save_figure(
                plot_robustness(curves(rows, names)),
                args.out_dir / 'robustness.png',
            )
    print(text)
    print(f'written to {args.out_dir}')
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
