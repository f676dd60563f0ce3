import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.apis.shipped_model import SHIPPED_WEIGHTS
from daffnet_mm.datasets.synthetic import render_cell

REPOSITORY = Path(__file__).resolve().parents[2]
SOURCES = (
    *('daffnet_lite', 'daffnet_mm', 'configs', 'tools', 'docs'),
    *('requirements', 'LICENSE'),
    *('setup.py', 'pyproject.toml', 'MANIFEST.in', 'model-index.yml'),
    *('README.md', 'CHANGELOG.md', 'CITATION.cff', 'CONTRIBUTING.md'),
)


@pytest.fixture(scope='module')
def checkout(tmp_path_factory):
    """A copy of what is built: the tree itself stays clean."""
    copy = tmp_path_factory.mktemp('checkout')
    skip = shutil.ignore_patterns('__pycache__', '.mim')
    for name in SOURCES:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=skip)
        else:
            shutil.copy2(source, copy / name)
    # whether or not the tree has a trained model yet
    weights = copy / 'daffnet_mm' / 'weights'
    weights.mkdir(exist_ok=True)
    (weights / 'any.pth').touch()
    (weights / 'any.md').touch()
    return copy


def files(root, folder):
    """What must come along of a folder, by path from the root."""
    suffixes = [
        '.py',
        '.typed',
        '.csv',
        '.json',
        '.pth',
        '.sh',
        '.md',
        '.yml',
        '.jpg',
        '.png',
    ]
    return {
        path.relative_to(root).as_posix()
        for path in (root / folder).rglob('*')
        if path.suffix in suffixes
    }


def build(checkout, command, *arguments):
    subprocess.run(
        [sys.executable, 'setup.py', '-q', command, *arguments],
        cwd=checkout,
        check=True,
    )


def test_wheel_brings_configs_tools_and_data(checkout, tmp_path):
    before = set(checkout.iterdir())
    build(checkout, 'bdist_wheel', '--dist-dir', str(tmp_path))
    left = {path.name for path in set(checkout.iterdir()) - before}
    assert left <= {'build', 'daffnet_mm.egg-info'}
    assert not (checkout / 'daffnet_mm' / '.mim').exists()

    (wheel,) = tmp_path.glob('daffnet_mm-*.whl')
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata_file = next(n for n in names if n.endswith('METADATA'))
        metadata = archive.read(metadata_file).decode()
        commands = metadata_file.replace('METADATA', 'entry_points.txt')
        commands = archive.read(commands).decode()
    assert 'daffnet = daffnet_lite.commands.main:main' in commands
    package = files(checkout, 'daffnet_lite') | files(checkout, 'daffnet_mm')
    assert {
        'daffnet_lite/profiles/pbc.json',
        'daffnet_mm/py.typed',
        'daffnet_mm/weights/any.pth',
    } <= package
    assert package <= names
    brought = files(checkout, 'configs') | files(checkout, 'tools')
    for name in (*brought, 'tools/train.py', 'model-index.yml'):
        assert f'daffnet_mm/.mim/{name}' in names
    assert not any('tests/' in name for name in names)
    assert not any('__pycache__' in name for name in names)

    required = [
        line.split(':', 1)[1].strip()
        for line in metadata.splitlines()
        if line.startswith('Requires-Dist:') and 'extra ==' not in line
    ]
    assert required
    assert not any('torch' in name or 'mm' in name for name in required)

    # What runs exported models comes without, too.
    light = [
        line.split(':', 1)[1].strip()
        for line in metadata.splitlines()
        if line.startswith('Requires-Dist:') and 'extra == "lite"' in line
    ]
    names = {re.split(r'[^\w-]', name)[0] for name in light}
    assert names == {'onnxruntime', 'opencv-python'}


def test_wheel_works_from_a_source_distribution(checkout, tmp_path):
    build(checkout, 'sdist', '--dist-dir', str(tmp_path))
    (archive,) = tmp_path.glob('*.tar.gz')
    # Not filter='data', which not every Python 3.10 and 3.11 has.
    shutil.unpack_archive(archive, tmp_path)
    (source,) = (p for p in tmp_path.iterdir() if p.is_dir())
    for folder in ('configs', 'tools', 'daffnet_lite', 'daffnet_mm', 'docs'):
        assert files(checkout, folder) <= files(source, folder)
    assert (source / 'requirements' / 'runtime.txt').is_file()
    assert (source / 'model-index.yml').is_file()
    for name in ('CHANGELOG.md', 'CITATION.cff', 'CONTRIBUTING.md'):
        assert (source / name).is_file()


