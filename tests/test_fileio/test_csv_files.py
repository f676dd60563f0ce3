import pytest

from daffnet_mm.errors import InputError
from daffnet_mm.fileio.csv_files import read_csv


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
