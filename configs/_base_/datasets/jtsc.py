# JTSC, up to five classes, 6:2:2: not one of the paper's datasets, but small
# and with masks. Environment variables move the data: JTSC_ROOT (the folder of
# segmentation_WBC) and JTSC_SPLIT_FILE.
_base_ = './cells_224.py'
dataset_type = 'JTSC'
data_root = '{{$JTSC_ROOT:data/segmentation_WBC}}'
split_file = '{{$JTSC_SPLIT_FILE:data/splits/jtsc.csv}}'
release = dict(type=dataset_type, data_root=data_root, split_file=split_file)
train_dataloader = dict(dataset=release)
val_dataloader = dict(dataset=release)
test_dataloader = dict(dataset=release)
