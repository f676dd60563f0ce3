"""What one attribute says about another."""

#: A cell has all of these values or none of them: where there is no
#: granularity, there are no granules to have a type or a colour. WBCAtt's
#: annotators break the rule in 3 of the 7,199 published train and val cells.
EQUIVALENT_VALUES = {
    'granule_type': 'nil',
    'granule_colour': 'nil',
    'granularity': 'no',
}
