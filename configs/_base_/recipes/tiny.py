# What the trainings of small models have in common.
_base_ = '../default_runtime.py'
default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(save_best='wbc/accuracy', rule='greater'),
)
# Nothing is frozen for a while: all parameters have gradients.
model_wrapper_cfg = dict(find_unused_parameters=False)
