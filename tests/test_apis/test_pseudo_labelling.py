import json
import os
import shutil
import signal

import pytest
import torch
from mmengine.dataset import pseudo_collate
from mmpretrain.registry import DATASETS, MODELS
from tiny_run import PREDICTOR, tiny_config
from trained_cells import make_map

from daffnet_lite.errors import BrokenImageWarning, InputError, InputWarning
from daffnet_lite.fileio import claims
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.apis import pseudo_labelling
from daffnet_mm.apis.pseudo_labelling import (
    PartialFile,
    label_all,
    pseudo_label,
)
from daffnet_mm.apis.trained_model import load_trained
from daffnet_mm.datasets.pseudo_labels import PseudoLabels

UNLABELLED = dict(
    type='SyntheticWBC',
    split='train',
    laboratory='b',
    with_attributes=False,
    num_samples=30,
    image_size=32,
    # what training uses; labelling takes the test pipeline
    pipeline=[dict(type='Unknown')],
)


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    return make_map(tmp_path_factory.mktemp('map') / 'map.pth')


@pytest.fixture
def cfg(tmp_path):
    cfg = tiny_config(tmp_path, model=dict(PREDICTOR, _delete_=True))
    own = cfg.train_dataloader.dataset
    cfg.train_dataloader.dataset = dict(
        type='ConcatDataset',
        datasets=[
            own,
            dict(
                type='PseudoLabelledDataset',
                label_file=str(tmp_path / 'labels.json'),
                dataset=UNLABELLED,
            ),
        ],
    )
    return cfg


@pytest.fixture
def real_cells(cfg, pbc_root):
    """Ten images of PBC, which the config's MAP can read."""
    cfg.test_dataloader.dataset.pipeline = [
        dict(type='LoadCellImage'),
        dict(type='Resize', scale=32),
        dict(type='PackInputs'),
    ]
    return dict(
        type='PBC', data_root=str(pbc_root), classes=('ig',), pipeline=[]
    )


@pytest.fixture(scope='module')
def uninterrupted(tmp_path_factory, checkpoint):
    """The bytes of a file that was made in one go."""
    path = tmp_path_factory.mktemp('whole') / 'labels.json'
    cfg = tiny_config(path.parent, model=dict(PREDICTOR, _delete_=True))
    label(cfg, checkpoint, path, dataset_cfg=UNLABELLED)
    assert not path.with_name('labels.json.partial').exists()
    return path.read_bytes()


OPTIONS = dict(batch_size=4, num_workers=0, device='cpu')


def label(cfg, checkpoint, path, **kwargs):
    return pseudo_label(cfg, checkpoint, str(path), **{**OPTIONS, **kwargs})


def raise_interrupt(*args):
    raise KeyboardInterrupt


@pytest.fixture
def interrupted(cfg, checkpoint, tmp_path, monkeypatch):
    """Begin to label, to be interrupted after a number of batches."""

    def begin(batches, **options):
        append, done = PartialFile.append, []

        def append_or_end(self, *batch):
            if len(done) == batches:
                # killed within a line
                with open(tmp_path / 'labels.json.partial', 'a') as file:
                    file.write(json.dumps(batch)[:100])
                raise KeyboardInterrupt
            done.append(batch[0])
            append(self, *batch)

        with monkeypatch.context() as patch:
            patch.setattr(PartialFile, 'append', append_or_end)
            # or between the last batch and the file itself
            patch.setattr(PseudoLabels, 'save', raise_interrupt)
            with pytest.raises(KeyboardInterrupt):
                label(cfg, checkpoint, tmp_path / 'labels.json', **options)
        return done

    return begin


def by_itself(cfg, checkpoint):
    """The model, to be asked without what is tested."""
    model = MODELS.build(
        dict(cfg.model, data_preprocessor=cfg.data_preprocessor)
    )
    model.load_state_dict(torch.load(checkpoint)['state_dict'])
    return model.eval()


