from .attributes import (
                         ATTRIBUTE_SIZES,
                         PBC8_CLASSES,
                         POSITIVE_VALUES,
                         UNKNOWN,
                         WBC5_CLASSES,
                         WBC_ATTRIBUTES,
)

__all__ = [
    'ATTRIBUTE_SIZES', 'PBC8_CLASSES', 'POSITIVE_VALUES', 'UNKNOWN',
    'WBC5_CLASSES', 'WBC_ATTRIBUTES'
]
