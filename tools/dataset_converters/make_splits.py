"""Write the split file of a dataset, from seed and file names alone.

Usage:
    python tools/dataset_converters/make_splits.py CONFIG --out FILE
        [--part train] [--seed N] [--overwrite] [--cfg-options KEY=VALUE ...]
    python tools/dataset_converters/make_splits.py --dataset-type PBC
        --data-root DIR --out FILE [--dataset-options ann_dir=DIR ...]

What is drawn:
    (nothing said)      as the config says; by default 6:2:2, DAFFNet's split
    --ratios 3:1:1      training, validation and test part; this is the split
                        of Chen et al. for LDWBC and LISC, with --no-stratify
    --official          the parts that the release ships; where it has no
                        validation part, a quarter (--val-ratio) of the
                        training part becomes it: Chen et al.'s split of BCCD
                        and Raabin-WBC, with --no-stratify
    --k-fold 5          five files, FILE_fold0 to FILE_fold4; in each another
                        fifth is tested on

Images of one group are never parted. Groups come from the dataset where file
names tell them, or from --group-file, as `daffnet audit` writes it for
near duplicates. Same seed and names, same split, on every machine.
"""

import pandas as pd
from mmengine.registry import init_default_scope

import daffnet_mm  # noqa: F401
from daffnet_lite.utils.command_line import (
    KeyValueAction,
    ToolParser,
    WholeNumber,
    one_sentence_errors,
    run_tool,
    share,
)
from daffnet_mm.datasets.splits import SPLITS, cut_groups, groups_of
from daffnet_mm.preparation.make_splits import (
    draw_parts,
    find_release,
    list_release,
    open_release,
    write_splits,
)
from daffnet_mm.utils.config_files import load_config


def ratios(text: str) -> tuple[float, ...]:
    """Read the shares of three parts: a type of argument."""
    values = tuple(float(value) for value in text.split(':'))
    if len(values) != 3:
        raise ValueError(text)
    return values


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        'config', nargs='?', help='config whose dataset is split'
    )
    parser.add_cfg_options()
    parser.add_argument(
        '--part',
        choices=SPLITS,
        default='train',
        help='whose dataset of CONFIG (default: %(default)s)',
    )
    parser.add_argument(
        '--dataset-type',
        help='instead of CONFIG: type of the dataset, such as PBC',
    )
    parser.add_argument('--data-root', help='its folder')
    parser.add_argument(
        '--dataset-options',
        nargs='+',
        action=KeyValueAction,
        default={},
        metavar='KEY=VALUE',
        help='further arguments of the dataset',
    )
    parser.add_output('--out', 'CSV file to write', required=True)
    parser.add_number(
        '--seed', 'seed of the split (default: that of the dataset)', least=0
    )
    parser.add_argument(
        '--group-file',
        help='CSV with the columns image and group; must name all images',
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument(
        '--ratios',
        type=ratios,
        metavar='6:2:2',
        help='how large training, validation and test part are to each other '
        '(default: as the dataset says)',
    )
    kind.add_argument(
        '--official', action='store_true', help='the parts of the release'
    )
    kind.add_argument(
        '--k-fold',
        type=WholeNumber(3),
        help='write K files, in each of which another part is tested on',
    )
    parser.add_argument(
        '--no-stratify',
        action='store_true',
        help='draw from all images alike, as the papers do, in the place of '
        'holding the ratios within each class',
    )
    parser.add_argument(
        '--val-ratio',
        type=share,
        help='with --official: share of the training part that becomes the '
        'validation part, if the release has none (default: as the dataset '
        'says)',
    )
    parser.add_argument(
        '--overwrite', action='store_true', help='replace what is there'
    )
    return parser


def count(samples: list[dict], parts: dict[str, str], order: list) -> str:
    """Count images by class and part."""
    table = pd.crosstab(
        pd.Series([sample['label'] for sample in samples], name='class'),
        pd.Series([parts.get(sample['name']) for sample in samples]),
        margins=True,
        margins_name='all',
    )
    return table.reindex(columns=[*order, 'all'], fill_value=0).to_string()


def main(argv: list[str] | None = None) -> int:
    parser = build_parser()
    args = parser.parse_checked(argv)
    if bool(args.config) == bool(args.dataset_type):
        parser.error('name either CONFIG or --dataset-type')
    if args.dataset_type and not args.data_root:
        parser.error('--dataset-type needs --data-root')
    with one_sentence_errors():
        if args.config:
            cfg = load_config(args.config, args.cfg_options)
            release = find_release(cfg, args.part)
        else:
            init_default_scope('mmpretrain')
            release = dict(type=args.dataset_type)
        dataset = open_release(
            {**release, **args.dataset_options},
            data_root=args.data_root,
            split_ratios=args.ratios,
            split_seed=args.seed,
            group_file=args.group_file,
            official_split=args.official or None,
            val_ratio=args.val_ratio,
            stratify=False if args.no_stratify else None,
        )
        samples = list_release(dataset)
        splits = draw_parts(dataset, samples, args.k_fold)
        paths = write_splits(args.out, samples, splits, args.overwrite)

    if args.k_fold:
        folds = [f'fold {i}' for i in range(args.k_fold)]
        tested = {
            name: fold
            for fold, split in zip(folds, splits, strict=True)
            for name, part in split.items()
            if part == 'test'
        }
        print(count(samples, tested, folds))
    else:
        print(count(samples, splits[0], SPLITS))
    groups = groups_of(samples)
    if groups:
        print(f'{len(set(groups.values()))} groups')
        cut = cut_groups(splits[0], groups)
        if cut:
            print(
                f'warning: this split cuts {len(cut)} groups, first '
                f'{next(iter(cut))}: what is measured on them is too good'
            )
    for path in paths:
        print(f'wrote {path}')
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
