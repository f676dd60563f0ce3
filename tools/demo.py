"""Run DAFFNet's three stages, small, and print the paper's tables.

Usage:
    python tools/demo.py [--data-root DIR [--ann-dir DIR]] [--out-dir DIR]

Called by tools/demo.sh, which makes the environment first. Each stage is a
plain `tools/train.py` run, printed as it is started; one that has ended is
not repeated, and one that was interrupted goes on from its last epoch.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write
from daffnet_mm.reproduction.paper_tables import print_paper_tables
from daffnet_mm.utils.command_line import one_sentence_errors

ROOT = Path(__file__).resolve().parents[1]
PBC_FOLDER = 'PBC_dataset_normal_DIB'
# Wide enough for the tables, also in a log file.
CONSOLE = Console(width=max(Console().width, 120))


class Stages(NamedTuple):
    """The configs of one demonstration, below configs/daffnet."""

    map_supervised: str
    map_ssl: str
    daffnet: str
    ablation: str


SYNTHETIC = Stages(
    'map-tiny_synthetic',
    'map-tiny_synthetic-ssl',
    'daffnet-tiny_synthetic',
    'ablation/epsa-sa-tiny_synthetic',
)
REAL = Stages(
    'map-tiny_wbcatt',
    'map-tiny_ssl',
    'daffnet-tiny_pbc5',
    'ablation/epsa-sa-tiny_pbc5',
)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Run DAFFNet's three stages, small"
    )
    parser.add_argument(
        '--data-root',
        type=Path,
        help=f'a folder that holds {PBC_FOLDER}, itself or one level below; '
        'default: synthetic cells, which need no files',
    )
    parser.add_argument(
        '--ann-dir',
        type=Path,
        help='the folder with the pbc_attr_v1_*.csv of WBCAtt; default: '
        'looked for below --data-root',
    )
    parser.add_argument(
        '--out-dir',
        type=Path,
        help='default: work_dirs/demo_synthetic or work_dirs/demo_real',
    )
    return parser.parse_args()


def find(folder: Path, pattern: str, what: str) -> Path:
    """Find a file or folder in a folder or one level below."""
    if not folder.is_dir():
        raise InputError(f'{folder} is no folder; expected is one with {what}')
    for place in (pattern, f'*/{pattern}'):
        found = sorted(folder.glob(place))
        if found:
            return found[0]
    raise InputError(f'there is no {what} in {folder} or one level below')


def locate_data(args: argparse.Namespace) -> dict[str, str]:
    """Find the real data.

    Returns:
        dict[str, str]: The environment variables by which the configs find
        it.
    """
    pbc = find(args.data_root, PBC_FOLDER, PBC_FOLDER)
    annotation = find(
        args.ann_dir or args.data_root,
        'pbc_attr_v1_*.csv',
        'pbc_attr_v1_*.csv of WBCAtt (or name its folder with --ann-dir)',
    )
    return dict(
        PBC_ROOT=str(pbc.resolve()),
        WBCATT_ROOT=str(annotation.resolve().parent),
    )


def check_settings(out_dir: Path, settings: dict) -> None:
    """Refuse to mix the results of different data in one folder."""
    path = out_dir / 'demo.json'
    if path.is_file():
        with open(path, encoding='utf-8') as f:
            former = json.load(f)
        if former != settings:
            raise InputError(
                f'{out_dir} holds the results of other data ({former}): name '
                'another --out-dir, or remove it'
            )
    else:
        with atomic_write(path) as f:
            json.dump(settings, f)


def run(command: list[str], env: dict[str, str]) -> None:
    """Run one command of the project, shown as a reader would type it."""
    shown = [f'{k}={v}' for k, v in env.items()]
    shown += ['python', *command]
    CONSOLE.print(f'[bold]$ {shlex.join(shown)}[/bold]', soft_wrap=True)
    status = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env={**os.environ, **env}
    ).returncode
    if status:
        CONSOLE.print(
            f'this command failed with status {status}; what is '
            'finished is kept, and the same call goes on from here'
        )
        raise SystemExit(status)


def train(
    config: str,
    work_dir: Path,
    env: dict[str, str],
    options: list[str] | None = None,
) -> None:
    """Train one stage, unless it has been trained."""
    marker = work_dir / 'finished.json'
    if marker.is_file():
        CONSOLE.print(f'{work_dir} is finished')
        return
    start = time.monotonic()
    command = [
        'tools/train.py',
        f'configs/daffnet/{config}.py',
        '--work-dir',
        str(work_dir),
        '--resume',
    ]
    if options:
        command += ['--cfg-options', *options]
    run(command, env)
    minutes = round((time.monotonic() - start) / 60, 1)
    with atomic_write(marker) as f:
        json.dump(dict(config=config, minutes=minutes), f)
    CONSOLE.print(f'{work_dir}: {minutes} minutes')


def main() -> None:
    args = parse_args()
    start = time.monotonic()
    with one_sentence_errors():
        if args.data_root is None:
            kind, stages, env = 'synthetic', SYNTHETIC, {}
        else:
            kind, stages, env = 'real', REAL, locate_data(args)
        out_dir = (
            args.out_dir or ROOT / 'work_dirs' / f'demo_{kind}'
        ).resolve()
        out_dir.mkdir(parents=True, exist_ok=True)
        check_settings(out_dir, dict(kind=kind, **env))
    if kind == 'real':
        env['PBC_SPLIT_FILE'] = str(out_dir / 'split.csv')

    folders = Stages(
        *(
            out_dir / name
            for name in ('map_supervised', 'map_ssl', 'daffnet', 'epsa-sa')
        )
    )

    CONSOLE.rule('stage 1: MAP on true attributes')
    train(stages.map_supervised, folders.map_supervised, env)

    CONSOLE.rule('stage 2: MAP on true and pseudo attributes')
    labels = out_dir / 'pseudo_labels.json'
    env['PSEUDO_LABELS'] = str(labels)
    if not labels.is_file():
        run(
            [
                'tools/pseudo_label.py',
                f'configs/daffnet/{stages.map_ssl}.py',
                str(folders.map_supervised / 'best.pth'),
                '--out',
                str(labels),
            ],
            env,
        )
    train(stages.map_ssl, folders.map_ssl, env)

    CONSOLE.rule('stage 3: DAFFNet')
    checkpoint = folders.map_ssl / 'best.pth'
    train(
        stages.daffnet,
        folders.daffnet,
        env,
        [f'model.neck.predictor.init_cfg.checkpoint={checkpoint}'],
    )

    CONSOLE.rule('ablation: without the morphological branch')
    train(stages.ablation, folders.ablation, env)

    CONSOLE.rule('results on the test part')
    print_paper_tables(CONSOLE, *folders)
    CONSOLE.print(f'{(time.monotonic() - start) / 60:.1f} minutes in all')


if __name__ == '__main__':
    main()
