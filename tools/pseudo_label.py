"""Predict attributes for images that nobody annotated: stage 2's first half.

Usage:
    python tools/pseudo_label.py CONFIG CKPT [--out FILE [--dataset CONFIG]]

CONFIG is the config of stage 2. Every dataset for which it reads pseudo labels
is labelled, except those that CKPT has labelled before; with --out, the one
that goes with this ``label_file``. With --dataset, CONFIG may be any MAP's,
and the training part of the dataset config is labelled. A run that was
interrupted goes on where it stopped, and ends in the same file.
"""

import argparse

from mmengine import Config, DictAction
from mmengine.registry import init_default_scope

import daffnet_mm  # noqa: F401
from daffnet_mm.apis.pseudo_labelling import label_all, pseudo_label
from daffnet_mm.errors import InputError
from daffnet_mm.utils.command_line import one_sentence_errors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Predict attributes for images that nobody annotated'
    )
    parser.add_argument('config', help='config of the MAP')
    parser.add_argument('checkpoint', help='its checkpoint')
    parser.add_argument(
        '--out',
        help='file to write (JSON); default: every label_file of CONFIG',
    )
    parser.add_argument(
        '--dataset',
        help='config whose training part is labelled, such as one of '
        'configs/_base_/datasets',
    )
    parser.add_argument('--batch-size', type=int, default=64)
    parser.add_argument(
        '--num-workers',
        type=int,
        default=2,
        help='processes that load images, in all',
    )
    parser.add_argument(
        '--num-processes',
        type=int,
        help='processes that predict; default: one a CPU core, or 1 on a GPU',
    )
    parser.add_argument('--device', help='default: a GPU if there is one')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='override settings of CONFIG, as key=value',
    )
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with one_sentence_errors():
        cfg = Config.fromfile(args.config)
        if args.cfg_options:
            cfg.merge_from_dict(args.cfg_options)
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
        options = dict(
            batch_size=args.batch_size,
            num_workers=args.num_workers,
            num_processes=args.num_processes,
            device=args.device,
        )
        if args.out:
            dataset = None
            if args.dataset:
                dataset = Config.fromfile(
                    args.dataset
                ).train_dataloader.dataset
            made = {
                args.out: pseudo_label(
                    cfg, args.checkpoint, args.out, dataset, **options
                )
            }
        elif args.dataset:
            raise InputError('--dataset needs --out: name the file to write')
        else:
            made = label_all(cfg, args.checkpoint, **options)
    for path, labels in made.items():
        print(f'{path}: attributes of {len(labels.scores)} images')


if __name__ == '__main__':
    main()
