# Stage 2 for CPUs; see map_ssl.py for how to make and list pseudo labels.
_base_ = './map-tiny_wbcatt.py'

pseudo_labelled = [
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
]
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='MixedDataset',
        datasets=[_base_.train_dataloader.dataset, *pseudo_labelled],
    )
)
