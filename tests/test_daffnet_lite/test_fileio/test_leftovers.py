import os

import pytest

from daffnet_lite.fileio import atomic_write
from daffnet_lite.fileio.leftovers import (
    sweep_beside,
    sweep_folder,
    temporary_name,
)

#: As long as names can be, in bytes.
LONGEST = ['x' * 255, 'ü' * 127 + 'x']


@pytest.mark.parametrize('name', ['x.json', 'a b[1]', *LONGEST])
def test_the_dead_go_and_the_living_stay(tmp_path, name):
    path = tmp_path / name
    for sweep in (sweep_folder, sweep_beside):
        place = tmp_path if sweep is sweep_folder else path
        with atomic_write(path) as file:
            file.write('new')
            file.flush()
            (living,) = tmp_path.glob('.*.tmp')
            dead = temporary_name(path)
            dead.touch()
            sweep(place)
            assert living.exists() and not dead.exists()
        assert os.listdir(tmp_path) == [name]
        assert path.read_text() == 'new'


def test_others_files_stay(tmp_path):
    names = ['.x.tmp', f'x.{"0" * 32}.tmp', f'.x.{"0" * 31}g.tmp', 'x']
    for name in names:
        (tmp_path / name).touch()
    sweep_folder(tmp_path)
    sweep_beside(tmp_path / 'x')
    assert sorted(os.listdir(tmp_path)) == sorted(names)


def test_of_another_name_only_with_the_folder(tmp_path):
    (tmp_path / 'in').mkdir()
    left = temporary_name(tmp_path / 'in' / 'y')
    left.touch()
    sweep_beside(tmp_path / 'in' / 'x')
    sweep_beside(tmp_path / 'nowhere' / 'x')
    sweep_folder(tmp_path / 'nowhere')
    assert left.exists()
    sweep_folder(tmp_path)
    assert not left.exists()
