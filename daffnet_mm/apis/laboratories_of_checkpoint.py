from daffnet_lite.errors import InputError
from daffnet_lite.profiles import KnownLaboratories

#: Where a checkpoint's ``meta`` keeps them.
LABORATORIES = 'laboratories'


def laboratories_of_checkpoint(
    meta: dict, source: str
) -> KnownLaboratories | None:
    """Find which laboratories taught a model.

    Args:
        meta (dict): What its checkpoint says of itself.
        source (str): The checkpoint's name, for the message.

    Returns:
        KnownLaboratories | None: None where the checkpoint does not say.

    Raises:
        InputError: If what it says is damaged.
    """
    if meta.get(LABORATORIES) is None:
        return None
    try:
        return KnownLaboratories.from_dict(meta[LABORATORIES])
    except InputError as error:
        raise InputError(
            f'{source} has laboratories that cannot be used ({error}): name '
            'them anew with tools/analysis_tools/fit_laboratories.py'
        ) from error
