"""Configs read at a glance: few files, few steps, one place for a dataset."""

import ast
import re
import statistics

import pytest
from config_files import CONFIGS, FOLDER, load
from mmengine.config import Config
from mmpretrain.registry import DATASETS

from daffnet_mm.utils.dataset_configs import innermost

#: What a config may be made of, itself counted, and how far its last base
#: may be away.
MOST_FILES, MOST_STEPS = 6, 2
DATASET_BASES = sorted(
    path.stem
    for path in (FOLDER / '_base_/datasets').glob('*.py')
    if not path.stem.startswith('cells_')
)
#: Ways to take a release, by the beginning of the name.
WAYS = ('lite_', 'tiny_scam_', 'tiny_', 'scam_', 'framed_', 'tiny64_')


def bases(path):
    """The files that a config names as its bases."""
    for statement in ast.parse(path.read_text(encoding='utf-8')).body:
        if isinstance(statement, ast.Assign) and (
            getattr(statement.targets[0], 'id', None) == '_base_'
        ):
            names = ast.literal_eval(statement.value)
            return [
                # A variable in a path counts as its default.
                path.parent / re.sub(r'\{\{\$\w+:(.*?)\}\}', r'\1', name)
                for name in ([names] if isinstance(names, str) else names)
            ]
    return []


def read(path):
    """All files that a config is made of, and the steps to the last."""
    files, steps = {path.resolve()}, 0
    for base in bases(path):
        further, more = read(base)
        files |= further
        steps = max(steps, more + 1)
    return files, steps


def test_few_files_and_few_steps():
    files, steps = {}, {}
    for name in CONFIGS:
        found, steps[name] = read(FOLDER / name)
        files[name] = len(found)
    for what, numbers in dict(files=files, steps=steps).items():
        print(
            f'{what} of {len(numbers)} configs: median '
            f'{statistics.median(numbers.values()):g}, at most '
            f'{max(numbers.values())}'
        )
    assert {n for n, count in files.items() if count > MOST_FILES} == set()
    assert {n for n, count in steps.items() if count > MOST_STEPS} == set()


def test_no_base_depends_on_the_environment():
    for path in FOLDER.rglob('*.py'):
        assert not any('$' in str(base) for base in bases(path)), path


def release(name):
    """The release that a dataset's file takes, whichever way."""
    name = next((name[len(w) :] for w in WAYS if name.startswith(w)), name)
    return name.removesuffix('_official').removesuffix('_ssl')


@pytest.mark.parametrize('name', DATASET_BASES)
def test_a_release_is_the_same_in_each_of_its_files(name):
    def sources(cfg):
        own = ['pipeline', 'split', 'official_split', 'select_ratio']
        if dataset.get('cells'):  # what was cut of it
            own += ['cells', 'data_root', 'split_file']
        for part in ('val', 'test'):
            settings = cfg[f'{part}_dataloader'].dataset.to_dict()
            yield {k: v for k, v in settings.items() if k not in own}

    folder = FOLDER / '_base_/datasets'
    cfg = Config.fromfile(folder / f'{name}.py')
    dataset = cfg.test_dataloader.dataset
    kind = DATASETS.get(dataset.type)
    assert cfg.num_classes == len(
        dataset.get('classes') or kind.METAINFO['classes']
    )
    other = folder / f'{release(name)}.py'
    # Those train on some releases and test on another.
    foreign = name.startswith(('without-', 'held-out-'))
    if other.is_file() and not foreign:
        assert list(sources(cfg)) == list(sources(Config.fromfile(other)))
        # What is trained on is of the same release.
        train = innermost(cfg.train_dataloader.dataset)[0]
        assert train.type == dataset.type
        assert train.get('split_file') == dataset.get('split_file')


def test_work_folders_differ():
    folders = [
        load(name).get('work_dir', f'work_dirs/{name.split("/")[-1][:-3]}')
        for name in CONFIGS
    ]
    assert len(set(folders)) == len(folders)
