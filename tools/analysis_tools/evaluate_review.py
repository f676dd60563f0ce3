"""Measure which images a model refuses, and which it should.

Usage:
    python tools/analysis_tools/evaluate_review.py CONFIG CKPT
        [--cells NAME=FOLDER ...] [--others NAME=FOLDER ...] [--out FILE]
        [--batch-size 64] [--device DEVICE] [--cfg-options KEY=VALUE ...]

Refused is what has a `review`, for whatever reason. Three kinds of rows: the
test part of CONFIG, the model's home; --cells, cells of its types from other
laboratories, of which few should be refused; --others, images of anything
else, of which all should be. Folders are searched with their subfolders. Of
--others, images that tools/analysis_tools/fit_review.py has learned from are
left out, by their names.

A share comes with Wilson's 95 % interval. AUROC is how well the score behind
the reasons tells a row from home: the share of pairs, one of each, in which
the other image is the more suspicious.

FILE is JSON, with the number of images for each reason. The same as a table
is printed.

Exit status: 1 if an image cannot be read, which is named and left out; 2 for
bad input; else 0.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mmengine.runner import CheckpointLoader
from mmpretrain.registry import DATASETS

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.image_folders import find_images
from daffnet_lite.fileio.json_files import write_json
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.utils.command_line import (
    ToolParser,
    named_places,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.rounding import rounded_down, with_interval
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.review_of_checkpoint import images_seen
from daffnet_mm.checkpoints import find_meta
from daffnet_mm.utils.config_files import load_config

HOME = 'home'


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_model()
    for name, what in (
        ('--cells', "cells of the model's types"),
        ('--others', 'images of anything else'),
    ):
        parser.add_argument(
            name,
            nargs='+',
            default=[],
            metavar='NAME=FOLDER',
            help=f'folders with {what}, and what to call them',
        )
    parser.add_output('--out', 'JSON file to write')
    parser.add_batch_size()
    parser.add_device()
    return parser


def home_images(dataset: dict) -> list[str]:
    """The images of the config's test part.

    Raises:
        InputError: If they lie in no files of their own.
    """
    built = DATASETS.build(dataset)
    infos = [built.get_data_info(index) for index in range(len(built))]
    if any('img_path' not in info or 'box' in info for info in infos):
        raise InputError(
            'the test part of the config has cells that are no image files: '
            'give a config whose test part has, such as WBCAtt'
        )
    return [info['img_path'] for info in infos]


def named_folders(texts: Sequence[str]) -> dict[str, list[str]]:
    """The images of each NAME=FOLDER.

    Raises:
        InputError: If a text is none, or a name comes twice.
    """
    return {
        name: find_images([folder]).images
        for name, folder in named_places(texts, taken=[HOME]).items()
    }


def judge(
    inferencer: WBCInferencer, images: list[str], batch_size: int
) -> tuple[list[str], np.ndarray, list[str]]:
    """Reviews, scores, and what could not be read."""
    cells = list(inferencer.stream(images, batch_size, skip_broken=True))
    return (
        [cell['review'] for cell in cells],
        np.array([cell['review_score'] for cell in cells]),
        list(inferencer.errors.values()),
    )


def describe(
    reviews: list[str], scores: np.ndarray, home: np.ndarray | None
) -> dict:
    """The figures of a row."""
    from scipy.stats import binomtest
    from sklearn.metrics import roc_auc_score

    refused = sum(map(bool, reviews))
    interval = binomtest(refused, len(reviews)).proportion_ci(method='wilson')
    counts = Counter(
        reason for text in reviews if text for reason in text.split('; ')
    )
    figures = dict(
        images=len(reviews),
        refused=100 * refused / len(reviews),
        interval=[100 * float(interval.low), 100 * float(interval.high)],
        reasons=dict(counts.most_common()),
    )
    if home is not None:
        truth = np.repeat([0, 1], [len(home), len(scores)])
        figures['auroc'] = 100 * float(
            roc_auc_score(truth, np.concatenate([home, scores]))
        )
    return figures


def as_markdown(rows: list[dict]) -> str:
    """The table."""
    return to_markdown(
        ['images', 'number', 'refused %', 'AUROC %', 'reasons'],
        [
            [
                row['name'],
                str(row['images']),
                with_interval(
                    row['refused'],
                    *row['interval'],
                    is_cost=row['kind'] != 'others',
                ),
                rounded_down(row['auroc'], 1) if 'auroc' in row else '-',
                ', '.join(f'{k} {n}' for k, n in row['reasons'].items()),
            ]
            for row in rows
        ],
    )


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    errors: list[str] = []
    with one_sentence_errors():
        cfg = load_config(args.config, args.cfg_options)
        cells = named_folders(args.cells)
        others = named_folders(args.others)
        parts = [('home', HOME, home_images(cfg.test_dataloader.dataset))]
        parts += [('cells', name, found) for name, found in cells.items()]
        meta = find_meta(
            CheckpointLoader.load_checkpoint(args.checkpoint, 'cpu'),
            args.checkpoint,
        )
        seen = images_seen(meta)
        parts += [
            ('others', name, [f for f in found if Path(f).name not in seen])
            for name, found in others.items()
        ]
        inferencer = WBCInferencer(cfg, args.checkpoint, device=args.device)
        rows, home = [], None
        for kind, name, images in parts:
            reviews, scores, faults = judge(
                inferencer, images, args.batch_size
            )
            errors += faults
            if not reviews:
                raise InputError(f'{name} has no image that can be measured')
            row = dict(kind=kind, name=name)
            rows.append(row | describe(reviews, scores, home))
            if home is None:
                home = scores
        for error in errors:
            print(f'error: {error}', file=sys.stderr)
        if args.out is not None:
            write_json(args.out, rows)
        print(as_markdown(rows))
    return 1 if errors else 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
