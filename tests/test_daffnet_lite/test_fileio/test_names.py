import itertools
import os
import unicodedata

import pytest

from daffnet_lite.fileio.names import (
    file_stems,
    is_valid_unicode,
    normalize_name,
    printable,
    unique_stems,
    valid_unicode,
)


@pytest.mark.parametrize(
    ('name', 'shown'),
    [
        ('Zélle 白血球.png', 'Zélle 白血球.png'),
        ('a\r\nb\t.png', r'a\r\nb\t.png'),
        ('\x1b[31mred\x07', r'\x1b[31mred\x07'),
        (os.fsdecode(b'caf\xe9.png'), r'caf\udce9.png'),
        ('\u202efdp.png', r'\u202efdp.png'),
    ],
)
def test_names_that_would_act_on_a_terminal(name, shown):
    assert printable(name) == shown


def test_bytes_that_are_not_utf_8():
    name = os.fsdecode(b'caf\xe9\r.png')
    assert not is_valid_unicode(name)
    assert valid_unicode(name) == 'caf\\udce9\r.png'
    assert is_valid_unicode('白\r.png') and valid_unicode('白\r') == '白\r'


def test_endings_stay_where_they_tell_names_apart():
    assert unique_stems(['a.png', 'b.jpg', 'c/b.jpg']) == {
        'a.png': 'a',
        'b.jpg': 'b',
        'c/b.jpg': 'c/b',
    }
    assert unique_stems(['a.png', 'a.jpg', 'b.jpg']) == {
        'a.png': 'a.png',
        'a.jpg': 'a.jpg',
        'b.jpg': 'b',
    }
    # a_0 may be the first output of a
    assert unique_stems(['a_0.png', 'a.png'])['a_0.png'] == 'a_0.png'
    assert unique_stems(['ä.png', 'a\u0308.jpg']) == {
        'ä.png': 'ä.png',
        'a\u0308.jpg': 'a\u0308.jpg',
    }


def test_no_two_outputs_are_alike():
    """All sets of up to four names that are made to collide."""
    names = ['a.png', 'a.jpg', 'A.png', 'a.png.jpg', 'a', 'a.png~2', 'a_0.png']
    names += ['a.png_0.png', 'A.PNG', 'a~2.png', 'a_0.jpg']
    for number in range(1, 5):
        for some in itertools.permutations(names, number):
            stems = unique_stems(some)
            assert list(stems) == list(some)
            whole = [stem.casefold() for stem in stems.values()]
            numbered = [f'{stem}_{i}' for stem in whole for i in range(2)]
            assert len(set(whole)) == len(whole)
            assert len(set(numbered)) == len(numbered)


def test_files_of_several_folders(tmp_path):
    paths = ['x/a.png', 'x/a.jpg', 'y/z/a.png']
    stems = file_stems(str(tmp_path / path) for path in paths)
    assert stems == ['x/a.png', 'x/a.jpg', 'y/z/a']
    assert file_stems([str(tmp_path / 'x' / 'a.png')] * 2) == ['a', 'a']
    assert file_stems([]) == []


@pytest.mark.parametrize('form', ['NFC', 'NFD'])
def test_one_form_of_a_name(form):
    name = unicodedata.normalize(form, 'Größe\\é.png')
    assert normalize_name(name) == 'Größe/é.png'
