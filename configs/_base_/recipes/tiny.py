# Small models from scratch on a CPU.
_base_ = ['../schedules/tiny.py', '../default_runtime.py']
default_hooks = dict(
    logger=dict(interval=20),
    checkpoint=dict(save_best='wbc/accuracy', rule='greater'))
# Nothing is frozen for a while: all parameters have gradients.
find_unused_parameters = False
