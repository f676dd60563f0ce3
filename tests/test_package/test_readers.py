"""Files of users are read by readers of data, each kind by one of them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    file
    for folder in ('daffnet_mm', 'tools', 'reliability')
    for file in sorted((ROOT / folder).rglob('*.py'))
    if '.mim' not in file.parts
]
#: Where a function may be called that runs what a file says, or reads tables
#: or JSON in a way of its own.
ALLOWED = {
    'csv.reader': {'fileio/csv_files.py'},
    'csv.DictReader': set(),
    'pd.read_csv': set(),
    'pd.read_table': set(),
    'pandas.read_csv': set(),
    # Configs are code, and only configs are read so.
    'Config.fromfile': {
        'utils/config_files.py',
        'reproduction/config_edits.py',
        'reproduction/recipes.py',
    },
    'mmengine.load': set(),
    'fileio.load': set(),
    'yaml.load': set(),
    'yaml.unsafe_load': set(),
    'yaml.full_load': set(),
    'pickle.load': set(),
    'pickle.loads': set(),
    'np.genfromtxt': set(),
    'np.loadtxt': set(),
    'eval': set(),
    'exec': set(),
}


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize('file', FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_nothing_that_a_file_says_is_run(file):
    name = str(file.relative_to(ROOT)).removeprefix('daffnet_mm/')
    for function, node in calls(ast.parse(file.read_text(encoding='utf-8'))):
        assert name in ALLOWED.get(function, {name}), (
            f'{name}:{node.lineno} calls {function}'
        )
        if function == 'np.load':
            options = {k.arg: ast.unparse(k.value) for k in node.keywords}
            assert options.get('allow_pickle') == 'False', (
                f'{name}:{node.lineno}'
            )
        if function == 'torch.load':
            options = {k.arg: ast.unparse(k.value) for k in node.keywords}
            assert options.get('weights_only') == 'True', (
                f'{name}:{node.lineno}'
            )
