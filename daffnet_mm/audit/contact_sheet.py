"""One cell of each class and dataset side by side, as in Fig. 5."""

import hashlib
from collections.abc import Mapping, Sequence

from PIL import Image

from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.structures import WBC5_CLASSES
from daffnet_mm.visualization import save_figure

from .audit_source import AuditSample, AuditSource
from .image_check import ImageFacts

#: Side of one picture, in inches and, at 150 points an inch, in pixels.
_INCHES = 1.2
_DPI = 150


def draw_contact_sheet(
    path: str,
    sources: Sequence[AuditSource],
    facts: Mapping[str, ImageFacts],
    reading: Mapping[str, int | None] | None = None,
) -> None:
    """Draw a cell of each class (columns) and dataset (rows).

    Which cell of a class is drawn depends on the file names alone, so that
    the sheet is the same each time.

    Args:
        path (str): The PNG to write.
        sources (Sequence[AuditSource]): The datasets.
        facts (Mapping[str, ImageFacts]): By file; faulty ones are not drawn.
        reading (Mapping, optional): ``bit_depth`` and ``max_pixels`` of
            :func:`read_image`. Defaults to None: their defaults.
    """
    # Not pyplot: it would choose a window system for the whole process.
    from matplotlib.figure import Figure

    labels = {sample.label for source in sources for sample in source.samples}
    # The five of routine blood first, as in the figure.
    columns = [label for label in WBC5_CLASSES if label in labels]
    columns += sorted(labels.difference(WBC5_CLASSES))
    figure = Figure(
        figsize=(_INCHES * (len(columns) + 1), _INCHES * len(sources) + 0.3),
        layout='constrained',
    )
    axes = figure.subplots(len(sources), len(columns), squeeze=False)
    for row, source in zip(axes, sources, strict=True):
        row[0].set_ylabel(source.title, fontsize=8)
        for axis, label in zip(row, columns, strict=True):
            axis.set_xticks([])
            axis.set_yticks([])
            sample = _choose(source, label, facts)
            if sample is None:
                axis.set_frame_on(False)
            else:
                axis.imshow(_picture(sample, reading or {}))
    for axis, label in zip(axes[0], columns, strict=True):
        axis.set_title(label.replace('_', '\n'), fontsize=8)
    save_figure(figure, path, _DPI)


def _choose(
    source: AuditSource, label: str, facts: Mapping[str, ImageFacts]
) -> AuditSample | None:
    return min(
        (
            sample
            for sample in source.samples
            if sample.label == label and facts[sample.path].fault is None
        ),
        key=lambda sample: hashlib.sha256(
            sample.name.encode('utf-8', 'surrogateescape')
        ).digest(),
        default=None,
    )


def _picture(sample: AuditSample, reading: Mapping) -> Image.Image:
    side = round(_INCHES * _DPI)
    img = read_image(sample.path, side, sample.box, **reading).img
    image = Image.fromarray(img[..., ::-1])
    image.thumbnail((side, side))
    return image
