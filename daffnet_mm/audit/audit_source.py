"""What an audit looks at: samples, and where they come from."""

from dataclasses import dataclass, field

from .image_check import Box


@dataclass
class AuditSample:
    """One image, or one box in an image, as one source lists it.

    Attributes:
        name (str): What split and group files call it.
        path (str): The file.
        label (str): The cell type.
        group (str): What it must not be parted from.
        parts (set[str]): The parts of the split that hold it: none where the
            source is not split, several where the split leaks.
        box (tuple, optional): x1, y1, x2, y2 in pixels.
    """

    name: str
    path: str
    label: str
    group: str
    parts: set[str] = field(default_factory=set)
    box: Box = None


@dataclass
class AuditSource:
    """One dataset: a folder, or all that a config says of it.

    Attributes:
        title (str): How the report calls it; unique in an audit.
        release (str): The line of ``published_counts.csv`` to hold it
            against, if there is one.
        location (str): The folder or config.
        roots (list[str]): The folders that hold the images; none where the
            images are those of another source.
        samples (list[AuditSample]): Its samples.
        masks (set[str]): Files that are masks of the samples.
        attributes (dict[str, dict]): Attribute values by file, where the
            source has them.
        classes (set[str]): The classes that the config selects; empty for
            all.
        faults (list[str]): A sentence for each folder, link or name that
            cannot be used.
    """

    title: str
    release: str
    location: str
    roots: list[str]
    samples: list[AuditSample]
    masks: set[str] = field(default_factory=set)
    attributes: dict[str, dict] = field(default_factory=dict)
    classes: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)

    def key(self, sample: AuditSample) -> str:
        """Name a sample among those of all sources."""
        return f'{self.title}/{sample.name}'


def unique_title(title: str, taken: list[AuditSource]) -> str:
    """Number a title if another source has it already."""
    titles = {source.title for source in taken}
    number, unique = 1, title
    while unique in titles:
        number += 1
        unique = f'{title} ({number})'
    return unique
