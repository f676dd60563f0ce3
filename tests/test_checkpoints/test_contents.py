"""Crafted checkpoints: what they ask for is refused before it is made."""

import copy
import copyreg
import pickle
import struct
import tracemalloc
import zipfile
from collections import Counter, OrderedDict

import numpy as np
import pytest
import torch
from mmengine.logging import HistoryBuffer
from mmengine.runner import CheckpointLoader

from daffnet_lite.errors import InputError

WEIGHTS = dict(a=torch.arange(4.0), b=torch.ones(2, 3))


class Call:
    """Pickled, it calls a function, then sets a state."""

    def __init__(self, function, *args, state=None):
        self.reduced = (function, args, state)

    def __reduce__(self):
        return self.reduced


class Made:
    """Pickled, it is an object of a class, with a state."""

    def __init__(self, kind, state):
        self.kind, self.state = kind, state

    @property
    def __class__(self):
        return self.kind

    def __reduce_ex__(self, protocol):
        return copyreg.__newobj__, (self.kind,), self.state


def instructions(text):
    """A checkpoint's pickle, by hand: a dict with one value."""
    return b'\x80\x02}X\x01\x00\x00\x00x' + text + b's.'


def save(path, content, legacy=False):
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return str(path)


def rewrite(path, change=lambda name, data: data, **options):
    """Write an archive anew, each part as `change` has it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, 'w', **options) as archive:
        for name, data in parts.items():
            archive.writestr(name, change(name.partition('/')[2], data))
    return str(path)


def save_pickle(path, data):
    """Write an archive with a pickle of our own."""
    save(path, WEIGHTS)
    return rewrite(path, lambda n, old: data if n == 'data.pkl' else old)


def load(path):
    return CheckpointLoader.load_checkpoint(path, map_location='cpu')


def assert_refused(path, sentence):
    with pytest.raises(InputError, match=sentence) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(f'{path} ') and '\n' not in text
    assert 'weights_only' not in text


POINTER = struct.pack('<Q', 0x4141414141414141)
FIELDS = (3, '|', None, ('a',), {'a': (Call(np.dtype, 'O8', False, True), 0)})
ARRAY = np.arange(6.0).reshape(2, 3).__reduce__()
F8 = ARRAY[2][2]
HISTORY = {**vars(HistoryBuffer([1.0], [1])), 'statistics_methods': {}}


class Address(OrderedDict):
    """Not pickled as such: a dict that NumPy takes for an array."""

    def __reduce__(self):
        interface = dict(
            data=(0x41414141, False), shape=(1,), typestr='|O', version=3
        )
        return OrderedDict, (), dict(__array_interface__=interface)


ATTACKS = {
    'array of an address': Call(np.ndarray, (1,), 'O', POINTER),
    'array of bytes': Call(np.ndarray, (1,), 'f8', POINTER),
    'array class with a size': Call(np.ndarray, (10**9,)),
    'array not made empty': Call(ARRAY[0], np.ndarray, (9,), b'b'),
    'array of objects': Call(
        *ARRAY[:1], *ARRAY[1], state=(1, (1,), np.dtype('O'), False, [1])
    ),
    'array larger than its bytes': Call(
        ARRAY[0], *ARRAY[1], state=(1, (9, 9), F8, False, POINTER)
    ),
    'array without a type': Call(
        ARRAY[0], *ARRAY[1], state=(1, (1,), 'f8', False, POINTER)
    ),
    'type with a field of objects': Call(
        np.dtype, 'V8', False, True, state=(*FIELDS, 8, 1, 63)
    ),
    'number type with fields': Call(
        np.dtype, 'f8', False, True, state=(*FIELDS, 8, 1, 63)
    ),
    'number type with flags': Call(
        np.dtype, 'f8', state=(3, '<', None, None, None, -1, -1, 63)
    ),
    'number type with a sub-array': Call(
        np.dtype,
        'f8',
        state=(3, '<', (F8, (10**9,)), None, None, -1, -1, 0),
    ),
    'type of objects': Call(np.dtype, 'O8'),
    'type of text': Call(np.dtype, 'U9'),
    'scalar of an address': Call(
        np.float64(1).__reduce__()[0], np.dtype('O'), POINTER
    ),
    'history of anything': Call(HistoryBuffer, [Address()], [1]),
    'history of an address': Made(
        HistoryBuffer, {**HISTORY, '_log_history': Address()}
    ),
    'history of a list': Made(
        HistoryBuffer, {**HISTORY, '_log_history': [1.0]}
    ),
    'history with a method': Made(
        HistoryBuffer, {**HISTORY, 'statistics_methods': dict(mean=Counter)}
    ),
    'history with attributes': Made(
        HistoryBuffer, {**HISTORY, '__deepcopy__': Counter}
    ),
    'dict that is an address': Address(),
    'attribute of a class': Call(getattr, HistoryBuffer, '__init__'),
    'attribute of another class': Call(getattr, OrderedDict, 'min'),
    'bytes without end': Call(bytearray, 10**12),
    'tensor without end': Call(torch.FloatTensor, 10**12),
    'encoding that doubles': Call(
        __import__('_codecs').encode, b'a' * 9, 'hex'
    ),
    'a function': len,
    'code': Call(print, 'run'),
    'tensor of a tensor': Call(
        torch._tensor._rebuild_from_type_v2, dict, dict, (), {}
    ),
    'tensor with attributes': Call(
        torch._utils._rebuild_parameter_with_state,
        torch.ones(1),
        False,
        OrderedDict(),
        dict(__array_interface__=3),
    ),
    'sparse tensor': torch.eye(3).to_sparse(),
    'quantised tensor': torch.quantize_per_tensor(
        torch.ones(2), 0.1, 0, torch.quint8
    ),
    'meta tensor': torch.ones(2, device='meta'),
    'keys of tuples': {(1, 2): 3},
}


@pytest.mark.parametrize('legacy', [False, True])
@pytest.mark.parametrize('attack', ATTACKS)
def test_attacks_are_refused(tmp_path, attack, legacy):
    info = dict(runtime_info=dict(x=[ATTACKS[attack]]))
    content = dict(state_dict=WEIGHTS, message_hub=info)
    path = save(tmp_path / 'attack.pth', content, legacy)
    assert_refused(path, 'attack.pth is refused because it ')


#: What NumPy would take for an address, or another array than it says.
RAW = [name for name in ATTACKS if name.split()[0] in ('array', 'type')]


@pytest.mark.parametrize('attack', [*RAW, 'number type with fields'])
def test_pytorch_alone_refuses_them_too(tmp_path, attack):
    """A program of the user's that loads such a file itself."""
    path = save(tmp_path / 'attack.pth', [ATTACKS[attack]])
    with pytest.raises((pickle.UnpicklingError, TypeError, ValueError)):
        torch.load(path)


