"""Find and predict the cells of several fields, one after the other."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from daffnet_lite.answers import Inferencer
from daffnet_lite.boxes import GivenBox
from daffnet_lite.cropping.boxes import check_margin
from daffnet_lite.errors import InputError, InputWarning
from daffnet_lite.fileio.image_folders import ImageListing
from daffnet_lite.fileio.image_reading import group_remarks
from daffnet_lite.fileio.names import file_stems
from daffnet_lite.intake.laboratory_pipeline import SAMPLE

from .cutting import crop_path
from .field_answers import FieldAnswers, crop_names
from .field_result import FieldResult
from .finding import FieldWork
from .predicting import classify, find_cut, pair


def predict_fields(
    inferencer: Inferencer,
    listing: ImageListing,
    given: Mapping[str, list[GivenBox]] | None,
    margin: float | None,
    work: Path,
    num_workers: int,
    batch_size: int,
    reading: Mapping[str, Any],
) -> FieldAnswers:
    """Predict the cells of fields.

    All crops are predicted together, so that a laboratory's scale and stain
    are estimated on all of them. In the memory there is a field a process,
    and what is said of each cell.

    Args:
        inferencer (Inferencer): The classifier.
        listing (ImageListing): The fields.
        given (Mapping, optional): Boxes by field, where a detector has found
            the cells; a field that is not among them has none. None: cells
            are segmented.
        margin (float, optional): As for
            :func:`~daffnet_lite.fields.predict_field`.
        work (Path): A folder for the crops, which are put into ``crops``
            there, a folder a type.
        num_workers (int): Processes.
        batch_size (int): Cells at once.
        reading (Mapping): ``bit_depth`` and ``max_pixels``.

    Returns:
        FieldAnswers: The cells.

    Raises:
        InputError: If no field can be read.
    """
    check_margin(margin)
    fields = listing.images
    crops = work / 'found'
    stems = dict(zip(fields, file_stems(fields), strict=True))
    pool = FieldWork(num_workers, reading)
    found = pool.find(fields, given)
    cut = find_cut(
        inferencer,
        margin,
        lambda: pool.look(found.values(), SAMPLE),
    )
    pool.cut(
        found, {field: crops / stem for field, stem in stems.items()}, cut
    )
    errors = list(listing.faults)
    errors += [
        found[field].refused for field in fields if found[field].refused
    ]
    read = [field for field in fields if not found[field].refused]
    if not read:
        for error in errors[1:]:
            warnings.warn(error, InputWarning, stacklevel=2)
        raise InputError(f'no field can be read: {errors[0]}')
    remarks = group_remarks(
        (field, remark) for field in read for remark in found[field].remarks
    )
    remarks += cut.remarks
    for remark in remarks:
        warnings.warn(remark, InputWarning, stacklevel=2)
    answers, said = classify(
        inferencer,
        [
            str(crop_path(crops / stems[field], number))
            for field in read
            for number in range(len(found[field].boxes))
        ],
        batch_size,
    )
    waiting = iter(answers)
    results = []
    for field in read:
        boxes = found[field].boxes
        told = [next(waiting) for _ in boxes]
        cells, without = pair(boxes, told)
        result = FieldResult(
            field,
            found[field].shape,
            tuple(inferencer.classes),
            cells,
            # The crop's folder is no longer there when this is read.
            tuple(text.replace(f'{crops}/', '') for text in without),
        )
        results.append(result)
        whole = [
            n for n, answer in enumerate(told) if isinstance(answer, dict)
        ]
        for number, name in zip(
            whole, crop_names(result, stems[field]), strict=True
        ):
            place = work / 'crops' / name
            place.parent.mkdir(parents=True, exist_ok=True)
            crop_path(crops / stems[field], number).rename(place)
    return FieldAnswers(
        results,
        [stems[field] for field in read],
        inferencer.classes,
        errors,
        [*remarks, *said],
    )
