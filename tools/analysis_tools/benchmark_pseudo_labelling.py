"""Measure pseudo-labelling against inference alone on the same data.

Usage:
    python tools/analysis_tools/benchmark_pseudo_labelling.py
        [--config CONFIG] [--checkpoint CKPT] [--num-images 2000]
        [--rounds 3] [--batch-size 64] [--num-workers 2] [--num-processes N]
        [--device DEVICE] [--out FILE] [--cfg-options KEY=VALUE ...]

In each round, the images of the config's training part go through its model
twice, with the test pipeline: in a plain loop over a data loader that keeps
nothing, and by ``pseudo_label``. Whatever else the machine does meets both,
and the ratio is the median over the rounds. Labelling is timed from the call
to the finished file: building the model and hashing its checkpoint are in, so
the ratio grows with the number of images. Without a checkpoint, the weights
are random: speed does not depend on them.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from mmengine import Config
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import DATASETS, MODELS
from timing import write_figures
from torch.utils.data import DataLoader

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.apis.pseudo_labelling import pseudo_label
from daffnet_mm.apis.trained_model import load_trained
from daffnet_mm.utils.config_files import load_config

DEFAULT_CONFIG = (
    Path(__file__).resolve().parents[2]
    / 'configs/daffnet/map-tiny_synthetic.py'
)


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        '--config',
        default=DEFAULT_CONFIG,
        help="a MAP's config, whose training part is labelled (default: "
        'that of MAP-tiny on synthetic cells)',
    )
    parser.add_argument(
        '--checkpoint',
        help='its checkpoint (default: none, random weights)',
    )
    parser.add_cfg_options()
    parser.add_number('--num-images', 'images to label', 2000)
    parser.add_loading()
    parser.add_num_processes()
    parser.add_device()
    parser.add_rounds(3)
    return parser


def infer(model: torch.nn.Module, dataset, args: argparse.Namespace) -> float:
    """Run the model over the data; gives the images per second."""
    start = time.perf_counter()
    loader = DataLoader(
        dataset,
        batch_size=args.batch_size,
        num_workers=args.num_workers,
        collate_fn=pseudo_collate,
    )
    with torch.inference_mode():
        for batch in loader:
            model.test_step(batch)
    if torch.device(args.device).type == 'cuda':
        torch.cuda.synchronize()
    return len(dataset) / (time.perf_counter() - start)


def label(
    cfg: Config,
    checkpoint: str,
    dataset_cfg: dict,
    folder: str,
    args: argparse.Namespace,
) -> float:
    """Label the data; gives the images per second."""
    start = time.perf_counter()
    labels = pseudo_label(
        cfg,
        checkpoint,
        str(Path(folder, 'labels.json')),
        dataset_cfg,
        batch_size=args.batch_size,
        num_workers=args.num_workers,
        device=args.device,
        num_processes=args.num_processes,
    )
    return len(labels.scores) / (time.perf_counter() - start)


def measure(args: argparse.Namespace, folder: str) -> dict:
    """Measure both in turn.

    Returns:
        dict: Images per second of each round, and the median ratio.
    """
    cfg = load_config(args.config, args.cfg_options)
    dataset_cfg = cfg.train_dataloader.dataset
    if 'dataset' in dataset_cfg or 'datasets' in dataset_cfg:
        raise InputError(
            f'{args.config} trains on several datasets; name '
            'the config of stage 1'
        )
    dataset_cfg = {
        **dataset_cfg,
        'pipeline': cfg.test_dataloader.dataset.pipeline,
        'test_mode': True,
    }
    available = len(DATASETS.build(dataset_cfg))
    dataset_cfg['indices'] = min(args.num_images, available)
    checkpoint = args.checkpoint
    if checkpoint is None:
        checkpoint = str(Path(folder, 'random.pth'))
        model_cfg = cfg.model.copy()
        model_cfg.setdefault('data_preprocessor', cfg.data_preprocessor)
        torch.save(MODELS.build(model_cfg).state_dict(), checkpoint)
    dataset = DATASETS.build(dataset_cfg)
    model, _ = load_trained(cfg, checkpoint, args.device)
    speeds = dict(inference=[], labelling=[])
    for number in range(args.rounds):
        speeds['inference'].append(infer(model, dataset, args))
        speeds['labelling'].append(
            label(cfg, checkpoint, dataset_cfg, folder, args)
        )
        print(
            f'round {number + 1} of {args.rounds}: inference '
            f'{speeds["inference"][-1]:.1f} images/s, labelling '
            f'{speeds["labelling"][-1]:.1f}',
            file=sys.stderr,
        )
    ratio = statistics.median(
        ours / plain
        for ours, plain in zip(
            speeds['labelling'], speeds['inference'], strict=True
        )
    )
    return dict(images=len(dataset), speeds=speeds, ratio=ratio)


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors(), tempfile.TemporaryDirectory() as folder:
        result = measure(args, folder)
    for name, speeds in result['speeds'].items():
        print(f'{name:<10}{statistics.median(speeds):>10.1f} images/s')
    print(
        f'labelling has {100 * result["ratio"]:.1f} % of the throughput of '
        f'inference alone, on {result["images"]} images'
    )
    write_figures(args.out, {**result, 'device': args.device})
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
