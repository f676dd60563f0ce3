"""The eleven morphological attributes of WBCAtt, and cell types.

Source: Tsutsui et al., "WBCAtt: A White Blood Cell Dataset Annotated with
Detailed Morphological Attributes", NeurIPS 2023. Attributes stand in the order
of the published files, values in alphabetical order; a value's place in its
tuple is its index in ``gt_attributes`` and ``pred_attributes``.
"""

#: Attribute names and their values; index 0 of each tuple is value 0.
WBC_ATTRIBUTES = {
    'cell_size': ('big', 'small'),
    'cell_shape': ('irregular', 'round'),
    'nucleus_shape': (
        'irregular',
        'segmented-bilobed',
        'segmented-multilobed',
        'unsegmented-band',
        'unsegmented-indented',
        'unsegmented-round',
    ),
    'nuclear_cytoplasmic_ratio': ('high', 'low'),
    'chromatin_density': ('densely', 'loosely'),
    'cytoplasm_vacuole': ('no', 'yes'),
    'cytoplasm_texture': ('clear', 'frosted'),
    'cytoplasm_colour': ('blue', 'light blue', 'purple blue'),
    'granule_type': ('coarse', 'nil', 'round', 'small'),
    'granule_colour': ('nil', 'pink', 'purple', 'red'),
    'granularity': ('no', 'yes'),
}

#: How many values each attribute has: 31 in all.
ATTRIBUTE_SIZES = tuple(len(values) for values in WBC_ATTRIBUTES.values())

#: The value that a binary attribute's precision and recall speak of. It is
#: the rarer one, as solving the figures of DAFFNet's Table 5 shows.
POSITIVE_VALUES = {
    'cell_size': 'small',
    'cell_shape': 'irregular',
    'nuclear_cytoplasmic_ratio': 'high',
    'chromatin_density': 'loosely',
    'cytoplasm_vacuole': 'yes',
    'cytoplasm_texture': 'frosted',
    'granularity': 'no',
}

#: What one attribute says about another: a cell has all of these values or
#: none of them, for where there is no granularity, there are no granules to
#: have a type or a colour. WBCAtt's annotators break the rule in 3 of the
#: 7,199 published train and val cells.
EQUIVALENT_VALUES = {
    'granule_type': 'nil',
    'granule_colour': 'nil',
    'granularity': 'no',
}

#: The index of an attribute value that nobody annotated.
UNKNOWN = -1

#: The five types of mature white blood cells, which WBCAtt annotates.
WBC5_CLASSES = (
    'basophil',
    'eosinophil',
    'lymphocyte',
    'monocyte',
    'neutrophil',
)

#: PBC's eight classes; ``ig`` are the immature granulocytes.
PBC8_CLASSES = (
    'basophil',
    'eosinophil',
    'erythroblast',
    'ig',
    'lymphocyte',
    'monocyte',
    'neutrophil',
    'platelet',
)
