"""Load thousands of damaged and crafted checkpoints, and see what happens.

Usage:
    python reliability/fuzz_checkpoints.py [--number 2000] [--seed 0]
        [--out-dir DIR]

A checkpoint of a real training is mutated: its pickle's instructions are
deleted, doubled and swapped, their arguments changed, calls nested in it, bits
flipped, the file cut. Each mutation is loaded as MMEngine loads it and, if it
loads, taken over as a resumed training does; then PyTorch alone loads it. All
of that happens in a process forked from one that has imported everything.

None may crash, hang, run code, take more memory than the file has several
times over, or end in anything but a checkpoint or one sentence. Those that do
are kept in DIR, and the exit status is 1.
"""

import argparse
import contextlib
import copy
import os
import pickletools
import random
import resource
import signal
import struct
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import torch
from mmengine.logging import MessageHub
from mmengine.model import BaseModel
from mmengine.runner import CheckpointLoader, Runner
from rich.console import Console
from rich.progress import track
from rich.table import Table

import daffnet_mm  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_mm.checkpoints import find_state_dict

#: How a mutation may end, by the exit status of its process.
LOADED, REFUSED, OTHER_ERROR, RAN_CODE, TOO_LARGE = range(5)
VERDICTS = {
    LOADED: 'loaded',
    REFUSED: 'refused in one sentence',
    OTHER_ERROR: 'another error than a sentence',
    RAN_CODE: 'ran code',
    TOO_LARGE: 'took too much memory',
}
#: Seconds after which a process counts as hanging.
TIMEOUT = 20
#: Bytes that a process may take besides what it had.
MEMORY = 500 * 2**20
#: What no loading of weights does (names of Python's audit events).
FORBIDDEN = (
    'os.',
    'pty.',
    'shutil.',
    'socket.',
    'subprocess.',
    'webbrowser.',
)
#: Names that a mutation may put in another's place: those of checkpoints, of
#: code, and of what turns numbers into addresses.
NAMES = (
    'builtins eval',
    'builtins exec',
    'builtins getattr',
    'builtins bytearray',
    'builtins bytes',
    'builtins set',
    'collections Counter',
    'collections OrderedDict',
    'mmengine.logging.history_buffer HistoryBuffer',
    'numpy dtype',
    'numpy ndarray',
    'numpy.core.multiarray _reconstruct',
    'numpy.core.multiarray scalar',
    'numpy._core.multiarray _reconstruct',
    'numpy._core.multiarray scalar',
    'numpy frombuffer',
    'os mkdir',
    'posix system',
    'subprocess Popen',
    'torch FloatStorage',
    'torch FloatTensor',
    'torch Size',
    'torch Tensor',
    'torch.storage UntypedStorage',
    'torch.storage TypedStorage',
    'torch._tensor _rebuild_from_type_v2',
    'torch._utils _rebuild_device_tensor_from_numpy',
    'torch._utils _rebuild_meta_tensor_no_storage',
    'torch._utils _rebuild_parameter_with_state',
    'torch._utils _rebuild_sparse_tensor',
    'torch._utils _rebuild_tensor_v2',
    'torch._utils _rebuild_wrapper_subclass',
    '_codecs encode',
)
TEXTS = (
    'O',
    'O8',
    'V8',
    'f8',
    'i4',
    '|',
    '>',
    'cpu',
    'cuda:7',
    'meta',
    'hex',
    'latin1',
    'storage',
    'touch ran',
    '__import__("os").mkdir("ran")',
    '__array_interface__',
    '__deepcopy__',
    '__class__',
    '_log_history',
    '\x00' * 8,
    'A' * 8,
)
NUMBERS = (0, 1, -1, 2, 3, 8, 255, 2**16, 2**31 - 1, -(2**31))


