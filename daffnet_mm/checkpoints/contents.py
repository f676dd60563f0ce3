"""Look through a checkpoint before anything of it is made.

PyTorch's own reader does what the file says, call by call, and trusts its
sizes: kilobytes can ask for gigabytes. Here the same instructions are followed
with tensors that have a size and no memory, so whatever does not belong into a
checkpoint is found while it costs nothing.
"""

import copy
import os
import pickletools
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import Any, BinaryIO

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

from .checksums import check_sums
from .stand_ins import (
    STAND_INS,
    PlainArray,
    PlainDtype,
    PlainHistory,
    Refusal,
    refuse,
)

#: How deep values may lie in each other; in checkpoints they do about ten.
MOST_NESTED = 50
#: Bytes of an element, by the storage's class.
ITEM_SIZES = {
    'torch.DoubleStorage': 8,
    'torch.FloatStorage': 4,
    'torch.HalfStorage': 2,
    'torch.BFloat16Storage': 2,
    'torch.LongStorage': 8,
    'torch.IntStorage': 4,
    'torch.ShortStorage': 2,
    'torch.CharStorage': 1,
    'torch.ByteStorage': 1,
    'torch.BoolStorage': 1,
    'torch.ComplexFloatStorage': 8,
    'torch.ComplexDoubleStorage': 16,
    'torch.storage.UntypedStorage': 1,
}
#: The types of tensors by their names.
DTYPES = {
    str(kind): kind
    for kind in vars(torch).values()
    if isinstance(kind, torch.dtype)
}
#: The two numbers that a file in PyTorch's format before 1.6 begins with.
LEGACY_HEADER = (0x1950A86A20F9469CFC6C, 1001)


@dataclass(frozen=True)
class Storage:
    """A tensor's memory: how many elements, and the bytes of each."""

    numel: int
    itemsize: int


@dataclass(frozen=True)
class StorageType:
    """A storage's class."""

    itemsize: int


class Inert:
    """What stands for a tensor, or for a device."""


