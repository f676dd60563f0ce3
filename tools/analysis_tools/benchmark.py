"""Measure training and inference speed against the obvious composition.

Usage:
    python tools/analysis_tools/benchmark.py [--config CONFIG]
        [--batch-size 8] [--size 224] [--rounds 5] [--threads N]
        [--device cpu] [--out FILE.json]

Four models are measured in one run: the config's (by default DAFFNet,
stage 3, PBC), as it comes; DAFFNet composed the obvious way, see
``obvious_daffnet.py``; that in the channels-last memory format; and
MMPretrain's ResNet50. All is float32, but for two things where the device
multiplies bfloat16 itself: a config may have its frozen attribute predictor
run in bfloat16 while it trains (``MFE(bfloat16=True)``), and is then measured
without that too; and it is measured once more as ``BFloat16OptimWrapper``
trains it. In each round they take one training step and one inference step in
turn, so that whatever else the machine does meets all of them, and the ratios
are medians over the rounds.

A training step is the loss, its gradients and a step of Adam. All layers of
the backbone train; the attribute predictor (MAP) is frozen, as in stage 3.
The images are noise and the weights random: speed does not depend on them.
"""
import argparse
import json
import platform
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from mmengine.config import Config
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from obvious_daffnet import ObviousDAFFNet
from torch import Tensor, nn

import daffnet_mm  # noqa: F401  (registers the models)
from daffnet_mm.bfloat16_support import multiplies_bfloat16
from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write

DEFAULT_CONFIG = Path(
    __file__).resolve().parents[2] / 'configs/daffnet/daffnet_pbc.py'
OURS, FLOAT32, BFLOAT16, OBVIOUS, CHANNELS_LAST, RESNET = (
    'ours', 'ours, float32', 'ours, bfloat16', 'obvious, NCHW',
    'obvious, channels-last', 'ResNet50')


def positive(text: str) -> int:
    """A whole number above 0, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f'{number} is not above 0')
    return number


def parse_args(argv=None):
    parser = argparse.ArgumentParser(
        description='Measure training and inference speed against the '
        'obvious composition and ResNet50.')
    parser.add_argument(
        '--config',
        type=Path,
        default=DEFAULT_CONFIG,
        help='the config whose model is measured')
    parser.add_argument('--batch-size', type=positive, default=8)
    parser.add_argument(
        '--size', type=positive, default=224, help='of the images, in pixels')
    parser.add_argument('--rounds', type=positive, default=5)
    parser.add_argument(
        '--threads', type=positive, help="default: PyTorch's choice")
    parser.add_argument('--device', default='cpu')
    parser.add_argument('--out', type=Path, help='a JSON file to write')
    return parser.parse_args(argv)


class Contestant:
    """A model with its training step and its inference step.

    Args:
        model (nn.Module): The model.
        loss (Callable): Gives the loss of a batch.
        infer (Callable): Gives the predictions of a batch.
        images (Tensor): The batch, of shape (N, 3, H, W).
        bfloat16 (bool): Whether its forward passes are in mixed precision.
            Defaults to False.
    """

    def __init__(self,
                 model: nn.Module,
                 loss: Callable,
                 infer: Callable,
                 images: Tensor,
                 bfloat16: bool = False):
        self.model = model
        self.loss = loss
        self.infer = infer
        self.images = images
        self.bfloat16 = bfloat16
        self.optimizer = torch.optim.Adam(
            [p for p in model.parameters() if p.requires_grad], lr=1e-4)

    def train_step(self) -> None:
        """Take a step; the mode is set outside of the measured time."""
        self.optimizer.zero_grad()
        with self._precision():
            loss = self.loss(self.images)
        loss.backward()
        self.optimizer.step()

    @torch.no_grad()
    def infer_step(self) -> None:
        """Predict a batch."""
        with self._precision():
            self.infer(self.images)

    def _precision(self) -> torch.autocast:
        return torch.autocast(
            self.images.device.type, torch.bfloat16, enabled=self.bfloat16)


def mmpretrain_contestant(cfg: dict,
                          images: Tensor,
                          bfloat16: bool = False) -> Contestant:
    """Build a contestant from the config of an MMPretrain classifier."""
    model = MODELS.build(cfg).to(images.device)
    samples = [DataSample().set_gt_label(0).to(images.device) for _ in images]

    def loss(images):
        losses = model(images, samples, mode='loss')
        return sum(value for key, value in losses.items() if 'loss' in key)

    # the scores; what the head makes of them for the user costs nothing
    return Contestant(model, loss, lambda images: model(images), images,
                      bfloat16)


def obvious_contestant(num_classes: int, images: Tensor) -> Contestant:
    """Build the obvious composition, in the images' memory format."""
    model = ObviousDAFFNet(num_classes).to(images.device)
    if images.is_contiguous(memory_format=torch.channels_last):
        model.to(memory_format=torch.channels_last)
    labels = torch.zeros(len(images), dtype=torch.long, device=images.device)
    return Contestant(model,
                      lambda images: F.cross_entropy(model(images), labels),
                      model, images)