class TinyModel(BaseModel):
    """Two numbers to train."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)

    def forward(self, inputs: torch.Tensor, mode: str = 'tensor'):
        """Compute a loss."""
        output = self.layer(inputs)
        return dict(loss=output.square().mean()) if mode == 'loss' else output


def make_checkpoint(folder: Path) -> int:
    """Train for two epochs, which gives ``epoch_2.pth``."""
    runner = Runner(
        TinyModel(),
        str(folder),
        train_dataloader=dict(
            dataset=[dict(inputs=torch.ones(2)) for _ in range(4)],
            batch_size=2,
            sampler=dict(type='DefaultSampler', shuffle=True),
            collate_fn=dict(type='default_collate'),
        ),
        train_cfg=dict(by_epoch=True, max_epochs=2),
        optim_wrapper=dict(optimizer=dict(type='Adam', lr=1e-4)),
        param_scheduler=[dict(type='CosineAnnealingLR', T_max=2)],
        custom_hooks=[dict(type='EMAHook')],
        default_scope='mmpretrain',
        experiment_name='fuzz_checkpoints',
        log_level='ERROR',
    )
    runner.train()
    return LOADED


class Mutator:
    """Make other checkpoints of one.

    Args:
        path (Path): The genuine checkpoint.
        seed (int): Of the random numbers.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self.random = random.Random(seed)
        with zipfile.ZipFile(path) as archive:
            self.parts = {n: archive.read(n) for n in archive.namelist()}
        (self.pickle,) = (n for n in self.parts if n.endswith('/data.pkl'))
        data = self.parts[self.pickle]
        places = [place for _, _, place in pickletools.genops(data)]
        ends = [*places[1:], len(data)]
        self.instructions = [
            data[a:b] for a, b in zip(places, ends, strict=True)
        ]

    def write(self, path: Path) -> str:
        """Write a mutation; gives the name of what was done."""
        kinds = ('instructions', 'arguments', 'calls', 'bits', 'file')
        kind = self.random.choice(kinds)
        mutated = list(self.instructions)
        for _ in range(self.random.choice((1, 1, 1, 2, 3, 8))):
            if kind in ('instructions', 'arguments', 'calls'):
                getattr(self, f'_change_{kind}')(mutated)
        data = b''.join(mutated)
        if kind == 'bits':
            data = self._flip(data)
        with zipfile.ZipFile(path, 'w') as archive:
            for name, part in self.parts.items():
                archive.writestr(name, data if name == self.pickle else part)
        if kind == 'file':
            whole = path.read_bytes()
            cut = self.random.randrange(len(whole))
            path.write_bytes(
                self.random.choice((whole[:cut], self._flip(whole)))
            )
        return kind

    def _change_instructions(self, mutated: list[bytes]) -> None:
        place, other = (self.random.randrange(len(mutated)) for _ in '12')
        match self.random.randrange(4):
            case 0:
                del mutated[place]
            case 1:
                mutated.insert(other, mutated[place])
            case 2:
                mutated[place], mutated[other] = mutated[other], mutated[place]
            case 3:
                code = bytes([self.random.choice(CODES)])
                mutated[place] = code + mutated[place][1:]

    def _change_arguments(self, mutated: list[bytes]) -> None:
        places = [
            place
            for place, instruction in enumerate(mutated)
            if instruction[:1] in b'cXKMJGhq'
        ]
        place = self.random.choice(places)
        code = mutated[place][:1]
        if code == b'c':
            mutated[place] = self._name()
        elif code == b'X':
            mutated[place] = self._text()
        elif code in b'hq':
            mutated[place] = code + bytes([self.random.randrange(256)])
        else:
            mutated[place] = self._number()

    def _change_calls(self, mutated: list[bytes]) -> None:
        """Put a call, with other calls as its arguments, before a value."""
        place = self.random.randrange(len(mutated))
        call = self._call(self.random.randrange(3))
        if self.random.random() < 0.5:  # in the place of what is there
            call += b'0' if self.random.random() < 0.1 else b''
            mutated[place] = call
        else:
            mutated.insert(place, call)

    def _call(self, depth: int) -> bytes:
        makers = [self._text, self._number, self._name, lambda: b'h\x00']
        if depth:
            makers += 2 * [lambda: self._call(depth - 1)]
        arguments = b''.join(
            self.random.choice(makers)()
            for _ in range(self.random.randrange(5))
        )
        arguments = b'(' + arguments + b't'
        end = self.random.choice((b'R', b'R', b'R', b'\x81'))
        call = self._name() + arguments + end
        if self.random.random() < 0.4:
            call += self.random.choice((arguments, b'}')) + b'b'
        return call

    def _name(self) -> bytes:
        name = self.random.choice(NAMES).replace(' ', '\n')
        return b'c' + name.encode() + b'\n'

    def _text(self) -> bytes:
        text = self.random.choice(TEXTS).encode()
        return b'X' + struct.pack('<I', len(text)) + text

    def _number(self) -> bytes:
        return b'J' + struct.pack('<i', self.random.choice(NUMBERS))

    def _flip(self, data: bytes) -> bytes:
        flipped = bytearray(data)
        for _ in range(self.random.choice((1, 2, 8, 32))):
            place = self.random.randrange(len(data))
            flipped[place] ^= 1 << self.random.randrange(8)
        return bytes(flipped)


#: The instructions that PyTorch's reader knows, by their bytes.
CODES = b'(.0JKMNRQXabcehjlqrstu}]\x80\x81\x85\x86\x87\x88\x89\x8aGU'


def take_over(checkpoint: dict) -> None:
    """Use a checkpoint as MMEngine does when it resumes."""
    hub = MessageHub('fuzz')
    hub.load_state_dict(checkpoint['message_hub'])
    for history in hub.log_scalars.values():
        history.update(1.0)
        for name in ('mean', 'max', 'min', 'current'):
            history.statistics(name)
    model = TinyModel()
    model.load_state_dict(find_state_dict(checkpoint, 'the checkpoint'))
    optimizer = torch.optim.Adam(model.parameters())
    optimizer.load_state_dict(checkpoint['optimizer'])
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    torch.save(checkpoint, os.devnull)
    copy.deepcopy(checkpoint)


