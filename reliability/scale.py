"""Measure time and memory of the tools on many images.

Usage:
    python reliability/scale.py [--numbers 1000 10000] [--image-size 72]
        [--steps predict audit resize crop dataset] [--small-network]
        [--num-workers 2] [--out-dir work_dirs/scale]

Paints so many cells, each another one, as JPEG in a folder for each type, and
runs each tool on them in a process of its own: time and memory are to grow
with their number, and memory by little. A folder that is painted stays for
the next call. It prints seconds, and the most memory that the process and its
children had at a time (their PSS, by which shared pages count once).
"""

import argparse
import inspect
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import cv2
import torch
from mmengine import Config
from mmpretrain.registry import MODELS
from rich.progress import track

from daffnet_lite.fileio.tables import to_markdown
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_lite.utils.worker_pool import run_in_pool
from daffnet_mm.datasets import SyntheticWBC

ROOT = Path(__file__).resolve().parents[1]
#: Least seconds between two looks at the memory, and the most of the time that
#: looking may take, as the tools need the processors, too.
INTERVAL, MOST_LOOKING = 0.2, 0.03
#: Lists a dataset and reads one image, as a training does at first.
START = """
import sys
sys.path.pop(0)  # as for a script, where one stands does not count
from mmpretrain.registry import DATASETS
import daffnet_mm
dataset = DATASETS.build(
    dict(type='LDWBC', data_root=sys.argv[1], split='train',
         pipeline=[dict(type='LoadCellImage')])
)
print(len(dataset), dataset[0]['img'].shape)
"""


@cache
def synthetic_cells(number: int, image_size: int) -> SyntheticWBC:
    """List the cells, once a process; nothing is painted yet."""
    return SyntheticWBC(
        num_samples=number,
        image_size=image_size,
        pipeline=[dict(type='LoadSyntheticCell')],
    )


def paint(folder: Path, number: int, image_size: int, index: int) -> None:
    """Write one cell."""
    cell = synthetic_cells(number, image_size)[index]
    label = WBC5_CLASSES[int(cell['gt_label'])]
    path = folder / label / f'{index:06d}.jpg'
    cv2.imwrite(str(path), cell['img'], [cv2.IMWRITE_JPEG_QUALITY, 90])


def paint_folder(folder: Path, number: int, image_size: int) -> None:
    """Fill a folder, if an earlier call has not done it."""
    mark = folder / f'.painted_{number}_{image_size}'
    if mark.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    for label in WBC5_CLASSES:
        (folder / label).mkdir(parents=True)
    one = partial(paint, folder, number, image_size)
    for _ in track(
        run_in_pool(one, range(number), 2, chunk_size=64),
        f'painting {number}',
        total=number,
    ):
        pass
    mark.touch()


def make_small_network(folder: Path) -> list[str]:
    """Write config and weights of a network of little computation."""
    model = dict(
        type='ImageClassifier',
        backbone=dict(
            type='ResNet', depth=18, base_channels=8, stem_channels=8
        ),
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='LinearClsHead', num_classes=5, in_channels=64),
    )
    cfg = Config(
        dict(
            default_scope='mmpretrain',
            custom_imports=dict(imports=['daffnet_mm']),
            model=model,
            data_preprocessor=dict(mean=[0] * 3, std=[255] * 3, to_rgb=True),
            test_dataloader=dict(
                dataset=dict(
                    type='PBC',
                    pipeline=[
                        dict(type='LoadCellImage'),
                        dict(type='Resize', scale=(32, 32)),
                        dict(type='PackInputs'),
                    ],
                )
            ),
        )
    )
    folder.mkdir(parents=True, exist_ok=True)
    cfg.dump(folder / 'small.py')
    torch.manual_seed(0)
    torch.save(
        dict(
            meta=dict(dataset_meta=dict(classes=WBC5_CLASSES)),
            state_dict=MODELS.build(model).state_dict(),
        ),
        folder / 'small.pth',
    )
    return [
        *('--config', str(folder / 'small.py')),
        *('--checkpoint', str(folder / 'small.pth')),
    ]


def family(process: int) -> list[int]:
    """List a process and all that it started."""
    found = [process]
    for one in found:
        for task in Path(f'/proc/{one}/task').glob('*/children'):
            try:
                found += map(int, task.read_text().split())
            except OSError:
                continue  # it has just ended
    return found


