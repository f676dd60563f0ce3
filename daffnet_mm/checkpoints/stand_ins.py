"""What a checkpoint may hold besides tensors and plain values, and as what.

A checkpoint of MMEngine has its log history (`HistoryBuffer`) and NumPy
numbers. In the file they are calls, of NumPy's constructors among others,
which with other arguments take any number for an address. So none of the
classes and functions below is what the file names: each stands in for one,
and makes nothing but plain numbers.
"""

import pickle
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from mmengine.logging import HistoryBuffer

#: NumPy's booleans, integers and floating point numbers, as pickles name them.
PLAIN_TYPES = {
    np.dtype(code).str[1:]
    for code in '?' + np.typecodes['AllInteger'] + np.typecodes['Float']
}
STATISTICS = ('min', 'max', 'current', 'mean')


class Refusal(pickle.UnpicklingError):
    """A checkpoint wants what it must not; the text goes on after "it"."""


def refuse(reason: str) -> NoReturn:
    """Refuse a checkpoint.

    Args:
        reason (str): Why, to go on after "it".

    Raises:
        Refusal: In any case.
    """
    raise Refusal(reason)


class PlainDtype:
    """Stands in for ``numpy.dtype``: one of the plain types, in a byte order.

    Args:
        code (str): Its name, such as ``'f8'``.
        align (bool): Without effect on plain types. Defaults to False.
        copy (bool): Without effect: nothing else uses it. Defaults to True.
    """

    def __init__(
        self, code: str, align: bool = False, copy: bool = True
    ) -> None:
        if type(code) is not str or code not in PLAIN_TYPES:
            refuse(f'asks for the numpy.dtype {code!r:.40}')
        self.dtype = np.dtype(code)

    def __setstate__(self, state: tuple) -> None:
        """Take the byte order, all that the state of a plain type tells."""
        version, order, *others = state
        # Without the names, fields, sizes and flags of a structured type.
        if version != 3 or others != [None, None, None, -1, -1, 0]:
            refuse('asks for a numpy.dtype with fields or flags')
        if order not in ('<', '>', '|'):
            refuse(f'asks for the byte order {order!r:.40}')
        self.dtype = self.dtype.newbyteorder(order)


class PlainArray(np.ndarray):
    """Stands in for ``numpy.ndarray``: made empty, then filled with numbers.

    Pickled again it is an ``ndarray``, as it is in all else.
    """

    def __new__(cls) -> 'PlainArray':
        """Make it empty; ``ndarray`` would take an address here."""
        return super().__new__(cls, 0)

    def __setstate__(self, state: tuple) -> None:
        """Fill it, once, with as many bytes as its shape says."""
        version, shape, kind, fortran, data = state
        # Filled again, it would leave those behind who share its memory.
        if version != 1 or type(kind) is not PlainDtype or self.size:
            refuse('asks for a numpy.ndarray of other things than numbers')
        numbers = np.frombuffer(data, kind.dtype).reshape(
            shape, order='F' if fortran else 'C'
        )
        if numbers.shape != shape:
            refuse('asks for a numpy.ndarray of another shape than its own')
        super().__setstate__(numbers.__reduce__()[2])

    def __reduce__(self) -> Any:
        """Pickle it as what it stands for."""
        return self.view(np.ndarray).__reduce__()


def empty_array(kind: type, shape: tuple, code: bytes) -> PlainArray:
    """Stand in for NumPy's ``_reconstruct``.

    Args:
        kind (type): The class, :class:`PlainArray`.
        shape (tuple): The shape before it is filled, ``(0,)``.
        code (bytes): The type before it is filled, ``b'b'``.

    Returns:
        PlainArray: An empty one.
    """
    if kind is not PlainArray or shape != (0,) or code != b'b':
        refuse('asks for a numpy.ndarray that is not made empty')
    return PlainArray()


def plain_number(kind: PlainDtype, data: bytes) -> np.generic:
    """Stand in for NumPy's ``scalar``.

    Args:
        kind (PlainDtype): Its type.
        data (bytes): Its bytes.

    Returns:
        np.generic: The number.
    """
    if type(kind) is not PlainDtype:
        refuse('asks for a NumPy scalar that is no number')
    (number,) = np.frombuffer(data, kind.dtype)
    return number


class PlainHistory(HistoryBuffer):
    """Stands in for `HistoryBuffer`, and is one once it is filled."""

    def __init__(self) -> None:
        """Leave it empty; `HistoryBuffer` would make arrays of anything."""

    def __setstate__(self, state: dict) -> None:
        """Take two arrays of numbers and the length."""
        statistics = state.pop('statistics_methods', {})
        if set(state) != {'max_length', '_log_history', '_count_history'}:
            refuse('asks for a HistoryBuffer with other attributes')
        if any(
            method is not statistic(PlainHistory, name)
            for name, method in statistics.items()
        ):
            refuse('asks for a HistoryBuffer with statistics of its own')
        for name in ('_log_history', '_count_history'):
            if type(state[name]) is not PlainArray:
                refuse('asks for a HistoryBuffer without numbers')
            state[name] = state[name].view(np.ndarray)
        if type(state['max_length']) is not int:
            refuse('asks for a HistoryBuffer without a length')
        super().__setstate__(state)
        self.__class__ = HistoryBuffer


def statistic(owner: type, name: str):
    """Stand in for ``getattr``, by which a history names its statistics.

    Args:
        owner (type): :class:`PlainHistory`.
        name (str): One of ``STATISTICS``.

    Returns:
        Callable: The method of `HistoryBuffer`.
    """
    if owner is not PlainHistory or name not in STATISTICS:
        refuse(f'asks for getattr of {name!r:.40}')
    return getattr(HistoryBuffer, name)


def no_bytes() -> bytes:
    """Stand in for ``bytes``, by which the bytes of an empty array come."""
    return b''


#: Whatever NumPy wrote the file, 1 or 2, its functions' names are known.
STAND_INS: dict[str, Callable] = {
    'builtins.bytes': no_bytes,
    'builtins.getattr': statistic,
    'mmengine.logging.history_buffer.HistoryBuffer': PlainHistory,
    'numpy.dtype': PlainDtype,
    'numpy.ndarray': PlainArray,
    'numpy.core.multiarray._reconstruct': empty_array,
    'numpy.core.multiarray.scalar': plain_number,
    'numpy._core.multiarray._reconstruct': empty_array,
    'numpy._core.multiarray.scalar': plain_number,
}