def test_means_over_views(cfg, checkpoint, tmp_path):
    model = by_itself(cfg, checkpoint)
    dataset = DATASETS.build({**UNLABELLED, 'pipeline': cfg.test_pipeline})
    batch = pseudo_collate(list(dataset))
    batch = model.data_preprocessor(batch)
    by_hand = {}
    for views, turned in dict(
        flips=[(), (2,), (3,), (2, 3)],
        symmetries=[
            (*flipped, *turn)
            for flipped in [(), (2,), (3,), (2, 3)]
            for turn in [(), ('transpose',)]
        ],
    ).items():
        scores = []
        for steps in turned:
            images = batch['inputs']
            for step in steps:
                images = (
                    images.transpose(2, 3)
                    if step == 'transpose'
                    else images.flip(step)
                )
            with torch.no_grad():
                found = model.predict(
                    images, [s.new() for s in batch['data_samples']]
                )
            scores.append(
                torch.stack([s.pred_attribute_scores for s in found])
            )
        by_hand[views] = torch.stack(scores).mean(0)
    path = tmp_path / 'labels.json'
    plain = label(cfg, checkpoint, path)
    for views, wanted in by_hand.items():
        # what was made of other views is made anew
        labels = label(cfg, checkpoint, path, views=views, keep=True)
        assert labels.scores != plain.scores
        torch.testing.assert_close(
            torch.tensor(list(labels.scores.values())),
            wanted,
            atol=1e-5,
            rtol=1e-4,
        )


def test_what_is_written(cfg, checkpoint, tmp_path, uninterrupted):
    path = tmp_path / 'labels.json'
    labels = label(cfg, checkpoint, path)
    assert path.read_bytes() == uninterrupted
    assert labels.checkpoint_sha256 == file_sha256(checkpoint)
    assert labels.classes == list(WBC5_CLASSES)
    # against the model itself, all images in one batch
    model = by_itself(cfg, checkpoint)
    dataset = DATASETS.build({**UNLABELLED, 'pipeline': cfg.test_pipeline})
    with torch.no_grad():
        samples = model.test_step(pseudo_collate(list(dataset)))
    assert list(labels.scores) == [s.img_path for s in samples]
    torch.testing.assert_close(
        torch.tensor(list(labels.scores.values())),
        torch.stack([s.pred_attribute_scores for s in samples]),
        atol=1e-5,
        rtol=1e-4,
    )
    assert list(labels.values.values()) == [
        s.pred_attributes.tolist() for s in samples
    ]
    read = PseudoLabels.load(path)
    assert (read.values, read.scores) == (labels.values, labels.scores)


@pytest.mark.parametrize('batches', [0, 1, 5, 8])
def test_interrupted_and_resumed(
    cfg, checkpoint, tmp_path, monkeypatch, uninterrupted, interrupted, batches
):
    path = tmp_path / 'labels.json'
    partial = path.with_name('labels.json.partial')
    done = interrupted(batches)
    assert done == list(range(batches))
    assert partial.exists() and not path.exists()
    append = PartialFile.append

    def count(self, *batch):
        done.append(batch[0])
        append(self, *batch)

    monkeypatch.setattr(PartialFile, 'append', count)
    label(cfg, checkpoint, path)
    # nothing is predicted twice
    assert done == list(range(8))
    assert path.read_bytes() == uninterrupted
    assert not partial.exists()


@pytest.mark.parametrize('processes', [2, 3])
def test_the_number_of_processes_does_not_matter(
    cfg, checkpoint, tmp_path, uninterrupted, processes
):
    path = tmp_path / 'labels.json'
    label(cfg, checkpoint, path, num_processes=processes)
    assert path.read_bytes() == uninterrupted


def test_begun_by_two_and_ended_by_three(
    cfg, checkpoint, tmp_path, uninterrupted, interrupted
):
    interrupted(3, num_processes=2)
    path = tmp_path / 'labels.json'
    label(cfg, checkpoint, path, num_processes=3)
    assert path.read_bytes() == uninterrupted


def test_batches_may_end_in_any_order(tmp_path):
    header = dict(a=1)
    partial = PartialFile(str(tmp_path / 'x'), header)
    for number in (2, 0):
        partial.append(number, [[number]], [[0.5]])
    partial.close()
    # what a power cut may leave
    with open(tmp_path / 'x', 'ab') as file:
        file.write(b'[1, [[1]], [[0.\0\0\xff\n[3, [[3]], [[.5]]]\n')
    with pytest.warns(InputWarning, match='2 lines are damaged or cut'):
        batches = PartialFile(str(tmp_path / 'x'), header).batches
    assert batches == {2: ([[2]], [[0.5]]), 0: ([[0]], [[0.5]])}