def memory_of(process: int) -> float:
    """Add up what a process and its children have, in MiB."""
    total = 0
    for one in family(process):
        try:
            lines = Path(f'/proc/{one}/smaps_rollup').read_text().splitlines()
        except OSError:
            continue
        total += sum(
            int(line.split()[1]) for line in lines if line.startswith('Pss:')
        )
    return total / 1024


def measure(command: list[str], log: Path) -> tuple[float, float]:
    """Run a command; gives its seconds and the most memory, in MiB.

    Raises:
        RuntimeError: If it fails.
    """
    # The package that is measured is the one that is in use here.
    package = Path(inspect.getfile(run_in_pool)).parents[1]
    most, ended = [0.0], threading.Event()
    start = time.perf_counter()
    with open(log, 'wb') as file:
        process = subprocess.Popen(
            command,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=dict(os.environ, PYTHONPATH=str(package.parent)),
        )

        def watch() -> None:
            pause = INTERVAL
            while not ended.wait(pause):
                begun = time.perf_counter()
                most[0] = max(most[0], memory_of(process.pid))
                took = time.perf_counter() - begun
                pause = max(INTERVAL, took / MOST_LOOKING)

        watcher = threading.Thread(target=watch)
        watcher.start()
        status = process.wait()
    seconds = time.perf_counter() - start
    ended.set()
    watcher.join()
    if status:
        raise RuntimeError(f'{command} ended with {status}; see {log}')
    return seconds, most[0]


def predict_command(images: Path, out: Path, args) -> list[str]:
    """Predict all, as CSV."""
    network = make_small_network(out) if args.small_network else []
    return [
        *('-m', 'daffnet_mm.predict', str(images), '--format', 'csv'),
        *('--out', str(out / 'cells.csv'), *network),
    ]


def audit_command(images: Path, out: Path, args) -> list[str]:
    """Look for copies and faults."""
    return [
        *(str(ROOT / 'tools' / 'audit_dataset.py'), str(images)),
        *('--out-dir', str(out), '--groups-out', str(out / 'groups.csv')),
        *('--num-workers', str(args.num_workers)),
    ]


def prepare_command(name: str, images: Path, out: Path, args) -> list[str]:
    """Write other images of all."""
    tool = ROOT / 'tools' / 'dataset_converters' / name
    edge = ['--short-edge', '48'] if name == 'resize_dataset.py' else []
    workers = ['--num-workers', str(args.num_workers)]
    return [str(tool), str(images), str(out / 'images'), *edge, *workers]


def start_command(images: Path, out: Path, args) -> list[str]:
    """Begin to use a dataset."""
    return ['-c', START, str(images)]


STEPS: dict[str, Callable[..., list[str]]] = dict(
    predict=predict_command,
    audit=audit_command,
    resize=partial(prepare_command, 'resize_dataset.py'),
    crop=partial(prepare_command, 'crop_cells.py'),
    dataset=start_command,
)


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        '--numbers', type=int, nargs='+', default=[1000, 10000]
    )
    parser.add_argument('--image-size', type=int, default=72)
    parser.add_argument('--steps', nargs='+', choices=STEPS, default=STEPS)
    parser.add_argument('--small-network', action='store_true')
    parser.add_argument('--num-workers', type=int, default=2)
    parser.add_argument(
        '--out-dir', type=Path, default=Path('work_dirs/scale')
    )
    return parser


def main() -> None:
    """Run the tool."""
    args = build_parser().parse_args()
    rows = []
    for number in args.numbers:
        images = (args.out_dir / f'cells_{number}').resolve()
        paint_folder(images, number, args.image_size)
        for step in args.steps:
            out = (args.out_dir / f'{step}_{number}').resolve()
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            command = [sys.executable, *STEPS[step](images, out, args)]
            seconds, memory = measure(command, out / 'log')
            per_thousand = 1000 * seconds / number
            rows.append(
                [
                    step,
                    f'{number:,}',
                    f'{seconds:.1f}',
                    f'{per_thousand:.2f}',
                    f'{memory:.0f}',
                ]
            )
            print(*rows[-1], file=sys.stderr, flush=True)
    rows.sort(key=lambda row: list(STEPS).index(row[0]))
    headers = ['step', 'images', 's', 's per 1,000', 'most memory (MiB)']
    print(to_markdown(headers, rows))


if __name__ == '__main__':
    main()
