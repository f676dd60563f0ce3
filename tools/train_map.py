"""Train MAP in the three steps of DAFFNet's Fig. 4.

Usage:
    python tools/train_map.py STAGE_1 STAGE_2 [--work-dir DIR] [--rounds N]
        [--mean-teacher EPOCH] [--pseudo KEY=VALUE ...]
        [--cfg-options KEY=VALUE ...]

Such as ``configs/daffnet/map_wbcatt.py configs/daffnet/map_ssl.py``: trains on
true attributes, predicts those of every PseudoLabelledDataset that STAGE_2
lists, and trains anew on both. The last line names the checkpoint. A call that
was interrupted, even killed, goes on where it stopped.
"""

import argparse
from pathlib import Path

from mmengine import Config, DictAction

import daffnet_mm  # noqa: F401
from daffnet_mm.errors import InputError
from daffnet_mm.reproduction.map_experiments import set_semi_supervision
from daffnet_mm.reproduction.training_steps import (
    StepFailedError,
    retrain,
    train,
)
from daffnet_mm.utils.command_line import one_sentence_errors

TOOLS = Path(__file__).resolve().parent


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Train MAP in the three steps of DAFFNet's Fig. 4"
    )
    parser.add_argument('stage_1', help='config that trains on true labels')
    parser.add_argument('stage_2', help='config that trains on both')
    parser.add_argument(
        '--work-dir', type=Path, help='default: work_dirs/<name of STAGE_2>'
    )
    parser.add_argument(
        '--rounds',
        type=int,
        default=1,
        help='how often to label and train anew (default: 1, as the paper)',
    )
    add_semi_supervision_arguments(parser)
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        help='override settings of both configs, as key=value',
    )
    return parser.parse_args()


def add_semi_supervision_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what ``map_experiments.py`` has too."""
    parser.add_argument(
        '--pseudo',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='options of every PseudoLabelledDataset: threshold=0.8, '
        "soft=True, weight=0.5 (default: the paper's, none)",
    )
    parser.add_argument(
        '--mean-teacher',
        type=int,
        metavar='EPOCH',
        help='from this epoch on (from 0), the running average of the model '
        'renews the pseudo labels (default: never)',
    )


def main() -> None:
    args = parse_args()
    with one_sentence_errors():
        configs = []
        for path in (args.stage_1, args.stage_2):
            cfg = Config.fromfile(path)
            cfg.merge_from_dict(args.cfg_options or {})
            configs.append(cfg)
        set_semi_supervision(configs[1], args.pseudo, args.mean_teacher)
        work_dir = args.work_dir or Path('work_dirs', Path(args.stage_2).stem)
        work_dir = work_dir.resolve()
        try:
            print(
                f'stage 1: true attributes; output in {work_dir}/stage_1',
                flush=True,
            )
            teacher = train(configs[0], work_dir / 'stage_1', TOOLS)
            print(
                f'stage 2: true and pseudo attributes; output in '
                f'{work_dir}/stage_2',
                flush=True,
            )
            best = retrain(
                configs[1], teacher, work_dir / 'stage_2', TOOLS, args.rounds
            )
        except StepFailedError as e:
            raise InputError(str(e)) from e
    print(best)


if __name__ == '__main__':
    main()
