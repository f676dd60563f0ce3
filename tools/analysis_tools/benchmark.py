"""Measure training and inference speed against the obvious composition.

Usage:
    python tools/analysis_tools/benchmark.py [--config CONFIG]
        [--batch-size 8] [--image-size 224] [--rounds 5] [--threads N]
        [--device DEVICE] [--out FILE] [--cfg-options KEY=VALUE ...]

Four models are measured in one run: the config's (by default DAFFNet,
stage 3, PBC); DAFFNet composed the obvious way, see ``obvious_daffnet.py``;
that in the channels-last memory format; and MMPretrain's ResNet50. Each is
measured in float32 and, where the device multiplies bfloat16 itself, in mixed
precision. In each round all take one training step and one inference step in
turn, so that whatever else the machine does meets all of them, and the ratios
are medians over the rounds. Each row has two: against ours in the row's
precision, and against ours as its config trains it (which may be in mixed
precision) and as ``tools/test.py`` runs it (float32).

A training step is the loss, its gradients and a step of Adam. All layers of
the backbone train; the attribute predictor (MAP) is frozen, as in stage 3.
The images are noise and the weights random: speed does not depend on them.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path

# oneDNN keeps 1,024 compiled layers: enough for one model, as everyone trains
# it, but not for all of these in turn. It reads this when PyTorch is imported.
os.environ.setdefault('ONEDNN_PRIMITIVE_CACHE_CAPACITY', '16384')

import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from obvious_daffnet import ObviousDAFFNet
from timing import time_in_turn, write_figures
from torch import Tensor, nn

import daffnet_mm  # noqa: F401  (registers the models)
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.engine.optimizers import (
    DepthwiseGradientsInFloat32,
    multiplies_bfloat16,
)
from daffnet_mm.utils.config_files import load_config

DEFAULT_CONFIG = (
    Path(__file__).resolve().parents[2] / 'configs/daffnet/daffnet_pbc.py'
)
OURS = 'ours'
FLOAT32, BFLOAT16 = 'float32', 'bfloat16'


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        '--config',
        default=DEFAULT_CONFIG,
        help='config whose model is measured (default: that of stage 3 on '
        'PBC)',
    )
    parser.add_cfg_options()
    parser.add_batch_size(8)
    parser.add_number('--image-size', 'height and width of the images', 224)
    parser.add_number(
        '--threads', "threads on a CPU (default: PyTorch's choice)"
    )
    parser.add_device()
    parser.add_rounds(5)
    return parser


@dataclass
class Contestant:
    """A model with its training step and its inference step.

    Args:
        model (nn.Module): The model.
        loss (Callable): Gives the loss of a batch.
        infer (Callable): Gives the predictions of a batch.
        images (Tensor): The batch, of shape (N, 3, H, W).
    """

    model: nn.Module
    loss: Callable
    infer: Callable
    images: Tensor

    def __post_init__(self):
        self.optimizer = torch.optim.Adam(
            [p for p in self.model.parameters() if p.requires_grad], lr=1e-4
        )

    def step(self, task: str, precision: str) -> None:
        """Take a step; the mode is set outside of the measured time."""
        training = task == 'training'
        device, is_mixed = self.images.device.type, precision == BFLOAT16
        mixed = torch.autocast(device, torch.bfloat16, enabled=is_mixed)
        # As BFloat16OptimWrapper trains.
        moved = is_mixed and device == 'cpu'
        with mixed, torch.set_grad_enabled(training):
            if not training:
                self.infer(self.images)
                return
            self.optimizer.zero_grad()
            loss = self.loss(self.images)
        with DepthwiseGradientsInFloat32() if moved else nullcontext():
            loss.backward()
        self.optimizer.step()


def mmpretrain_contestant(cfg: dict, images: Tensor) -> Contestant:
    """Build a contestant from the config of an MMPretrain classifier."""
    model = MODELS.build(cfg).to(images.device)
    samples = [DataSample().set_gt_label(0).to(images.device) for _ in images]

    def loss(images):
        losses = model(images, samples, mode='loss')
        return sum(value for key, value in losses.items() if 'loss' in key)

    # the scores; what the head makes of them for the user costs nothing
    return Contestant(model, loss, lambda images: model(images), images)


def obvious_contestant(num_classes: int, images: Tensor) -> Contestant:
    """Build the obvious composition, in the images' memory format."""
    model = ObviousDAFFNet(num_classes).to(images.device)
    if images.is_contiguous(memory_format=torch.channels_last):
        model.to(memory_format=torch.channels_last)
    labels = torch.zeros(len(images), dtype=torch.long, device=images.device)
    return Contestant(
        model,
        lambda images: F.cross_entropy(model(images), labels),
        model,
        images,
    )


