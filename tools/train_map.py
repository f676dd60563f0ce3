"""Train MAP in the three steps of DAFFNet's Fig. 4.

Usage:
    python tools/train_map.py STAGE_1 STAGE_2 [--work-dir DIR] [--rounds N]
        [--mean-teacher EPOCH] [--pseudo KEY=VALUE ...]
        [--cfg-options KEY=VALUE ...]

Such as ``configs/daffnet/map_wbcatt.py configs/daffnet/map_ssl.py``: trains on
true attributes, predicts those of every PseudoLabelledDataset that STAGE_2
lists, and trains anew on both; with several rounds, each MAP labels for the
next. The last line names the checkpoint. A call that was interrupted, even
killed, goes on where it stopped.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mmengine import Config

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.utils.command_line import (
    GOES_ON,
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.reproduction.config_edits import (
    set_label_folder,
    set_semi_supervision,
)
from daffnet_mm.reproduction.recipes import Recipe
from daffnet_mm.reproduction.training_steps import (
    complete,
    keep_config,
    run_logged,
)
from daffnet_mm.utils.config_files import load_config

TOOLS = Path(__file__).resolve().parent


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('stage_1', help='config that trains on true labels')
    parser.add_argument('stage_2', help='config that trains on both')
    parser.add_output(
        '--work-dir',
        'folder for the trainings (default: work_dirs/<name of STAGE_2>)',
        folder=True,
    )
    parser.add_semi_supervision()
    parser.add_cfg_options()
    return parser


def train(
    path: str, cfg: Config, folder: Path, teacher: Path | None = None
) -> Path:
    """Train, after a teacher has labelled; gives the best checkpoint."""

    def execute(tool: str, arguments: Sequence, lock: int) -> None:
        log = folder / f'{Path(tool).stem}.log'
        run_logged([sys.executable, TOOLS / tool, *arguments], log, lock)

    print(f'training in {folder}', flush=True)
    config = keep_config(Recipe.of_file(Path(path)), cfg, folder)
    outcome = complete(folder, config, execute, teacher)
    if outcome.error:
        raise InputError(outcome.error)
    return folder / 'best.pth'


def run(args: argparse.Namespace) -> None:
    """Train both stages."""
    first = load_config(args.stage_1, args.cfg_options)
    second = load_config(args.stage_2, args.cfg_options)
    set_semi_supervision(second, args.pseudo, args.mean_teacher)
    work_dir = args.work_dir or Path('work_dirs', Path(args.stage_2).stem)
    work_dir = work_dir.resolve()
    checkpoint = train(args.stage_1, first, work_dir / 'stage_1')
    for number in range(1, args.rounds + 1):
        folder = work_dir / 'stage_2'
        if args.rounds > 1:
            folder = folder / f'round_{number}'
        set_label_folder(second, folder / 'pseudo_labels')
        checkpoint = train(args.stage_2, second, folder, checkpoint)
    print(checkpoint)


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        run(args)
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main, GOES_ON))