def test_an_array_is_filled_once(tmp_path):
    """Else what shares its memory would keep an address of freed memory."""
    state = ARRAY[2]
    filled = Call(ARRAY[0], *ARRAY[1], state=state)
    path = save(tmp_path / 'once.pth', [filled, state])
    assert torch.load(path)[0].shape == (2, 3)
    with zipfile.ZipFile(path) as archive:
        data = archive.read('once/data.pkl')
    # The second value is the state, out of the memo: the same once more.
    assert b'q\x15bh\x15' in data
    twice = data.replace(b'q\x15b', b'q\x15bh\x15b')
    path = save_pickle(tmp_path / 'twice.pth', twice)
    assert_refused(path, 'asks for a numpy.ndarray of other things')
    with pytest.raises(pickle.UnpicklingError):
        torch.load(path)


def nested_tuples(depth):
    return instructions(b')' + b'\x85' * depth)


def tuple_as_key(depth):
    return b'\x80\x02}' + b')' + b'\x85' * depth + b'Ns.'


def nested_lists(depth):
    return instructions(b']' * depth + b'a' * (depth - 1))


def cycle(_):
    return instructions(b']q\x01h\x01a')


@pytest.mark.parametrize('depth', [60, 10**6])
@pytest.mark.parametrize(
    'write', [nested_tuples, tuple_as_key, nested_lists, cycle]
)
def test_deep_nesting(tmp_path, write, depth):
    """A million levels exhaust the stack of whoever looks at them."""
    path = save_pickle(tmp_path / 'deep.pth', write(depth))
    assert_refused(path, 'nested in more than 50|neither text nor a number')


def replaced(data, old, new):
    assert data.count(old) >= 1
    return data.replace(old, new, 1)


