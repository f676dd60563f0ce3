"""Tables fit the terminal that they are for."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from daffnet_lite.answers import as_tables, differential_count
from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES


def row(image, review=''):
    attributes = {}
    for name, values in WBC_ATTRIBUTES.items():
        attributes[name] = max(values, key=len)
        attributes[f'{name}_probability'] = 0.9
    return dict(
        image=image,
        cell_type='neutrophil',
        probability=0.98765,
        **attributes,
        review=review,
    )


def show(rows, width, encoding='utf-8'):
    """What a terminal of so many columns gets, line by line."""
    output = io.TextIOWrapper(io.BytesIO(), encoding, newline='\n')
    console = Console(file=output, width=width, markup=False, emoji=False)
    counts = differential_count([r['cell_type'] for r in rows], WBC5_CLASSES)
    for table in as_tables(rows, counts, width, encoding):
        console.print(table)
    output.flush()
    return output.buffer.getvalue().decode(encoding).splitlines()


ROWS = [
    row(f'/data/a folder/{"very_" * 20}long_name_{number}.png')
    for number in range(3)
] + [row('/data/short.png', 'blurred; unsure')]


@pytest.mark.parametrize('width', [60, 70, 80, 100, 132, 200, 260])
def test_a_line_a_cell_at_any_width(width):
    lines = show(ROWS, width)
    assert max(map(cell_len, lines)) <= width
    # The last of a name tells images apart.
    for number in range(3):
        (line,) = (x for x in lines if f'_name_{number}.png' in x)
        assert 'neutrophil' in line and '0.987' in line
    (line,) = (x for x in lines if 'blurred; unsure' in x)
    assert 'short.png' in line


def test_what_is_left_out_is_named():
    names = [name.replace('_', ' ') for name in WBC_ATTRIBUTES]
    wide = '\n'.join(show(ROWS, 400))
    assert all(name in wide for name in names)
    assert 'not shown' not in wide
    narrow = ' '.join(' '.join(show(ROWS, 80)).split())
    said = narrow.partition('not shown, for want of width: ')[2]
    shown = narrow.partition('not shown')[0]
    left_out = [name for name in names if name not in shown]
    assert left_out and names[-len(left_out) :] == left_out
    assert said.startswith(', '.join(left_out))


@pytest.mark.parametrize('encoding', ['utf-8', 'ascii'])
@pytest.mark.parametrize('width', [60, 80])
def test_many_reasons_and_long_types_fit(width, encoding):
    """Reasons take several lines, and no word is lost."""
    reasons = 'several cells; blurred; other cell type; unfamiliar; unsure'
    long = dict(
        row(f'/data/{"very_" * 20}long_name.png', reasons),
        cell_type='immature granulocyte',
    )
    lines = show([long, *ROWS], width, encoding)
    assert max(map(cell_len, lines)) <= width
    first = next(i for i, line in enumerate(lines) if 'Look' in line)
    text = ' '.join(lines[first:])
    for word in reasons.split():
        assert word in text
    for word in ('ong_name.png', 'granulocyte'):
        assert word in text
    assert not any('…' in line for line in lines)


@pytest.mark.parametrize('width', [60, 80])
def test_one_cell_fits(width):
    output = io.StringIO()
    one = row(
        '/data/' + 40 * 'cell_' + '.png', 'several cells; blurred; unsure'
    )
    console = Console(file=output, width=width, markup=False, emoji=False)
    for table in as_tables([one], [], width):
        console.print(table)
    lines = output.getvalue().splitlines()
    assert max(map(cell_len, lines)) <= width
    text = ' '.join(' '.join(lines).replace('│', ' ').split())
    assert 'blurred' in text and 'neutrophil' in text and '0.987' in text
    assert '…' not in text


def test_wide_letters_count_double():
    rows = [row('細胞' * 30 + '末.png'), row('b.png')]
    lines = show(rows, 80)
    assert max(map(cell_len, lines)) <= 80
    assert any('末.png' in line for line in lines)


@pytest.mark.parametrize('encoding', ['ascii', 'latin-1'])
def test_names_that_a_stream_lacks_are_laid_out_as_they_are_shown(encoding):
    names = ['/data/Zählung/細胞.png', '/data/' + 9 * '細胞' + '.png', 'a.png']
    rows = [row(name, 'unsure') for name in names]
    lines = [x for x in show(rows, 60, encoding) if x.startswith('|')]
    assert len({len(line) for line in lines[:4]}) == 1
    assert any('\\u80de.png' in line for line in lines)
    assert ('Zählung' in ' '.join(lines)) == (encoding == 'latin-1')
    assert ('Z\\xe4hlung' in ' '.join(lines)) == (encoding == 'ascii')


def test_a_stream_without_boxes_gets_plain_lines():
    rows = [row('a.png'), row('b.png', 'unsure')]
    text = '\n'.join(show(rows, 80, 'ascii'))
    assert text.isascii() and '|' in text and '+' in text
