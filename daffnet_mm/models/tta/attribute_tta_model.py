from collections.abc import Sequence

import torch
from mmengine.model import BaseTTAModel
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from ..heads import find_map_head


@MODELS.register_module()
class AttributeTTAModel(BaseTTAModel):
    """Average what a model says about several views of a cell.

    For MAPs, for :class:`DAFFNet` and for plain classifiers: the attribute
    probabilities and the class probabilities of the views are averaged, and
    the values are picked from the averages as the model's own head does
    (with its ``joint_decoding``).

    The views come from the pipeline (``TestTimeAug``), as with MMPretrain's
    ``AverageClsScoreTTA``. For views that are flips or turns,
    :class:`SymmetryTTAModel` is faster.

    Args:
        module (dict | nn.Module): The model or its config.
        data_preprocessor (dict, optional): That of the model, where it does
            not have one. Defaults to None.

    Examples:
        >>> tta_model = dict(type='AttributeTTAModel')
        >>> tta_pipeline = [
        ...     *test_pipeline[:-1],
        ...     dict(
        ...         type='TestTimeAug',
        ...         transforms=[
        ...             [dict(type='RandomFlip', prob=p) for p in (0., 1.)],
        ...             [test_pipeline[-1]]
        ...         ])
        ... ]
    """

    def merge_preds(
        self, data_samples_list: Sequence[Sequence[DataSample]]
    ) -> list[DataSample]:
        """Merge the views of each cell.

        Args:
            data_samples_list (Sequence[Sequence[DataSample]]): Of each cell
                the predictions for its views.

        Returns:
            list[DataSample]: The first view's sample of each cell, with the
            merged prediction.
        """
        merged = [views[0].new() for views in data_samples_list]
        if 'pred_score' in merged[0]:
            for sample, views in zip(merged, data_samples_list, strict=True):
                score = torch.stack([v.pred_score for v in views]).mean(0)
                sample.set_pred_score(score).set_pred_label(
                    score.argmax(dim=0, keepdim=True)
                )
        if 'pred_attribute_scores' in merged[0]:
            scores = [
                torch.stack([v.pred_attribute_scores for v in views]).mean(0)
                for views in data_samples_list
            ]
            head = find_map_head(self.module)
            assert head is not None
            head.set_attributes(torch.stack(scores), merged)
        return merged
