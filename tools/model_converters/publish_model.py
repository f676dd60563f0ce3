"""Turn a trained checkpoint into the file that is shipped.

Usage:
    python tools/model_converters/publish_model.py CONFIG CKPT --out FILE
        [--max-mb 16] [--notes KEY=VALUE ...] [--cfg-options KEY=VALUE ...]

FILE holds the weights in half precision, as parts of one piece of memory, and
a ``meta`` of plain values: the classes, the attributes and their values, the
names of the training images (so that nobody tests on them unawares), the
temperatures of a calibrated model, the rule by which its answers are reviewed,
the laboratories that taught it, the config's name, the checkpoint's SHA-256,
versions and notes. It is loaded like any other checkpoint; the model computes
in single precision as before.
What only a training needs is left out.
Of a run with averaged weights (EMAHook) the average is published, which is
what was validated and tested.

Afterwards FILE is read again, and its predictions are compared with those of
CKPT on synthetic cells.
"""

import argparse
import io
import os

import mmengine
import mmpretrain
import torch
from mmengine import Config
from mmengine.dataset import pseudo_collate

import daffnet_mm
from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.utils.command_line import (
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_mm.apis.laboratories_of_checkpoint import LABORATORIES
from daffnet_mm.apis.review_of_checkpoint import REVIEW
from daffnet_mm.apis.trained_model import load_trained
from daffnet_mm.checkpoints import trained_classes
from daffnet_mm.datasets import SyntheticWBC
from daffnet_mm.models.heads import find_map_head
from daffnet_mm.utils.config_files import load_config
from daffnet_mm.utils.dataset_configs import innermost, pipeline_of_test

MEGABYTE = 10**6
#: Cells on which the predictions are compared, and their size in pixels
#: where the config does not paint its own: PBC's.
NUM_CELLS = 16
CELL_SIZE = 360


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_model()
    parser.add_output('--out', 'checkpoint to write', required=True)
    parser.add_argument(
        '--max-mb',
        type=float,
        default=16,
        help='refuse a larger file, in millions of bytes (default: '
        '%(default)s)',
    )
    parser.add_argument(
        '--notes',
        nargs='+',
        type=note,
        default=[],
        metavar='KEY=VALUE',
        help='what else meta should say, such as licence="CC BY 4.0"',
    )
    return parser


def note(text: str) -> tuple[str, str]:
    """Read a note, whatever its value holds: a type of argument."""
    key, equals, value = text.partition('=')
    if not key or not equals:
        raise argparse.ArgumentTypeError(
            f'{text} must be KEY=VALUE, such as licence="CC BY 4.0"'
        )
    return key, value


def half_precision(weights: dict, source: str) -> dict:
    """Give tensors in half precision; integers stay integers.

    Args:
        weights (dict): Tensors by name.
        source (str): The checkpoint's name, for the message.

    Returns:
        dict: The tensors by name.

    Raises:
        InputError: If a value is too large.
    """
    halved = {}
    for name, value in weights.items():
        if value.is_floating_point():
            large = value.abs().max() if value.numel() else 0
            value = value.half()
            if not value.isfinite().all():
                raise InputError(
                    f'{source} has {large:.4g} in {name}, above '
                    f'{torch.finfo(torch.half).max:.0f}, the largest number '
                    'in half precision: this model cannot be published so'
                )
        halved[name] = value
    return halved


def in_one_piece(weights: dict) -> dict:
    """Let all tensors of a type lie in one piece of memory.

    Each piece is a part of the file, which costs nearly 200 bytes however
    short it is.

    Args:
        weights (dict): Tensors by name.

    Returns:
        dict: The same numbers by the same names, in the same order.
    """
    laid = dict(weights)
    for dtype in {value.dtype for value in weights.values()}:
        same = {k: v for k, v in weights.items() if v.dtype == dtype}
        piece = torch.cat([value.flatten() for value in same.values()])
        parts = piece.split([value.numel() for value in same.values()])
        for (name, value), part in zip(same.items(), parts, strict=True):
            laid[name] = part.view(value.shape)
    return laid


def published_review(rule: dict, source: str) -> dict:
    """Give a rule for reviews with its matrices in half precision too.

    Args:
        rule (dict): What ``meta['review']`` holds.
        source (str): The checkpoint's name, for the message.

    Returns:
        dict: The rule.

    Raises:
        InputError: If a value is too large.
    """
    open_set = rule.get('open_set')
    if open_set is None:
        return rule
    matrices = {
        name: value
        for name, value in open_set.items()
        if isinstance(value, torch.Tensor) and value.ndim == 2
    }
    halved = half_precision(matrices, f"{source}'s review rule")
    return dict(rule, open_set=dict(open_set, **halved))


def build_meta(model: torch.nn.Module, trained: dict, args) -> dict:
    """Keep what a user of the weights has to know, as plain values.

    Raises:
        InputError: If the checkpoint names no classes.
    """
    classes = trained_classes(trained)
    if not classes:
        raise InputError(
            f'{args.checkpoint} does not name its classes in '
            "meta['dataset_meta']: publish the best.pth of tools/train.py"
        )
    meta = dict(
        dataset_meta=dict(classes=list(classes)),
        config=os.path.basename(args.config),
        source_sha256=file_sha256(args.checkpoint),
        versions=dict(
            daffnet_mm=daffnet_mm.__version__,
            mmengine=mmengine.__version__,
            mmpretrain=mmpretrain.__version__,
            torch=str(torch.__version__),
        ),
        notes=dict(args.notes),
    )
    head = find_map_head(model)
    if head is not None:
        meta['attributes'] = {
            name: list(values) for name, values in head.attributes.items()
        }
    if trained.get('temperatures'):
        meta['temperatures'] = {
            name: float(value)
            for name, value in trained['temperatures'].items()
        }
    if trained.get('logit_adjustment'):
        meta['logit_adjustment'] = float(trained['logit_adjustment'])
    if trained.get(REVIEW):
        meta[REVIEW] = published_review(trained[REVIEW], args.checkpoint)
    if trained.get(LABORATORIES):
        meta[LABORATORIES] = trained[LABORATORIES]
    # SplitGuardHook and the tests on other data sets look here.
    for key in ('train_images', 'train_groups'):
        if trained.get(key):
            meta[key] = list(trained[key])
    return meta


@torch.inference_mode()
def predict(model: torch.nn.Module, cfg: Config) -> dict[str, torch.Tensor]:
    """Predict synthetic cells through the config's test pipeline.

    Args:
        model (nn.Module): The model in evaluation mode.
        cfg (Config): Its config.

    Returns:
        dict[str, Tensor]: Those of ``pred_score`` (N, K) and
        ``pred_attribute_scores`` (N, 31) that the model gives.
    """
    dataset = innermost(cfg.test_dataloader.dataset)[0]
    cells = SyntheticWBC(
        split='test',
        num_samples=NUM_CELLS,
        image_size=dataset.get('image_size', CELL_SIZE),
        pipeline=[dict(type='LoadSyntheticCell'), *pipeline_of_test(cfg)[1:]],
    )
    samples = model.test_step(
        pseudo_collate([cells[index] for index in range(NUM_CELLS)])
    )
    return {
        name: torch.stack([sample.get(name) for sample in samples])
        for name in ('pred_score', 'pred_attribute_scores')
        if name in samples[0]
    }


def serialise(content: dict, args) -> bytes:
    """Make the file's content.

    Raises:
        InputError: If it is larger than allowed.
    """
    file = io.BytesIO()
    torch.save(content, file)
    size = file.tell() / MEGABYTE
    if size > args.max_mb:
        raise InputError(
            f'{args.out} would have {size:.2f} MB, more than the '
            f'{args.max_mb:g} MB of --max-mb: publish a smaller model, or '
            'allow more'
        )
    return file.getvalue()


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    with one_sentence_errors():
        if os.path.realpath(args.out) == os.path.realpath(args.checkpoint):
            raise InputError(
                f'{args.out} is the checkpoint itself, which '
                'half precision would spoil: name another file'
            )
        cfg = load_config(args.config, args.cfg_options)
        model, trained = load_trained(cfg, args.checkpoint, 'cpu')
        meta = build_meta(model, trained, args)
        weights = in_one_piece(
            half_precision(model.state_dict(), args.checkpoint)
        )
        before = predict(model, cfg)
        num_classes = (
            before['pred_score'].shape[1] if ('pred_score' in before) else None
        )
        classes = meta['dataset_meta']['classes']
        if num_classes not in (None, len(classes)):
            raise InputError(
                f'{args.checkpoint} names {len(classes)} classes, but its '
                f'model has {num_classes}'
            )
        content = serialise(dict(meta=meta, state_dict=weights), args)
        with atomic_write(args.out, 'wb') as file:
            file.write(content)
        after = predict(load_trained(cfg, str(args.out), 'cpu')[0], cfg)
    difference = max(
        (scores - after[name]).abs().max().item()
        for name, scores in before.items()
    )
    print(
        f'wrote {args.out}: {len(weights)} tensors, '
        f'{len(content) / MEGABYTE:.2f} MB, '
        f'SHA-256 {file_sha256(args.out)}'
    )
    print(
        f'greatest difference of a predicted probability on {NUM_CELLS} '
        f'synthetic cells: {difference:.6f}'
    )
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main))
