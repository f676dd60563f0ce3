"""What is shipped loads everywhere and predicts what was trained."""

import json
import math
import zipfile

import mmpretrain
import numpy as np
import pytest
import torch
from mmengine import Config
from mmpretrain.registry import MODELS
from tiny_run import (
    CONFIG,
    PREDICTOR,
    ScriptHook,
    daffnet_model,
    tiny_config,
    train,
)
from tool_process import load_tool

from daffnet_lite.review import OpenSet, ReviewRule
from daffnet_lite.structures import WBC5_CLASSES, WBC_ATTRIBUTES
from daffnet_mm.apis import WBCInferencer
from daffnet_mm.apis.review_of_checkpoint import keep_review
from daffnet_mm.checkpoints import protect_loading

#: Averaged weights, and a predictor whose own checkpoint is elsewhere.
TEXT = """
_base_ = '{base}'
model = {model}
custom_hooks = [dict(type='EMAHook')]
"""
#: What half precision takes away.
HALF = dict(rtol=2**-11, atol=2**-25)
WEIGHT, BIAS = 'head.fc.weight', 'head.fc.bias'
ABSENT = dict(type='Pretrained', checkpoint='work_dirs/absent/best.pth')


@pytest.fixture(scope='module')
def tool():
    return load_tool('model_converters/publish_model.py')


class Trained:
    """A config, a checkpoint as a training leaves it, and a place beside."""

    def __init__(self, folder, model):
        folder.mkdir()
        self.config = folder / 'small_daffnet.py'
        self.config.write_text(TEXT.format(base=CONFIG, model=model))
        self.cfg = Config.fromfile(self.config)
        torch.manual_seed(0)
        self.model = MODELS.build(
            {**self.cfg.model, 'data_preprocessor': self.cfg.data_preprocessor}
        ).eval()
        for name, value in self.model.named_parameters():
            if 'head' in name and value.dim() == 2:
                value.data.mul_(5)  # so that probabilities differ
        for name, value in self.model.named_buffers():
            if name.endswith('num_batches_tracked'):
                value.fill_(100_001)  # too large for half precision
        weights = self.model.state_dict()
        self.checkpoint = folder / 'best.pth'
        self.out = folder / 'published' / 'small.pth'
        self.save(
            meta=dict(
                dataset_meta=dict(classes=WBC5_CLASSES),
                epoch=3,
                cfg='secret = 1',
                train_images=['PBC/BA_1.jpg', 'PBC/BA_2.jpg'],
                train_groups=['PBC/twins'],
                temperatures=dict(cell_type=1.25),
            ),
            state_dict=weights,
            ema_state_dict={
                f'module.{name}': torch.zeros_like(value)
                for name, value in weights.items()
            },
            optimizer=dict(state={0: dict(step=torch.ones(9))}),
            message_hub=dict(log_scalars={}),
        )

    def save(self, **content):
        self.content = content
        torch.save(content, self.checkpoint)

    def publish(self, tool, *options):
        files = (self.config, self.checkpoint, '--out', self.out)
        tool.main([*map(str, files), *options])


@pytest.fixture
def trained(tmp_path):
    return Trained(tmp_path / 'run', daffnet_model(ABSENT))


def images():
    return torch.randint(
        0, 256, (3, 3, 32, 32), generator=torch.Generator().manual_seed(1)
    ).byte()


@torch.no_grad()
def scores(model):
    samples = model.test_step(dict(inputs=list(images()), data_samples=None))
    return torch.stack([s.pred_score for s in samples]), torch.stack(
        [s.pred_attribute_scores for s in samples]
    )


def assert_close(model, other):
    for first, second in zip(scores(model), scores(other), strict=True):
        torch.testing.assert_close(first, second, rtol=0, atol=5e-3)


