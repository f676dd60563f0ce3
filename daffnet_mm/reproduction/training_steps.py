"""A training in a folder of its own, done once, whoever asks for it."""

import hashlib
import json
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mmengine import Config

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.claims import claim_folder
from daffnet_lite.fileio.json_files import read_json
from daffnet_lite.utils.stopping import wait_for

from .methods import contents
from .recipes import Recipe
from .short_config import short_config

FINISHED, FAILED = 'finished', 'failed'


class Outcome(NamedTuple):
    """How a training ended.

    Attributes:
        state (str): ``'finished'`` or ``'failed'``.
        minutes (float, optional): How long it took, where that is known.
        error (str, optional): Why it failed.
    """

    state: str
    minutes: float | None = None
    error: str | None = None


class StepFailedError(RuntimeError):
    """A training or a labelling that ended with an error."""


def read_outcome(folder: Path) -> Outcome | None:
    """Find how a training ended.

    Args:
        folder (Path): Its folder.

    Returns:
        Outcome, optional: None if it has not ended.
    """
    for state in (FINISHED, FAILED):
        path = folder / f'{state}.json'
        if path.is_file():
            content = read_json(path)
            return Outcome(state, content.get('minutes'), content.get('error'))
    return None


def write_outcome(folder: Path, outcome: Outcome) -> None:
    """Leave in a folder how its training ended, for :func:`read_outcome`.

    Args:
        folder (Path): The folder.
        outcome (Outcome): How it ended.
    """
    with atomic_write(folder / f'{outcome.state}.json') as f:
        json.dump(dict(minutes=outcome.minutes, error=outcome.error), f)


def complete(
    folder: Path,
    config: Path,
    execute: Callable[[str, Sequence, int], None],
    teacher: Path | None = None,
    wait: Callable[[], bool] | None = None,
) -> Outcome:
    """Train, unless that has been done; an interrupted training goes on.

    Args:
        folder (Path): The folder of the training.
        config (Path): Its config.
        execute (Callable): Runs a tool, of which it gets the name, the
            arguments and the number of a lock for the process to inherit;
            raises :class:`StepFailedError` if it fails.
        teacher (Path, optional): The checkpoint that labels before what the
            config has to be labelled (Fig. 4, step 2). Defaults to None:
            there is nothing to label.
        wait (Callable, optional): As for
            :func:`~daffnet_lite.fileio.claims.claim_folder`.

    Returns:
        Outcome: How it ended, also left in the folder.

    Raises:
        InputError: If another process works in the folder.
    """
    with claim_folder(folder, wait) as claim:
        lock = claim.fileno()
        outcome = read_outcome(folder)
        if outcome is not None and outcome.state == FINISHED:
            return outcome
        # What failed before has not ended yet.
        (folder / f'{FAILED}.json').unlink(missing_ok=True)
        start, state, error = time.monotonic(), FINISHED, None
        try:
            if teacher is not None:
                execute('pseudo_label.py', [config, teacher], lock)
            execute(
                'train.py', [config, '--work-dir', folder, '--resume'], lock
            )
            if not (folder / 'evaluation').is_dir():
                raise StepFailedError(
                    f'train.py ended without an evaluation in {folder}'
                )
        except (InputError, StepFailedError, OSError) as e:
            state, error = FAILED, ' '.join(str(e).split())
        outcome = Outcome(state, (time.monotonic() - start) / 60, error)
        write_outcome(folder, outcome)
    return outcome


def run_logged(
    command: Sequence,
    log: Path,
    lock: int,
    started: Callable[[subprocess.Popen], None] = lambda process: None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run a command to its end, its output to a file.

    Args:
        command (Sequence): The command.
        log (Path): The file, to which the output is appended.
        lock (int): The number of an open file that the process inherits.
        started (Callable): Called with the process. Defaults to nothing.
        env (Mapping[str, str], optional): Its environment. Defaults to None:
            this process's.

    Raises:
        StepFailedError: If it fails, with the last line of its output.
    """
    with open(log, 'ab') as output:
        process = subprocess.Popen(
            list(map(str, command)),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=(lock,),
        )
    started(process)
    status = wait_for(process)
    if status:
        ended = (
            f'was ended by signal {-status}'
            if status < 0
            else f'ended with status {status}'
        )
        text = log.read_text(encoding='utf-8', errors='replace').strip()
        line = text.rpartition('\n')[2] or 'it wrote nothing'
        raise StepFailedError(f'{log.stem}.py {ended}: {line} (see {log})')


def keep_config(recipe: Recipe, cfg: Config, folder: Path) -> Path:
    """Write a training's config into its folder, once.

    Args:
        recipe (Recipe): What the config was made of.
        cfg (Config): The config.
        folder (Path): The folder.

    Returns:
        Path: The file, with which anyone can train again.

    Raises:
        InputError: If the folder holds a training of other settings.
    """
    # The files that it builds on may change.
    digest = hashlib.sha256(contents(cfg).encode()).hexdigest()
    text = f'# {digest}: all settings\n{short_config(recipe, cfg)}'
    # Not in the folder itself, where MMEngine writes what it made of it.
    path = folder / 'settings' / 'config.py'
    if not path.is_file():
        with atomic_write(path) as f:
            f.write(text)
    elif path.read_text(encoding='utf-8') != text:
        raise InputError(
            f'{folder} was begun with other settings (compare {path}): name '
            'another output folder, or remove this one'
        )
    return path
