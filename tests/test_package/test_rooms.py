"""The rooms of the package, by what their files import."""

import ast
import subprocess
import sys
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE, LITE = ROOT / 'daffnet_mm', ROOT / 'daffnet_lite'
#: What the light package runs without.
FRAMEWORKS = {'torch', 'torchvision', 'mmengine', 'mmcv', 'mmpretrain'}
#: What it imports in the functions that need it, for it takes a while.
HEAVY = {'matplotlib', 'pandas', 'scipy', 'skimage', 'sklearn'}
ABOVE = {PACKAGE.name, *FRAMEWORKS, *HEAVY}


class Import(NamedTuple):
    source: str  # the module that imports
    target: str  # the module that is imported
    place: str  # file and line
    deferred: bool  # inside a function, or for type checkers only


@cache
def read_imports(package):
    """Read the imports of all files, also those inside functions."""
    found = []
    names = {
        '.'.join(file.relative_to(package.parent).with_suffix('').parts): file
        for file in sorted(package.rglob('*.py'))
        if '.mim' not in file.parts
    }
    modules = {name.removesuffix('.__init__') for name in names}
    for name, file in names.items():
        nodes = list(ast.walk(ast.parse(file.read_text(encoding='utf-8'))))
        deferred = {
            inner
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            or getattr(getattr(node, 'test', None), 'id', '')
            == 'TYPE_CHECKING'
            for inner in ast.walk(node)
        }
        for node in nodes:
            if isinstance(node, ast.Import):
                targets = {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                above = name.split('.')[: -node.level] if node.level else []
                base = '.'.join([*above, *filter(None, [node.module])])
                inner = {f'{base}.{alias.name}' for alias in node.names}
                targets = {i if i in modules else base for i in inner}
            else:
                continue
            place = f'{file.relative_to(package.parent)}:{node.lineno}'
            for target in sorted(targets):
                source = name.removesuffix('.__init__')
                found.append(Import(source, target, place, node in deferred))
    return found


def room_of(module):
    """The folder, or the file beside the folders, that holds a module."""
    return '.'.join(module.split('.')[:2])


def order_of_rooms(package):
    """Sort the rooms so that each comes after those that it needs.

    Fails if they form a circle, and names the imports that close it.
    """
    arrows = defaultdict(dict)
    for found in read_imports(package):
        source, target = room_of(found.source), room_of(found.target)
        if source != target and target.startswith(f'{package.name}.'):
            arrows[source].setdefault(target, found.place)
    try:
        return list(TopologicalSorter(arrows).static_order())
    except CycleError as error:
        circle = error.args[1]
    pytest.fail(
        'rooms form a circle: '
        + ', '.join(
            f'{room} needs {needed} ({arrows[room][needed]})'
            for needed, room in pairwise(circle)
        )
    )


@pytest.mark.parametrize('package', [PACKAGE, LITE], ids=lambda p: p.name)
def test_rooms_form_no_circle(package):
    rooms = order_of_rooms(package)
    print('each room needs only such as stand before it:', *rooms, sep='\n')
    assert len(rooms) > 5


def test_the_light_package_stands_at_the_bottom():
    """What is imported with it; a command imports the rest when it runs."""
    found = [i for i in read_imports(LITE) if not i.deferred]
    assert found
    assert not [
        f'{i.place} imports {i.target}'
        for i in found
        if i.target.partition('.')[0] in ABOVE
    ]


IMPORT_ALL = """
import pkgutil, sys
from importlib import import_module

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition('.')[0] in sys.argv[1:]:
            raise AssertionError(f'{name} is imported')

sys.meta_path.insert(0, Refuse())
import daffnet_lite
for module in pkgutil.walk_packages(daffnet_lite.__path__, 'daffnet_lite.'):
    if not module.name.endswith('.__main__'):
        import_module(module.name)
        print(module.name)
"""


def test_the_light_package_imports_where_there_is_no_framework():
    result = subprocess.run(
        [sys.executable, '-c', IMPORT_ALL, *sorted(ABOVE)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    files = [f for f in LITE.rglob('*.py') if f.stem != '__main__']
    # All but the package itself, which is not below itself.
    assert len(result.stdout.splitlines()) == len(files) - 1


def test_every_way_to_import_is_seen(tmp_path):
    package = tmp_path / 'house'
    for name, text in {
        '__init__': 'from . import attic, cellar',
        'attic/__init__': 'from .box import thing',
        'attic/box': 'def thing():\n    from ..cellar import wine',
        'cellar/__init__': 'if True:\n    import house.roof',
        'cellar/wine': 'import torch.nn',
        'roof': 'from house import attic\n',
    }.items():
        file = package / f'{name}.py'
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    found = {i.place: (i.target, i.deferred) for i in read_imports(package)}
    assert found == {
        'house/__init__.py:1': ('house.cellar', False),
        'house/attic/__init__.py:1': ('house.attic.box', False),
        'house/attic/box.py:2': ('house.cellar.wine', True),
        'house/cellar/__init__.py:2': ('house.roof', False),
        'house/cellar/wine.py:1': ('torch.nn', False),
        'house/roof.py:1': ('house.attic', False),
    }
    with pytest.raises(pytest.fail.Exception) as failure:
        order_of_rooms(package)
    for arrow in (
        r'house.attic needs house.cellar (house/attic/box.py:2)',
        r'house.cellar needs house.roof (house/cellar/__init__.py:2)',
        r'house.roof needs house.attic (house/roof.py:1)',
    ):
        assert arrow in str(failure.value)


def test_no_two_tests_have_one_name():
    """Pytest takes the second for the first, and collects neither."""
    folder = Path(__file__).resolve().parents[1]
    places = defaultdict(list)
    for path in folder.rglob('*.py'):
        if path.name != 'conftest.py':
            places[path.name].append(path.relative_to(folder))
    assert [found for found in places.values() if len(found) > 1] == []
