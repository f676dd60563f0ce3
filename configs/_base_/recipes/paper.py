# Sec. 3.2: start from ImageNet, train the new layers for some epochs, then
# all, and stop when validation no longer improves.
_base_ = ['../schedules/adam_100e.py', '../default_runtime.py']
default_hooks = dict(
    # "Freeze weight": the paper does not say for how long.
    freeze=dict(
        type='FreezePretrainedHook',
        epochs=5,
        layers=[r'backbone\.', r'head\.fc\.'],
    ),
    early_stopping=dict(
        type='ResumableEarlyStoppingHook', monitor='wbc/accuracy', patience=10
    ),
    checkpoint=dict(save_best='wbc/accuracy', rule='greater'),
)
