"""Our configs under MMPretrain's own script, which knows nothing of us."""

from pathlib import Path

import mmpretrain
import pytest
from tool_process import REPOSITORY

PACKAGE = Path(mmpretrain.__file__).parent
SCRIPTS = [
    script
    for script in (
        PACKAGE / '.mim' / 'tools' / 'train.py',
        PACKAGE.parent / 'tools' / 'train.py',
    )
    if script.exists()
]


@pytest.mark.slow
@pytest.mark.parametrize('inherited', [False, True])
def test_mmpretrain_trains_one_of_our_configs(tmp_path, succeeds, inherited):
    config = REPOSITORY / 'configs' / 'daffnet' / 'map-tiny_synthetic.py'
    if inherited:
        # by its name in the package, as docs/training.md has it
        config = tmp_path / 'mine.py'
        config.write_text(
            "_base_ = __import__('daffnet_mm') and "
            "'daffnet_mm::daffnet/map-tiny_synthetic.py'\n"
        )
    options = ['train_cfg.max_epochs=1', 'default_hooks.report.figures=False']
    for part, size in (('train', 8), ('val', 4), ('test', 4)):
        options += [
            f'{part}_dataloader.dataset.num_samples={size}',
            f'{part}_dataloader.batch_size=4',
            f'{part}_dataloader.num_workers=0',
        ]
    arguments = ('--work-dir', tmp_path, '--cfg-options', *options)
    output = succeeds(SCRIPTS[0], config, *arguments)
    assert 'Epoch(train) [1][2/2]' in output
    assert 'attr/accuracy' in output
    assert (tmp_path / 'best.pth').exists()
