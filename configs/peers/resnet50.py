# ResNet50, with one linear layer in the place of DAFFNet's
# decoder, under DAFFNet's recipe. WBC_DATASET names the dataset.
_base_ = [
    '../daffnet/ablation/resnet50_{{$WBC_DATASET:pbc}}.py',
    '../_base_/models/peers/resnet50.py',
]
work_dir = 'work_dirs/peer_resnet50_{{$WBC_DATASET:pbc}}'
num_classes = _base_.model.head.num_classes
model = dict(
    _base_.peer,
    _delete_=True,
    head=dict(_base_.peer.head, num_classes=num_classes),
)
default_hooks = dict(freeze=dict(layers=[r'backbone\.']))
