# WBCAtt: PBC's images of five classes with eleven attributes, in the split
# that all stages share. WBCATT_ROOT moves the annotation files, PBC_ROOT and
# PBC_SPLIT_FILE the rest.
_base_ = './cells_224.py'
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
