"""One vocabulary for the class folders of many laboratories."""

import re
import unicodedata
from collections.abc import Collection, Mapping

#: Names under which a cell type is found, beside its own. Case, separators
#: and plurals do not matter.
ALIASES: Mapping[str, tuple[str, ...]] = {
    'basophil': ('ba', 'bas', 'baso', 'basophile'),
    'eosinophil': ('eo', 'eos', 'eosi', 'eosino', 'eosinophile'),
    'erythroblast': ('erb', 'ebo', 'nrbc', 'nucleated red blood cell'),
    'ig': ('immature granulocyte',),
    'lymphoblast': ('lymphatic blast',),
    'lymphocyte': ('ly', 'lym', 'lymp', 'lymph', 'lympho'),
    'metamyelocyte': ('mmy', 'meta'),
    'monocyte': ('mo', 'mon', 'mono'),
    'myeloblast': ('myo', 'myeloid blast'),
    'myelocyte': ('my', 'myelo'),
    'neutrophil': ('ne', 'neu', 'neut', 'neutro', 'neutrophile'),
    'neutrophil_band': (
        'bne',
        'ngb',
        'band',
        'stab',
        'band neutrophil',
        'neutrophil banded',
        'neutrophile band',
    ),
    'neutrophil_segment': (
        'sne',
        'ngs',
        'seg',
        'segment',
        'segmented neutrophil',
        'segment neutrophil',
        'neutrophil segmented',
        'neutrophil seg',
        'neutrophile segment',
        'neutrophile segmented',
    ),
    'normoblast': (),
    'platelet': ('plt', 'thrombocyte'),
    'promyelocyte': ('pmy', 'promyelo'),
}

#: The common type to which a finer one belongs.
COARSER: Mapping[str, str] = {
    'metamyelocyte': 'ig',
    'myelocyte': 'ig',
    'neutrophil_band': 'neutrophil',
    'neutrophil_segment': 'neutrophil',
    'normoblast': 'erythroblast',
    'promyelocyte': 'ig',
}


def plain(name: str) -> str:
    """Strip a name of case, separators and plurals.

    Args:
        name (str): As somebody wrote it, such as ``'Band_Neutrophils'``.

    Returns:
        str: What is compared, such as ``'bandneutrophil'``.
    """
    words = re.findall(
        r'[^\W_]+', unicodedata.normalize('NFKC', name).casefold()
    )
    return ''.join(word.removesuffix('s') for word in words)


_CLASS_OF = {
    plain(alias): name
    for name, aliases in ALIASES.items()
    for alias in (name, *aliases)
}


def among(label: str, classes: Collection[str]) -> str | None:
    """Find a cell type, or the coarser one that holds it, among classes.

    Args:
        label (str): A cell type of :data:`ALIASES`, or any class name.
        classes (Collection[str]): The classes to choose from.

    Returns:
        str | None: One of ``classes``; None if the type is not among them.

    Examples:
        >>> among('neutrophil_band', ('monocyte', 'neutrophil'))
        'neutrophil'
    """
    if label in classes:
        return label
    coarser = COARSER.get(label)
    return coarser if coarser in classes else None


def canonical_class(name: str, classes: Collection[str]) -> str | None:
    """Find the class that a name means.

    Args:
        name (str): The name of a folder or of a label in an annotation file.
        classes (Collection[str]): The classes to choose from. Their own names
            come before the aliases.

    Returns:
        str | None: One of ``classes``; None if the name means none of them.

    Examples:
        >>> canonical_class('BASOPHILS', ('basophil', 'monocyte'))
        'basophil'
        >>> canonical_class('SNE', ('monocyte', 'neutrophil'))
        'neutrophil'
    """
    key = plain(name)
    for label in classes:
        if plain(label) == key:
            return label
    found = _CLASS_OF.get(key)
    return None if found is None else among(found, classes)
