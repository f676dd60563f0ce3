# Stage 2 on what PBC alone gives: its immature granulocytes, which WBCAtt does
# not annotate, have the attributes that stage 1 predicts. More laboratories:
# see ../map_ssl.py.
_base_ = './map-scratch_wbcatt.py'
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
                    data_root=_base_.data_root,
                    split='train',
                    split_file=_base_.split_file,
                    pipeline=_base_.train_pipeline,
                ),
            ),
        ],
    )
)
