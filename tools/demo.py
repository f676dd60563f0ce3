"""Run DAFFNet's three stages, small, and print the paper's tables.

Usage:
    python tools/demo.py [--data-root DIR [--ann-dir DIR]] [--out-dir DIR]

Called by tools/demo.sh, which makes the environment first. It calls
`tools/run_experiments.py`, each time printed as a reader would type it; what
has ended is not repeated, and what was interrupted goes on from its last
epoch.
"""

import argparse
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from daffnet_lite.errors import InputError
from daffnet_lite.utils.command_line import (
    GOES_ON,
    ToolParser,
    one_sentence_errors,
    run_tool,
)
from daffnet_lite.utils.stopping import wait_for

ROOT = Path(__file__).resolve().parents[1]
PBC_FOLDER = 'PBC_dataset_normal_DIB'
#: Of each kind of cells: the datasets of MAP and DAFFNet, and the epochs of
#: their trainings.
KINDS = {
    'synthetic': (('synthetic', 5), ('synthetic', 5)),
    'real': (('wbcatt', 18), ('pbc5', 12)),
}
#: The columns that a terminal has room for.
ATTRIBUTE_METRICS = [
    f'attr/{key}'
    for key in ('accuracy', 'f1_macro', 'subset_accuracy', 'jaccard')
]


def build_parser() -> ToolParser:
    parser = ToolParser(__doc__)
    parser.add_argument(
        '--data-root',
        help=f'a folder that holds {PBC_FOLDER}, itself or one level below '
        '(default: synthetic cells, which need no files)',
    )
    parser.add_argument(
        '--ann-dir',
        help='the folder with the pbc_attr_v1_*.csv of WBCAtt (default: '
        'looked for below --data-root)',
    )
    parser.add_output(
        '--out-dir',
        'folder for everything (default: work_dirs/demo_synthetic, or '
        'work_dirs/demo_real)',
        folder=True,
    )
    return parser


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
    pbc = find(Path(args.data_root), PBC_FOLDER, PBC_FOLDER)
    annotation = find(
        Path(args.ann_dir or args.data_root),
        'pbc_attr_v1_*.csv',
        'pbc_attr_v1_*.csv of WBCAtt (or name its folder with --ann-dir)',
    )
    return dict(
        PBC_ROOT=str(pbc.resolve()),
        WBCATT_ROOT=str(annotation.resolve().parent),
    )


def experiments(out_dir: Path, env: dict[str, str], *arguments) -> None:
    """Run experiments, shown as a reader would type it."""
    command = ['tools/run_experiments.py', '--out-dir', out_dir]
    command += ['--scale', 'tiny', '--image-size', 96, '--seeds', 0]
    command = [str(word) for word in (*command, *arguments)]
    shown = [f'{k}={v}' for k, v in env.items()] + ['python', *command]
    print(f'$ {shlex.join(shown)}', flush=True)
    status = wait_for(
        subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env={**os.environ, **env}
        )
    )
    if status:
        print('what is finished is kept, and the same call goes on from here')
        raise SystemExit(status)


def main(argv: list[str] | None = None) -> int:
    args = build_parser().parse_checked(argv)
    start = time.monotonic()
    kind, env = 'synthetic', {}
    if args.data_root is not None:
        with one_sentence_errors():
            kind, env = 'real', locate_data(args)
    out_dir = (args.out_dir or ROOT / 'work_dirs' / f'demo_{kind}').resolve()
    if kind == 'real':
        env['PBC_SPLIT_FILE'] = str(out_dir / 'split.csv')
    (attributes, map_epochs), (cells, epochs) = KINDS[kind]

    print('stages 1 and 2: MAP on true, then on true and pseudo attributes')
    of_map = ['--datasets', attributes, '--epochs', map_epochs]
    methods = ['--methods', 'map/dsl', 'map/dsl-ssl']
    experiments(out_dir, env, *methods, *of_map)

    print('stage 3: DAFFNet, and without its morphological branch')
    checkpoint = out_dir / 'runs' / attributes / 'map.dsl-ssl/seed0/best.pth'
    methods = ['--methods', 'epsa-sa', 'daffnet', '--map', checkpoint]
    experiments(
        out_dir, env, *methods, '--datasets', cells, '--epochs', epochs
    )

    print('the tables of the attributes')
    tables = ['--tables', 'daffnet_table5', 'daffnet_table6', '--tables-only']
    metrics = ['--metrics', *ATTRIBUTE_METRICS]
    experiments(out_dir, env, *tables, *of_map, *metrics)

    for name in ('matrix', 'daffnet_table5', 'daffnet_table6'):
        print('\n' + (out_dir / 'tables' / f'{name}.md').read_text('utf-8'))
    print('checkpoints, and with each figures, tables and predictions:')
    for path in sorted(out_dir.glob('runs/*/*/*/best.pth')):
        print(f'  {path}\n  {path.parent / "evaluation"}')
    print(f'{(time.monotonic() - start) / 60:.1f} minutes in all')
    return 0


if __name__ == '__main__':
    raise SystemExit(run_tool(main, GOES_ON))
