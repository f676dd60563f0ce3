"""What the command line tools share: arguments, checks and plain errors."""

import argparse
import errno
import math
import os
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from daffnet_lite.errors import BrokenImageWarning, InputError, InputWarning
from daffnet_lite.fileio.check_outputs import check_out_dir, check_out_file
from daffnet_lite.fileio.image_limits import MAX_PIXELS
from daffnet_lite.fileio.names import printable
from daffnet_lite.shipped_files import (
    SHIPPED_CONFIG,
    SHIPPED_WEIGHTS,
    shipped_file,
)

from .devices import settle_device
from .stopping import stopping
from .worker_pool import available_processors


@dataclass(frozen=True)
class WholeNumber:
    """A type of argument: a whole number within limits."""

    least: int = 1
    most: int | None = None

    def __call__(self, text: str) -> int:
        """Read it."""
        with suppress(ValueError):
            number = int(text)
            if self.least <= number <= (self.most or math.inf):
                return number
        limits = 'or more' if self.most is None else f'to {self.most}'
        raise argparse.ArgumentTypeError(
            f'must be a whole number of {self.least} {limits}, not {text}'
        )


def share(text: str) -> float:
    """Read a share: a type of argument."""
    number = float(text)
    if not 0 <= number <= 1:
        raise argparse.ArgumentTypeError(
            f'must be between 0 and 1 (0.05 for 5 %), not {text}'
        )
    return number


def named_places(
    texts: Sequence[str],
    what: str = 'NAME=FOLDER, such as PBC=data/pbc',
    taken: Sequence[str] = (),
) -> dict[str, str]:
    """Read arguments that give places a name.

    Args:
        texts (Sequence[str]): Such as NAME=FOLDER.
        what (str): What they must be. Defaults to that.
        taken (Sequence[str]): Names that mean something else. Defaults to
            none.

    Returns:
        dict[str, str]: The places by their names.

    Raises:
        InputError: If a text is none, or a name is not one place's alone.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, place = text.partition('=')
        if not (name and equals and place):
            raise InputError(f'{text} must be {what}')
        if name in (*taken, *found):
            why = f', and not {name}' if name in taken else ''
            raise InputError(f'{text} needs a name of its own{why}')
        found[name] = place
    return found


class KeyValueAction(argparse.Action):
    """MMEngine's reader of KEY=VALUE, with a sentence for other words."""

    def __call__(self, parser, namespace, values, option_string=None) -> None:
        """Read the words after the option."""
        for word in values:
            if '=' not in word[1:]:
                raise argparse.ArgumentError(self, f'{word} is no KEY=VALUE')
        # Here, as help is given without MMEngine; the first says in one
        # sentence if it is missing.
        import daffnet_mm  # noqa: F401, I001
        from mmengine import DictAction

        reader = DictAction(self.option_strings, self.dest)
        reader(parser, namespace, values, option_string)