NUMEL = b'J' + struct.pack('<i', 10**9)
CLAIMS = {
    'storage': lambda data: replaced(data, b'K\x04t', NUMEL + b't'),
    'tensor': lambda data: replaced(data, b'K\x04\x85', NUMEL + b'\x85'),
    'stride': lambda data: replaced(
        data, b'\x85q\x08K\x01\x85', b'\x85q\x08' + NUMEL + b'\x85'
    ),
    'offset': lambda data: replaced(data, b'QK\x00', b'Q' + NUMEL),
    'negative': lambda data: replaced(
        data, b'QK\x00', b'QJ' + struct.pack('<i', -1)
    ),
    'truth': lambda data: replaced(data, b'QK\x00', b'Q\x88'),
    'part that is not there': lambda data: replaced(
        data, b'X\x01\x00\x00\x000', b'X\x01\x00\x00\x007'
    ),
    'part by another name': lambda data: replaced(
        data, b'X\x01\x00\x00\x000', b'X\x03\x00\x00\x000\x00a'
    ),
}


@pytest.mark.parametrize('claim', CLAIMS)
def test_more_than_the_file_holds(tmp_path, claim):
    path = save(tmp_path / 'claim.pth', WEIGHTS)
    rewrite(
        path, lambda n, data: CLAIMS[claim](data) if n == 'data.pkl' else data
    )
    assert_refused(path, 'is refused because|not a whole one')


def test_more_than_a_legacy_file_holds(tmp_path):
    path = tmp_path / 'claim.pth'
    save(path, WEIGHTS, legacy=True)
    data = replaced(path.read_bytes(), b'K\x04N', NUMEL + b'N')
    path.write_bytes(data)
    tracemalloc.start()
    assert_refused(str(path), 'more or less of a tensor than there is')
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()


def test_numbers_repeated_without_memory(tmp_path):
    """An expanded tensor: four bytes that become four gigabytes in use."""
    path = save(tmp_path / 'a.pth', dict(a=torch.zeros(1).expand(10**9)))
    assert_refused(path, 'a tensor of the size')


def test_compressed_parts(tmp_path):
    """A zip bomb: a thousand times more in memory than in the file."""
    path = save(tmp_path / 'bomb.pth', dict(a=torch.zeros(10**6)))
    rewrite(path, compression=zipfile.ZIP_DEFLATED)
    assert (tmp_path / 'bomb.pth').stat().st_size < 10**5
    tracemalloc.start()
    assert_refused(path, 'asks for more memory than it has bytes')
    assert tracemalloc.get_traced_memory()[1] < 10**6
    tracemalloc.stop()


def test_parts_that_share_bytes(tmp_path):
    """The other zip bomb: a thousand parts, all of them in one place."""
    path = save(tmp_path / 'a.pth', dict(a=torch.zeros(10**5)))
    with zipfile.ZipFile(path, 'a') as archive:
        (one,) = [e for e in archive.infolist() if e.filename == 'a/data/0']
        for number in range(1, 1000):
            entry = copy.copy(one)
            entry.filename = f'a/data/{number}'
            archive.filelist.append(entry)
            archive.NameToInfo[entry.filename] = entry
        archive._didModify = True
    assert_refused(path, 'asks for more memory than it has bytes')


def with_comment(path):
    with zipfile.ZipFile(path, 'a') as archive:
        archive.comment = b'PK\x05\x06' + bytes(18)


def with_prefix(path):
    data = open(path, 'rb').read()
    with open(path, 'wb') as file:
        file.write(b'PK\x03\x04' + data)


def with_two_names(path):
    with zipfile.ZipFile(path, 'a') as archive:
        archive.writestr('a/DATA.PKL', b'\x80\x02}.')


@pytest.mark.filterwarnings('ignore:Duplicate name')
def with_a_name_twice(path):
    with zipfile.ZipFile(path, 'a') as archive:
        archive.writestr('a/data.pkl', b'\x80\x02}.')


@pytest.mark.filterwarnings('ignore:Duplicate name')
@pytest.mark.parametrize(
    'spoil', [with_comment, with_prefix, with_two_names, with_a_name_twice]
)
def test_archives_that_two_readers_see_differently(tmp_path, spoil):
    path = save(tmp_path / 'a.pth', WEIGHTS)
    spoil(path)
    assert_refused(path, 'not a checkpoint, or not a whole one')


def test_a_config_in_a_checkpoint_is_not_run(tmp_path):
    """MMEngine takes ``meta['config']`` for a program when it resumes."""
    path = save(
        tmp_path / 'a.pth',
        dict(state_dict=WEIGHTS, meta=dict(config='raise SystemExit', seed=1)),
    )
    assert load(path)['meta'] == dict(seed=1)


