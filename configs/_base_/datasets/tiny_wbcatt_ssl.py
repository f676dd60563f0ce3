# Stage 2's data for CPUs, which PBC alone gives: WBCAtt, and the immature
# granulocytes, which WBCAtt does not annotate. PBC_ROOT, PBC_SPLIT_FILE,
# WBCATT_ROOT and PSEUDO_LABELS move the files.
_base_ = './cells_96.py'
num_classes = 5
val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='WBCAtt',
        data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
        ann_dir='{{$WBCATT_ROOT:data/wbcatt}}',
        split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    )
)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='MixedDataset',
        datasets=[
            dict(
                val_dataloader['dataset'],
                split='train',
                pipeline=_base_.train_pipeline,
            ),
            dict(
                type='PseudoLabelledDataset',
                label_file='{{$PSEUDO_LABELS:data/pseudo_labels/pbc.json}}',
                dataset=dict(
                    type='PBC',
                    classes=('ig',),
                    data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
                    split='train',
                    split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
                    pipeline=_base_.train_pipeline,
                ),
            ),
        ],
    )
)
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