class ToolParser(argparse.ArgumentParser):
    """The command line of a tool: what tools have in common looks alike.

    Args:
        doc (str): The tool's docstring; its first line describes the tool.
        **kwargs: As for ``ArgumentParser``.
    """

    def __init__(self, doc: str, **kwargs) -> None:
        super().__init__(description=doc.splitlines()[0], **kwargs)
        self._checks: dict[str, Callable] = {}
        #: What makes of a value, or of None for a default that takes a while
        #: to find, the one that is used: help is given without.
        self._settled: dict[str, Callable] = {}

    def error(self, message: str) -> NoReturn:
        """End the program with one sentence, as `one_sentence_errors`."""
        self.exit(2, f'error: {message} (see --help)\n')

    def parse_checked(
        self, argv: Sequence[str] | None = None
    ) -> argparse.Namespace:
        """Parse the arguments, and find out what would fail after the work.

        Raises:
            SystemExit: With status 2 if they are wrong, if there is no such
                device, or if an output cannot be written.
        """
        args = self.parse_args(argv)
        if 'config' in self._settled and (
            (args.config is None) != (args.checkpoint is None)
        ):
            self.error('--config and --checkpoint go together')
        with one_sentence_errors():
            for name, check in self._checks.items():
                check(getattr(args, name))
            for name, settle in self._settled.items():
                setattr(args, name, settle(getattr(args, name)))
        return args

    def add_number(
        self,
        name: str,
        help: str,
        default: int | None = None,
        least: int = 1,
        most: int | None = None,
        **kwargs,
    ) -> None:
        """Add a whole number."""
        if default is not None and '(default' not in help:
            help += ' (default: %(default)s)'
        self.add_argument(
            name,
            type=WholeNumber(least, most),
            default=default,
            help=help,
            **kwargs,
        )

    def add_output(
        self,
        name: str,
        help: str,
        default: str | None = None,
        folder: bool = False,
        **kwargs,
    ) -> None:
        """Add a file, or a folder, that is written."""
        if default is not None:
            help += ' (default: %(default)s)'
        action = self.add_argument(
            name,
            type=Path,
            default=default and Path(default),
            help=help,
            **kwargs,
        )
        self._checks[action.dest] = check_out_dir if folder else check_out_file

    def add_out_dir(
        self, default: str, help: str = 'folder for the results'
    ) -> None:
        """Add ``--out-dir``."""
        self.add_output('--out-dir', help, default, folder=True)

    def add_cfg_options(self) -> None:
        """Add ``--cfg-options``, where configs are read."""
        self.add_argument(
            '--cfg-options',
            nargs='+',
            action=KeyValueAction,
            default={},
            metavar='KEY=VALUE',
            help='override settings of the config, or of each of several',
        )

    def add_model(self, shipped: bool = False) -> None:
        """Add a model, its checkpoint and ``--cfg-options``.

        Args:
            shipped (bool): Whether they are the ones that come with the
                package, unless ``--config`` and ``--checkpoint`` name others.
                Defaults to False: CONFIG and CKPT have to be named.
        """
        if shipped:
            self.add_argument(
                '--config',
                help='config of another model than the one that comes with '
                'the package; needs --checkpoint',
            )
            self.add_argument('--checkpoint', help='its checkpoint')
            for name, file in dict(
                config=SHIPPED_CONFIG, checkpoint=SHIPPED_WEIGHTS
            ).items():
                self._settled[name] = partial(_or_shipped, file)
        else:
            self.add_argument('config', help='config of the model')
            self.add_argument('checkpoint', help='its checkpoint')
        self.add_cfg_options()

    def add_views(self) -> None:
        """Add the ``--views`` that predictions are averaged over."""
        self.add_argument(
            '--views',
            choices=('flips', 'symmetries'),
            help='average over 4 or 8 views of each image (default: its own '
            'one)',
        )

    def add_profile(self) -> None:
        """Add the ``--profile`` of a laboratory."""
        self.add_argument(
            '--profile',
            default='auto',
            metavar='auto|none|FILE',
            help="the laboratory's scale and stain: estimated on the images "
            'themselves if there are 30 or more, not used, or those of a file '
            '(default: %(default)s)',
        )

    def add_classifiers(self, out_dir: str) -> None:
        """Add what those tools have that compare trained classifiers."""
        self.add_argument(
            'models',
            nargs='+',
            metavar='CONFIG CKPT',
            help='a config and its checkpoint, for each classifier',
        )
        self.add_argument(
            '--names',
            nargs='+',
            help='names of the classifiers (default: those of the configs)',
        )
        self.add_out_dir(out_dir)
        self.add_loading()
        self.add_device()
        self.add_cfg_options()

    def add_runs(self, figure: str) -> None:
        """Add what those tools have that draw trainings or tests."""
        self.add_argument(
            'runs', nargs='+', metavar='RUN', help='work folder of a run'
        )
        self.add_argument(
            '--names',
            nargs='+',
            help='names of the runs (default: those of the folders)',
        )
        self.add_output(
            '--out', 'figure to write, with a CSV of its values beside', figure
        )
        self._checks['out'] = _check_figure_and_table

    def add_rounds(self, default: int) -> None:
        """Add the ``--rounds`` and ``--out`` of a benchmark."""
        self.add_number('--rounds', 'how often all is measured', default)
        self.add_output('--out', 'JSON file to write')

    def add_semi_supervision(self) -> None:
        """Add the options of MAP's training in steps (Fig. 4), and beyond."""
        self.add_number('--rounds', 'how often to label and train anew', 1)
        self.add_argument(
            '--pseudo',
            nargs='+',
            action=KeyValueAction,
            default={},
            metavar='KEY=VALUE',
            help='options of every PseudoLabelledDataset: threshold=0.8, '
            'soft=True, weight=0.5',
        )
        self.add_number(
            '--mean-teacher',
            'from this epoch on (from 0), the running average of the model '
            'renews the pseudo labels (default: never)',
            least=0,
            metavar='EPOCH',
        )

    def add_batch_size(self, default: int = 64) -> None:
        """Add ``--batch-size``."""
        self.add_number('--batch-size', 'images at a time', default)

    def add_loading(self) -> None:
        """Add ``--batch-size`` and the ``--num-workers`` of data loaders."""
        self.add_batch_size()
        self._add_num_workers(2, '%(default)s')

    def add_image_workers(self) -> None:
        """Add the ``--num-workers`` of what works on images alone."""
        self._add_num_workers(available_processors(), 'one a processor')

    def _add_num_workers(self, default: int, shown: str) -> None:
        self.add_number(
            '--num-workers',
            'processes that read images; 0: none beside this one (default: '
            f'{shown})',
            default,
            least=0,
        )

    def add_reading(
        self, of_model: bool = False, max_pixels: int | None = None
    ) -> None:
        """Add ``--bit-depth`` and ``--max-pixels``, where images are read.

        Args:
            of_model (bool): Whether a model says how its images are read.
                Defaults to False.
            max_pixels (int, optional): The default. Defaults to None: as the
                model says, else 80 million.
        """
        unless = 'as the model says, else ' if of_model else ''
        self.add_number(
            '--bit-depth',
            'bits that values of images with more than 8 bits use, such as '
            f'12 for a 12-bit camera (default: {unless}16)',
            least=8,
            most=16,
        )
        usual = max_pixels or MAX_PIXELS
        unless = '' if max_pixels else unless
        self.add_number(
            '--max-pixels',
            'most pixels of an image; larger ones are refused (default: '
            f'{unless}{usual})',
            None if unless else usual,
        )

    def add_num_processes(self) -> None:
        """Add the ``--num-processes`` of pseudo-labelling."""
        self.add_number(
            '--num-processes',
            'processes that predict; those of --num-workers are shared out '
            'among them (default: one a CPU core, or 1 on a GPU)',
        )

    def add_device(self, always: bool = True) -> None:
        """Add ``--device``.

        Args:
            always (bool): Whether PyTorch runs a model in any case; else the
                usual device is not found out, and None stands for it.
                Defaults to True.
        """
        action = self.add_argument(
            '--device',
            help='where the model runs, such as cpu or cuda:1 (default: a '
            'GPU if there is one, else the CPU)',
        )
        self._settled[action.dest] = lambda device: (
            settle_device(device) if always or device is not None else None
        )


