"""The Python in documents and docstrings runs, and names what there is."""

import ast
import doctest
import importlib
import pkgutil
import re

import cv2
import pytest
import rich
from documented import REPOSITORY, snippets, spans
from mmengine import Config
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS
from PIL import Image
from settings import accepts, find_type

import daffnet_lite
import daffnet_mm
from daffnet_mm.datasets.synthetic import render_cell

#: What examples of docstrings take for granted.
_GIVEN = dict(
    test_pipeline=[dict(type='LoadCellImage'), dict(type='PackInputs')],
)
#: The cell of the images: a neutrophil with small granules.
_CELL = [0, 1, 3, 1, 0, 0, 0, 1, 3, 1, 1]
#: What MMEngine itself reads in the configs of parts.
_OF_MMENGINE = {'type', '_delete_', '_scope_'}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with images under the names that examples use."""
    cell = render_cell(_CELL, 192, 0)[..., ::-1]
    for name in ('cell.jpg', 'field.jpg'):
        Image.fromarray(cell).save(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def is_config(code):
    """Tell a config from a program: it only gives names values."""
    kinds = (ast.Assign, ast.Import, ast.ImportFrom)
    body = ast.parse(code).body
    return all(isinstance(s, kinds) for s in body) and any(
        isinstance(s, ast.Assign) for s in body
    )


@pytest.mark.parametrize('snippet', snippets(), ids=str)
def test_snippets_of_documents(snippet, here):
    code = snippet.text
    assert not unknown_parts(code)
    program = not is_config(code) or 'import ' in code
    if program:
        exec(compile(code, str(snippet), 'exec'), {})  # noqa: S102
        return
    folder = (REPOSITORY / snippet.document).parent
    code = code.replace("'configs/", f"'{REPOSITORY}/configs/")
    code = code.replace("'./", f"'{folder}/")
    (here / 'example.py').write_text(code)
    cfg = Config.fromfile(here / 'example.py')
    init_default_scope('mmpretrain')
    if 'model' in cfg:
        assert MODELS.build(cfg.model)


def expressions():
    """The inline code that calls something, or describes a part."""
    found = []
    for span in spans():
        if not re.match(r'[\w.]+ ?(=|\()', span.text) or '(' not in span.text:
            continue
        try:
            tree = ast.parse(span.text)
        except SyntaxError:
            continue
        if any(isinstance(node, ast.Call) for node in ast.walk(tree)):
            found.append(span)
    return found


@pytest.mark.parametrize('span', expressions(), ids=str)
def test_inline_code(span, here):
    assert not unknown_parts(span.text)
    if span.text.startswith('daffnet_mm.'):
        module = re.match(r'(?:[a-z_]+\.)+', span.text)[0].rstrip('.')
        importlib.import_module(module)
        image = cv2.imread('cell.jpg')
        given = dict(daffnet_mm=daffnet_mm, image=image)
        assert eval(span.text, given)  # noqa: S307


def unknown_parts(code):
    """The types and arguments in some code that there are not."""
    unknown = []
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        given = {k.arg: k.value for k in node.keywords if k.arg}
        name = getattr(node.func, 'id', '')
        if name == 'dict' and isinstance(given.get('type'), ast.Constant):
            name = given['type'].value
            if find_type(name) is None:
                unknown.append(name)
                continue
        elif find_type(name) is None or name == 'dict':
            continue
        unknown += [
            f'{name}.{key}'
            for key in given
            if key not in _OF_MMENGINE and not accepts(name, key)
        ]
    return unknown


def test_what_there_is_not():
    assert unknown_parts("dict(type='PBC', data_rot='x')") == ['PBC.data_rot']
    assert unknown_parts("a = [dict(type='NoHook')]") == ['NoHook']
    assert unknown_parts('LoadCellImage(min_ege=256)') == [
        'LoadCellImage.min_ege'
    ]
    assert not unknown_parts("dict(type='PBC', data_root='x', indices=[1])")


def docstring_examples():
    found = {}
    for package in (daffnet_lite, daffnet_mm):
        found |= examples_of(package)
    return [pytest.param(test, id=name) for name, test in found.items()]


def examples_of(package):
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = {}
    for info in pkgutil.walk_packages(
        package.__path__, f'{package.__name__}.'
    ):
        if '.mim' in info.name or info.name.endswith('.__main__'):
            continue
        module = importlib.import_module(info.name)
        for test in finder.find(module, module.__name__):
            if test.examples:
                found[test.name] = test
    return found


@pytest.fixture(scope='session')
def shipped_onnx(tmp_path_factory):
    """The model of the package as `daffnet export` writes it."""
    pytest.importorskip('onnx')
    pytest.importorskip('onnxruntime')
    from daffnet_mm.apis.onnx import export_onnx

    path = tmp_path_factory.mktemp('exported') / 'model.onnx'
    export_onnx(path, images=[render_cell(_CELL, 192, 0)])
    return path


@pytest.mark.parametrize('test', docstring_examples())
def test_examples_of_docstrings(test, here, monkeypatch, request):
    if any('model.onnx' in example.source for example in test.examples):
        model = request.getfixturevalue('shipped_onnx')
        (here / 'model.onnx').symlink_to(model)
    # No progress bars among the answers, nor a log, which goes to what stdout
    # is when the first logger is made.
    monkeypatch.setattr(rich.get_console(), 'quiet', True)
    MMLogger.get_current_instance()
    assert not unknown_parts(''.join(e.source for e in test.examples))
    test.globs.update(_GIVEN)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    said = []
    result = doctest.DocTestRunner(optionflags=flags).run(
        test, out=said.append
    )
    assert not result.failed, ''.join(said)
