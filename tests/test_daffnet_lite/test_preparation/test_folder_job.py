"""What cropping and resizing a folder do alike."""

import errno
import os
import re
import shutil
from functools import partial

import pytest
from PIL import Image

from daffnet_lite.errors import InputError
from daffnet_lite.fileio import claims
from daffnet_lite.fileio.leftovers import temporary_name
from daffnet_lite.preparation import folder_job
from daffnet_lite.preparation.crop_folder import crop_folder
from daffnet_lite.preparation.folder_job import run_jobs
from daffnet_lite.preparation.resize_folder import resize_dataset
from daffnet_mm.datasets.synthetic import render_cell

LYMPHOCYTE = [1, 1, 5, 0, 0, 0, 0, 0, 1, 0, 0]
#: Each with what it writes for b.png.
JOBS = [
    (partial(crop_folder, num_workers=1), 'b_0.png'),
    (partial(resize_dataset, short_edge=48, num_workers=1), 'b.png'),
]


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    for seed, name in enumerate('abc'):
        cell = render_cell(LYMPHOCYTE, 96, seed)
        Image.fromarray(cell[..., ::-1]).save(folder / f'{name}.png')
    return folder


@pytest.mark.parametrize('code', [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize(('job', 'name'), JOBS)
def test_a_full_or_read_only_target(
    tmp_path, source, monkeypatch, job, name, code
):
    target = tmp_path / 'out'
    real = folder_job.atomic_write

    def full(path, mode='w'):
        if path.name == name:
            raise OSError(code, os.strerror(code), str(path))
        return real(path, mode)

    monkeypatch.setattr(folder_job, 'atomic_write', full)
    with pytest.raises(InputError) as caught:
        job(source, target)
    assert str(caught.value).startswith(
        f'{target / name} cannot be written: {os.strerror(code)};'
    )
    monkeypatch.setattr(folder_job, 'atomic_write', real)
    job(source, target)
    assert sorted(path.stem[0] for path in target.glob('*.png')) == [*'abc']


@pytest.mark.parametrize(('job', '_'), JOBS)
def test_folders_that_cannot_be_used(tmp_path, source, job, _):
    with pytest.raises(InputError, match='is no folder'):
        job(tmp_path / 'nothing', tmp_path / 'out')
    for target in (source, source / 'inside', tmp_path):
        with pytest.raises(InputError, match='in lie in each other'):
            job(source, target)
    (tmp_path / 'bare').mkdir()
    with pytest.raises(InputError, match='bare holds no'):
        job(tmp_path / 'bare', tmp_path / 'out')
    (tmp_path / 'file').touch()
    with pytest.raises(InputError, match='cannot be written: Not a dir'):
        job(source, tmp_path / 'file' / 'out')


@pytest.mark.parametrize(('job', '_'), JOBS)
def test_other_settings(tmp_path, source, job, _):
    target = tmp_path / 'out'
    job(source, target)
    (notes,) = target.glob('.*')
    whole = notes.read_text()
    text = re.sub(r'\t.*', '', whole).replace(', ', ', "later": 1, ', 1)
    notes.write_text(text)
    with pytest.raises(InputError, match='was begun with .*later.*, not {'):
        job(source, target)
    for damaged in (b'', b'\xff', whole[5:].encode()):
        notes.write_bytes(damaged)
        with pytest.raises(InputError, match=f'^{notes} is damaged, so the'):
            job(source, target)
    # as the sentence says
    notes.unlink()
    job(source, target)
    assert notes.read_text().splitlines()[0] == whole.splitlines()[0]


@pytest.mark.parametrize(('job', '_'), JOBS)
def test_two_at_once(tmp_path, source, monkeypatch, job, _):
    monkeypatch.setattr(claims, 'PATIENCE', 0)
    with (
        claims.claim_folder(tmp_path / 'out'),
        pytest.raises(InputError, match='another process is working in .*out'),
    ):
        job(source, tmp_path / 'out')
    job(source, tmp_path / 'out')
    assert not (tmp_path / 'out' / '.lock').exists()


@pytest.mark.parametrize('everything', [True, False])
@pytest.mark.parametrize(('job', 'name'), JOBS)
def test_a_target_that_is_deleted(
    tmp_path, source, monkeypatch, job, name, everything
):
    target = tmp_path / 'out'
    real = folder_job.atomic_write

    def delete(path, mode='w'):
        if path.name == name:
            if everything:
                shutil.rmtree(target)
            else:
                (target / name.replace('b', 'a')).unlink()
        return real(path, mode)

    monkeypatch.setattr(folder_job, 'atomic_write', delete)
    monkeypatch.setattr(
        folder_job,
        'run_in_pool',
        lambda function, jobs, *_: (function(job) for job in sorted(jobs)),
    )
    what = 'out was deleted or moved' if everything else '1 files of .*out w'
    with pytest.raises(InputError, match=what):
        job(source, target)
    assert not (target / 'boxes.csv').exists() or not everything
    monkeypatch.undo()
    job(source, target)
    assert sorted(path.stem[0] for path in target.glob('*.png')) == [*'abc']


@pytest.mark.parametrize('num_workers', [1, 2])
def test_a_name_without_room_costs_itself(tmp_path, source, num_workers):
    longest = source / ('x' * 251 + '.png')
    (source / 'a.png').rename(longest)
    report = crop_folder(source, tmp_path / 'out', num_workers=num_workers)
    (refused,) = report['refused']
    assert refused == f'{longest}: File name too long'
    assert report['images'] == 2
    report = resize_dataset(source, tmp_path / 'small', 48)
    assert report['written'] == 3 and not report['refused']
    assert (tmp_path / 'small' / longest.name).is_file()


@pytest.mark.parametrize(('job', '_'), JOBS)
def test_what_a_killed_run_left_is_swept(tmp_path, source, job, _):
    deep = tmp_path / 'out' / 'deep'
    deep.mkdir(parents=True)
    left = [temporary_name(deep / 'x.png'), deep.parent / '.lock']
    for path in left:
        path.touch()
    job(source, tmp_path / 'out')
    assert not any(path.exists() for path in left)


def stop(number):
    if number == 3:
        os._exit(1)
    return number


def test_a_process_that_is_killed():
    with (
        pytest.raises(InputError, match='killed.*again with fewer workers'),
        run_jobs(stop, range(6), 2, 'counting') as done,
    ):
        list(done)


@pytest.mark.parametrize(
    ('num_workers', 'chunk_size'), [(1, 1), (2, 1), (2, 4)]
)
def test_each_job_is_done_once(num_workers, chunk_size):
    jobs = range(10, 30)
    with run_jobs(abs, jobs, num_workers, 'counting', chunk_size) as done:
        assert sorted(done) == list(jobs)
