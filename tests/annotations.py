"""Annotation files of WBCAtt's kind for tests."""

import csv

from daffnet_lite.structures import WBC_ATTRIBUTES


def write_annotations(path, rows):
    """Write a file of WBCAtt's kind."""
    with open(path, 'w', newline='') as file:
        writer = csv.DictWriter(
            file, ['img_name', 'label', *WBC_ATTRIBUTES, 'path']
        )
        writer.writeheader()
        writer.writerows(rows)


def annotation(label, number):
    """A row for an image of ``pbc_root``; number n has every n-th value."""
    name = f'{label.upper()}_{number}.jpg'
    values = {
        attribute: values[number % len(values)]
        for attribute, values in WBC_ATTRIBUTES.items()
    }
    return dict(
        values,
        img_name=name,
        label=label.capitalize(),
        path=f'PBC_dataset_normal_DIB/{label}/{name}',
    )
