import json

import pytest
import torch
from tiny_run import PREDICTOR, tiny_config


@pytest.mark.long
def test_three_steps(tmp_path, succeeds, fails):
    """True attributes, pseudo attributes, both; and nothing of it twice."""
    cfg = tiny_config(
        tmp_path / 'unused',
        model=dict(PREDICTOR, _delete_=True),
        train_cfg=dict(max_epochs=1),
    )
    for part in ('val_evaluator', 'test_evaluator'):
        cfg[part] = dict(type='MultiAttributeMetric')
    cfg.default_hooks.checkpoint.save_best = 'attr/accuracy'
    cfg.pop('work_dir')
    cfg.dump(tmp_path / 'stage_1.py')
    own = cfg.train_dataloader.dataset
    cfg.train_dataloader.dataset = dict(
        type='MixedDataset',
        datasets=[
            own,
            dict(
                type='PseudoLabelledDataset',
                label_file='unused/b.json',
                dataset=dict(own, laboratory='b', with_attributes=False),
            ),
        ],
    )
    cfg.dump(tmp_path / 'stage_2.py')
    call = (
        'train_map.py',
        tmp_path / 'stage_1.py',
        tmp_path / 'stage_2.py',
        '--work-dir',
        tmp_path / 'run',
        '--pseudo',
        'soft=True',
    )
    output = succeeds(*call)
    stage_2 = tmp_path / 'run' / 'stage_2'
    assert output.splitlines()[-1] == str(stage_2 / 'best.pth')
    # both laboratories were trained on
    meta = torch.load(stage_2 / 'best.pth', weights_only=True)['meta']
    assert {name.split('/')[1] for name in meta['train_images']} == {'a', 'b'}
    labels = json.loads((stage_2 / 'pseudo_labels' / 'b.json').read_text())
    assert labels['checkpoint'] == str(tmp_path / 'run/stage_1/best.pth')
    assert (stage_2 / 'evaluation' / 'attr_metrics.json').is_file()
    made = [stage_2 / name for name in ('best.pth', 'train.log')]
    times = [path.stat().st_mtime_ns for path in made]
    succeeds(*call)
    assert times == [path.stat().st_mtime_ns for path in made]
    # other settings are not mixed in
    assert 'begun with other settings' in fails(*call[:-1], 'soft=False')
