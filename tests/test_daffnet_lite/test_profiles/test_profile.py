import dataclasses
import json

import pytest

from daffnet_lite.errors import InputError
from daffnet_lite.profiles import home_profile, read_profile


@pytest.fixture
def content(tmp_path):
    """A valid file's content."""
    home_profile().save(tmp_path / 'home.json')
    return json.loads((tmp_path / 'home.json').read_text())


def test_what_is_saved_is_read_again(tmp_path):
    home = home_profile()
    for profile in (
        home,
        dataclasses.replace(home, scale=None, refused=('no scale: why',)),
        dataclasses.replace(home, colours=None),
        dataclasses.replace(home, cytoplasm=None),
    ):
        profile.save(tmp_path / 'profile.json')
        assert read_profile(tmp_path / 'profile.json') == profile


def test_home_is_pbcs():
    home = home_profile()
    assert home.side == 360 and home.refused == ()
    for part in (home.scale, home.colours, home.cytoplasm):
        assert part.images > 500


def test_a_file_from_before_cytoplasm_was_measured(content, tmp_path):
    del content['cytoplasm']
    path = tmp_path / 'old.json'
    path.write_text(json.dumps(content))
    assert read_profile(path) == dataclasses.replace(
        home_profile(), cytoplasm=None
    )


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(format='something'), 'is no profile of a laboratory'),
        (dict(version=2), 'a profile of version 2, and this'),
        (dict(images=0), 'images is 0, but must be a whole number above 0'),
        (dict(images=True), 'images is True, but must be'),
        (dict(side='360'), "side is '360', but must be a number"),
        (dict(side=float('nan')), 'side is nan, but must be a number'),
        (dict(side=10**400), 'but must be a number'),
        (dict(scale=[1]), r'scale is \[1\], but must be an object'),
        (dict(scale={}), 'red_cell is None, but must be a number'),
        (dict(colours=3), 'colours is 3, but must be an object'),
        (dict(cytoplasm=3), 'cytoplasm is 3, but must be an object'),
        (dict(refused='no'), "refused is 'no', but must be a list"),
        (dict(refused=[1]), 'but must be a list of sentences'),
    ],
)
def test_what_is_no_profile_is_refused(content, tmp_path, change, message):
    path = tmp_path / 'bad.json'
    path.write_text(json.dumps({**content, **change}))
    with pytest.raises(InputError, match=message) as error:
        read_profile(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize(
    ('part', 'name', 'value'),
    [
        ('colours', 'background', [1, 2]),
        ('colours', 'red_cells', [1, 2, float('inf')]),
        ('colours', 'nuclei', None),
        ('colours', 'nuclei', [1, 2, 7]),
        ('colours', 'spread', [[0, 0, 0]]),
        ('colours', 'images', -1),
        ('cytoplasm', 'depth', 0),
        ('cytoplasm', 'depth', 1),
        ('cytoplasm', 'depth', None),
        ('cytoplasm', 'spread', -1),
        ('cytoplasm', 'background', [0.1]),
        ('cytoplasm', 'background', [1, 1, 1]),
        ('cytoplasm', 'nuclei', [0.6, 1.9, 0.0]),
        ('cytoplasm', 'images', 0),
    ],
)
def test_wrong_parts_are_refused(content, tmp_path, part, name, value):
    content[part][name] = value
    path = tmp_path / 'bad.json'
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match='make the profile again'):
        read_profile(path)


def test_no_json_and_no_file(tmp_path):
    path = tmp_path / 'profile.json'
    with pytest.raises(InputError, match='does not exist'):
        read_profile(path)
    for text in ('', '[]', '{"a": ', 'null', '3'):
        path.write_text(text)
        with pytest.raises(InputError, match=r'profile\.json'):
            read_profile(path)
