"""Build the package and bring its configs and tools along.

As in MMPretrain, `configs/` and `tools/` are installed as `daffnet_mm/.mim`:
copied into a wheel, linked for an editable install.
"""

import os
import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
MIM = ('configs', 'tools', 'model-index.yml')


def read(name):
    return (ROOT / name).read_text(encoding='utf-8')


def requirements(name):
    lines = read(f'requirements/{name}.txt').splitlines()
    return [line for line in lines if line and not line.startswith('#')]


class BuildWithMim(build_py):
    """Add `daffnet_mm/.mim` to what is built."""

    def run(self):
        super().run()
        if self.editable_mode:
            place, add = ROOT / 'daffnet_mm' / '.mim', self._link
        else:
            place, add = Path(self.build_lib, 'daffnet_mm', '.mim'), self._copy
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for name in MIM:
            if (ROOT / name).exists():
                add(ROOT / name, place / name)

    @staticmethod
    def _copy(source, target):
        if source.is_dir():
            ignore = shutil.ignore_patterns('__pycache__', '*.pyc')
            shutil.copytree(source, target, ignore=ignore)
        else:
            shutil.copy2(source, target)

    @staticmethod
    def _link(source, target):
        target.symlink_to(os.path.relpath(source, target.parent))


setup(
    name='daffnet-mm',
    version=re.search(r"'(.+)'", read('daffnet_lite/version.py'))[1],
    description='White blood cell types and their attributes: DAFFNet for '
    'MMPretrain',
    long_description=read('README.md'),
    long_description_content_type='text/markdown',
    author='daffnet_mm authors',
    license='Apache-2.0',
    keywords='white blood cells, leukocytes, hematology, morphology, '
    'image classification, attributes, attention, DAFFNet, SCAM, PyTorch, '
    'OpenMMLab, MMPretrain',
    # What it implements and builds on.
    project_urls={
        'DAFFNet (paper)': 'https://arxiv.org/abs/2405.16220',
        'Chen et al. 2022 (paper)': (
            'https://doi.org/10.1186/s12859-022-04824-6'
        ),
        'WBCAtt (paper)': 'https://arxiv.org/abs/2306.13531',
        'MMPretrain': 'https://github.com/open-mmlab/mmpretrain',
    },
    classifiers=[
        'Development Status :: 4 - Beta',
        'Environment :: Console',
        'Intended Audience :: Developers',
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3',
        'Programming Language :: Python :: 3 :: Only',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
        'Topic :: Scientific/Engineering :: Medical Science Apps.',
    ],
    packages=find_packages(
        include=[
            'daffnet_lite',
            'daffnet_lite.*',
            'daffnet_mm',
            'daffnet_mm.*',
        ]
    ),
    package_data={
        'daffnet_lite': [
            'py.typed',
            '**/*.json',
            '**/*.jinja',
            'service/page/*',
        ],
        'daffnet_mm': [
            'py.typed',
            '**/*.csv',
            '**/*.json',
            'weights/*.pth',
            'weights/*.md',
        ],
    },
    python_requires='>=3.10',
    # torch, torchvision, MMEngine, mmcv and MMPretrain are left to the user,
    # who may have a pair or a line (OpenMMLab's or onedl's) of their own that
    # pip would replace. What is missing is said at the import.
    install_requires=requirements('runtime'),
    # requirements/explain.txt is no extra: pip would bring along an OpenCV
    # that overwrites mmcv's.
    extras_require={
        'mm': requirements('mminstall'),
        'onedl': requirements('onedl'),
        # To run exported models, where there is no torch; it brings none.
        'lite': requirements('lite'),
        # Those, and a page and a service.
        'serve': requirements('lite') + requirements('serve'),
        'export': requirements('export'),
        'tests': requirements('tests'),
    },
    entry_points={
        'console_scripts': ['daffnet = daffnet_lite.commands.main:main']
    },
    cmdclass={'build_py': BuildWithMim},
    zip_safe=False,
)
