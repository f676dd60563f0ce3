import csv
import io
import os

import pytest

from daffnet_mm.errors import InputError
from daffnet_mm.fileio.csv_files import (
    for_spreadsheet,
    from_spreadsheet,
    read_csv,
    write_csv_rows,
)

NAMES = [
    'plain.png',
    'a,b.png',
    'say "cheese".png',
    'torn\rrow.png',
    'two\nlines.png',
    '=HYPERLINK("http://x")',
    '+1.png',
    '-1.png',
    '@sum.png',
    "'=quoted",
    "'harmless",
    '\ttab',
    '',
]


def written(names, **options):
    file = io.StringIO(newline='')
    write_csv_rows(file, ['image', 'n'], ((n, -1.5) for n in names), **options)
    text = file.getvalue()
    head, *rows = csv.reader(io.StringIO(text, newline=''))
    assert head == ['image', 'n']
    assert all(number == '-1.5' for _, number in rows)
    return text, [name for name, _ in rows]


def test_names_come_back_as_they_were():
    text, names = written(NAMES)
    assert names == NAMES
    assert text.startswith('image,n\nplain.png,-1.5\n')


def test_no_text_is_a_formula_where_people_look():
    _, names = written(NAMES, for_people=True)
    assert not [name for name in names if name.startswith(tuple('=+-@\t'))]
    assert [from_spreadsheet(name) for name in names] == NAMES


@pytest.mark.parametrize(
    ('text', 'guarded'),
    [
        ('=1+1', "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("'harmless", "'harmless"),
        ('a=b', 'a=b'),
        ('-0.5', '-0.5'),
        ('+1e-3', '+1e-3'),
        ("'-0.5", "''-0.5"),
        ('-2+3', "'-2+3"),
        ('Ω', 'Ω'),
    ],
)
def test_guarding_texts(text, guarded):
    assert for_spreadsheet(text) == guarded
    assert from_spreadsheet(guarded) == text


def test_bytes_that_are_not_utf_8_cost_no_other_cell():
    text, names = written([os.fsdecode(b'\xe9.png'), 'b'], for_people=True)
    assert names == [r'\udce9.png', 'b']
    text.encode('utf-8')


def test_rows_and_where_they_stand(tmp_path):
    path = tmp_path / 'table.csv'
    # with a byte order mark, a value over two lines and a short row
    path.write_bytes('\ufeffname,place\r\n"é\nè",x\r\nu\r\n'.encode())
    assert list(read_csv(path, ['name'])) == [
        (f'{path}, line 3', dict(name='é\nè', place='x')),
        (f'{path}, line 4', dict(name='u', place='')),
    ]


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (None, 'the table does not exist'),
        (b'', "the table has no column 'name'; expected are name, place"),
        (b'name\nx\n', "the table has no column 'place'"),
        ('name,place\né,x\n'.encode('latin-1'), 'the table is not CSV in UTF'),
        ('name,place\n'.encode('utf-16'), 'the table is not CSV in UTF-8'),
    ],
)
def test_faulty_files(tmp_path, content, message):
    path = tmp_path / 'table.csv'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_csv(path, ['name', 'place'], 'the table'))
