import copy
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import ceil
from os import PathLike, fspath
from typing import Any

import numpy as np

from daffnet_lite.answers import CellResult
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.intake import (
    ImageIntake,
    IntakeReports,
    LaboratoryPipeline,
    PreparedImage,
    no_answer,
)
from daffnet_lite.profiles import Profile, scale_temperature
from daffnet_lite.review import ReviewRule, Verdict

from .model_card import OUTPUTS, ModelCard
from .runtime import import_runtime
from .steps import build_step, chain


class OnnxClassifier(IntakeReports):
    """Tell cell types and attributes by an exported file, without PyTorch.

    It answers as :class:`~daffnet_mm.apis.WBCInferencer` does with the model
    that was exported.

    Args:
        path (str | Path): The file, as ``daffnet export`` writes it.
        bit_depth (int, optional): Bits that images of more than 8 bits use.
            Defaults to None: as the file says, else 16.
        max_pixels (int, optional): The most pixels of an image. Defaults to
            None: as the file says, else 80 million.
        profile (str | Path | Profile, optional): As for
            :class:`~daffnet_mm.apis.WBCInferencer`. Defaults to ``'auto'``.
        threads (int, optional): Threads that the network computes with.
            Defaults to None: one for each core; those of ``OMP_NUM_THREADS``
            where that is set.

    Raises:
        InputError: If there is no such file, it is none that can be run, or
            the runtime is not installed; if a profile is none, or the file
            takes none.

    Examples:
        >>> from daffnet_lite.onnx import OnnxClassifier
        >>> cell = OnnxClassifier('model.onnx')('cell.jpg')[0]
        >>> cell['pred_class'], cell['review']
        ('neutrophil', '')
    """

    def __init__(
        self,
        path: str | PathLike[str],
        bit_depth: int | None = None,
        max_pixels: int | None = None,
        profile: str | PathLike[str] | Profile | None = 'auto',
        threads: int | None = None,
    ) -> None:
        self._name = fspath(path)
        self._session = _open(self._name, threads)
        #: What the file says of itself.
        self.card = ModelCard.from_metadata(
            self._session.get_modelmeta().custom_metadata_map, self._name
        )
        self._check_network()
        #: The cell types, in the order of ``pred_scores``.
        self.classes: Sequence[str] = self.card.classes
        self._review = self.card.review or ReviewRule.unfitted()
        usual = self.card.reading
        reading = dict(
            min_edge=usual.min_edge,
            bit_depth=usual.bit_depth if bit_depth is None else bit_depth,
            max_pixels=usual.max_pixels if max_pixels is None else max_pixels,
        )
        self._reading = reading
        self._intake = self._take_in(profile)

    def with_profile(
        self, profile: str | PathLike[str] | Profile | None
    ) -> 'OnnxClassifier':
        """Answer with another profile, by the same network.

        Args:
            profile (str | Path | Profile, optional): As for the class.

        Returns:
            OnnxClassifier: Another one, which shares the network's memory.

        Raises:
            InputError: If the profile is none, or the file takes none.
        """
        other = copy.copy(self)
        other._intake = self._take_in(profile)
        return other

    def _take_in(
        self, profile: str | PathLike[str] | Profile | None
    ) -> ImageIntake:
        return ImageIntake(
            LaboratoryPipeline(
                self.card.steps,
                profile,
                build_step,
                chain,
                **self._reading,
                laboratories=self.card.laboratories,
            ),
            self._reading,
            self._review.needs_views,
            size=self.card.size,
        )

    def __call__(
        self,
        inputs: Any,
        batch_size: int = 32,
        skip_broken: bool = False,
        channel_order: str = 'bgr',
    ) -> list[CellResult]:
        """Predict.

        Args:
            inputs: As for :class:`~daffnet_mm.apis.WBCInferencer`.
            batch_size (int): Images at once. Defaults to 32.
            skip_broken (bool): Go on after an image that cannot be read;
                ``errors`` say why. Defaults to False.
            channel_order (str): Of arrays with colours: ``'bgr'`` or
                ``'rgb'``. Defaults to ``'bgr'``.

        Returns:
            list[CellResult]: As it returns them.

        Raises:
            InputError: If an image cannot be read, or there is none.
        """
        return list(
            self.stream(inputs, batch_size, skip_broken, channel_order)
        )

    def stream(
        self,
        inputs: Any,
        batch_size: int = 32,
        skip_broken: bool = False,
        channel_order: str = 'bgr',
    ) -> Iterator[CellResult]:
        """Predict images without end, and keep nothing of them.

        Args:
            inputs: As for a call.
            batch_size (int): Images at once. Defaults to 32.
            skip_broken (bool): As for a call. ``errors`` and ``warnings`` are
                complete when all is yielded.
            channel_order (str): As for a call. Defaults to ``'bgr'``.

        Yields:
            CellResult: As a call returns them, in the same order.

        Raises:
            InputError: If an image cannot be read, or there is none.
        """
        if not isinstance(batch_size, int) or batch_size < 1:
            raise InputError(
                f'batch_size={batch_size!r} must be a whole number above 0'
            )
        images = self._intake.list_images(inputs)
        batches = self._intake.batches(
            images, batch_size, skip_broken, channel_order
        )
        total = None
        if isinstance(images, list):
            total = ceil(len(images) / batch_size)
        for batch in _told(batches, total):
            errors = self.errors
            for prepared, result in zip(
                batch, self._predict(batch), strict=True
            ):
                if not _is_finite(result):
                    error = no_answer(prepared.name)
                    if not skip_broken:
                        raise InputError(error)
                    errors[prepared.place] = error
                    continue
                result['image'] = prepared.path
                yield CellResult(result, self.classes, self.reading)
        for sentence in self.warnings:
            warnings.warn(sentence, InputWarning, stacklevel=2)

    def inputs(
        self, inputs: Any, batch_size: int = 32, channel_order: str = 'bgr'
    ) -> Iterator[np.ndarray]:
        """Give what the network is given: images framed and scaled.

        Args:
            inputs: As for a call. What cannot be read is left out; ``errors``
                say why.
            batch_size (int): Images at once. Defaults to 32.
            channel_order (str): As for a call. Defaults to ``'bgr'``.

        Yields:
            np.ndarray: uint8 of shape (N, H, W, 3), BGR.
        """
        images = self._intake.list_images(inputs)
        for batch in self._intake.batches(
            images, batch_size, True, channel_order
        ):
            yield _stacked(batch)

    def run(self, pixels: np.ndarray) -> dict[str, np.ndarray]:
        """Run the network alone.

        Args:
            pixels (np.ndarray): What :meth:`inputs` gives.

        Returns:
            dict[str, np.ndarray]: What the network gives, by the names in
            ``OUTPUTS``.
        """
        given = self._session.run(self._outputs, {self._input: pixels})
        return dict(zip(self._outputs, given, strict=True))

    def _predict(self, batch: list[PreparedImage]) -> Iterator[dict]:
        """Predict a batch, and say of which answers to think twice."""
        found = self.run(_stacked(batch))
        scores = found['class_probabilities']
        views = [p.view for p in batch if p.view is not None]
        verdicts = self._review.judge(
            views if self._review.needs_views else None,
            scores.max(1),
            found.get('features'),
        )
        # Limits were chosen on probabilities as they are.
        found['class_probabilities'] = scale_temperature(
            scores, self._intake.reports.temperature
        )
        for index, verdict in enumerate(verdicts):
            yield self._result(found, index, verdict)

    def _result(
        self, found: dict[str, np.ndarray], index: int, verdict: Verdict
    ) -> dict:
        """Put one answer into words."""
        scores = found['class_probabilities'][index]
        label = int(scores.argmax())
        result: dict[str, Any] = dict(
            pred_scores=scores,
            pred_label=label,
            pred_score=float(scores[label]),
            pred_class=self.classes[label],
            review=verdict.review,
            review_score=verdict.score,
        )
        if self.card.attributes:
            of_values = found['attribute_probabilities'][index]
            place = 0
            attributes = {}
            for (name, values), value in zip(
                self.card.attributes.items(),
                found['attribute_values'][index].tolist(),
                strict=True,
            ):
                attributes[name] = dict(
                    value=values[value],
                    probability=float(of_values[place + value]),
                )
                place += len(values)
            result['attributes'] = attributes
        return result

    def _check_network(self) -> None:
        """Refuse a file whose network is another than its card says."""
        card = self.card
        inputs, outputs = (
            {place.name: place.shape for place in places}
            for places in (
                self._session.get_inputs(),
                self._session.get_outputs(),
            )
        )
        wanted = dict(
            class_probabilities=len(card.classes),
            attribute_probabilities=sum(map(len, card.attributes.values())),
            attribute_values=len(card.attributes),
        )
        rule = card.review and card.review.open_set
        if rule:
            wanted['features'] = rule.means.shape[1]
        sizes = {name: shape[1:] for name, shape in outputs.items()}
        fits = len(inputs) == 1 and next(iter(inputs.values()))[1:] == [
            *card.size,
            3,
        ]
        fits &= all(
            sizes.get(name) == [number]
            for name, number in wanted.items()
            if number
        )
        if not fits:
            raise InputError(
                f'{self._name} holds another network than its metadata say: '
                f'it takes {inputs} and gives {outputs}; export it again'
            )
        (self._input,) = inputs
        self._outputs = [name for name in OUTPUTS if name in outputs]


