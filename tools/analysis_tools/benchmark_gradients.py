"""Measure what some gradients in float32 bring a training in bfloat16.

Usage:
    python tools/analysis_tools/benchmark_gradients.py CONFIG
        [--batch-size 64] [--image-size 128] [--threads N] [--rounds 5]
        [--out FILE] [--cfg-options KEY=VALUE ...]

Three ways to train the config's model on the CPU: in float32; with all that
autocast moves in bfloat16; and so, but with those gradients of depthwise
convolutions in float32 for which oneDNN has no fast bfloat16 code, as
``BFloat16OptimWrapper`` takes them. In each round each takes a step in turn,
with an optimiser as the config names it; a row has the median seconds of a
step, and the median of the rounds' ratios to the last. A CPU without bfloat16
instructions trains in float32, whatever the config says: it has one row.

The images are noise and the weights random: speed does not depend on them.
"""

import copy
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

# Enough for all layers of three models in turn; read when PyTorch is imported.
os.environ.setdefault('ONEDNN_PRIMITIVE_CACHE_CAPACITY', '16384')

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper, build_optim_wrapper
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from timing import time_in_turn, write_figures

import daffnet_mm  # noqa: F401  (registers the models)
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.structures import WBC_ATTRIBUTES
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.engine.optimizers import multiplies_bfloat16
from daffnet_mm.utils.config_files import load_config

FLOAT32, BFLOAT16 = 'float32', 'bfloat16'
WAYS = (FLOAT32, BFLOAT16, 'bfloat16, slow gradients in float32')


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('config', help='training whose model is measured')
    parser.add_cfg_options()
    parser.add_batch_size(64)
    parser.add_number('--image-size', 'height and width of the images', 128)
    parser.add_number('--threads', "threads (default: PyTorch's choice)")
    parser.add_rounds(5)
    return parser


def build_step(cfg: Config, way: str, data: dict) -> Callable[[], None]:
    """Build a model and what trains it.

    Args:
        cfg (Config): The training.
        way (str): One of ``WAYS``.
        data (dict): The batch, as a data loader gives it.

    Returns:
        Callable: Takes one step.
    """
    settings = copy.deepcopy(dict(cfg.model, init_cfg=None))
    settings.setdefault('data_preprocessor', cfg.get('data_preprocessor'))
    model = MODELS.build(settings).train()
    wrapper = build_optim_wrapper(
        model,
        dict(
            cfg.optim_wrapper,
            type='OptimWrapper'
            if way == FLOAT32
            else 'mmpretrain.BFloat16OptimWrapper',
        ),
    )
    if way == BFLOAT16:
        wrapper.backward = partial(OptimWrapper.backward, wrapper)
    return partial(model.train_step, data, wrapper)


def measure(
    cfg: Config, ways: Sequence[str], batch_size: int, size: int, rounds: int
) -> list[dict]:
    """Let some ways take their steps in turn.

    Args:
        cfg (Config): The training.
        ways (Sequence[str]): Which of ``WAYS``.
        batch_size (int): Images of a step.
        size (int): Their height and width.
        rounds (int): Measured rounds.

    Returns:
        list[dict]: Of each way ``s``, the median seconds of a step,
        ``ratio``, the median ratio to the last way, and ``rounds``.
    """
    sample = DataSample().set_gt_label(0)
    sample.set_field(
        torch.zeros(len(WBC_ATTRIBUTES), dtype=torch.long), 'gt_attributes'
    )
    data = dict(
        inputs=list(
            torch.randint(256, (batch_size, 3, size, size), dtype=torch.uint8)
        ),
        data_samples=[sample] * batch_size,
    )
    spent = time_in_turn(
        {way: build_step(cfg, way, data) for way in ways},
        rounds,
        time.perf_counter,
        title='training',
    )
    return [
        dict(
            way=way,
            s=statistics.median(seconds),
            ratio=statistics.median(
                its / last
                for its, last in zip(seconds, spent[ways[-1]], strict=True)
            ),
            rounds=seconds,
        )
        for way, seconds in spent.items()
    ]


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    with one_sentence_errors():
        cfg = load_config(args.config, args.cfg_options)
        if 'model' not in cfg or 'optim_wrapper' not in cfg:
            raise InputError(
                f'the config {args.config} is no training: it lacks model '
                'or optim_wrapper'
            )
    ways: tuple[str, ...] = WAYS
    if not multiplies_bfloat16(torch.device('cpu')):
        print(
            'this CPU has no bfloat16 instructions: all trainings are in '
            'float32 on it, and there is nothing to compare'
        )
        ways = (FLOAT32,)
    rows = measure(cfg, ways, args.batch_size, args.image_size, args.rounds)
    setting = dict(
        config=str(args.config),
        batch_size=args.batch_size,
        image_size=args.image_size,
        rounds=args.rounds,
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        machine=platform.machine(),
    )
    print(', '.join(f'{key} {value}' for key, value in setting.items()))
    print(
        to_markdown(
            ('training', 's a step', 'times the last'),
            [
                [row['way'], f'{row["s"]:.3f}', f'{row["ratio"]:.2f}']
                for row in rows
            ],
        )
    )
    write_figures(args.out, dict(setting=setting, rows=rows))
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
