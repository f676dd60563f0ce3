import hashlib
import json
import os
import os.path as osp
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from multiprocessing.connection import Connection, wait
from typing import Any

import torch
from mmengine import Config
from mmengine.dataset import pseudo_collate
from mmengine.device import get_device
from mmengine.model import BaseModel
from mmpretrain.registry import DATASETS
from mmpretrain.structures import DataSample
from rich.progress import track
from torch.utils.data import DataLoader

from daffnet_lite.errors import InputError
from daffnet_lite.fileio.check_outputs import check_out_file
from daffnet_lite.fileio.checksum import file_sha256
from daffnet_lite.fileio.claims import claim_file
from daffnet_lite.fileio.journals import Journal, read_journal, warn_of_damage
from daffnet_lite.utils.end_with_parent import end_with_parent
from daffnet_mm.datasets.pseudo_labels import PseudoLabels
from daffnet_mm.datasets.sample_infos import image_ids
from daffnet_mm.models.tta import SymmetryTTAModel
from daffnet_mm.utils.dataset_configs import (
    for_test,
    parts_to_label,
    pipeline_of_test,
    pseudo_labelled_datasets,
)

from .trained_model import find_infinite, load_trained

#: A batch's number, and of each image the value indices and probabilities.
LabelledBatch = tuple[int, list[list[int]], list[list[float]]]


class PartialFile:
    """Labels that are safe on disk while labelling goes on.

    A journal with an entry a batch, in whatever order they are done. The next
    run does the batches that are not there whole, so its batches, and hence
    its results, are those of an uninterrupted run.

    Args:
        path (str): Where it lies.
        header (dict): What the run depends on. A file with another header is
            begun anew.
    """

    def __init__(self, path: str, header: dict) -> None:
        self.path = path
        self.batches: dict[int, tuple] = {}
        if osp.isfile(path):
            begun, entries, damaged = read_journal(path)
            if begun == header:
                whole = list(filter(_is_batch, entries))
                warn_of_damage(path, damaged + len(entries) - len(whole))
                self.batches = {number: tuple(b) for number, *b in whole}
            elif begun is None:
                warn_of_damage(path, 1 + damaged + len(entries))
        self._journal = Journal(
            path,
            header,
            ([number, *batch] for number, batch in self.batches.items()),
        )

    def append(self, number: int, values: list, scores: list) -> None:
        """Add one batch."""
        self.batches[number] = (values, scores)
        self._journal.append([number, values, scores])

    def close(self) -> None:
        """Stop writing; what was added stays."""
        self._journal.close()

    def remove(self) -> None:
        """Delete the file, when its content is elsewhere."""
        self.close()
        os.remove(self.path)


def _is_batch(entry: Any) -> bool:
    match entry:
        case [int(), [*values], [*scores]]:
            return len(values) == len(scores)
    return False