def check_contents(file: BinaryIO) -> None:
    """Refuse a file that is no checkpoint, or holds what it must not.

    Args:
        file (BinaryIO): The file, open at its beginning.

    Raises:
        Refusal: If it asks for anything but tensors, numbers and text, or
            for more of them than it holds.
        DamagedError: If it differs from its checksums.
        Exception: Of any other kind, if it is damaged or no checkpoint.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    begin = file.read(512)
    file.seek(0)
    if begin.startswith(b'PK\x03\x04'):
        _check_archive(file, size)
    elif begin[257:262] == b'ustar':
        refuse('is a tar archive, which PyTorch wrote until 2017')
    else:
        _check_legacy(file, size)


def _check_archive(file: BinaryIO, size: int) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        sizes = {entry.filename: entry.file_size for entry in entries}
        root = entries[0].filename.partition('/')[0]
        if f'{root}/constants.pkl' in sizes:
            refuse('is a TorchScript program')
        # PyTorch compresses nothing, and two parts do not share bytes.
        if sum(sizes.values()) > size or any(
            entry.compress_type != zipfile.ZIP_STORED for entry in entries
        ):
            refuse('asks for more memory than it has bytes')
        # What PyTorch's reader, which ignores case, might see another way.
        if (
            archive.comment
            or min(entry.header_offset for entry in entries)
            or len({name.lower() for name in sizes}) < len(entries)
        ):
            raise zipfile.BadZipFile('not as PyTorch writes it')

        def storage(kind: StorageType, key: str, _, numel: int) -> Storage:
            if numel * kind.itemsize > sizes[f'{root}/data/{key}']:
                refuse(f'asks for more of its part data/{key} than there is')
            return Storage(numel, kind.itemsize)

        entry = copy.copy(archive.getinfo(f'{root}/data.pkl'))
        # What a file asks for counts before what became of it.
        entry.CRC = None  # type: ignore[assignment]
        follow(archive.read(entry), storage)
        check_sums(archive)


def _check_legacy(file: BinaryIO, size: int) -> None:
    storages: dict[str, Storage] = {}

    def storage(
        kind: StorageType, key: str, _, numel: int, view: tuple | None
    ) -> Storage:
        made = storages.setdefault(key, Storage(numel, kind.itemsize))
        if view is None:
            return made
        _, offset, length = view
        _check_counts((offset, length))
        if offset + length > made.numel:
            refuse('asks for more of a tensor than there is')
        return Storage(length, kind.itemsize)

    for number in LEGACY_HEADER:
        if follow(file, storage) != number:
            raise ValueError('not the header of a checkpoint')
    follow(file, storage)  # what machine wrote it
    follow(file, storage)
    for key in follow(file, storage):
        made = storages.pop(key)
        if int.from_bytes(file.read(8), 'little') != made.numel:
            refuse('asks for more or less of a tensor than there is')
        file.seek(made.numel * made.itemsize, os.SEEK_CUR)
    if storages or file.tell() > size:
        raise ValueError('it ends before its tensors do')


def follow(
    pickle: BinaryIO | bytes, make_storage: Callable[..., Storage]
) -> Any:
    """Follow a pickle's instructions without making a tensor.

    Args:
        pickle (BinaryIO | bytes): The pickle, or a file where it begins.
        make_storage (Callable[..., Storage]): Compares what the pickle says
            of a storage with what the file has.

    Returns:
        object: What they lead to, with :class:`Inert` for the tensors.
    """
    stack: list = []
    outer: list[list] = []
    memo: dict[int, Any] = {}
    argument: Any
    for opcode, argument, _ in pickletools.genops(pickle):
        name = opcode.name
        if name in ('BINGET', 'LONG_BINGET'):
            stack.append(memo[argument])
        elif name in ('BINPUT', 'LONG_BINPUT'):
            memo[argument] = stack[-1]
        elif name in VALUES:
            stack.append(argument)
        elif name in CONSTANTS:
            stack.append(CONSTANTS[name]())
        elif name == 'MARK':
            outer.append(stack)
            stack = []
        elif name in ('TUPLE', 'APPENDS', 'SETITEMS'):
            items, stack = stack, outer.pop()
            if name == 'TUPLE':
                stack.append(tuple(items))
            else:
                _fill(stack[-1], items)
        elif name in ('TUPLE1', 'TUPLE2', 'TUPLE3'):
            length = int(name[-1])
            stack[-length:] = [tuple(stack[-length:])]
        elif name == 'APPEND':
            _fill(stack[-2], [stack.pop()])
        elif name == 'SETITEM':
            _fill(stack[-3], [stack.pop(-2), stack.pop()])
        elif name == 'GLOBAL':
            stack.append(_look_up(argument))
        elif name == 'REDUCE':
            arguments = stack.pop()
            stack[-1] = _call(stack[-1], arguments)
        elif name == 'NEWOBJ':
            arguments = stack.pop()
            if stack[-1] is not PlainHistory or arguments != ():
                refuse('asks for an object of a foreign class')
            stack[-1] = PlainHistory()
        elif name == 'BUILD':
            state = stack.pop()
            _build(stack[-1], state)
        elif name == 'BINPERSID':
            stack[-1] = _find_storage(*stack[-1], make_storage=make_storage)
        elif name not in ('PROTO', 'STOP'):
            refuse(f'has the instruction {name}')
    (result,) = stack
    _check_plain(result, 0, {})
    return result


#: Instructions that push what is written beside them.
VALUES = (
    'BININT',
    'BININT1',
    'BININT2',
    'LONG1',
    'BINFLOAT',
    'BINUNICODE',
    'SHORT_BINSTRING',
)
#: Instructions that push the same each time.
CONSTANTS: dict[str, Callable[[], Any]] = dict(
    NONE=lambda: None,
    NEWTRUE=lambda: True,
    NEWFALSE=lambda: False,
    EMPTY_TUPLE=tuple,
    EMPTY_LIST=list,
    EMPTY_DICT=dict,
)


def _fill(target: Any, items: list) -> None:
    if type(target) is list:
        target.extend(items)
    elif type(target) in (dict, OrderedDict, Counter):
        _check_scalars(items[::2])
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key] = value
    else:
        refuse(f'fills a {type(target).__name__}')


def _check_scalars(keys: Iterable) -> None:
    # The hash of deeply nested tuples exhausts the stack.
    if any(type(key) not in (str, int, float, bool) for key in keys):
        refuse('has a key that is neither text nor a number')


def _look_up(words: str) -> Any:
    """Find what a pickle names, as the text of the instruction has it."""
    name = words.replace(' ', '.').replace('__builtin__', 'builtins')
    if name in ITEM_SIZES:
        return StorageType(ITEM_SIZES[name])
    if name not in CALLS and name not in DTYPES:
        refuse(f'asks for {name}')
    return CALLS.get(name) or DTYPES[name]


def _call(function: Any, arguments: tuple) -> Any:
    names = [name for name, known in CALLS.items() if known is function]
    if not names:
        refuse('calls what is no function')
    try:
        return function(*arguments)
    except Refusal:
        raise
    except Exception:
        refuse(f'calls {names[0]} otherwise than a checkpoint does')


def _build(target: Any, state: Any) -> None:
    if type(target) in (PlainDtype, PlainArray, PlainHistory):
        try:
            target.__setstate__(state)
        except Refusal:
            raise
        except Exception:
            refuse('has a NumPy value or a HistoryBuffer of an odd state')
    # A state dict has the versions of its modules beside it. Any other
    # attribute could be taken for a method, or for an array's address.
    elif type(target) is OrderedDict and list(state) == ['_metadata']:
        target.__dict__.update(state)
    else:
        refuse(f'has a {type(target).__name__} with attributes')


def _find_storage(
    word: str,
    kind: StorageType,
    key: str,
    *others,
    make_storage: Callable[..., Storage],
) -> Storage:
    if (word, type(kind), type(key)) != ('storage', StorageType, str):
        refuse('has something else where a tensor should be')
    _check_counts(others[1:2])
    return make_storage(kind, key, *others)


def _check_counts(numbers: Iterable) -> None:
    if any(type(number) is not int or number < 0 for number in numbers):
        refuse('has a tensor whose size is no number')


def _tensor(
    storage: Storage,
    offset: int,
    size: tuple,
    stride: tuple,
    requires_grad: bool = False,
    hooks: dict | None = None,
    metadata: dict | None = None,
) -> Inert:
    """Stand in for what makes a tensor of a storage's type."""
    return _tensor_of_type(
        storage, offset, size, stride, requires_grad, hooks, storage, metadata
    )


