# Stage 1 with the auxiliary classifier behind the MAE's 128 values, as eq. (1)
# may be read: it writes the cell type's probability as mfec, the MFE with a
# layer of classification at its tail.
_base_ = [
    '../_base_/datasets/wbcatt.py',
    '../_base_/models/map.py',
    '../_base_/schedules/adam_100e.py',
]
model = dict(
    head=dict(
        encoder=dict(
            type='MorphologicalAttributeEncoder',
            # PyTorch's, as inside DAFFNet, not that of the head's layers.
            init_cfg=dict(
                type='Kaiming',
                layer='Linear',
                a=5**0.5,
                mode='fan_in',
                nonlinearity='leaky_relu',
                distribution='uniform',
            ),
        )
    )
)
default_hooks = dict(
    early_stopping=dict(monitor='attr/accuracy'),
    checkpoint=dict(save_best='attr/accuracy'),
)
