"""What cropping and resizing a folder do alike."""

import errno
import os
from functools import partial

import pytest
from PIL import Image

from daffnet_mm.datasets.synthetic import render_cell
from daffnet_mm.errors import InputError
from daffnet_mm.preparation import folder_job
from daffnet_mm.preparation.crop_folder import crop_folder
from daffnet_mm.preparation.folder_job import run_jobs
from daffnet_mm.preparation.resize_folder import resize_dataset

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
    notes.write_text(notes.read_text().replace(', ', ', "later": 1, ', 1))
    with pytest.raises(InputError, match='was begun with .*later.*, not {'):
        job(source, target)
    notes.write_text('')
    with pytest.raises(InputError, match='settings that cannot be read, not'):
        job(source, target)


def stop(number):
    if number == 3:
        os._exit(1)
    return number


def test_a_process_that_is_killed():
    with pytest.raises(InputError, match='killed.*again with fewer workers'):
        list(run_jobs(stop, range(6), 2, 'counting'))


@pytest.mark.parametrize(
    ('num_workers', 'chunk_size'), [(1, 1), (2, 1), (2, 4)]
)
def test_each_job_is_done_once(num_workers, chunk_size):
    jobs = range(10, 30)
    done = run_jobs(abs, jobs, num_workers, 'counting', chunk_size)
    assert sorted(done) == list(jobs)