def warm_up(genuine: Path) -> None:
    """Import what is imported at the first use, and check the check.

    Args:
        genuine (Path): The genuine checkpoint.
    """
    take_over(CheckpointLoader.load_checkpoint(str(genuine), 'cpu'))
    verdict = in_a_process(load_and_use, genuine)
    if verdict != LOADED:
        raise RuntimeError(f'the genuine checkpoint {name_of(verdict)}')


def load_and_use(path: Path) -> int:
    """Do it in this process, which is one of its own; gives the verdict."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    active, ran = [False], []

    def audit(event: str, arguments: tuple) -> None:
        if active[0] and event.startswith(FORBIDDEN):
            ran.append(f'{event} {arguments!r:.80}')

    sys.addaudithook(audit)
    active[0] = True
    verdict = LOADED
    try:
        checkpoint = CheckpointLoader.load_checkpoint(str(path), 'cpu')
    except InputError as error:
        verdict = REFUSED
        if '\n' in str(error):
            verdict = OTHER_ERROR
    except Exception:
        verdict = OTHER_ERROR
    else:
        # It may hold other values, if it holds them well.
        with contextlib.suppress(Exception):
            take_over(checkpoint)
    with contextlib.suppress(Exception):
        torch.load(path, weights_only=True)
    active[0] = False
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    if ran:
        os.write(2, f'{path}: {ran}\n'.encode())
        return RAN_CODE
    return TOO_LARGE if (after - before) * 1024 > MEMORY else verdict


def in_a_process(function, *args) -> int:
    """Run a function in a forked process; gives what it returns.

    Returns:
        int: Or the negative number of the signal that ended the process.
    """
    process = os.fork()
    if not process:
        try:
            signal.alarm(TIMEOUT)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            warnings.simplefilter('ignore')
            limit = resource.getrlimit(resource.RLIMIT_AS)[1]
            with open('/proc/self/statm') as file:
                size = int(file.read().split()[0]) * resource.getpagesize()
            resource.setrlimit(resource.RLIMIT_AS, (size + 4 * MEMORY, limit))
            status = function(*args)
        except BaseException:
            status = OTHER_ERROR
        finally:
            os._exit(status)
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status)


def fuzz(
    checkpoint: Path, folder: Path, number: int, seed: int
) -> Iterator[tuple[str, int]]:
    """Load mutations, each in a process of its own.

    Args:
        checkpoint (Path): The genuine checkpoint.
        folder (Path): Where those that fail are kept.
        number (int): How many.
        seed (int): Of the random numbers.

    Yields:
        tuple[str, int]: The kind of each mutation, and its verdict: a key of
        ``VERDICTS``, or the negative number of a signal.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mutator = Mutator(checkpoint, seed)
    for count in range(number):
        path = folder / f'mutation_{count}.pth'
        kind = mutator.write(path)
        verdict = in_a_process(load_and_use, path)
        if verdict in (LOADED, REFUSED):
            path.unlink()
        yield kind, verdict


def name_of(verdict: int) -> str:
    """Name a verdict."""
    if verdict == -signal.SIGALRM:
        return 'hung'
    if verdict < 0:
        return f'crashed ({signal.Signals(-verdict).name})'
    return VERDICTS[verdict]


def build_parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--number', type=int, default=2000)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--out-dir', type=Path, default=Path('work_dirs/fuzz_checkpoints')
    )
    return parser


def main() -> None:
    """Run the tool."""
    args = build_parser().parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    results: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder:
        # A training starts threads, which do not survive a fork.
        in_a_process(make_checkpoint, Path(folder))
        genuine = Path(folder, 'epoch_2.pth')
        warm_up(genuine)
        results.update(
            track(
                fuzz(genuine, args.out_dir, args.number, args.seed),
                description='loading mutations',
                total=args.number,
                console=Console(stderr=True),
            )
        )
    kinds = sorted({kind for kind, _ in results})
    table = Table('', *kinds, 'all', title=f'{args.number} mutations')
    verdicts = sorted({verdict for _, verdict in results})
    for verdict in verdicts:
        counts = [results[kind, verdict] for kind in kinds]
        table.add_row(name_of(verdict), *map(str, counts), str(sum(counts)))
    Console(width=120).print(table)
    print(f'in {time.perf_counter() - start:.0f} s')
    if set(verdicts) - {LOADED, REFUSED}:
        print(f'what failed is kept in {args.out_dir}', file=sys.stderr)
        raise SystemExit(1)


if __name__ == '__main__':
    main()