@pytest.mark.parametrize('line', [0, 2])
def test_a_damaged_line_costs_its_batch(
    cfg, checkpoint, tmp_path, interrupted, uninterrupted, line
):
    interrupted(6)
    path = tmp_path / 'labels.json'
    partial = path.with_name('labels.json.partial')
    lines = partial.read_text().splitlines(keepends=True)
    # still JSON, but other numbers
    lines[line] = lines[line].translate(str.maketrans('12', '21'))
    partial.write_text(''.join(lines))
    with pytest.warns(InputWarning, match='damaged or cut short'):
        label(cfg, checkpoint, path)
    assert path.read_bytes() == uninterrupted


def test_two_at_once(cfg, checkpoint, tmp_path, monkeypatch, uninterrupted):
    monkeypatch.setattr(claims, 'PATIENCE', 0)
    path = tmp_path / 'labels.json'
    with (
        claims.claim_file(path),
        pytest.raises(InputError, match='another process is working on'),
    ):
        label(cfg, checkpoint, path)
    assert sorted(os.listdir(tmp_path)) == []
    label(cfg, checkpoint, path)
    assert path.read_bytes() == uninterrupted


def test_a_broken_image_in_another_process(
    cfg, checkpoint, pbc_root, real_cells, tmp_path
):
    image = pbc_root / 'ig' / 'IG_7.jpg'
    image.write_bytes(image.read_bytes()[:200])
    path = tmp_path / 'x.json'
    real_cells['skip_broken'] = False
    with pytest.raises(InputError, match='IG_7.jpg cannot be read'):
        label(cfg, checkpoint, path, dataset_cfg=real_cells, num_processes=2)
    # Those beside it are labelled unless the dataset says so.
    del real_cells['skip_broken']
    with pytest.warns(BrokenImageWarning, match='IG_7.jpg cannot be read'):
        label(cfg, checkpoint, path, dataset_cfg=real_cells, num_processes=2)
    assert len(PseudoLabels.load(path).scores) == 9


def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies(
    cfg, checkpoint, tmp_path, monkeypatch, uninterrupted
):
    path = tmp_path / 'labels.json'
    with monkeypatch.context() as patch:
        patch.setattr(pseudo_labelling, '_predict', die)
        with pytest.raises(InputError, match='run the same command again'):
            label(cfg, checkpoint, path, num_processes=2)
    label(cfg, checkpoint, path)
    assert path.read_bytes() == uninterrupted


def test_all_that_a_config_reads(
    cfg, checkpoint, tmp_path, monkeypatch, uninterrupted
):
    first = tmp_path / 'labels.json'
    second = tmp_path / 'second.json'
    # a share of another laboratory's cells, through a wrapper
    cfg.train_dataloader.dataset.datasets.append(
        dict(
            type='PseudoLabelledDataset',
            label_file=str(second),
            dataset=dict(
                type='RepeatDataset',
                times=2,
                dataset=dict(UNLABELLED, num_samples=6, seed=1),
            ),
        )
    )
    made = label_all(cfg, checkpoint, **OPTIONS)
    assert list(made) == [str(first), str(second)]
    assert first.read_bytes() == uninterrupted
    assert len(made[str(second)].scores) == 6
    # what is there is kept, what is not whole is made again
    times = first.stat().st_mtime_ns
    content = second.read_bytes()
    second.write_bytes(content[:-20])
    label_all(cfg, checkpoint, **OPTIONS)
    assert first.stat().st_mtime_ns == times
    assert second.read_bytes() == content
    # another MAP labels anew
    label_all(cfg, make_map(tmp_path / 'other.pth', seed=1), **OPTIONS)
    assert first.read_bytes() != uninterrupted
    # two datasets may not share a file
    cfg.train_dataloader.dataset.datasets[-1]['label_file'] = str(first)
    with pytest.raises(InputError, match='for 2 datasets'):
        label_all(cfg, checkpoint, **OPTIONS)


