# WBCAtt's published split at 128 px, for EfficientNet-Lite0 on a CPU: a tenth
# of its training part selects the best epoch, and its validation part is the
# test. (Its test part is tested by `test_dataloader.dataset.split=test`.)
_base_ = './cells_128.py'
num_classes = 5
official = dict(
    type='WBCAtt',
    data_root='{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}',
    ann_dir='{{$WBCATT_ROOT:data/wbcatt}}',
    split_file='{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}',
    official_split=True,
    select_ratio=0.1,
)
train_dataloader = dict(dataset=dict(official))
val_dataloader = dict(dataset=dict(official, split='select'))
test_dataloader = dict(dataset=dict(official, split='val'))
val_evaluator = [dict(type='WBCMetric'), dict(type='MultiAttributeMetric')]
test_evaluator = val_evaluator
