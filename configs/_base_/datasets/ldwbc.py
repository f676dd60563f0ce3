# LDWBC, five classes, 6:2:2 (Sec. 3.1). Environment variables move the data:
# LDWBC_ROOT (the folder with the class folders) and LDWBC_SPLIT_FILE.
_base_ = './cells_224.py'
dataset_type = 'LDWBC'
data_root = '{{$LDWBC_ROOT:data/LDWBC}}'
split_file = '{{$LDWBC_SPLIT_FILE:data/splits/ldwbc.csv}}'
release = dict(type=dataset_type, data_root=data_root, split_file=split_file)
train_dataloader = dict(dataset=release)
val_dataloader = dict(dataset=release)
test_dataloader = dict(dataset=release)
