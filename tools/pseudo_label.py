"""Predict attributes for images that nobody annotated: stage 2's first half.

Usage:
    python tools/pseudo_label.py CONFIG CKPT --out FILE [--dataset CONFIG]

CONFIG is the config of stage 2, of which FILE is one ``label_file``: the
dataset that goes with it is labelled. With --dataset, CONFIG may be any MAP's,
and the training part of the dataset config is labelled. A run that was
interrupted goes on where it stopped.
"""
import argparse

from mmengine import Config, DictAction
from mmengine.registry import init_default_scope

import daffnet_mm  # noqa: F401
from daffnet_mm.apis.command_line import one_sentence_errors
from daffnet_mm.apis.pseudo_labelling import pseudo_label


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description='Predict attributes for images that nobody annotated')
    parser.add_argument('config', help='config of the MAP')
    parser.add_argument('checkpoint', help='its checkpoint')
    parser.add_argument('--out', required=True, help='file to write (JSON)')
    parser.add_argument(
        '--dataset',
        help='config whose training part is labelled, such as one of '
        'configs/_base_/datasets')
    parser.add_argument('--batch-size', type=int, default=64)
    parser.add_argument('--num-workers', type=int, default=2)
    parser.add_argument('--device', help='default: a GPU if there is one')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='override settings of CONFIG, as key=value')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    with one_sentence_errors():
        cfg = Config.fromfile(args.config)
        if args.cfg_options:
            cfg.merge_from_dict(args.cfg_options)
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
        dataset = None
        if args.dataset:
            dataset = Config.fromfile(args.dataset).train_dataloader.dataset
        labels = pseudo_label(cfg, args.checkpoint, args.out, dataset,
                              args.batch_size, args.num_workers, args.device)
    print(f'wrote {args.out}: attributes of {len(labels.scores)} images')


if __name__ == '__main__':
    main()
