import gc
import logging
import os
from pathlib import Path

import numpy as np
import pytest
from annotations import annotation, write_annotations
from mmengine.logging import MMLogger
from PIL import Image
from tool_process import run_tool

# Registers all types, for whoever builds one by its name.
import daffnet_mm  # noqa: F401
from daffnet_lite.structures import PBC8_CLASSES, WBC5_CLASSES

# Loggers outlive the streams of the tests in which they were made.
logging.raiseExceptions = False

#: Real cells and reference figures, where a developer has them.
SHARED = Path(
    os.environ.get(
        'DAFFNET_SHARED', Path(__file__).resolve().parents[2] / 'shared'
    )
)


@pytest.fixture(scope='module', autouse=True)
def _little_to_collect():
    """Leave out of garbage collection what is there to stay.

    MMEngine collects whenever it builds a dataset, and the libraries alone
    are some 370,000 objects.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope='session')
def shared():
    """The folder of real data and reference figures; skips without it."""
    if not SHARED.is_dir():
        pytest.skip(f'no real data or reference figures in {SHARED}')
    return SHARED


@pytest.fixture
def real(shared):
    """Give the folder of a real release; skips without it."""

    def find(name):
        folder = shared / 'data' / name
        if not folder.exists():
            pytest.skip(f'no {folder}')
        return folder

    return find


@pytest.fixture(scope='session')
def exported(tmp_path_factory):
    """A small model with a rule of review, its exported file, and cells."""
    pytest.importorskip('onnx')
    pytest.importorskip('onnxruntime')
    from exported_model import export_small

    return export_small(tmp_path_factory.mktemp('exported'))


@pytest.fixture
def log():
    """What is logged through MMEngine's current logger."""
    records = []
    handler = logging.Handler()
    handler.emit = records.append
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)  # whatever an earlier test made of it
    yield records
    logger.setLevel(level)
    logger.removeHandler(handler)


@pytest.fixture
def succeeds(tmp_path):
    """Run a tool to its end; gives what it wrote.

    The first argument is the tool, or a command line that begins with it.
    """

    def run(command, *arguments, status=0, **environment):
        words = command.split() if isinstance(command, str) else [command]
        ended, output = run_tool(
            *words, *arguments, log=tmp_path / 'log', **environment
        )
        assert ended == status, output
        return output

    return run


@pytest.fixture
def fails(succeeds):
    """Run a tool that must end with a sentence; gives the sentence."""

    def run(*command, **environment):
        output = succeeds(*command, status=2, **environment)
        assert 'Traceback' not in output
        (line,) = (x for x in output.splitlines() if x.startswith('error: '))
        return line

    return run


@pytest.fixture
def pbc_root(tmp_path):
    """A small PBC in its own layout, with its hidden broken file.

    Ten images a class, named ``<CLASS>_<number>.jpg``; the shade of grey is
    ten times the number.
    """
    root = tmp_path / 'PBC_dataset_normal_DIB'
    for name in PBC8_CLASSES:
        (root / name).mkdir(parents=True)
        for number in range(10):
            shade = np.full((40, 36, 3), 10 * number, np.uint8)
            Image.fromarray(shade).save(
                root / name / f'{name.upper()}_{number}.jpg', quality=95
            )
    (root / 'neutrophil' / '.DS_169665.jpg').write_bytes(b'\0Mac\0' * 9)
    return root


@pytest.fixture
def wbcatt_dir(tmp_path, pbc_root):
    """Annotations of ``pbc_root``: 4, 3 and 2 images a class in the parts."""
    folder = tmp_path / 'wbcatt'
    folder.mkdir()
    for part, numbers in dict(
        train=range(4), val=range(4, 7), test=range(7, 9)
    ).items():
        write_annotations(
            folder / f'pbc_attr_v1_{part}.csv',
            [annotation(label, n) for label in WBC5_CLASSES for n in numbers],
        )
    return folder
