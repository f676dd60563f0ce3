"""Collect the command lines of all documents, docstrings and messages."""

import ast
import inspect
import io
import re
import tokenize
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from shell import logical_lines, read_script
from synopsis import fullest, is_synopsis, shortest

REPOSITORY = Path(__file__).resolve().parents[2]
#: Where documents and docstrings are. What a log of changes names may be gone.
_FOLDERS = ('configs', 'daffnet_lite', 'daffnet_mm', 'docs', 'reliability')
_FOLDERS += ('tools',)
_NO_DOCUMENT = {'CHANGELOG.md'}
_SHELL = {'bash', 'sh', 'shell'}
_NO_SHELL = {'python', 'mermaid', 'text', 'json', 'csv', 'yaml', 'bibtex'}
_FENCE = re.compile(
    r'^((?: *(?:[-*]|\d+\.))? *)```(\w*)\n(.*?)^ *```',
    re.DOTALL | re.MULTILINE,
)
# The beginning of a command, which messages complete.
_BEGINNING = r'(?:python|bash) [\w/.-]+(?: --\w+ \w+)*'
_SPAN = re.compile(r'(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)', re.DOTALL)
_PROGRAM = re.compile(
    r'(?:[A-Z_]+=\S* )*'
    r'(?:(?:python3?|bash|sh|pip|mim|torchrun|pytest|ruff|mypy|git|source|srun'
    r'|daffnet)'
    r'|(?:tools|reliability)/\S+\.(?:py|sh)) '
)
#: A command in an indented block of a docstring.
_INDENTED = re.compile(
    r'^ +(?=\.\.\. [-\[]'
    r'|(?:[A-Z_]+=\S* )*(?:python|bash|pip|torchrun|daffnet) )'
)
#: Overridden settings of a config.
_OVERRIDE = re.compile(r'[a-z_]\w*(?:\.\w+)+=\S+')


@dataclass(frozen=True)
class Command:
    """A command line.

    Attributes:
        document (str): The file that has it.
        line (int): Where.
        block (int): Where the block begins that it stands in.
        words (tuple[str, ...]): The program and its arguments.
        environment (tuple): Its variables, as pairs.
        form (str): ``'typed'``: as one types it; ``'shortest'`` or
            ``'fullest'``: made of a synopsis; ``'message'``: part of what a
            program says.
    """

    document: str
    line: int
    block: int
    words: tuple[str, ...]
    environment: tuple = ()
    form: str = 'typed'

    def __str__(self):
        """Name it."""
        form = '' if self.form == 'typed' else f' ({self.form})'
        return f'{self.document}:{self.line}{form} {self.text}'

    @property
    def text(self):
        """The command as one line."""
        variables = [f'{k}={v}' for k, v in self.environment]
        return ' '.join([*variables, *self.words])


@dataclass(frozen=True)
class Fragment:
    """Options, or settings of a config, that a sentence or a table names."""

    document: str
    line: int
    text: str

    def __str__(self):
        """Name it, by its first line."""
        first, *_ = self.text.splitlines()
        return f'{self.document}:{self.line} {first}'


@dataclass(frozen=True)
class _Text:
    """A part of a file that people read."""

    document: str
    line: int
    text: str
    form: str = 'typed'


# -- the texts ----------------------------------------------------------------


@cache
def _texts():
    found = []
    found += [
        _Text(_name(path), 1, path.read_text('utf-8'))
        for path in _files('*.md')
        if path.name not in _NO_DOCUMENT
    ]
    for path in [*_files('*.py'), REPOSITORY / 'setup.py']:
        source = path.read_text('utf-8')
        found += _of_python(_name(path), source)
    for path in [*_files('*.sh'), REPOSITORY / '.ci' / 'run']:
        found += _of_comments(_name(path), path.read_text('utf-8'))
    return found


def _files(pattern):
    found = {*REPOSITORY.glob(pattern)} if pattern == '*.md' else set()
    for folder in _FOLDERS:
        found |= {
            path
            for path in (REPOSITORY / folder).rglob(pattern)
            if not any(part.startswith('.') for part in path.parts)
        }
    return sorted(found)


