"""Flipped bits are noticed when a checkpoint is loaded."""

import random

import pytest
import torch

from daffnet_lite.errors import InputError
from daffnet_mm.checkpoints import check_file, load_from_local


@pytest.fixture
def path(tmp_path):
    state = dict(
        state_dict=dict(a=torch.rand(40, 3), b=torch.arange(5)),
        meta=dict(epoch=3),
    )
    torch.save(state, tmp_path / 'epoch_3.pth')
    return tmp_path / 'epoch_3.pth'


def same(first, second):
    assert first['meta'] == second['meta']
    assert first['state_dict'].keys() == second['state_dict'].keys()
    for name, value in first['state_dict'].items():
        assert torch.equal(value, second['state_dict'][name])


def flip(whole, bit):
    flipped = bytearray(whole)
    flipped[bit // 8] ^= 1 << bit % 8
    return bytes(flipped)


def test_a_bit_of_a_weight(path):
    whole = path.read_bytes()
    state = load_from_local(str(path))
    weight = state['state_dict']['a'].numpy().tobytes()
    path.write_bytes(flip(whole, 8 * (whole.index(weight) + 77)))
    # PyTorch does not notice.
    assert not torch.equal(
        torch.load(path, weights_only=True)['state_dict']['a'],
        state['state_dict']['a'],
    )
    for look in (load_from_local, check_file):
        with pytest.raises(
            InputError, match='pth is damaged .*data/[01] diff'
        ):
            look(str(path))


def test_a_bit_anywhere(path):
    """It is noticed, or makes no difference: dates, padding."""
    whole = path.read_bytes()
    expected = load_from_local(str(path))
    rng = random.Random(0)
    noticed = 0
    for _ in range(400):
        path.write_bytes(flip(whole, rng.randrange(8 * len(whole))))
        try:
            loaded = load_from_local(str(path))
        except InputError:
            noticed += 1
        else:
            same(loaded, expected)
    assert noticed > 100


def test_a_checkpoint_without_checksums(path):
    state = load_from_local(str(path))
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        torch.save(state, path)
    finally:
        torch.serialization.set_crc32_options(before)
    check_file(str(path))
    same(load_from_local(str(path)), state)