def test_what_is_published(trained, tool, capsys):
    trained.publish(tool, '--notes', 'licence=CC BY 4.0', 'seed=0')
    printed = capsys.readouterr().out
    difference = float(printed.split()[-1])
    assert 0 < difference < 5e-3
    size = trained.out.stat().st_size
    assert f'{size / 1e6:.2f} MB' in printed

    # Plain values need nothing that PyTorch does not allow by itself.
    torch.serialization.clear_safe_globals()
    try:
        published = torch.load(trained.out, weights_only=True)
    finally:
        protect_loading()
    assert set(published) == {'meta', 'state_dict'}
    plain = json.loads(json.dumps(published['meta']))
    versions = plain.pop('versions')
    assert versions['torch'] == torch.__version__
    assert len(plain.pop('source_sha256')) == 64
    assert plain == dict(
        dataset_meta=dict(classes=list(WBC5_CLASSES)),
        config='small_daffnet.py',
        attributes={k: list(v) for k, v in WBC_ATTRIBUTES.items()},
        temperatures=dict(cell_type=1.25),
        train_images=['PBC/BA_1.jpg', 'PBC/BA_2.jpg'],
        train_groups=['PBC/twins'],
        notes={'licence': 'CC BY 4.0', 'seed': '0'},
    )

    weights = trained.content['state_dict']
    assert published['state_dict'].keys() == weights.keys()
    for name, value in published['state_dict'].items():
        if name.endswith('num_batches_tracked'):
            assert value.dtype == torch.int64 and value == 100_001
        else:
            assert value.dtype == torch.float16
            torch.testing.assert_close(value.float(), weights[name], **HALF)
    # In the order of the model, and a part of the file for each type alone.
    assert list(published['state_dict']) == list(weights)
    with zipfile.ZipFile(trained.out) as archive:
        parts = [name for name in archive.namelist() if '/data/' in name]
    assert len(parts) == 2


def test_its_review(trained, tool):
    """Matrices need as much room as weights, and are rounded as these."""
    rng = np.random.default_rng(0)
    open_set = OpenSet.fit(
        rng.random((60, 64)),
        np.arange(60) % 5,
        dict(other=rng.random((9, 64))),
    )
    meta = trained.content['meta']
    keep_review(
        ReviewRule(dict(other=[0.0, 1.0]), open_set), ['ig/1.jpg'], meta
    )
    trained.save(**trained.content)
    trained.publish(tool)
    review = torch.load(trained.out, weights_only=True)['meta']['review']
    assert review['seen'] == ['ig/1.jpg']
    assert review['limits'] == meta['review']['limits']
    for name, value in meta['review']['open_set'].items():
        kept = review['open_set'][name]
        if name in ('means', 'directions', 'weight'):
            assert kept.dtype == torch.half
            torch.testing.assert_close(kept.float(), value, **HALF)
        elif name in ('spread', 'bias'):
            assert torch.equal(kept, value) and kept.dtype == torch.float
        else:
            assert kept == value
    before, after = (
        ReviewRule.from_dict(rule) for rule in (meta['review'], review)
    )
    cells = rng.random((20, 64))
    for first, second in zip(
        before.open_set.scores(cells),
        after.open_set.scores(cells),
        strict=True,
    ):
        np.testing.assert_allclose(second, first, atol=0.02)

    meta['review']['open_set']['means'][0, 0] = 1e5
    trained.save(**trained.content)
    with pytest.raises(SystemExit):
        trained.publish(tool)


def test_it_loads_as_any_checkpoint(
    trained, tool, tmp_path, monkeypatch, succeeds
):
    """And nobody looks for the predictor's own checkpoint."""
    trained.publish(tool)
    out = str(trained.out)
    monkeypatch.chdir(tmp_path)

    model = mmpretrain.get_model(str(trained.config), pretrained=out)
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert model._dataset_meta['classes'] == list(WBC5_CLASSES)
    assert_close(model, trained.model)

    inferencer = WBCInferencer(str(trained.config), out)
    assert_close(inferencer.model, trained.model)
    cell = images()[0].permute(1, 2, 0).numpy()
    (result,) = inferencer(cell)
    assert result['pred_class'] in WBC5_CLASSES
    assert list(result['attributes']) == list(WBC_ATTRIBUTES)

    predictions = tmp_path / 'predictions.pkl'
    options = ('--work-dir', tmp_path / 'test', '--out', predictions)
    output = succeeds('test.py --out-item pred', *options, trained.config, out)
    assert predictions.exists()
    assert 'wbc/accuracy' in output


