import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

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
    shutil.unpack_archive(archive, tmp_path, filter='data')
    (source,) = (p for p in tmp_path.iterdir() if p.is_dir())
    for folder in ('configs', 'tools', 'daffnet_lite', 'daffnet_mm', 'docs'):
        assert files(checkout, folder) <= files(source, folder)
    assert (source / 'requirements' / 'runtime.txt').is_file()
    assert (source / 'model-index.yml').is_file()
    for name in ('CHANGELOG.md', 'CITATION.cff', 'CONTRIBUTING.md'):
        assert (source / name).is_file()


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
