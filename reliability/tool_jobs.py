"""Work of seconds for each tool that writes files, and how to compare it.

Imported by the other scripts.
"""

import argparse
import json
import logging
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS
from PIL import Image

from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.checkpoints import save_checkpoint
from daffnet_mm.datasets.synthetic import render_cell
from daffnet_mm.utils.config_files import load_config

TINY = Path(__file__).resolve().parents[1] / 'tests' / 'data' / 'tiny.py'
CELL = [1, 1, 5, 0, 0, 0, 0, 0, 1, 0, 0]
#: MAP and its data, small, and cells for it to label.
MAP_CONFIG = """
_base_ = {base!r}
model = dict(
    _delete_=True,
    type='ImageClassifier',
    backbone=dict(type='ResNet', depth=18, base_channels=8, stem_channels=8),
    head=dict(type='MAPHead', in_channels=64, num_classes=5))
train_dataloader = dict(dataset=dict(
    _delete_=True, type='SyntheticWBC', split='train', laboratory='b',
    num_samples=64, image_size=32, pipeline=[]))
"""


@dataclass(frozen=True)
class Job:
    """What a tool is to do.

    Args:
        words (Callable): Gives the command line that writes into a folder.
        result (Callable): Gives what must be equal, out of the folder.
        statuses (tuple[int, ...]): How it ends when all went well.
    """

    words: Callable[[Path], list]
    result: Callable[[Path], object]
    statuses: tuple[int, ...] = (0,)


def attack_parser(
    document: str, number: str, default: int
) -> argparse.ArgumentParser:
    """Make the parser of a script that attacks the tools.

    Args:
        document (str): The script's docstring.
        number (str): The option that says how many attacks there are.
        default (int): How many there are by default.

    Returns:
        ArgumentParser: The parser.
    """
    parser = argparse.ArgumentParser(description=document.splitlines()[0])
    parser.add_argument(
        number,
        type=int,
        default=default,
        help='how many in all, or of each tool (default: %(default)s)',
    )
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='seed of the moments (default: %(default)s)',
    )
    parser.add_argument('--tools', nargs='+', help='which (default: all)')
    parser.add_argument(
        '--out-dir', type=Path, help='keep all that is written here'
    )
    return parser


def run_attack(
    parser: argparse.ArgumentParser,
    attack: Callable[[argparse.Namespace, Path, dict[str, Job]], list[str]],
) -> int:
    """Attack the tools; gives the exit status, 1 if something went wrong.

    Args:
        parser (ArgumentParser): That of :func:`attack_parser`.
        attack (Callable): Gets the options, a folder for all that is written
            and the jobs by name; gives a sentence on each fault.
    """
    args = parser.parse_args()
    torch.set_num_threads(1)
    folder = (args.out_dir or Path(tempfile.mkdtemp())).resolve()
    (folder / 'input').mkdir(parents=True)
    faults = attack(args, folder, make_jobs(folder / 'input'))
    print(*faults, sep='\n')
    if faults:
        print(f'see {folder}')
    elif args.out_dir is None:
        shutil.rmtree(folder)
    return 1 if faults else 0


def make_jobs(folder: Path) -> dict[str, Job]:
    """Make the input of all tools, and say what they are to do with it.

    Args:
        folder (Path): The folder for the input.

    Returns:
        dict[str, Job]: The jobs by name.
    """
    cells = folder / 'cells'
    for kind, label in enumerate(WBC5_CLASSES):
        (cells / label).mkdir(parents=True)
        for number in range(12):
            seed = 12 * kind + number
            cell = render_cell(CELL, 96, seed)
            name = cells / label / f'{number}.png'
            Image.fromarray(cell[..., ::-1]).save(name)
    config = folder / 'map.py'
    config.write_text(MAP_CONFIG.format(base=str(TINY)))
    checkpoint = folder / 'map.pth'
    torch.manual_seed(0)
    init_default_scope('mmpretrain')
    model = MODELS.build(load_config(config).model)
    logging.disable()  # a line a layer
    model.init_weights()
    logging.disable(logging.NOTSET)
    classes = dict(dataset_meta=dict(classes=list(WBC5_CLASSES)))
    save_checkpoint(
        checkpoint, dict(meta=classes, state_dict=model.state_dict())
    )
    workers = ['--num-workers', 2]
    return {
        'resize': Job(
            lambda out: [
                'dataset_converters/resize_dataset.py',
                *(cells, out / 'small', '--short-edge', 48, *workers),
            ],
            lambda out: _contents(out / 'small'),
        ),
        'crop': Job(
            lambda out: [
                'dataset_converters/crop_cells.py',
                *(cells, out / 'crops', *workers),
            ],
            lambda out: _contents(out / 'crops'),
        ),
        'audit': Job(
            lambda out: [
                *('audit_dataset.py', cells, '--out-dir', out / 'audit'),
                *('--groups-out', out / 'groups.csv', *workers),
            ],
            lambda out: [
                json.loads((out / 'audit/audit.json').read_text()),
                (out / 'groups.csv').read_text(),
            ],
            statuses=(0, 1),
        ),
        'pseudo_label': Job(
            lambda out: [
                *('pseudo_label.py', config, checkpoint),
                *('--dataset', config, '--out', out / 'labels.json'),
                *('--batch-size', 4, '--num-processes', 2, *workers),
            ],
            lambda out: (out / 'labels.json').read_bytes(),
        ),
        'train': Job(
            lambda out: [
                *('train.py', TINY, '--work-dir', out / 'run', '--resume'),
                *('--cfg-options', 'train_dataloader.num_workers=1'),
            ],
            lambda out: _training(out / 'run'),
        ),
        'predict': Job(
            lambda out: [
                *('daffnet_mm.predict', cells, '--format', 'csv'),
                *('--out', out / 'table.csv', '--batch-size', 8),
            ],
            lambda out: (out / 'table.csv').read_text('utf-8').splitlines(),
        ),
        'publish': Job(
            lambda out: [
                *('model_converters/publish_model.py', config, checkpoint),
                *('--out', out / 'published.pth'),
            ],
            lambda out: _weights(out / 'published.pth'),
        ),
    }


def _contents(folder: Path) -> dict[str, bytes]:
    """Read all files but the notes of the tool, in which times stand."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob('*')
        if path.is_file() and not path.name.startswith('.')
    }


def _weights(path: Path) -> dict[str, list]:
    state = torch.load(path, weights_only=True)['state_dict']
    return {name: value.flatten().tolist() for name, value in state.items()}


def _training(folder: Path) -> list:
    """What a training leaves: weights bit for bit, and its test."""
    names = sorted(path.name for path in folder.glob('*.pth'))
    return [
        names,
        *(_weights(folder / name) for name in names),
        (folder / 'evaluation/wbc_metrics.json').read_text(),
        (folder / 'last_checkpoint').read_text(),
    ]