def build_contestants(
    cfg: Config, batch_size: int, size: int, device: str
) -> dict[str, Contestant]:
    """Build all contestants, by name."""
    images = torch.rand(batch_size, 3, size, size, device=device)
    classes = cfg.model.head.num_classes
    resnet = dict(
        type='ImageClassifier',
        backbone=dict(type='ResNet', depth=50),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='LinearClsHead', num_classes=classes, in_channels=2048),
    )
    last = images.contiguous(memory_format=torch.channels_last)
    return {
        OURS: mmpretrain_contestant(cfg.model, images),
        'obvious, NCHW': obvious_contestant(classes, images),
        'obvious, channels-last': obvious_contestant(classes, last),
        'ResNet50': mmpretrain_contestant(resnet, images),
    }


def measure(
    contestants: dict[str, Contestant],
    precisions: list[str],
    training_precision: str,
    rounds: int,
) -> list[dict]:
    """Let the contestants take their steps in turn.

    Args:
        contestants (dict[str, Contestant]): The contestants by name.
        precisions (list[str]): The precisions that each is measured in.
        training_precision (str): The one that our config trains in.
        rounds (int): Measured rounds.

    Returns:
        list[dict]: Of each ``task``, ``precision`` and ``model``, the images
        per second of the ``rounds``, and what :func:`summarise` adds.
    """
    images = contestants[OURS].images

    def clock():
        if images.is_cuda:
            torch.cuda.synchronize(images.device)
        return time.perf_counter()

    rows = []
    for task in ('training', 'inference'):
        steps = {}
        for precision, name in product(precisions, contestants):
            contestants[name].model.train(task == 'training')
            step = partial(contestants[name].step, task, precision)
            steps[precision, name] = step
        for (precision, name), spent in time_in_turn(
            steps, rounds, clock, title=task
        ).items():
            speeds = [len(images) / seconds for seconds in spent]
            row = dict(task=task, precision=precision, model=name)
            rows.append(dict(row, rounds=speeds))
    summarise(rows, training_precision)
    return rows


def summarise(rows: list[dict], training_precision: str) -> None:
    """Take medians over the rounds.

    Args:
        rows (list[dict]): What was measured. Each gets the median images per
            second, and how many times faster ours is, as the median of the
            rounds' ratios: as configured, and in the same precision.
        training_precision (str): The precision that our config trains in.
    """
    ours = {
        (row['task'], row['precision']): row['rounds']
        for row in rows
        if row['model'] == OURS
    }

    def faster(task, precision, other):
        pairs = zip(ours[task, precision], other, strict=True)
        return statistics.median(mine / its for mine, its in pairs)

    for row in rows:
        task, speeds = row['task'], row['rounds']
        # tools/test.py tests in float32.
        configured = training_precision if task == 'training' else FLOAT32
        row.update(
            images_per_second=statistics.median(speeds),
            ours_is_faster_by=faster(task, configured, speeds),
            ours_in_this_precision_is_faster_by=faster(
                task, row['precision'], speeds
            ),
        )


def render(rows: list[dict]) -> str:
    """Lay the figures out as a table."""
    headers = ('task', 'precision', 'model', 'images/s', 'ours is')
    cells = [
        [
            row['task'],
            row['precision'],
            row['model'],
            f'{row["images_per_second"]:.2f}',
            f'{row["ours_is_faster_by"]:.2f} x',
            f'{row["ours_in_this_precision_is_faster_by"]:.2f} x',
        ]
        for row in rows
    ]
    return to_markdown([*headers, 'ours, in this precision, is'], cells)


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    with one_sentence_errors():
        cfg = load_config(args.config, args.cfg_options)
        if 'num_classes' not in cfg.get('model', {}).get('head', {}):
            raise InputError(
                f'the config {args.config} has no model with a '
                'head.num_classes to measure'
            )
        contestants = build_contestants(
            cfg, args.batch_size, args.image_size, args.device
        )
    precisions, training_precision = [FLOAT32], FLOAT32
    if multiplies_bfloat16(contestants[OURS].images.device):
        precisions.append(BFLOAT16)
        wrapper = cfg.get('optim_wrapper', {}).get('type', '')
        if wrapper.endswith('BFloat16OptimWrapper'):
            training_precision = BFLOAT16
    setting = dict(
        config=str(args.config),
        training_precision=training_precision,
        batch_size=args.batch_size,
        image_size=args.image_size,
        rounds=args.rounds,
        device=args.device,
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        machine=platform.machine(),
    )
    print(', '.join(f'{key} {value}' for key, value in setting.items()))
    rows = measure(contestants, precisions, training_precision, args.rounds)
    print(render(rows))
    write_figures(args.out, dict(setting=setting, rows=rows))
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