def text_sha256(text: str) -> str:
    """Hash a text; gives the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def pseudo_label(
    cfg: Config,
    checkpoint: str,
    out_file: str,
    dataset_cfg: dict | None = None,
    batch_size: int = 64,
    num_workers: int = 2,
    device: str | None = None,
    num_processes: int | None = None,
    keep: bool = False,
    views: str | None = None,
) -> PseudoLabels:
    """Predict the attributes of a dataset with a trained MAP (Sec. 2.2.3).

    A run that was interrupted, even killed, goes on where it stopped. The
    file does not depend on that, nor on how many processes shared the work:
    batches are always the same ones and, on a CPU, each is computed by one
    thread. Images that cannot be read have no labels, and a
    :class:`~daffnet_lite.errors.BrokenImageWarning` names each.

    Args:
        cfg (Config): Config of the MAP: its model and test pipeline are used.
        checkpoint (str): The MAP's checkpoint.
        out_file (str): Where to write the labels.
        dataset_cfg (dict, optional): The dataset to label. Defaults to None:
            the one for which ``cfg`` reads ``out_file``.
        batch_size (int): Images at a time. Defaults to 64.
        num_workers (int): Processes that load images, in all. Defaults to 2.
        device (str, optional): Where to run. Defaults to None: the
            accelerator if there is one.
        num_processes (int, optional): Processes that predict. Defaults to
            None: as many as PyTorch has threads, or 1 on an accelerator.
        keep (bool): Leave a file that was made by this checkpoint from these
            images as it is. Defaults to False.
        views (str, optional): ``'flips'`` or ``'symmetries'``: predictions
            are means over 4 or 8 views of each image, see
            :class:`SymmetryTTAModel`. Defaults to None: its own view alone.

    Returns:
        PseudoLabels: The labels, as written.

    Raises:
        InputError: If there is nothing to label, config, checkpoint and data
            do not belong together, or another process makes the same file.
    """
    if dataset_cfg is None:
        parts = pseudo_labelled_datasets(cfg.train_dataloader.dataset)
        files = {osp.abspath(part['label_file']): part for part in parts}
        dataset_cfg = files.get(osp.abspath(out_file), {}).get('dataset')
    if dataset_cfg is None:
        raise InputError(
            f'{cfg.filename} reads no pseudo labels from {out_file}: name '
            'the stage 2 config whose PseudoLabelledDataset has that '
            'label_file, or the dataset with --dataset'
        )
    for name, number in (
        ('batch_size', batch_size),
        ('num_processes', num_processes),
    ):
        if number is not None and number < 1:
            raise InputError(f'{name} must be 1 or more, but is {number}')
    target = torch.device(device or get_device())
    trained, _ = load_trained(cfg, checkpoint, 'cpu')
    model = trained if views is None else SymmetryTTAModel(trained, views)
    # Labels come from whole images, not from random crops.
    pipeline = pipeline_of_test(cfg)
    dataset = DATASETS.build(for_test(dataset_cfg, pipeline=pipeline))
    dataset.full_init()
    ids = image_ids(dataset)
    asked = [] if views is None else [views]
    header: dict[str, Any] = dict(
        checkpoint_sha256=file_sha256(checkpoint),
        images=text_sha256('\n'.join(ids)),
        # The same weights may be asked for other views of the images.
        config=text_sha256(
            json.dumps(
                [cfg.model, cfg.get('data_preprocessor'), pipeline, *asked],
                sort_keys=True,
                default=repr,
            )
        ),
        batch_size=batch_size,
    )
    labels = PseudoLabels(
        checkpoint=checkpoint,
        checkpoint_sha256=header['checkpoint_sha256'],
        classes=list(dataset.metainfo['classes']),
        settings_sha256=text_sha256(json.dumps(header)),
    )
    # What a wrapper repeats is labelled once.
    first: dict[str, int] = {}
    for place, name in enumerate(ids):
        first.setdefault(name, place)
    places = list(first.values())
    batches: dict[int, Sequence[int]] = {
        number: places[start : start + batch_size]
        for number, start in enumerate(range(0, len(places), batch_size))
    }
    predict = partial(
        _label_batches,
        model,
        dataset,
        num_workers=num_workers,
        device=target,
        num_processes=num_processes,
    )
    with claim_file(out_file):
        if keep and _is_current(out_file, labels):
            return PseudoLabels.load(out_file)
        done = PartialFile(f'{out_file}.partial', header)
        _complete(done, batches, predict)
        for number, batch in batches.items():
            for i, values, scores in zip(
                batch, *done.batches[number], strict=True
            ):
                labels.values[ids[i]] = values
                labels.scores[ids[i]] = scores
        labels.save(out_file)
        done.remove()
    return labels


def _is_current(path: str, labels: PseudoLabels) -> bool:
    """Tell whether a file is what the same checkpoint would make again."""
    try:
        found = PseudoLabels.load(path)
    except InputError:
        return False
    return (found.settings_sha256, list(found.classes)) == (
        labels.settings_sha256,
        labels.classes,
    )


def _complete(
    done: PartialFile,
    batches: dict[int, Sequence[int]],
    predict: Callable[[dict], Generator[LabelledBatch, None, None]],
) -> None:
    """Label the batches that are not there."""
    rest = {
        number: batch
        for number, batch in batches.items()
        if len(done.batches.get(number, ((),))[0]) != len(batch)
    }
    try:
        with closing(predict(rest)) as labelled:
            for batch in track(
                labelled,
                description=f'labelling {sum(map(len, rest.values()))} images',
                total=len(rest),
            ):
                done.append(*batch)
    finally:
        done.close()


def label_all(
    cfg: Config, checkpoint: str, **kwargs
) -> dict[str, PseudoLabels]:
    """Label every dataset for which a stage 2 config reads pseudo labels.

    Those that this checkpoint has labelled already are left as they are.

    Args:
        cfg (Config): The config of stage 2.
        checkpoint (str): The MAP's checkpoint.
        **kwargs: As for :func:`pseudo_label`.

    Returns:
        dict[str, PseudoLabels]: The labels by file.

    Raises:
        InputError: If the config reads none, or reads one file twice for
            different images, or if one cannot be written.
    """
    parts = parts_to_label(cfg)
    files = [part['label_file'] for part in parts]
    twice = [path for path in files if files.count(path) > 1]
    if twice:
        raise InputError(
            f'{cfg.filename} reads {twice[0]} for '
            f'{files.count(twice[0])} datasets; give each a '
            'label_file of its own'
        )
    for path in files:
        check_out_file(path)
    return {
        part['label_file']: pseudo_label(
            cfg,
            checkpoint,
            part['label_file'],
            part['dataset'],
            keep=True,
            **kwargs,
        )
        for part in parts
    }


@contextmanager
def _one_thread(device: torch.device):
    """Compute as every process does, however many there are.

    Sums of floating point numbers depend on how they are cut into parts.
    """
    before = torch.get_num_threads()
    if device.type == 'cpu':
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _label_batches(
    model: torch.nn.Module,
    dataset,
    batches: dict[int, Sequence[int]],
    num_workers: int,
    device: torch.device,
    num_processes: int | None,
) -> Generator[LabelledBatch, None, None]:
    """Label batches, in this process or in several."""
    if num_processes is None:
        num_processes = torch.get_num_threads() if device.type == 'cpu' else 1
    num_processes = min(num_processes, len(batches))
    if num_processes > 1:
        yield from _label_in_processes(
            model, dataset, batches, num_workers, device, num_processes
        )
    else:
        with _one_thread(device):
            yield from _predict(model, dataset, batches, num_workers, device)


def _predict(
    model: BaseModel,
    dataset,
    batches: dict[int, Sequence[int]],
    num_workers: int,
    device: torch.device,
) -> Iterator[LabelledBatch]:
    """Run the model over batches.

    Raises:
        InputError: If it predicts no attributes, or no finite ones.
    """
    loader = DataLoader(
        dataset,
        batch_sampler=[list(batch) for batch in batches.values()],
        num_workers=num_workers,
        collate_fn=pseudo_collate,
        worker_init_fn=end_with_parent,
    )
    model.to(device)
    waiting = None
    for number, batch in zip(batches, loader, strict=True):
        with torch.inference_mode():
            samples = model.test_step(batch)
            if 'pred_attribute_scores' not in samples[0]:
                raise InputError(
                    'the config describes a model that predicts no '
                    'attributes; name the config and checkpoint of a MAP'
                )
            result = (
                number,
                samples,
                torch.stack([s.pred_attributes for s in samples]),
                torch.stack([s.pred_attribute_scores for s in samples]),
            )
        # One batch late, so that an accelerator never waits for the disk.
        if waiting:
            yield _as_lists(*waiting)
        waiting = result
    if waiting:
        yield _as_lists(*waiting)


def _as_lists(
    number: int,
    samples: list[DataSample],
    values: torch.Tensor,
    scores: torch.Tensor,
) -> LabelledBatch:
    scores = scores.cpu()
    if not scores.isfinite().all():
        names = (f'an image of batch {number}' for _ in samples)
        raise InputError(
            next(filter(None, map(find_infinite, samples, names)))
        )
    # Double: a rounded float32 would be written with all its digits.
    return (
        number,
        values.tolist(),
        scores.double().round(decimals=6).tolist(),
    )


def _label_in_processes(
    model: torch.nn.Module,
    dataset,
    batches: dict[int, Sequence[int]],
    num_workers: int,
    device: torch.device,
    num_processes: int,
) -> Iterator[LabelledBatch]:
    """Label batches in processes of their own; this one collects."""
    # A forked process is there at once, but cannot use a GPU.
    forked = sys.platform == 'linux' and device.type == 'cpu'
    # Any: that a context has processes is not declared.
    context: Any = torch.multiprocessing.get_context(
        'fork' if forked else 'spawn'
    )
    numbers = list(batches)
    receivers, processes = [], []
    for rank in range(num_processes):
        share = {n: batches[n] for n in numbers[rank::num_processes]}
        loaders = num_workers // num_processes + (
            rank < num_workers % num_processes
        )
        receiver, sender = context.Pipe(duplex=False)
        receivers.append(receiver)
        process = context.Process(
            target=_label_share,
            args=(
                sender,
                receivers if forked else (),
                model,
                dataset,
                share,
                loaders,
                device,
            ),
        )
        process.start()
        processes.append(process)
        sender.close()
    try:
        yield from _collect(receivers)
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        for process in processes:
            process.join()


def _collect(receivers: Iterable[Connection]) -> Iterator[LabelledBatch]:
    """Gather what the processes send until all have said that they ended."""
    running = list(receivers)
    while running:
        for receiver in wait(running):
            assert isinstance(receiver, Connection)
            try:
                message = receiver.recv()
            except EOFError:
                raise InputError(
                    'a labelling process ended before its work was done, '
                    'probably for want of memory; what is labelled is kept, '
                    'so run the same command again, with fewer processes'
                ) from None
            if isinstance(message, InputError):
                raise message
            if message is None:
                running.remove(receiver)
            else:
                yield message


def _label_share(
    sender: Connection,
    inherited: Sequence[Connection],
    model: torch.nn.Module,
    dataset,
    batches: dict[int, Sequence[int]],
    num_workers: int,
    device: torch.device,
) -> None:
    """What one labelling process does."""
    end_with_parent()
    # Were these ends open here too, a process would not notice that the one
    # which collects has been killed.
    for receiver in inherited:
        receiver.close()
    try:
        with _one_thread(device):
            for message in _predict(
                model, dataset, batches, num_workers, device
            ):
                sender.send(message)
        sender.send(None)
    except InputError as error:
        sender.send(error)
    except BrokenPipeError:
        pass