def test_a_map_is_published_for_the_next_stage(tmp_path, tool):
    """Its head without an auxiliary classifier, loaded by init_cfg."""
    predictor = dict(PREDICTOR, head=dict(type='MAPHead', in_channels=64))
    trained = Trained(tmp_path / 'run', dict(predictor, _delete_=True))
    trained.publish(tool)
    cfg = daffnet_model(dict(type='Pretrained', checkpoint=str(trained.out)))
    cfg['neck']['predictor'].update(head=predictor['head'])
    cfg.pop('_delete_')
    model = MODELS.build(cfg)
    model.init_weights()
    for name, value in model.neck.predictor.state_dict().items():
        torch.testing.assert_close(
            value, trained.content['state_dict'][name], **HALF
        )


def test_the_average_of_a_real_run(tmp_path, tool):
    """epoch_1.pth has both, best.pth the average: the same is published."""
    cfg = tiny_config(
        tmp_path / 'run',
        **{
            'train_cfg.max_epochs': 1,
            'custom_hooks': [dict(type='EMAHook', momentum=0.5)],
            'val_evaluator': dict(
                _delete_=True, type='ScriptedMetric', scores=[10.0]
            ),
        },
    )
    train(cfg, ScriptHook())
    published = []
    for name in ('epoch_1.pth', 'best.pth'):
        source, out = tmp_path / 'run' / name, tmp_path / name
        tool.main([str(CONFIG), str(source), '--out', str(out)])
        published.append(torch.load(out, weights_only=True)['state_dict'])
    both = torch.load(tmp_path / 'run' / 'epoch_1.pth', weights_only=True)
    assert 'ema_state_dict' in both
    name = 'backbone.layer1.0.conv1.weight'
    averaged = both['state_dict'][name]
    assert not torch.equal(averaged, both['ema_state_dict'][f'module.{name}'])
    for weights in published:
        assert torch.equal(weights[name], averaged.half())


@pytest.mark.parametrize(
    ('spoil', 'options', 'sentence'),
    [
        (lambda w, _: w.pop(WEIGHT), [], f'has no weight {WEIGHT}'),
        (
            lambda w, _: w.update({'head.other.weight': torch.zeros(2)}),
            [],
            'head.other.weight, for which this config has no place',
        ),
        (
            lambda w, _: w.update({BIAS: torch.zeros(8)}),
            [],
            f'{BIAS} of shape (8,)',
        ),
        (
            lambda w, _: w[BIAS].fill_(math.nan),
            [],
            f'values in {BIAS} that are not finite',
        ),
        (
            lambda w, _: w[BIAS].fill_(-7e4),
            [],
            f'7e+04 in {BIAS}, above 65504',
        ),
        (lambda _, meta: meta.clear(), [], 'does not name its classes'),
        (
            lambda _, meta: meta['dataset_meta'].update(classes=('a', 'b')),
            [],
            'names 2 classes, but its model has 5',
        ),
        (None, ['--max-mb', '0.5'], 'MB, more than the 0.5 MB of --max-mb'),
        (None, ['--notes', 'CC BY 4.0'], 'CC BY 4.0 must be KEY=VALUE'),
    ],
)
def test_refused(trained, tool, capsys, spoil, options, sentence):
    trained.out.parent.mkdir()
    trained.out.write_text('as it was')
    if spoil:
        spoil(trained.content['state_dict'], trained.content['meta'])
        trained.save(**trained.content)
    with pytest.raises(SystemExit) as ended:
        trained.publish(tool, *options)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert sentence in error and 'Traceback' not in error
    assert error.count('\n') == 1
    assert [p.name for p in trained.out.parent.iterdir()] == ['small.pth']
    assert trained.out.read_text() == 'as it was'


def test_the_checkpoint_is_not_overwritten(trained, tool, capsys):
    trained.out = trained.checkpoint
    before = trained.checkpoint.read_bytes()
    with pytest.raises(SystemExit):
        trained.publish(tool)
    assert 'is the checkpoint itself' in capsys.readouterr().err
    assert trained.checkpoint.read_bytes() == before
