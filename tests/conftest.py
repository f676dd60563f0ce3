import os
from pathlib import Path

import pytest

#: Real cells and reference figures, where a developer has them.
SHARED = Path(
    os.environ.get('DAFFNET_SHARED',
                   Path(__file__).resolve().parents[2] / 'shared'))


@pytest.fixture(scope='session')
def shared():
    """The folder of real data and reference figures; skips without it."""
    if not SHARED.is_dir():
        pytest.skip(f'no real data or reference figures in {SHARED}')
    return SHARED