def build_contestants(config: Path, batch_size: int, size: int,
                      device: str) -> dict:
    """Build all contestants.

    Args:
        config (Path): The config whose model is ours.
        batch_size (int): Images in a batch.
        size (int): Height and width of the images in pixels.
        device (str): The device.

    Returns:
        dict[str, Contestant]: The contestants by name.

    Raises:
        InputError: If the config is not there or not of a classifier, or
            there is no such device.
    """
    if not config.is_file():
        raise InputError(f'the config {config} does not exist')
    model_cfg = Config.fromfile(config).get('model')
    if not model_cfg or 'num_classes' not in model_cfg.get('head', {}):
        raise InputError(f'the config {config} has no model with a '
                         'head.num_classes to measure')
    try:
        images = torch.rand(batch_size, 3, size, size, device=device)
    except (RuntimeError, AssertionError) as error:
        raise InputError(f'the device {device!r} cannot be used: '
                         f'{str(error).splitlines()[0]}') from error
    classes = model_cfg.head.num_classes
    resnet = dict(
        type='ImageClassifier',
        backbone=dict(type='ResNet', depth=50),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(
            type='LinearClsHead', num_classes=classes, in_channels=2048))
    last = images.contiguous(memory_format=torch.channels_last)
    ours = {OURS: mmpretrain_contestant(model_cfg, images)}
    if multiplies_bfloat16(images.device):
        if model_cfg.get('neck', {}).get('bfloat16'):
            neck = dict(model_cfg.neck, bfloat16=False)
            ours[FLOAT32] = mmpretrain_contestant(
                dict(model_cfg, neck=neck), images)
        ours[BFLOAT16] = mmpretrain_contestant(model_cfg, images, True)
    return {
        **ours,
        OBVIOUS: obvious_contestant(classes, images),
        CHANNELS_LAST: obvious_contestant(classes, last),
        RESNET: mmpretrain_contestant(resnet, images),
    }


def measure(contestants: dict, rounds: int) -> dict:
    """Let the contestants take their steps in turn.

    Args:
        contestants (dict[str, Contestant]): The contestants by name.
        rounds (int): Measured rounds; one more comes first, unmeasured.

    Returns:
        dict[str, dict[str, list[float]]]: For ``'training'`` and
        ``'inference'`` and each contestant, the images per second of each
        round.
    """
    speeds = {}
    names = list(contestants)
    for task in ('training', 'inference'):
        speeds[task] = {name: [] for name in names}
        for contestant in contestants.values():
            contestant.model.train(task == 'training')
        for number in range(rounds + 1):
            for i in range(len(names)):  # each is first in its turn
                name = names[(i + number) % len(names)]
                contestant = contestants[name]
                step = (
                    contestant.train_step
                    if task == 'training' else contestant.infer_step)
                device = contestant.images.device
                if device.type == 'cuda':
                    torch.cuda.synchronize(device)
                started = time.perf_counter()
                step()
                if device.type == 'cuda':
                    torch.cuda.synchronize(device)
                seconds = time.perf_counter() - started
                if number:
                    speeds[task][name].append(
                        len(contestant.images) / seconds)
            if number:
                print(f'{task}, round {number} of {rounds} measured',
                      file=sys.stderr)
    return speeds


def summarise(speeds: dict) -> dict:
    """Take medians over the rounds.

    Args:
        speeds (dict): What :func:`measure` gives.

    Returns:
        dict: For each task and contestant the median images per second, and
        how many times faster ours is: the median of the rounds' ratios.
    """
    return {
        task: {
            name: dict(
                images_per_second=statistics.median(of_name),
                ours_is_faster_by=statistics.median(
                    ours / other for ours, other in zip(
                        of_task[OURS], of_name, strict=True)))
            for name, of_name in of_task.items()
        }
        for task, of_task in speeds.items()
    }


def render(summary: dict) -> str:
    """Lay the summary out as a table."""
    lines = [
        f'{"":<24}{"training":>20}{"inference":>20}',
        f'{"":<24}{"images/s":>10}{"ours is":>10}'
        f'{"images/s":>10}{"ours is":>10}'
    ]
    for name in summary['training']:
        line = f'{name:<24}'
        for task in ('training', 'inference'):
            row = summary[task][name]
            ratio = f'{row["ours_is_faster_by"]:.2f} x'
            line += f'{row["images_per_second"]:>10.2f}{ratio:>10}'
        lines.append(line)
    return '\n'.join(lines)


def main(argv=None) -> int:
    """Run the tool; returns the exit code."""
    args = parse_args(argv)
    if args.threads:
        torch.set_num_threads(args.threads)
    try:
        contestants = build_contestants(args.config, args.batch_size,
                                        args.size, args.device)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    setting = dict(
        config=str(args.config),
        batch_size=args.batch_size,
        size=args.size,
        rounds=args.rounds,
        device=args.device,
        threads=torch.get_num_threads(),
        torch=torch.__version__,
        machine=platform.machine())
    print(', '.join(f'{key} {value}' for key, value in setting.items()))
    speeds = measure(contestants, args.rounds)
    summary = summarise(speeds)
    print(render(summary))
    if args.out:
        with atomic_write(args.out) as file:
            json.dump(
                dict(setting=setting, summary=summary, rounds=speeds),
                file,
                indent=2)
        print(f'Wrote {args.out}.')
    return 0


if __name__ == '__main__':
    sys.exit(main())
