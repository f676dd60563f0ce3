"""A field taken for the picture of one cell is not to go unnoticed."""

from collections.abc import Sequence

from daffnet_lite.fileio.names import printable
from daffnet_lite.review import CRITERIA

#: Reasons to review an answer that say so.
_NOT_ONE_CELL = {CRITERIA[name].reason for name in ('nucleus', 'cells')}


def is_one_cell(review: str) -> bool:
    """Say whether an answer may be of one white cell.

    Args:
        review (str): Why it should be looked at again.

    Returns:
        bool: False where a reason is that there is no cell, or several.
    """
    return _NOT_ONE_CELL.isdisjoint(review.split('; '))


def describe_fields(review: Sequence[dict], total: int) -> list[str]:
    """Say which images do not show one white cell.

    Args:
        review (Sequence[dict]): ``image`` and ``review`` of the answers to
            look at again.
        total (int): How many answers there are.

    Returns:
        list[str]: One sentence, or none.
    """
    named = [
        printable(row['image'] or 'the image')
        for row in review
        if not is_one_cell(row['review'])
    ]
    if not named:
        return []
    where, uncounted = f'in {named[0]}', ''
    if total > 1:
        uncounted = ', but left out of the count'
        where = f'in {len(named)} of the {total} images, such as {named[0]}'
    sentence = (
        f'several white cells or none are to be seen {where}; the answer is '
        f'as of one cell all the same{uncounted}, and whole fields of a smear '
        'are for `daffnet fields`'
    )
    return [sentence]
