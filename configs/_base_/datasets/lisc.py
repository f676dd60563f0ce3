# LISC, five classes, 6:2:2 (Sec. 3.1). Environment variables move the data:
# LISC_ROOT (the unzipped LISC Database) and LISC_SPLIT_FILE.
_base_ = './cells_224.py'
dataset_type = 'LISC'
data_root = '{{$LISC_ROOT:data/LISC}}'
split_file = '{{$LISC_SPLIT_FILE:data/splits/lisc.csv}}'
release = dict(type=dataset_type, data_root=data_root, split_file=split_file)
train_dataloader = dict(dataset=release)
val_dataloader = dict(dataset=release)
test_dataloader = dict(dataset=release)
