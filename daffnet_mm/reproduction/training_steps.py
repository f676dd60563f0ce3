"""Train MAP in the three steps of Fig. 4, each a process of its own."""

import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mmengine import Config

from daffnet_mm.apis.pseudo_labelling import pseudo_labelled_datasets
from daffnet_mm.errors import InputError
from daffnet_mm.fileio import atomic_write


class StepFailedError(RuntimeError):
    """A training or a labelling that ended with an error."""


def train(cfg: Config, work_dir: Path, tools: Path) -> Path:
    """Run ``tools/train.py``, unless it has ended before.

    An interrupted training goes on from its last epoch.

    Args:
        cfg (Config): The config, kept as ``work_dir/settings/config.json``.
        work_dir (Path): The run's folder. Output goes to ``train.log`` in it.
        tools (Path): The folder of the command line tools.

    Returns:
        Path: The best checkpoint on validation.

    Raises:
        InputError: If the folder holds a run of another config, or one that
            is still running.
        StepFailedError: If the training fails.
    """
    best, marker = work_dir / 'best.pth', work_dir / 'finished.json'
    with claimed(work_dir) as lock:
        config = keep_config(cfg, work_dir)
        if marker.is_file() and best.is_file():
            return best
        start = time.monotonic()
        _run(
            tools / 'train.py',
            [config, '--work-dir', work_dir, '--resume'],
            work_dir / 'train.log',
            lock,
        )
        with atomic_write(marker) as f:
            json.dump(dict(minutes=(time.monotonic() - start) / 60), f)
    return best


def retrain(
    cfg: Config,
    teacher: Path,
    work_dir: Path,
    tools: Path,
    rounds: int = 1,
    label_options: Sequence[str] = (),
) -> Path:
    """Label with one MAP and train the next on the mix (Fig. 4, steps 2, 3).

    Args:
        cfg (Config): The config of stage 2. Its label files are replaced by
            files in ``work_dir/pseudo_labels``.
        teacher (Path): The checkpoint of stage 1.
        work_dir (Path): The run's folder; with several rounds, each has a
            folder ``round_<number>`` in it.
        tools (Path): The folder of the command line tools.
        rounds (int): How often to label and train; each round's MAP labels
            for the next. Defaults to 1, the paper's.
        label_options (Sequence[str]): Further arguments of
            ``tools/pseudo_label.py``. Defaults to none.

    Returns:
        Path: The last round's best checkpoint.

    Raises:
        InputError: If there is nothing to label, or a folder holds a run of
            another config, or one that is still running.
        StepFailedError: If a step fails.
    """
    if rounds < 1:
        raise InputError(f'rounds must be 1 or more, but is {rounds}')
    for number in range(1, rounds + 1):
        folder = work_dir / f'round_{number}' if rounds > 1 else work_dir
        own = Config(cfg._cfg_dict.to_dict(), filename=cfg.filename)
        move_label_files(own, folder / 'pseudo_labels')
        with claimed(folder) as lock:
            config = keep_config(own, folder)
            if not (folder / 'finished.json').is_file():
                _run(
                    tools / 'pseudo_label.py',
                    [config, teacher, *label_options],
                    folder / 'pseudo_label.log',
                    lock,
                )
        teacher = train(own, folder, tools)
    return teacher


def keep_config(cfg: Config, work_dir: Path) -> Path:
    """Write a run's config into its folder, once.

    Args:
        cfg (Config): The config.
        work_dir (Path): The run's folder.

    Returns:
        Path: The file.

    Raises:
        InputError: If the folder holds another run's.
    """
    # Not in the folder itself, where MMEngine writes what it made of it; and
    # as JSON, since laying out Python takes seconds a config.
    path = work_dir / 'settings' / 'config.json'
    text = json.dumps(cfg._cfg_dict.to_dict(), indent=1) + '\n'
    if path.is_file():
        if path.read_text(encoding='utf-8') != text:
            raise InputError(
                f'{work_dir} holds a run with other settings (compare '
                f'{path}): name another output folder, or remove this one'
            )
    else:
        with atomic_write(path) as f:
            f.write(text)
    return path


def move_label_files(cfg: Config, folder: Path) -> None:
    """Let a stage 2 config read its labels from one folder."""
    parts = pseudo_labelled_datasets(cfg.train_dataloader.dataset)
    if not parts:
        raise InputError(
            f'{cfg.filename} has no PseudoLabelledDataset in its '
            'train_dataloader: there is nothing to label'
        )
    taken = set()
    for number, part in enumerate(parts):
        name = Path(part['label_file']).stem
        name = f'{name}_{number}' if name in taken else name
        taken.add(name)
        part['label_file'] = str(folder / f'{name}.json')


@contextmanager
def claimed(folder: Path) -> Iterator[int]:
    """Keep other processes out of a run's folder.

    The processes started meanwhile inherit the lock: one that outlives this
    process, killed, still holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / '.lock', 'w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            raise InputError(
                f'another process is working in {folder}: wait '
                'for its end, or end it'
            ) from e
        yield lock.fileno()


def _run(tool: Path, arguments: Sequence, log: Path, lock: int) -> None:
    """Run one tool, its output to a file."""
    with open(log, 'ab') as output:
        status = subprocess.run(
            [sys.executable, str(tool), *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(lock,),
        ).returncode
    if status:
        raise StepFailedError(
            f'{tool.name} ended with status {status}: {last_line(log)} '
            f'(see {log})'
        )


def last_line(log: Path) -> str:
    """Give the last line of a log that says something."""
    lines = log.read_text(encoding='utf-8', errors='replace').split('\n')
    return next(
        (x.strip() for x in reversed(lines) if x.strip()), 'it wrote nothing'
    )
