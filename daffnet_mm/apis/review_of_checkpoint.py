import torch

from daffnet_lite.errors import InputError
from daffnet_lite.review import ReviewRule
from daffnet_mm.models.utils import decision_layer

#: Where a checkpoint's ``meta`` keeps the rule.
REVIEW = 'review'


def review_of_checkpoint(
    model: torch.nn.Module, meta: dict, source: str
) -> ReviewRule:
    """Find by which rule a model's answers are reviewed.

    Args:
        model (nn.Module): The model.
        meta (dict): What its checkpoint says of itself.
        source (str): The checkpoint's name, for the message.

    Returns:
        ReviewRule: That of the checkpoint; without one, what goes by the
        probability alone.

    Raises:
        InputError: If the checkpoint's rule is damaged, or another model's.
    """
    if meta.get(REVIEW) is None:
        return ReviewRule.unfitted()
    try:
        rule = ReviewRule.from_dict(meta[REVIEW])
        if rule.open_set is not None:
            own = decision_layer(model).in_features
            fitted = rule.open_set.means.shape[1]
            if own != fitted:
                raise InputError(
                    f'it is for {fitted} features, but the model has {own}'
                )
    except InputError as error:
        raise InputError(
            f'{source} has a review rule that cannot be used ({error}): fit '
            'it anew with tools/analysis_tools/fit_review.py'
        ) from error
    return rule


def keep_review(rule: ReviewRule, seen: list[str], meta: dict) -> None:
    """Put a rule into what a checkpoint says of itself.

    Args:
        rule (ReviewRule): The rule.
        seen (list[str]): Names of the other kinds' images that it was fitted
            to, so that nobody measures it on them unawares.
        meta (dict): Its ``meta``, which is changed.
    """
    values = rule.to_dict()
    if values['open_set'] is not None:
        # Tensors are what every PyTorch loads without running code.
        values['open_set'] = {
            name: torch.as_tensor(value) if hasattr(value, 'dtype') else value
            for name, value in values['open_set'].items()
        }
    meta[REVIEW] = dict(values, seen=seen)


def images_seen(meta: dict) -> set[str]:
    """Name the images of other kinds that a checkpoint's rule was fitted to.

    Args:
        meta (dict): What the checkpoint says of itself.

    Returns:
        set[str]: Their file names; empty without a rule.
    """
    rule = meta.get(REVIEW)
    seen = rule.get('seen') if isinstance(rule, dict) else None
    return set(map(str, seen)) if isinstance(seen, list) else set()
