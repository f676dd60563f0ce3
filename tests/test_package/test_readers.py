"""Files of users are read by readers of data, each kind by one of them."""

import ast
import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from mmengine import Config

from daffnet_lite.errors import InputError
from daffnet_mm.datasets import WBCAtt
from daffnet_mm.datasets.pseudo_labels import PseudoLabels
from daffnet_mm.datasets.splits import read_group_file, read_split_file
from daffnet_mm.evaluation.run_folders import read_metrics, read_predictions

ROOT = Path(__file__).resolve().parents[2]
FILES = [
    file
    for folder in ('daffnet_lite', 'daffnet_mm', 'tools', 'reliability')
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


#: What may not be imported by name, and where it may.
IMPORTS = {
    'pickle': {'checkpoints/stand_ins.py'},
    'dill': set(),
    'joblib': set(),
    'mmengine.load': set(),
    'mmengine.fileio.load': set(),
    'mmengine.fileio.list_from_file': set(),
}


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
            yield from (f'{node.module}.{alias.name}' for alias in node.names)


def calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


@pytest.mark.parametrize('file', FILES, ids=lambda f: str(f.relative_to(ROOT)))
def test_nothing_that_a_file_says_is_run(file):
    name = re.sub('^daffnet_(lite|mm)/', '', str(file.relative_to(ROOT)))
    tree = ast.parse(file.read_text(encoding='utf-8'))
    for module in imports(tree):
        assert name in IMPORTS.get(module, {name}), f'{name}: {module}'
    for function, node in calls(tree):
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


def read_run(path):
    folder = path.parent / 'evaluation'
    folder.mkdir()
    (folder / 'wbc_metrics.json').write_bytes(path.read_bytes())
    read_metrics(path.parent)


@pytest.mark.parametrize('kind', ['yaml', 'json'])
@pytest.mark.parametrize(
    'read',
    [
        read_group_file,
        read_split_file,
        read_predictions,
        read_run,
        PseudoLabels.load,
        WBCAtt.read_annotation_file,
    ],
)
def test_data_is_no_program(tmp_path, read, kind):
    """What MMEngine would run as a config is no table and no labels."""
    sign, base = tmp_path / 'sign', tmp_path / 'base.py'
    base.write_text(f"done = __import__('os').mkdir({str(sign)!r})")
    texts = {
        'yaml': f'x: !!python/object/apply:os.mkdir [{str(sign)!r}]\n',
        'json': json.dumps(dict(_base_=str(base))),
    }
    path = tmp_path / f'file.{kind}'
    path.write_text(texts[kind])
    with pytest.raises(InputError, match=str(tmp_path)):
        read(path)
    assert not sign.exists()
    with suppress(Exception):
        Config.fromfile(path)
    assert sign.exists()
