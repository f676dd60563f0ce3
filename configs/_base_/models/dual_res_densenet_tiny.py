# The same network for CPUs, from scratch: a narrow ResNet18 and a narrow,
# shallow DenseNet, up to their third stage.
_base_ = './dual_res_densenet.py'
model = dict(
    backbone=dict(
        resnet=dict(
            depth=18,
            base_channels=32,
            stem_channels=32,
            init_cfg=_base_.from_scratch,
        ),
        densenet=dict(
            arch=dict(
                _delete_=True,
                growth_rate=16,
                depths=[2, 4, 6],
                init_channels=32,
            ),
            init_cfg=_base_.from_scratch,
        ),
        in_channels=dict(resnet=128, densenet=144),
        channels=64,
    ),
    head=dict(in_channels=64, mid_channels=[64]),
)