#: What an OpenMMLab user does with a plugin, and what comes of it.
BY_NAME = """
import json
import sys

import mmpretrain
from mmengine import Config
from mmpretrain.registry import MODELS

import daffnet_mm
from daffnet_mm.apis.shipped_model import SHIPPED_CONFIG, SHIPPED_WEIGHTS
from daffnet_mm.openmmlab.model_hub import ModelHub

names = mmpretrain.list_models('*daffnet*')
(shipped,) = (
    name
    for name in mmpretrain.list_models()
    if str(ModelHub._models_dict[name].config).endswith(
        SHIPPED_CONFIG.removeprefix('.mim')
    )
)
model = mmpretrain.get_model(shipped, pretrained=True)
answers = [
    mmpretrain.inference_model(asked, sys.argv[1])
    for asked in (shipped, model)
]
found = dict(
    package=daffnet_mm.__file__,
    names=names,
    shipped=shipped,
    listed_weights=ModelHub.get(shipped).weights,
    weights={
        name: float(value.double().sum())
        for name, value in model.state_dict().items()
    },
    answers=[
        [answer['pred_class'], float(answer['pred_score'])]
        for answer in answers
    ],
    untrained={},
)
for ask in (mmpretrain.inference_model, mmpretrain.get_model):
    try:
        if ask is mmpretrain.get_model:
            ask('daffnet_pbc', pretrained=True)
        else:
            ask('daffnet_pbc', sys.argv[1])
    except daffnet_mm.errors.InputError as error:
        found['untrained'][ask.__name__] = str(error)
cfg = Config.fromfile('mine.py')
found['epochs'] = cfg.train_cfg.max_epochs
found['batch_size'] = cfg.train_dataloader.batch_size
found['built'] = type(MODELS.build(cfg.model)).__name__
with open('found.json', 'w') as file:
    json.dump(found, file)
"""


@pytest.mark.slow
def test_an_installed_wheel_is_one_of_openmmlabs(checkout, tmp_path):
    """From another folder, with nothing but the wheel's own files."""
    build(checkout, 'bdist_wheel', '--dist-dir', str(tmp_path / 'wheel'))
    (wheel,) = (tmp_path / 'wheel').glob('*.whl')
    site, elsewhere = tmp_path / 'site', tmp_path / 'elsewhere'
    pip = [sys.executable, '-m', 'pip', 'install', '-q', '--no-deps']
    subprocess.run(
        [*pip, '--no-index', '--target', str(site), str(wheel)], check=True
    )
    elsewhere.mkdir()
    # Settings are taken over as MMEngine lets one do it: whole parts of the
    # base, which it marks as of the package's scope, and changes.
    (elsewhere / 'mine.py').write_text(
        "_base_ = 'daffnet_mm::daffnet/daffnet-tiny_pbc5.py'\n"
        'model = _base_.model\n'
        'train_cfg = dict(max_epochs=3)\n'
    )
    image = elsewhere / 'cell.png'
    cv2.imwrite(
        str(image), render_cell([0] * 11, 96, np.random.default_rng(0))
    )
    (elsewhere / 'ask.py').write_text(BY_NAME)
    subprocess.run(
        [sys.executable, 'ask.py', str(image)],
        cwd=elsewhere,
        env=dict(os.environ, PYTHONPATH=str(site)),
        check=True,
    )
    found = json.loads((elsewhere / 'found.json').read_text())
    assert Path(found['package']).is_relative_to(site)
    assert {'daffnet_pbc', 'daffnet-tiny_pbc5'} <= set(found['names'])
    # the weights in the wheel are those that the model has
    assert found['listed_weights'] == str(
        site / 'daffnet_mm' / SHIPPED_WEIGHTS
    )
    saved = torch.load(found['listed_weights'], weights_only=True)
    assert found['weights'] == {
        name: pytest.approx(float(value.double().sum()))
        for name, value in saved['state_dict'].items()
    }
    (by_name, score), (by_model, same) = found['answers']
    assert by_name == by_model in WBC5_CLASSES
    assert score == pytest.approx(same, abs=1e-5)
    # neither answers with random weights
    for sentence in found['untrained'].values():
        assert sentence.startswith('daffnet_pbc comes without trained weights')
        assert found['shipped'] in sentence
    assert len(found['untrained']) == 2
    assert found['built'] == 'DAFFNet'
    assert (found['epochs'], found['batch_size']) == (3, 64)


def test_no_requirement_of_one_line_is_in_the_other():
    upstream = (REPOSITORY / 'requirements' / 'mminstall.txt').read_text()
    forks = (REPOSITORY / 'requirements' / 'onedl.txt').read_text()
    neutral = (REPOSITORY / 'requirements' / 'runtime.txt').read_text()
    requirements = [
        line for line in neutral.splitlines() if not line.startswith('#')
    ]
    assert 'onedl' not in upstream
    assert '\nmm' not in forks
    for requirement in requirements:
        assert not requirement.startswith(('mm', 'onedl', 'torch'))
