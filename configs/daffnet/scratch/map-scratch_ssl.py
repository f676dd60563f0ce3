# Stage 2 on what PBC alone gives: its immature granulocytes, which WBCAtt does
# not annotate, have the attributes that stage 1 predicts. More laboratories:
# see ../map_ssl.py.
_base_ = [
    '../../_base_/datasets/framed_wbcatt.py',
    '../../_base_/models/map.py',
    '../../_base_/schedules/scratch_60e.py',
]

model = dict(
    backbone=dict(init_cfg=_base_.backbone_init),
    head=dict(init_cfg=_base_.head_init),
)

default_hooks = dict(checkpoint=dict(save_best='attr/accuracy'))
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='MixedDataset',
        datasets=[
            _base_.train_dataloader.dataset,
            dict(
                type='PseudoLabelledDataset',
                label_file='{{$PSEUDO_LABELS:data/pseudo_labels/pbc.json}}',
                dataset=dict(
                    type='PBC',
                    classes=('ig',),
                    data_root=_base_.train_dataloader.dataset.data_root,
                    split='train',
                    split_file=_base_.train_dataloader.dataset.split_file,
                    pipeline=_base_.train_pipeline,
                ),
            ),
        ],
    )
)
