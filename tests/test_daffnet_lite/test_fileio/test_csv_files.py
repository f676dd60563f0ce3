import csv
import io
import os
import warnings

import pytest

from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.csv_files import (
    CsvFile,
    find_columns,
    for_spreadsheet,
    from_spreadsheet,
    read_csv,
    read_number,
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
        (f'{path}, line 2', dict(name='é\nè', place='x')),
        (f'{path}, line 4', dict(name='u', place='')),
    ]


TABLE = [['name', 'part', 'x1'], ['é, 1.png', 'train', '1.5'], ['b', '', '2']]


def as_bytes(
    encoding='utf-8', separator=',', table=TABLE, end='\r\n', before=''
):
    file = io.StringIO(newline='')
    writer = csv.writer(file, delimiter=separator, lineterminator=end)
    writer.writerows(table)
    return (before + file.getvalue()).encode(encoding)


def with_header(*names):
    return [list(names), *TABLE[1:]]


@pytest.mark.parametrize(
    'content',
    [
        as_bytes(),
        as_bytes('utf-8-sig'),
        as_bytes('utf-16'),
        as_bytes('utf-16-le'),
        as_bytes('utf-16-be'),
        as_bytes('utf-16', separator='\t'),
        as_bytes('utf-32'),
        as_bytes(separator=';'),
        as_bytes(separator='\t'),
        as_bytes(separator=';', before='sep=;\r\n'),
        as_bytes(separator='|', before='sep=|\n', end='\n'),
        as_bytes(end='\n'),
        as_bytes(end='\r'),
        as_bytes(before='\r\n,,\r\n'),
        as_bytes(table=[*TABLE, ['', ' ', '']]),
        as_bytes(table=[[*row, '', ''] for row in TABLE]),
        as_bytes(table=with_header('NAME', 'Part', 'X1')),
        as_bytes(table=with_header(' name ', 'part\xa0', 'x_1')),
    ],
)
def test_what_spreadsheets_write_is_read_alike(tmp_path, content):
    path = tmp_path / 'table.csv'
    path.write_bytes(content)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        rows = [row for _, row in read_csv(path, ['name', 'x1'])]
    assert [(row['name'], row['x1']) for row in rows] == [
        ('é, 1.png', '1.5'),
        ('b', '2'),
    ]


@pytest.mark.parametrize('encoding', ['latin-1', 'cp1252'])
def test_what_is_not_utf_8_is_read_and_told(tmp_path, encoding):
    path = tmp_path / 'table.csv'
    path.write_bytes(as_bytes(encoding))
    with pytest.warns(InputWarning, match=r'as Windows-1252, .*é.* in line 2'):
        names = [row['name'] for _, row in read_csv(path, ['name'])]
    assert names == ['é, 1.png', 'b']


@pytest.mark.parametrize(
    ('content', 'message'),
    [
        (None, 'the table does not exist'),
        (b'', "the table has no column 'name'; expected are name, place"),
        (b'name\nx\n', "the table has no column 'place'.*line 1 has name$"),
        (
            b'name,ort\nx,y\n',
            "'place'; expected are name, place, .* but line 1 has name, ort$",
        ),
        # a comma in the header is no reason to take it for the separator
        (b'name;a,b\nx;y\n', "no column 'place'.* has name, a,b$"),
        (b'name|place\nx|y\n', "no column 'name'.* line 1 has name.place"),
        (b'name,place,q;name;place\n', 'between commas and semicolons alike'),
        (b'name,place,name\n', "line 1: columns 1 and 3 are both 'name'"),
        (b'Name,place,NAME\n', "line 1: columns 1 and 3 are both 'name'"),
        (
            b'name,place\na,b\nDoe, J.png,c\n',
            'table, line 3: .* 2 cells between commas, but this row 3; put a',
        ),
        (b'name,place\na,b\nc', "line 3: .* this row 1; column 'place' is"),
        (b'name,place\na,b\n"c,d\ne,f\n', 'line 3: .*quotation mark'),
        (b'name,place\na,b\n"c"d,e\n', 'line 3: .*quotation mark'),
        (b'name,place\n\x81,x\n', 'line 2: byte 0x81 is neither UTF-8 nor'),
        (b'name,place\na,\0\n', 'line 2: zero bytes'),
        ('name'.encode('utf-16') + b'x', 'begins as UTF-16, but is not'),
    ],
)
def test_faulty_files(tmp_path, content, message):
    path = tmp_path / 'table.csv'
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        list(read_csv(path, ['name', 'place'], 'the table'))


def test_a_pipe_in_the_place_of_a_table_is_refused(tmp_path):
    path = tmp_path / 'table.csv'
    os.mkfifo(path)
    with pytest.raises(InputError, match='the table cannot be read .*pipe'):
        list(read_csv(path, ['name'], 'the table'))


def test_faulty_rows_cost_no_others_where_they_are_gathered(tmp_path):
    path = tmp_path / 'table.csv'
    path.write_bytes(b'name,n\na,1\nb,2,3\nc\nd,4\n"e,5\n')
    faults = []
    rows = CsvFile(path, ['name', 'n'], title='it').rows(faults)
    assert [row for _, row in rows] == [
        dict(name='a', n='1'),
        dict(name='d', n='4'),
    ]
    assert [fault[:10] for fault in faults] == [
        f'it, line {n}' for n in (3, 4, 6)
    ]


def test_no_column_is_lost_to_another_of_its_name(tmp_path):
    path = tmp_path / 'table.csv'
    path.write_bytes(b',note,name,note,\n1,2,3,4,5\n')
    file = CsvFile(path, ['name'])
    ((_, row),) = file.rows()
    assert list(row.values()) == list('12345')
    assert row['name'] == '3'
    assert list(row) == file.names


@pytest.mark.parametrize(
    ('content', 'found'),
    [
        (b'Name;x1;q\n', {'name', 'x1'}),
        ('name\tx1\n'.encode('utf-16'), {'name', 'x1'}),
        (b'q,x1\n', {'x1'}),
        (b'', set()),
    ],
)
def test_looking_for_columns(tmp_path, content, found):
    path = tmp_path / 'table.csv'
    path.write_bytes(content)
    assert find_columns(path, ['name', 'x1', 'y1']) == found


def test_what_is_no_text_has_no_columns(tmp_path):
    path = tmp_path / 'table.csv'
    path.write_bytes(b'name,x1\n\x00\x81')
    with pytest.raises(InputError, match='neither UTF-8 nor Windows-1252'):
        find_columns(path, ['name'])


@pytest.mark.parametrize(
    ('text', 'number'),
    [('1', 1), (' -2.5 ', -2.5), ('1e-3', 0.001), ('+.5', 0.5)],
)
def test_numbers(text, number):
    assert read_number(text, 'line 2', 'x1') == number


@pytest.mark.parametrize(
    ('text', 'hint'),
    [
        ('12,5', '; write 12.5, with a point'),
        ('-0,25', '; write -0.25, with a point'),
        ('', ''),
        ('nan', ''),
        ('1_000', ''),
        ('1.2.3', ''),
        ('1e999', ''),
        ('1,234,567', ''),
    ],
)
def test_what_is_no_number_is_named(text, hint):
    with pytest.raises(InputError) as raised:
        read_number(text, 'it, line 2', 'x1')
    assert str(raised.value) == (
        f'it, line 2, column x1: {text!r} must be a number{hint}'
    )