def _name(path):
    return path.relative_to(REPOSITORY).as_posix()


def _of_python(document, source):
    tree = ast.parse(source)
    docstrings = set()
    for node in ast.walk(tree):
        if not isinstance(
            node, (ast.Module, ast.ClassDef, ast.FunctionDef)
        ) or not ast.get_docstring(node):
            continue
        string = node.body[0].value
        docstrings.add(string)
        # a corner of a drawn tree is no code
        text = inspect.cleandoc(string.value).replace('`-- ', '+-- ')
        yield _Text(document, string.lineno, text)
    inside = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = ''.join(
                part.value if isinstance(part, ast.Constant) else 'VALUE'
                for part in node.values
            )
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and node not in docstrings | inside
        ):
            text = node.value
            if re.fullmatch(_BEGINNING, text):
                text = f'`{text}`'
        else:
            continue
        yield _Text(document, node.lineno, text, 'message')
    # comments, each run of lines at once
    lines = {
        token.start[0]: token.string
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
    }
    yield from _of_runs(document, lines)


def _of_comments(document, source):
    lines = {
        number: re.sub('^# Usage:', '#   ', line)
        for number, line in enumerate(source.splitlines(), 1)
        if line.startswith('#') and not line.startswith('#!')
    }
    yield from _of_runs(document, lines)


def _of_runs(document, lines):
    """Join comment lines that follow each other, without their hashes."""
    run, before = [], None
    for number, line in [*lines.items(), (None, '')]:
        if run and number != before + 1:
            yield _Text(document, before - len(run) + 1, '\n'.join(run))
            run = []
        run.append(re.sub('^# ?', '', line))
        before = number


# -- the commands in them -----------------------------------------------------


@cache
def commands():
    """List every command line that is documented."""
    found = []
    for text in _texts():
        for command in _commands_of(text):
            found += _with_options(command)
    return found


def _with_options(command):
    """Put what the document's tables offer in the place of OPTION."""
    if 'OPTION' not in command.words:
        return [command]
    place = command.words.index('OPTION')
    before, after = command.words[:place], command.words[place + 1 :]
    return [
        replace(
            command,
            line=line,
            block=line,
            words=(*before, *settings, *after),
        )
        for line, settings in _option_rows(command.document)
    ]


def _commands_of(text):
    markdown = text.document.endswith('.md')
    rest = text.text
    if markdown:
        for match in _FENCE.finditer(text.text):
            yield from _commands_of_fence(text, match)
        rest = _without_fences(rest)
    elif text.form == 'typed':
        yield from _commands_of_indented(text)
    for line, span in _spans(_Text(text.document, text.line, rest)):
        if _PROGRAM.match(span):
            if span.startswith(('tools/', 'reliability/')):
                program = 'bash' if '.sh ' in span else 'python'
                span = f'{program} {span}'
            yield from _of_line(text, line, line, span, span)


def _commands_of_fence(text, match):
    indent, language, block = match.groups()
    first = text.line + text.text[: match.start()].count('\n') + 1
    block = _dedent(block, len(indent))
    if language == 'console':
        typed = [
            line[2:] if line.startswith(('$ ', '> ')) else ''
            for line in block.splitlines()
        ]
        block = '\n'.join(typed)
    elif language not in _SHELL:
        if language not in _NO_SHELL:
            raise ValueError(
                f'{text.document}:{first - 1}: say what language {language!r} '
                f'is: {", ".join(sorted(_SHELL | _NO_SHELL))} or console'
            )
        return
    script = [''] * len(block.splitlines())
    found = []
    for number, line in logical_lines(block):
        bare = re.sub(r'(^|\s)#.*', '', line)
        if is_synopsis(bare):
            place = first + number - 1
            found += _of_line(text, place, first, bare, bare)
        else:
            script[number - 1] = line
    found += [
        Command(
            text.document,
            first + call.line - 1,
            first,
            call.words,
            tuple(sorted(call.environment.items())),
        )
        for call in read_script('\n'.join(script))
    ]
    yield from sorted(found, key=lambda command: command.line)