def _stacked(batch: list[PreparedImage]) -> np.ndarray:
    return np.stack([prepared.data['img'] for prepared in batch])


def _is_finite(result: dict) -> bool:
    return bool(
        np.isfinite(result['pred_scores']).all()
        and all(
            np.isfinite(attribute['probability'])
            for attribute in result.get('attributes', {}).values()
        )
    )


def _open(path: str, threads: int | None) -> Any:
    if not os.path.isfile(path):
        raise InputError(
            f'{path} does not exist: make it by `daffnet export --out FILE`'
            if not os.path.lexists(path)
            else f'{path} is no file, but an exported model is expected'
        )
    try:
        onnxruntime = import_runtime()
    except ImportError as error:
        raise InputError(
            f'{path} is run by ONNX Runtime, which is not installed '
            f'({error}): run `pip install "daffnet-mm[lite]"`'
        ) from error
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if threads is None:
        with suppress(KeyError, ValueError):
            threads = int(os.environ['OMP_NUM_THREADS'])
    if threads:
        options.intra_op_num_threads = threads
    try:
        return onnxruntime.InferenceSession(
            path, options, providers=['CPUExecutionProvider']
        )
    # It raises what it likes, and says what it found in the text.
    except Exception as error:
        reason = ' '.join(str(error).split())
        raise InputError(
            f'{path} is no ONNX file that can be run here ({reason:.200}): '
            'export it again'
        ) from error


def _told(batches: Iterator, total: int | None) -> Iterator:
    """Show the progress of more than one batch, or of who knows how many."""
    if total == 1:
        return batches
    from rich.progress import track

    return iter(track(batches, 'Inference', total=total))
