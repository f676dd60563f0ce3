import csv
import math

from daffnet_lite.fileio.tables import to_latex, to_markdown, write_csv


def test_markdown():
    text = to_markdown(['run', 'a|b'], [['x|y', '98.00'], ['z', '- ± 2']])
    head, rule, *rows = text.splitlines()
    assert text.endswith('\n')
    assert [c.strip() for c in head.split(' | ')] == ['| run', r'a\|b |']
    # the first column left, the others right
    assert [cell[-1] == ':' for cell in rule[1:-1].split('|')] == [False, True]
    # figures stay as they were written
    assert [row.split() for row in rows] == [
        ['|', r'x\|y', '|', '98.00', '|'],
        ['|', 'z', '|', '-', '±', '2', '|'],
    ]


def test_latex():
    text = to_latex(['a_b', '5 %'], [['{x}\\^~', '1 ± 2 & < $3 #4']])
    assert r'\begin{tabular}{lr}' in text and r'\bottomrule' in text
    assert r'a\_b & 5 \% \\' in text
    assert (
        r'\{x\}\textbackslash{}\textasciicircum{}\textasciitilde{} & '
        r'1 $\pm$ 2 \& $<$ \$3 \#4 \\'
    ) in text


def test_csv(tmp_path):
    path = tmp_path / 'folder' / 'table.csv'
    write_csv(
        path,
        [
            dict(name='a, "b"', count=3, share=1 / 3),
            dict(name=None, count=None, share=math.nan, more=5),
        ],
    )
    with open(path, newline='') as f:
        assert list(csv.reader(f)) == [
            ['name', 'count', 'share', 'more'],
            ['a, "b"', '3', '0.333333', ''],
            ['', '', '', '5'],
        ]
