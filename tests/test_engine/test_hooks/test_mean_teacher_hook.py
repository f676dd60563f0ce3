import pytest
import torch
from mmengine.hooks import EMAHook, Hook
from tiny_run import PREDICTOR, tiny_config, train

import daffnet_mm.engine.hooks.mean_teacher_hook  # noqa: F401
from daffnet_lite.errors import InputError
from daffnet_lite.structures import ATTRIBUTE_SIZES, WBC5_CLASSES
from daffnet_mm.datasets.pseudo_labels import PseudoLabels

#: In the file, every cell has the first value of every attribute.
FIRST = [
    1.0 if i == 0 else 0.0 for size in ATTRIBUTE_SIZES for i in range(size)
]


class SeenHook(Hook):
    """Keep what the model is taught, and what the average would say."""

    # After the teacher, before the step.
    priority = 'LOWEST'

    def __init__(self):
        self.batches = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        ema = next(h for h in runner.hooks if isinstance(h, EMAHook))
        model = ema.ema_model.module
        model.eval()
        with torch.no_grad():
            said = model.test_step(dict(inputs=data_batch['inputs']))
        for sample, prediction in zip(
            data_batch['data_samples'], said, strict=True
        ):
            self.batches.append(
                (
                    runner.epoch,
                    'pseudo_labelled' in sample,
                    sample.gt_attributes.clone(),
                    sample.get('attribute_targets'),
                    sample.gt_label.item(),
                    prediction.pred_attributes,
                    prediction.pred_attribute_scores,
                )
            )


@pytest.fixture
def cfg(tmp_path):
    cfg = tiny_config(tmp_path / 'run', model=dict(PREDICTOR, _delete_=True))
    own = cfg.train_dataloader.dataset
    other = dict(own, laboratory='b', num_samples=16, with_attributes=False)
    labels = PseudoLabels('map.pth', 'abc', list(WBC5_CLASSES))
    for number in range(16):
        name = f'synthetic/b/0/train/{number:06d}.png'
        labels.values[name] = [0] * 11
        labels.scores[name] = FIRST
    labels.save(tmp_path / 'labels.json')
    cfg.train_dataloader.dataset = dict(
        type='MixedDataset',
        datasets=[
            dict(own, num_samples=16),
            dict(
                type='PseudoLabelledDataset',
                label_file=str(tmp_path / 'labels.json'),
                dataset=other,
            ),
        ],
    )
    cfg.train_cfg.max_epochs = 2
    cfg.val_dataloader = cfg.val_cfg = cfg.val_evaluator = None
    cfg.test_dataloader = cfg.test_cfg = cfg.test_evaluator = None
    cfg.default_hooks.checkpoint.save_best = None
    return cfg


def seen(cfg, **options):
    cfg.custom_hooks = [
        dict(type='EMAHook', momentum=0.1),
        dict(type='MeanTeacherHook', **options),
    ]
    hook = SeenHook()
    train(cfg, hook)
    assert len(hook.batches) == 2 * 32
    return hook.batches


def test_the_average_labels_from_its_epoch_on(cfg):
    counts = {False: 0, True: 0}
    for epoch, pseudo, values, targets, label, said, scores in seen(
        cfg, begin_epoch=1
    ):
        counts[pseudo] += 1
        # the true class stays
        assert label >= 0
        if not pseudo:
            assert targets is None
            continue
        if epoch == 0:
            assert targets is None and values.tolist() == [0] * 11
            continue
        torch.testing.assert_close(values, said)
        torch.testing.assert_close(targets, scores, atol=1e-5, rtol=1e-4)
    assert counts == {False: 32, True: 32}


def test_hard_labels_above_a_threshold(cfg):
    unknown = known = 0
    for _, pseudo, values, targets, _, said, scores in seen(
        cfg, begin_epoch=0, threshold=0.45, soft=False
    ):
        assert targets is None
        if not pseudo:
            continue
        best = torch.stack(
            [part.max() for part in scores.split(ATTRIBUTE_SIZES)]
        )
        clear = (best - 0.45).abs() > 1e-4
        expected = said.masked_fill(best < 0.45, -1)
        assert (values == expected)[clear].all()
        unknown += (values == -1).sum()
        known += (values >= 0).sum()
    # the threshold divides them
    assert unknown > 0 and known > 0


@pytest.mark.parametrize('where', ['in the part', 'behind all'])
def test_what_a_view_made_untrue_stays_unknown(cfg, where):
    load, *steps, pack = cfg.train_pipeline
    forget = dict(type='ForgetAttributes', attributes=['cell_size'])
    mixed = cfg.train_dataloader.dataset
    parts = mixed.datasets[0], mixed.datasets[1].dataset
    if where == 'behind all':
        mixed.pipeline = [forget, pack]
    for part in parts:
        part.pipeline = [load, *steps]
        if where == 'in the part':
            part.pipeline += [forget, pack]
    for _, pseudo, values, targets, _, said, scores in seen(
        cfg, begin_epoch=0
    ):
        assert values[0] == -1
        if not pseudo:
            assert (values[1:] >= 0).all()
            continue
        torch.testing.assert_close(values[1:], said[1:])
        assert not targets[: ATTRIBUTE_SIZES[0]].any()
        torch.testing.assert_close(
            targets[ATTRIBUTE_SIZES[0] :],
            scores[ATTRIBUTE_SIZES[0] :],
            atol=1e-5,
            rtol=1e-4,
        )


def by_iterations(cfg):
    cfg.train_cfg = dict(by_epoch=False, max_iters=3)
    cfg.train_dataloader.sampler = dict(type='InfiniteSampler')
    cfg.param_scheduler = None
    cfg.default_hooks.checkpoint.by_epoch = False
    return cfg


def test_a_training_by_iterations(cfg):
    options = dict(momentum=0.1, type='EMAHook')
    cfg = by_iterations(cfg)
    cfg.custom_hooks = [options, dict(type='MeanTeacherHook')]
    with pytest.raises(InputError, match='MeanTeacherHook counts epochs'):
        train(cfg)
    # from the start, there is nothing to count
    cfg.custom_hooks = [options, dict(type='MeanTeacherHook', begin_epoch=0)]
    cfg.experiment_name += '_again'
    hook = SeenHook()
    train(cfg, hook)
    assert any(pseudo for _, pseudo, *_ in hook.batches)


def test_there_must_be_an_average(cfg):
    cfg.custom_hooks = [dict(type='MeanTeacherHook')]
    with pytest.raises(InputError, match='EMAHook'):
        train(cfg)