def test_label_files_are_checked_before_the_work(cfg, tmp_path):
    cfg.train_dataloader.dataset.datasets[1]['label_file'] = str(tmp_path)
    with pytest.raises(InputError, match='is a folder, but a file is to be'):
        label_all(cfg, 'absent.pth')


def test_a_config_that_reads_no_labels(cfg, checkpoint):
    cfg.train_dataloader.dataset = UNLABELLED
    with pytest.raises(InputError, match='nothing to label'):
        label_all(cfg, checkpoint)


@pytest.mark.parametrize('option', ['batch_size', 'num_processes'])
def test_numbers_of_nothing(cfg, checkpoint, tmp_path, option):
    with pytest.raises(InputError, match=f'{option} must be 1 or more'):
        label(cfg, checkpoint, tmp_path / 'labels.json', **{option: 0})


@pytest.mark.parametrize('content', [b'', b'no checkpoint', [1, 2], 5])
def test_a_file_that_is_no_checkpoint(cfg, tmp_path, content):
    path = tmp_path / 'map.pth'
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        torch.save(content, path)
    with pytest.raises(InputError, match='map.pth'):
        label(cfg, str(path), tmp_path / 'labels.json')


@pytest.mark.parametrize('change', ['checkpoint', 'images', 'batch', 'model'])
def test_a_partial_file_of_something_else_is_begun_anew(
    cfg, checkpoint, tmp_path, interrupted, change
):
    path = tmp_path / 'labels.json'
    interrupted(8)
    options = {}
    if change == 'checkpoint':
        checkpoint = make_map(tmp_path / 'other.pth', seed=1)
    elif change == 'images':
        options = dict(dataset_cfg=dict(UNLABELLED, seed=1))
    elif change == 'batch':
        options = dict(batch_size=5)
    else:
        cfg.data_preprocessor.mean = [100.0, 100.0, 100.0]
    label(cfg, checkpoint, path, **options)
    fresh = tmp_path / 'fresh.json'
    label(cfg, checkpoint, fresh, **{'dataset_cfg': UNLABELLED, **options})
    assert path.read_bytes() == fresh.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize('processes', [(1, 1), (2, 3)])
def test_killed_by_the_system_and_resumed(
    cfg, checkpoint, tmp_path, uninterrupted, succeeds, processes
):
    config, path = tmp_path / 'stage_2.py', tmp_path / 'labels.json'
    cfg.dump(config)
    options = ['--batch-size', '4', '--num-workers', '1', '--num-processes']
    call = ['pseudo_label.py', config, checkpoint, '--out', path, *options]
    config.write_text(
        config.read_text() + '\ncustom_imports = dict('
        "imports=['daffnet_mm', 'kill_while_labelling'])\n"
    )
    succeeds(*call, processes[0], status=-9, KILL_AFTER_BATCHES='3')
    lines = path.with_name('labels.json.partial').read_text().splitlines()
    assert len(lines) == 1 + 3 and not path.exists()
    assert 'attributes of 30 images' in succeeds(*call, processes[1])
    assert path.read_bytes() == uninterrupted


def test_a_file_by_another_path(
    cfg, checkpoint, tmp_path, uninterrupted, monkeypatch
):
    (tmp_path / 'x').mkdir()
    monkeypatch.chdir(tmp_path / 'x')
    label(cfg, checkpoint, '../labels.json')
    assert (tmp_path / 'labels.json').read_bytes() == uninterrupted


@pytest.mark.parametrize(
    'wrapper',
    [
        dict(type='RepeatDataset', times=2),
        dict(type='ClassBalancedDataset', oversample_thr=0.9),
    ],
)
def test_what_a_wrapper_repeats_is_labelled_once(
    cfg, checkpoint, tmp_path, uninterrupted, wrapper
):
    """And each image by what itself shows."""
    sample = dict(wrapper, dataset=dict(UNLABELLED, pipeline=[]))
    assert len(DATASETS.build(sample)) > UNLABELLED['num_samples']
    path, whole = tmp_path / 'labels.json', tmp_path / 'whole.json'
    wrapped = dict(wrapper, dataset=UNLABELLED)
    found = label(cfg, checkpoint, path, dataset_cfg=wrapped)
    whole.write_bytes(uninterrupted)
    assert found.values == PseudoLabels.load(str(whole)).values
    assert len(set(map(tuple, found.values.values()))) > 1


