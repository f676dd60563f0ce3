# WBCAtt at 128 px, for EfficientNet-Lite0 on a CPU.
_base_ = './cells_128.py'
num_classes = 5
train_dataloader = val_dataloader = test_dataloader = dict(
    dataset=dict(
        type='WBCAtt',
        data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
        ann_dir='{{$WBCATT_ROOT:data/wbcatt}}',
        split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    )
)
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