def _commands_of_indented(text):
    """Find usages: deeper lines go on with the command above them."""
    lines = text.text.splitlines()
    usage = None
    for number, line in enumerate(lines):
        if not (match := _INDENTED.match(line)):
            continue
        depth = match.end()
        parts = [line]
        for following in lines[number + 1 :]:
            before = parts[-1].rstrip().endswith('\\')
            deeper = len(following) - len(following.lstrip()) > depth
            if not following.strip() or not (deeper or before):
                break
            parts.append(following)
        # what stands two spaces on is said about it
        words = ' '.join(
            re.sub(r'\s{2,}.*', '', p.strip().rstrip('\\').strip())
            for p in parts
        )
        usage = usage or words
        whole = words
        if words.startswith('... '):
            whole = shortest(usage) + words[3:]
            words = f'... {words[4:]}'
        place = text.line + number
        yield from _of_line(text, place, place, words, whole)


def _of_line(text, line, block, said, whole):
    """Read one line: as it is, or as what a synopsis stands for."""
    if not is_synopsis(said):
        forms = [(text.form, whole)]
    else:
        forms = [('shortest', shortest(whole))]
        forms += [
            ('fullest', full) for full in fullest(whole) if full != forms[0][1]
        ]
        if text.form == 'message':
            forms = [('message', full) for _, full in forms]
    for form, words in forms:
        for call in read_script(words):
            yield Command(
                text.document,
                line,
                block,
                call.words,
                tuple(sorted(call.environment.items())),
                form,
            )


def _without_fences(text):
    return _FENCE.sub(lambda match: '\n' * match[0].count('\n'), text)


def _dedent(block, number):
    return re.sub(f'^ {{0,{number}}}', '', block, flags=re.MULTILINE)


def _spans(text):
    """The inline code of a text, and the line of each."""
    for match in _SPAN.finditer(text.text):
        line = text.line + text.text[: match.start()].count('\n')
        yield line, ' '.join(match[2].split())


@cache
def fragments():
    """List the options and overridden settings that stand alone."""
    found = []
    for text in _texts():
        markdown = text.document.endswith('.md')
        body = _without_fences(text.text) if markdown else text.text
        for line, span in _spans(_Text(text.document, text.line, body)):
            words = span.split()
            if words[0].startswith('--') or all(
                map(_OVERRIDE.fullmatch, words)
            ):
                found.append(Fragment(text.document, line, span))
    return found


@cache
def mentions(pattern):
    """Find what matches a pattern in any text: documents, lines, groups."""
    return [
        (text.document, text.line + text.text[: m.start()].count('\n'), m[1])
        for text in _texts()
        for m in re.finditer(pattern, text.text)
    ]


def _option_rows(document):
    """The settings that each row of a document's tables names, with lines."""
    (text,) = (t.text for t in _texts() if t.document == document)
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith('|'):
            words = [w for m in _SPAN.finditer(line) for w in m[2].split()]
            settings = tuple(filter(_OVERRIDE.fullmatch, words))
            if settings:
                rows.append((number, settings))
    return rows


def overrides(words):
    """The settings of a config among words."""
    return dict(w.split('=', 1) for w in words if _OVERRIDE.fullmatch(w))


@cache
def snippets():
    """List the blocks of Python in documents."""
    return [
        Fragment(
            text.document,
            text.line + text.text[: match.start()].count('\n') + 1,
            _dedent(match[3], len(match[1])),
        )
        for text in _texts()
        if text.document.endswith('.md')
        for match in _FENCE.finditer(text.text)
        if match[2] == 'python'
    ]


@cache
def spans():
    """List the inline code of documents."""
    return [
        Fragment(text.document, line, span)
        for text in _texts()
        if text.document.endswith('.md')
        for line, span in _spans(
            _Text(text.document, text.line, _without_fences(text.text))
        )
    ]
