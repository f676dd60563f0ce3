"""Average the weights of trainings that began alike: a model soup.

Usage:
    python tools/model_converters/average_models.py CONFIG CKPT CKPT [CKPT ...]
        --out FILE [--parts 0.7 0.3 ...] [--num-images 2000]
        [--device DEVICE] [--cfg-options KEY=VALUE ...]

Trainings of one network from the same pretrained weights, of several seeds or
with different augmentation, often end so near to each other that the mean of
their weights is better than each of them (Wortsman et al., ICML 2022), and
costs no more to run. Whether it is has to be measured: test FILE beside them.
--parts says how much of each there is, by default as much of each: of what is
good at home the most, and of what holds elsewhere some (Wortsman et al., CVPR
2022).

A mean has other batch statistics than its parts, so these are taken anew on
images of the config's training part. What a checkpoint says of temperatures,
logits, laboratories and reviews is not true of a mean: calibrate FILE, not its
parts.

A DAFFNet holds a frozen MAP, to which the rest was trained: average MAPs, and
train stage 3 on the mean.
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from itertools import islice

import torch
from mmengine.runner import Runner, set_random_seed, weights_to_cpu
from rich.progress import track
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim.swa_utils import update_bn

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.apis.laboratories_of_checkpoint import LABORATORIES
from daffnet_mm.apis.review_of_checkpoint import REVIEW
from daffnet_mm.apis.trained_model import load_trained
from daffnet_mm.checkpoints import save_checkpoint, trained_classes
from daffnet_mm.utils.config_files import load_config

#: Of a checkpoint, and not of a mean.
NOT_OF_A_MEAN = ('temperatures', 'logit_adjustment', LABORATORIES, REVIEW)


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument('config', help='config of the checkpoints')
    parser.add_argument(
        'checkpoints', nargs='+', metavar='CKPT', help='trained checkpoints'
    )
    parser.add_output('--out', 'checkpoint to write', required=True)
    parser.add_argument(
        '--parts',
        type=positive,
        nargs='+',
        help='how much of each there is, in their order (default: as much)',
    )
    parser.add_number(
        '--num-images', 'of the training part, for the batch statistics', 2000
    )
    parser.add_device()
    parser.add_cfg_options()
    return parser


def positive(text: str) -> float:
    """Read a number above 0: a type of argument."""
    number = float(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f'{text} must be a number above 0')
    return number


def mean_of(states: Sequence[dict], parts: Sequence[float]) -> dict:
    """Average tensors by name; whole numbers are those of the first."""
    total = sum(parts)
    return {
        name: sum(
            part / total * state[name].double()
            for part, state in zip(parts, states, strict=True)
        ).to(value.dtype)
        if value.is_floating_point()
        else value
        for name, value in states[0].items()
    }


def check_trainable(model: torch.nn.Module) -> None:
    """Refuse a model of which a part stays as it is in training.

    Raises:
        InputError: If one of its batch normalisations does.
    """
    model.train()
    for name, module in model.named_modules():
        if isinstance(module, _BatchNorm) and not module.training:
            raise InputError(
                f'{name} is frozen in training, so the rest was trained to '
                'it, and a mean would fit neither: average the models of '
                'stage 1, and train stage 3 on the mean'
            )
    model.eval()


def training_images(
    model: torch.nn.Module, cfg: dict, number: int
) -> Iterator[torch.Tensor]:
    """Load images as the training does."""
    loader = Runner.build_dataloader(cfg, seed=0)
    size = loader.batch_size or 1
    batches = min(len(loader), -(-number // size))
    for batch in track(
        islice(loader, batches), 'batch statistics', total=batches
    ):
        yield model.data_preprocessor(batch, training=False)['inputs']


def merge_meta(
    metas: Sequence[dict], sources: Sequence[str], parts: Sequence[float]
) -> dict:
    """Say of the mean what is true of it.

    Raises:
        InputError: If the classes differ.
    """
    classes = [trained_classes(meta) for meta in metas]
    for other, source in zip(classes, sources, strict=True):
        if other != classes[0]:
            raise InputError(
                f'{source} names the classes {", ".join(other)}, but '
                f'{sources[0]} {", ".join(classes[0])}'
            )
    meta = {
        key: value
        for key, value in metas[0].items()
        if key not in NOT_OF_A_MEAN
    }
    # Nobody is to test on what any of them was trained on.
    for key in ('train_images', 'train_groups'):
        known = {name for part in metas for name in part.get(key) or ()}
        if known:
            meta[key] = sorted(known)
    meta['averaged_sha256'] = [file_sha256(source) for source in sources]
    meta['averaged_parts'] = list(parts)
    return meta


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors() as status:
        if len(args.checkpoints) < 2:
            raise InputError('a mean is of two checkpoints at least')
        parts = args.parts or [1.0] * len(args.checkpoints)
        if len(parts) != len(args.checkpoints):
            raise InputError(
                f'--parts has {len(parts)} numbers for '
                f'{len(args.checkpoints)} checkpoints: give one for each'
            )
        cfg = load_config(args.config, args.cfg_options)
        set_random_seed(0)
        states, metas = [], []
        for checkpoint in args.checkpoints:
            model, meta = load_trained(cfg, checkpoint, args.device)
            states.append(weights_to_cpu(model.state_dict()))
            metas.append(meta)
        check_trainable(model)
        meta = merge_meta(metas, args.checkpoints, parts)
        model.load_state_dict(mean_of(states, parts))
        update_bn(
            training_images(model, cfg.train_dataloader, args.num_images),
            model,
        )
        weights = weights_to_cpu(model.state_dict())
        save_checkpoint(args.out, dict(meta=meta, state_dict=weights))
    print(f'wrote {args.out}, the mean of {len(states)} checkpoints')
    return status.code


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
