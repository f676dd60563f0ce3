"""A field taken for the picture of one cell is not to go unnoticed."""

from collections.abc import Sequence

from daffnet_lite.fileio.names import printable
from daffnet_lite.review import CRITERIA

#: Reasons to review an answer that say so.
_NOT_ONE_CELL = {CRITERIA[name].reason for name in ('nucleus', 'cells')}


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
        if not _NOT_ONE_CELL.isdisjoint(row['review'].split('; '))
    ]
    if not named:
        return []
    where = f'in {named[0]}'
    if total > 1:
        where = f'in {len(named)} of the {total} images, such as {named[0]}'
    sentence = (
        f'several white cells or none are to be seen {where}; the answer is '
        'as of one cell all the same, and whole fields of a smear are for '
        '`daffnet fields`'
    )
    return [sentence]