def _or_shipped(name: str, given: str | None) -> str:
    return shipped_file(name) if given is None else given


def _check_figure_and_table(figure: Path) -> None:
    for path in (figure, figure.with_suffix('.csv')):
        check_out_file(path)


@dataclass
class ToolStatus:
    """How a tool ends whose user's input is not at fault.

    Attributes:
        code (int): 1 once a broken image was left out, else 0.
    """

    code: int = 0


#: How to go on with what is resumed, and with what is not.
GOES_ON = 'the same command goes on where it stopped'
BEGINS_ANEW = 'the same command begins anew, and nothing half-written is left'

#: What to do where files cannot be read or written, by the system's number.
_ADVICE = {
    errno.EACCES: 'change its permissions, or name another place',
    errno.EDQUOT: 'make room, or name another place',
    errno.EFBIG: 'name a place where files may be larger',
    errno.EMFILE: 'raise the limit of open files (ulimit -n)',
    errno.ENAMETOOLONG: 'give it a shorter name',
    errno.ENOSPC: 'make room, or name another place',
    errno.EPERM: 'change its permissions, or name another place',
    errno.EROFS: 'name another place',
}


def run_tool(main: Callable[[], int], how_to_go_on: str = BEGINS_ANEW) -> int:
    """Run a tool to its end, which is one line if it fails or is stopped.

    Args:
        main (Callable): The tool's ``main``.
        how_to_go_on (str): What is said when it is told to stop. Defaults to
            ``BEGINS_ANEW``.

    Returns:
        int: What ``main`` gives, the exit status.

    Raises:
        SystemExit: With status 2 where input or output is at fault, with 130
            or 143 when it was told to stop.
    """
    with stopping(how_to_go_on), one_sentence_errors():
        try:
            status = main()
            sys.stdout.flush()
        except OSError as error:
            # What could not be written would fail once more at the end.
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            if isinstance(error, BrokenPipeError):
                # as `| head` closes it, which has what it wanted
                raise SystemExit(128 + signal.SIGPIPE) from None
            raise
    return status


@contextmanager
def one_sentence_errors() -> Iterator[ToolStatus]:
    """End the program with one sentence where the user's input is at fault.

    `InputError` and errors of files (full and read-only disks, permissions)
    are printed to stderr without their traceback, and the exit status is 2.
    Everything else is an error of the program and keeps its traceback, as all
    do with ``DAFFNET_TRACEBACK=1``.

    An `InputWarning` is a line on stderr. After a `BrokenImageWarning` the
    status that is given is no longer 0. What a stream cannot show, such as a
    name in letters that its encoding lacks, is written with backslashes, from
    then on.
    """
    status = ToolStatus()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, 'reconfigure'):
            stream.reconfigure(errors='backslashreplace')
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('default', InputWarning)
            warnings.showwarning = _show_warning(status, warnings.showwarning)
            yield status
    except (InputError, OSError) as error:
        if os.environ.get('DAFFNET_TRACEBACK') == '1':
            raise
        print(f'error: {_sentence(error)}', file=sys.stderr)
        raise SystemExit(2) from None


def _show_warning(status, others):
    """Make a ``showwarning`` that prints an `InputWarning` as a sentence."""

    def show(message, category, filename, lineno, file=None, line=None):
        if issubclass(category, InputWarning) and file is None:
            broken = issubclass(category, BrokenImageWarning)
            status.code |= broken
            kind = 'error' if broken else 'warning'
            print(f'{kind}: {message}', file=sys.stderr)
        else:
            others(message, category, filename, lineno, file, line)

    return show


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        name = os.fsdecode(error.filename or 'a file')
        if isinstance(error, FileNotFoundError):
            return printable(f'{name} does not exist.')
        advice = _ADVICE.get(error.errno, 'see to it')
        return printable(
            f'{name} cannot be used ({error.strerror}): {advice}, and call '
            'again'
        )
    text = str(error)
    # A data loader's worker hands over its whole traceback as the message.
    if 'Original Traceback' in text:
        text = text.rpartition(f'{type(error).__name__}: ')[2]
    return printable(' '.join(text.split()))