def test_nothing_to_label(cfg, checkpoint, tmp_path):
    with pytest.raises(InputError, match='no pseudo labels from .*other.json'):
        label(cfg, checkpoint, tmp_path / 'other.json')


def test_a_checkpoint_of_other_widths(cfg, checkpoint, tmp_path):
    cfg.model.backbone.base_channels = 16
    cfg.model.head.in_channels = 128
    with pytest.raises(InputError, match='other widths') as caught:
        label(cfg, checkpoint, tmp_path / 'labels.json')
    assert str(checkpoint) in str(caught.value)
    assert not list(tmp_path.glob('labels.json*'))


def test_a_model_without_attributes(cfg, tmp_path):
    cfg.model = dict(
        type='ImageClassifier',
        backbone=cfg.model.backbone,
        neck=dict(type='GlobalAveragePooling'),
        head=dict(type='LinearClsHead', num_classes=5, in_channels=64),
    )
    checkpoint = tmp_path / 'plain.pth'
    torch.save(MODELS.build(cfg.model).state_dict(), checkpoint)
    with pytest.raises(InputError, match='name the config and checkpoint'):
        label(cfg, str(checkpoint), tmp_path / 'labels.json')
    assert not (tmp_path / 'labels.json').exists()


def test_real_cells_by_name(cfg, checkpoint, pbc_root, real_cells, tmp_path):
    path = tmp_path / 'pbc.json'
    labels = label(cfg, checkpoint, path, dataset_cfg=real_cells)
    assert list(labels.scores) == [f'PBC/IG_{n}.jpg' for n in range(10)]
    assert PseudoLabels.load(path).scores == labels.scores
    # an image that ends the labelling loses nothing that was there
    real_cells['skip_broken'] = False
    before = path.read_bytes()
    image = pbc_root / 'ig' / 'IG_7.jpg'
    shutil.copy(image, tmp_path / 'whole.jpg')
    image.write_bytes(image.read_bytes()[:200])
    with pytest.raises(InputError, match='IG_7.jpg cannot be read'):
        label(cfg, checkpoint, path, dataset_cfg=real_cells)
    assert path.read_bytes() == before
    # mended, it goes on to the same result
    shutil.copy(tmp_path / 'whole.jpg', image)
    label(cfg, checkpoint, path, dataset_cfg=real_cells)
    assert path.read_bytes() == before


def test_an_interrupted_restart_keeps_the_batches(tmp_path, monkeypatch):
    path = str(tmp_path / 'labels.json.partial')
    header = dict(checkpoint_sha256='a')
    PartialFile(path, header).append(0, [[0]], [[0.5, 0.5]])

    with monkeypatch.context() as patch:
        patch.setattr('os.replace', raise_interrupt)
        with pytest.raises(KeyboardInterrupt):
            PartialFile(path, header)
    assert PartialFile(path, header).batches == {0: ([[0]], [[0.5, 0.5]])}


def test_weights_of_several_processes_are_loaded(checkpoint, cfg, tmp_path):
    """Their names may begin with "module."."""
    loaded = torch.load(checkpoint, weights_only=True)
    weights = {f'module.{k}': v for k, v in loaded['state_dict'].items()}
    path = tmp_path / 'wrapped.pth'
    torch.save(dict(meta={}, state_dict=weights), path)
    model, _ = load_trained(cfg, str(path), 'cpu')
    for name, value in loaded['state_dict'].items():
        torch.testing.assert_close(model.state_dict()[name], value)


def test_what_is_no_number_is_no_label(checkpoint, cfg, tmp_path):
    content = torch.load(checkpoint)
    content['state_dict']['backbone.conv1.weight'].fill_(1e37)
    path = str(tmp_path / 'overflowing.pth')
    torch.save(content, path)
    with pytest.raises(InputError, match='has no answer, as the model gives'):
        label(cfg, path, tmp_path / 'labels.json')
    assert not (tmp_path / 'labels.json').exists()
