"""Measure how classifiers bear blur, noise, JPEG and another stain.

Usage:
    python tools/analysis_tools/robustness.py CONFIG CKPT [CONFIG CKPT ...]
        [--corruptions blur noise jpeg stain] [--names NAME ...]
        [--out-dir DIR] [--batch-size 64] [--num-workers 2]
        [--device DEVICE]

Each classifier is tested on the test part of its own config: as it is, and
with the images made worse in five steps by each of the corruptions, which act
on the image as the model sees it, before any colour normalisation. Several
classifiers become several curves; they see the same noise. Written are
``robustness.csv`` (accuracy with Wilson's 95 % interval, balanced accuracy,
recalls), ``robustness.md`` and ``robustness.png``.
"""

import argparse
from pathlib import Path

from mmengine.logging import MMLogger

import daffnet_mm  # noqa: F401
from daffnet_mm.apis.robustness import CORRUPTIONS, measure_robustness
from daffnet_mm.apis.trained_classifier import (
    TrainedClassifier,
    pair_classifiers,
)
from daffnet_mm.fileio import atomic_write
from daffnet_mm.reproduction.result_tables import to_markdown, write_csv
from daffnet_mm.utils.command_line import one_sentence_errors
from daffnet_mm.visualization import plot_robustness


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Measure how classifiers bear worse images'
    )
    parser.add_argument(
        'models',
        nargs='+',
        metavar='CONFIG CKPT',
        help='a config and its checkpoint, for each curve',
    )
    parser.add_argument(
        '--corruptions',
        nargs='+',
        default=list(CORRUPTIONS),
        help=f'default: {" ".join(CORRUPTIONS)}',
    )
    parser.add_argument(
        '--names',
        nargs='+',
        help='names of the curves; default: those of the configs',
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        default=Path('work_dirs/robustness'),
        help='default: work_dirs/robustness',
    )
    parser.add_argument('--batch-size', type=int, default=64)
    parser.add_argument('--num-workers', type=int, default=2)
    parser.add_argument('--device', help='default: a GPU if there is one')
    return parser.parse_args(argv)


def curves(rows: list[dict], names: list[str]) -> dict:
    """Arrange the rows for the figure."""
    found = {}
    for corruption in dict.fromkeys(r['corruption'] for r in rows):
        if corruption == 'none':
            continue
        found[corruption] = (
            CORRUPTIONS[corruption][0],
            {
                name: [
                    (
                        r['severity'],
                        r['accuracy'],
                        r['accuracy_low'],
                        r['accuracy_high'],
                    )
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
            f'{r["accuracy"]:.1f} ({r["accuracy_low"]:.1f} to '
            f'{r["accuracy_high"]:.1f})'
        )
    return to_markdown(
        ['corruption', 'severity', *names],
        [[*key, *cells] for key, cells in lines.items()],
    )


def main() -> None:
    args = parse_args()
    # Not every evaluation's table: they are written.
    MMLogger.get_instance('daffnet_mm', log_level='ERROR')
    with one_sentence_errors():
        pairs = pair_classifiers(args.models, args.names)
        rows = []
        for name, (config, checkpoint) in pairs.items():
            classifier = TrainedClassifier(
                config,
                checkpoint,
                device=args.device,
                batch_size=args.batch_size,
                num_workers=args.num_workers,
            )
            rows += [
                dict(
                    classifier=name,
                    corruption=corruption,
                    severity=severity,
                    **result.summary(),
                )
                for corruption, severity, result in measure_robustness(
                    classifier, args.corruptions
                )
            ]
    names = list(pairs)
    text = markdown(rows, names)
    write_csv(args.out_dir / 'robustness.csv', rows)
    with atomic_write(args.out_dir / 'robustness.md') as file:
        file.write(text)
    with atomic_write(args.out_dir / 'robustness.png', 'wb') as file:
        plot_robustness(curves(rows, names)).savefig(
            file, format='png', dpi=150
        )
    print(text)
    print(f'written to {args.out_dir}')


if __name__ == '__main__':
    main()