@pytest.mark.parametrize('legacy', [False, True])
def test_whatever_is_plain_is_loaded(tmp_path, legacy):
    """Each kind of value that a checkpoint may hold, as it was."""
    state = torch.nn.Sequential(torch.nn.BatchNorm1d(2)).state_dict()
    shared = torch.arange(12.0).reshape(3, 4)
    plain = dict(
        none=None,
        truth=[True, False],
        numbers=[-1, 2**70, 1.5, float('inf')],
        text='Zählung',
        data=b'\x00\xff',
        tuple=((), (1, 2)),
        set={1, 2},
        counter=Counter(a=2),
        ordered=OrderedDict(b=1, a=2),
        type=torch.bfloat16,
        numpy=[np.float64(0.5), np.int32(3), np.bool_(True), np.float16(1)],
    )
    content = dict(
        plain=plain,
        state_dict=state,
        tensors=[
            shared,
            shared[1:, ::2],
            shared.t(),
            torch.zeros(0, 3),
            torch.tensor(3, dtype=torch.int16),
            torch.ones(3, dtype=torch.complex64),
            torch.nn.Parameter(torch.ones(1)),
        ],
        arrays=[
            np.arange(6.0).reshape(2, 3),
            np.asfortranarray(np.arange(6).reshape(2, 3)),
            np.arange(3, dtype='>f8'),
            np.zeros((0, 3), np.uint8),
            np.array(1.5, np.float32),
            (np.array([True, False]),),
        ],
    )
    loaded = load(save(tmp_path / 'a.pth', content, legacy))
    assert loaded['plain'] == plain
    assert [type(n) for n in loaded['plain']['numpy']] == [
        type(n) for n in plain['numpy']
    ]
    assert list(loaded['plain']['ordered']) == ['b', 'a']
    assert loaded['state_dict']._metadata == state._metadata
    for name, value in state.items():
        assert loaded['state_dict'][name].equal(value)
    for found, tensor in zip(
        loaded['tensors'], content['tensors'], strict=True
    ):
        assert (found.dtype, found.shape) == (tensor.dtype, tensor.shape)
        assert found.stride() == tensor.stride()
        assert bool((found.float() == tensor.float()).all())
    assert loaded['tensors'][0].data_ptr() == loaded['tensors'][2].data_ptr()
    arrays = [*loaded['arrays'][:-1], *loaded['arrays'][-1]]
    expected = [*content['arrays'][:-1], *content['arrays'][-1]]
    for found, array in zip(arrays, expected, strict=True):
        assert type(found) is np.ndarray
        # NumPy itself gives pickled numbers the order of the machine.
        assert found.dtype == array.dtype.newbyteorder('=')
        assert found.shape == array.shape
        assert (found == array).all()
        assert found.flags.writeable


@pytest.mark.parametrize('name', ['float8_e4m3fn', 'uint16'])
def test_types_without_a_storage_of_their_own(tmp_path, name):
    tensor = torch.ones(4).to(getattr(torch, name))
    (loaded,) = torch.load(save(tmp_path / 'a.pth', [tensor[1:]]))
    assert loaded.dtype == tensor.dtype and loaded.float().tolist() == [1] * 3
    path = tmp_path / 'a.pth'
    data = zipfile.ZipFile(path).read('a/data.pkl')
    save_pickle(path, replaced(data, b'K\x03\x85', b'K\x04\x85'))
    assert_refused(str(path), 'more of its part|a tensor of the size')


def test_checksums_may_be_left_out(tmp_path):
    """As PyTorch does where it is told to save time."""
    torch.serialization.set_crc32_options(False)
    try:
        path = save(tmp_path / 'a.pth', WEIGHTS)
    finally:
        torch.serialization.set_crc32_options(True)
    assert load(path)['a'].tolist() == [0, 1, 2, 3]


def test_arrays_are_pickled_as_what_they_are(tmp_path):
    """A program that loads and saves leaves nothing of ours behind."""
    path = save(tmp_path / 'a.pth', [np.arange(3)])
    (array,) = torch.load(path)
    assert isinstance(array, np.ndarray) and array.tolist() == [0, 1, 2]
    for protocol in range(2, 6):
        (copy,) = pickle.loads(pickle.dumps([array], protocol))
        assert type(copy) is np.ndarray and copy.tolist() == [0, 1, 2]
