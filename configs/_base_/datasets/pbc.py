# PBC, eight classes, 6:2:2 (Sec. 3.1). Environment variables move the data:
# PBC_ROOT (the unzipped PBC_dataset_normal_DIB) and PBC_SPLIT_FILE.
_base_ = './cells_224.py'
dataset_type = 'PBC'
data_root = '{{$PBC_ROOT:data/PBC_dataset_normal_DIB}}'
# Written at the first run, and shared by all three stages.
split_file = '{{$PBC_SPLIT_FILE:data/splits/pbc.csv}}'
release = dict(type=dataset_type, data_root=data_root, split_file=split_file)
train_dataloader = dict(dataset=release)
val_dataloader = dict(dataset=release)
test_dataloader = dict(dataset=release)
