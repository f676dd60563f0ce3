from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from daffnet_lite.fileio.image_reading import read_image
from daffnet_lite.fileio.json_files import plain_values
from daffnet_lite.fileio.names import printable
from daffnet_lite.utils.rounding import rounded_down

from .pictures import picture_of
from .rows import as_row

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class CellResult(dict):
    """What a model says of one cell.

    A dict, as MMPretrain's inferencers give it, with the keys that
    :meth:`daffnet_mm.apis.WBCInferencer.__call__` names, which can show
    itself.

    Args:
        values (Mapping): The keys and their values.
        classes (Sequence[str]): The cell types that the model knows, in the
            order of ``pred_scores``.
        reading (Mapping, optional): How its image is read to be shown:
            ``bit_depth`` and ``max_pixels``. Defaults to None: as usual.

    Examples:
        >>> from daffnet_mm.apis import WBCInferencer
        >>> cell = WBCInferencer()('cell.jpg')[0]
        >>> cell
        CellResult(cell.jpg: neutrophil 99.8 %, 11 attributes)
        >>> cell['pred_class'], cell.to_frame().columns[:2].tolist()
        ('neutrophil', ['image', 'cell_type'])
    """

    def __init__(
        self,
        values: Mapping,
        classes: Sequence[str],
        reading: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(values)
        self.classes = tuple(classes)
        self._reading = dict(reading or {})

    def to_dict(self) -> dict[str, Any]:
        """Give all as plain values, which JSON can hold."""
        return plain_values(self)

    def to_row(self) -> dict[str, Any]:
        """Give the columns of the table that ``daffnet predict`` writes."""
        return as_row(dict(self, image=self['image'] or ''), self.classes)

    def to_frame(self) -> 'DataFrame':
        """Give that row as a frame.

        Returns:
            DataFrame: Of one row; ``pandas.concat`` joins those of several.
        """
        from pandas import DataFrame

        return DataFrame([self.to_row()])

    def plot(self) -> 'Figure':
        """Draw the image, if it lies in a file, beside all probabilities.

        Returns:
            Figure: Of Matplotlib.
        """
        from matplotlib.figure import Figure

        found: list[tuple[str, float]] = [
            *zip(self.classes, self['pred_scores'], strict=True)
        ]
        attributes = [
            (f'{name.replace("_", " ")}: {said["value"]}', said['probability'])
            for name, said in self.get('attributes', {}).items()
        ]
        figure = Figure(
            figsize=(9, 0.8 + 0.25 * (len(found) + len(attributes))),
            layout='constrained',
        )
        image_axes, axes = figure.subplots(1, 2, width_ratios=[1, 1.4])
        image_axes.axis('off')
        if self['image'] is not None:
            image_axes.imshow(
                read_image(self['image'], **self._reading).img[..., ::-1]
            )
        bars = [*found, *attributes]
        colours = ['#33507a'] * len(found) + ['#8fa9cc'] * len(attributes)
        places = np.arange(len(bars))
        axes.barh(places, [share for _, share in bars], color=colours)
        axes.set_yticks(places, [name for name, _ in bars])
        axes.invert_yaxis()
        axes.set(xlim=(0, 1), xlabel='probability')
        axes.spines[['top', 'right']].set_visible(False)
        figure.suptitle(self._told())
        return figure

    def _told(self) -> str:
        """The answer in a line."""
        percent = rounded_down(100 * float(self['pred_score']), 1)
        told = f'{self["pred_class"]} {percent} %'
        return f'{told} ({self["review"]})' if self['review'] else told

    def __repr__(self) -> str:
        name = 'image' if self['image'] is None else printable(self['image'])
        number = len(self.get('attributes', {}))
        attributes = f', {number} attributes' if number else ''
        return f'{type(self).__name__}({name}: {self._told()}{attributes})'

    def _repr_html_(self) -> str:
        rows = [('cell type', self['pred_class'], self['pred_score'])] + [
            (name.replace('_', ' '), said['value'], said['probability'])
            for name, said in self.get('attributes', {}).items()
        ]
        lines = ''.join(
            f'<tr><td>{escape(name)}</td><td>{escape(value)}</td>'
            f'<td>{rounded_down(float(share), 3)}</td></tr>'
            for name, value, share in rows
        )
        picture = caption = ''
        if self['image'] is not None:
            if address := picture_of(self['image'], **self._reading):
                picture = f'<img src="{address}" alt="">'
            caption = f'<caption>{escape(printable(self["image"]))}</caption>'
        review = escape(self['review'])
        again = f'<p>Look at again: {review}</p>' if review else ''
        return f'{picture}<table>{caption}{lines}</table>{again}'
