"""How command lines are found and read."""

import pytest
from documented import _commands_of, _of_python, _spans, _Text
from shell import logical_lines, read_script
from synopsis import fullest, is_synopsis, shortest

LOOP = r"""
export ROOT=/data
for name in a b; do
    python tools/train.py $name.py
    all="$all $ROOT/$name.pth"  # all of them
done
LEVEL=2 python tools/test.py $all 'two words' \
    --out "$ROOT/x" | grep accuracy && touch never
"""


def said(text, document='a.md', form='typed'):
    text = _Text(document, 1, text, form)
    return [(c.line, c.form, c.text) for c in _commands_of(text)]


def test_bash_is_read_by_bash():
    calls = read_script(LOOP)
    tested = (
        'python tools/test.py /data/a.pth /data/b.pth two words --out /data/x'
    )
    assert sorted((c.line, ' '.join(c.words)) for c in calls) == [
        (4, 'python tools/train.py a.py'),
        (4, 'python tools/train.py b.py'),
        (7, tested),
        (8, 'grep accuracy'),
        (8, 'touch never'),
    ]
    for call in calls:
        assert ('two words' in call.words) is ('LEVEL' in call.environment)
        assert call.environment['ROOT'] == '/data'
    with pytest.raises(ValueError, match='bash cannot read'):
        read_script('python (')


def test_nothing_is_executed(tmp_path):
    script = f'cd /; source x\n\nA=1 /bin/touch {tmp_path}/$A | ./b; . c'
    calls = read_script(script.replace('. c', 'source c'))
    assert sorted((c.line, c.words[0]) for c in calls) == [
        (1, 'cd'),
        (1, 'source'),
        (3, './b'),
        (3, '/bin/touch'),
        (3, 'source'),
    ]
    assert not [*tmp_path.iterdir()]


def test_logical_lines():
    assert [*logical_lines('a \\\n  b\nc\\\nd\n\ne')] == [
        (1, 'a   b'),
        (3, 'cd'),
        (5, ''),
        (6, 'e'),
    ]


@pytest.mark.parametrize(
    ('text', 'short', 'full'),
    [
        ('a X [-b [C]]', 'a X', ['a X -b C']),
        ('a X|Y [...] --z', 'a X --z', ['a X --z', 'a Y --z']),
        ('a --x | --y', 'a --x', ['a --x', 'a --y']),
        ('a [N=V ...] ...', 'a', ['a N=V']),
        ('a N[=V]', 'a N', ['a N=V']),
        ('a B [arguments of c]', 'a B', ['a B']),
    ],
)
def test_synopses(text, short, full):
    assert is_synopsis(text)
    assert shortest(text) == short
    assert fullest(text) == full


@pytest.mark.parametrize(
    'text',
    ['pip install "a[b] @ file:///c"', 'a | b', 'a --x=1 2', 'a "x|y z"'],
)
def test_no_synopses(text):
    assert not is_synopsis(text)


def test_markdown():
    text = """# Title
Run `tools/demo.sh` or `python
tools/demo.py --out-dir DIR`, or ``bash tools/demo.sh`` ...

1. ```bash
   python a.py  # said
   python b.py X|Y
   ```

```console
$ python c.py
an answer
```

```python
python = 1
```
"""
    assert said(text) == [
        (6, 'typed', 'python a.py'),
        (7, 'shortest', 'python b.py X'),
        (7, 'fullest', 'python b.py Y'),
        (11, 'typed', 'python c.py'),
        (2, 'typed', 'python tools/demo.py --out-dir DIR'),
        (3, 'typed', 'bash tools/demo.sh'),
    ]
    with pytest.raises(ValueError, match="say what language 'basch' is"):
        said('```basch\npython a.py\n```')


def test_docstrings():
    text = """Do something.

Usage:
    python tools/a.py X [--y Y]
        [--z]           all of it
    ... --w             more
    python tools/a.py
        one
        two

    prose about python goes on
Nothing here.
"""
    assert said(text, 'a.py') == [
        (4, 'shortest', 'python tools/a.py X'),
        (4, 'fullest', 'python tools/a.py X --y Y --z'),
        (6, 'shortest', 'python tools/a.py X --w'),
        (7, 'typed', 'python tools/a.py one two'),
    ]
    message = 'run `python tools/a.py VALUE` first'
    assert said(message, 'a.py', 'message') == [
        (1, 'message', 'python tools/a.py VALUE')
    ]


def test_options_beside_a_drawn_tree():
    source = '"""A tree.\n\n    a/\n    `-- b\n\nand ``--c d``.\n"""\n'
    (text,) = _of_python('a.py', source)
    assert [*_spans(text)] == [(6, '--c d')]