def _tensor_of_type(
    storage: Storage,
    offset: int,
    size: tuple,
    stride: tuple,
    requires_grad: bool,
    hooks: dict | None,
    dtype: torch.dtype | Storage,
    metadata: dict | None = None,
) -> Inert:
    """Stand in for what makes a tensor of another type than its storage's."""
    if hooks or metadata:
        refuse('has a tensor with attributes')
    _check_counts((offset, *size, *stride))
    steps = [(n - 1) * step for n, step in zip(size, stride, strict=True)]
    # Neither beyond the storage, nor its numbers over and over.
    most = max(offset + sum(steps) + 1, prod(size))
    if 0 not in size and (
        most * dtype.itemsize > storage.numel * storage.itemsize
    ):
        refuse(f'has a tensor of the size {size!s:.60}, but not its bytes')
    return Inert()


def _parameter(data: Inert, requires_grad: bool, hooks: dict) -> Inert:
    if type(data) is not Inert or hooks:
        refuse('has a parameter with attributes')
    return data


def _ordered_dict(pairs: Iterable = ()) -> OrderedDict:
    made: OrderedDict = OrderedDict()
    _fill(made, [part for key, value in pairs for part in (key, value)])
    return made


def _counter(counts: dict) -> Counter:
    made: Counter = Counter()
    _fill(made, [part for item in counts.items() for part in item])
    return made


def _set(items: Iterable) -> set:
    _check_scalars(items)
    return set(items)


def _bytes(text: str, encoding: str) -> bytes:
    if encoding != 'latin1':
        refuse(f'asks for the encoding {encoding!r:.40}')
    return text.encode(encoding)


def _size(numbers: tuple) -> tuple:
    _check_counts(numbers)
    return numbers


def _device(kind: str, index: int = 0) -> Inert:
    _check_scalars((kind, index))
    return Inert()


#: What a pickle may call, and what is called here in its place.
CALLS: dict[str, Callable] = {
    'torch._utils._rebuild_tensor': _tensor,
    'torch._utils._rebuild_tensor_v2': _tensor,
    'torch._utils._rebuild_tensor_v3': _tensor_of_type,
    'torch._utils._rebuild_parameter': _parameter,
    'torch.Size': _size,
    'torch.device': _device,
    'collections.OrderedDict': _ordered_dict,
    'collections.Counter': _counter,
    'builtins.set': _set,
    '_codecs.encode': _bytes,
    **STAND_INS,
}
#: The types that a checkpoint may consist of, besides containers.
LEAVES = (
    type(None),
    bool,
    int,
    float,
    str,
    bytes,
    Inert,
    torch.dtype,
    PlainArray,
    HistoryBuffer,
)


def _check_plain(value: Any, depth: int, seen: dict[int, int]) -> None:
    """Refuse what is neither plain nor in a container, or too deep in some."""
    if type(value) in LEAVES or isinstance(value, np.generic):
        return
    if type(value) not in (list, tuple, set, dict, OrderedDict, Counter):
        refuse(f'has a {type(value).__name__} among its values')
    if depth == MOST_NESTED:
        refuse(f'has values nested in more than {MOST_NESTED} levels')
    if seen.get(id(value), -1) < depth:
        seen[id(value)] = depth
        inner = value.values() if isinstance(value, dict) else value
        for part in (*inner, *getattr(value, '__dict__', {}).values()):
            _check_plain(part, depth + 1, seen)
