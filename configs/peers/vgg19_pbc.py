# VGG19, under DAFFNet's recipe.
_base_ = [
    '../_base_/datasets/pbc.py',
    '../_base_/models/peers/vgg19.py',
    '../_base_/schedules/adam_100e.py',
]
work_dir = 'work_dirs/peer_{{ fileBasenameNoExtension }}'
model = dict(head=dict(num_classes=_base_.num_classes))
default_hooks = dict(freeze=dict(layers=[r'backbone\.']))
