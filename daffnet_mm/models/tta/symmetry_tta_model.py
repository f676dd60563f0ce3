import torch
from mmengine.model.test_time_aug import DATA_BATCH
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from .attribute_tta_model import AttributeTTAModel

#: Quarter turns and, if so, a flip behind them. A flip along each axis, one
#: along both and none; with quarter turns, all symmetries of the square.
VIEWS = {
    'flips': ((0, False), (0, True), (2, False), (2, True)),
    'symmetries': tuple(
        (turns, flip) for turns in range(4) for flip in (False, True)
    ),
}


@MODELS.register_module()
class SymmetryTTAModel(AttributeTTAModel):
    """Average over flips and turns of the images, made on the device.

    A cell's type and attributes do not depend on how it lies on the slide.
    The views are made of the preprocessed batch, so each image is read,
    resized and copied to the device once, and the pipeline stays the test
    pipeline: ``tta_pipeline = test_pipeline``.

    Args:
        module (dict | nn.Module): The model or its config.
        views (str): ``'flips'`` for four views or ``'symmetries'`` for all
            eight symmetries of the square. Defaults to ``'symmetries'``.
        data_preprocessor (dict, optional): That of the model, where it does
            not have one. Defaults to None.

    Raises:
        ValueError: If ``views`` is neither.

    Examples:
        >>> tta_model = dict(type='SymmetryTTAModel', views='symmetries')
        >>> tta_pipeline = test_pipeline
    """

    def __init__(self, module, views='symmetries', data_preprocessor=None):
        super().__init__(module, data_preprocessor)
        if views not in VIEWS:
            raise ValueError(
                f'views={views!r} must be one of {", ".join(VIEWS)}'
            )
        self.views = VIEWS[views]

    def test_step(self, data: DATA_BATCH) -> list[DataSample]:
        """Predict a batch.

        Args:
            data (dict): A batch of the data loader, ``inputs`` and
                ``data_samples``, not augmented.

        Returns:
            list[DataSample]: The samples, with the merged predictions.
        """
        data = self.module.data_preprocessor(data, False)
        inputs, samples = data['inputs'], data.get('data_samples')
        predictions = []
        for turns, flip in self.views:
            view = torch.rot90(inputs, turns, dims=(2, 3))
            if flip:
                view = view.flip(3)
            copies = None if samples is None else [s.new() for s in samples]
            predictions.append(self.module(view, copies, mode='predict'))
        return self.merge_preds(list(zip(*predictions, strict=True)))
