# Stage 2: MAP anew on true and pseudo attributes together (Sec. 2.2.3, Fig.
# 4): WBCAtt, and the training parts of the paper's other five datasets, which
# the MAP of stage 1 labels first:
#
#   python tools/pseudo_label.py configs/daffnet/map_ssl.py \
#       work_dirs/map_wbcatt/best.pth
#
# Or all three steps by one command:
#
#   python tools/train_map.py configs/daffnet/map_wbcatt.py \
#       configs/daffnet/map_ssl.py
#
# Further laboratories are appended to train_dataloader.dataset.datasets, and
# those that are not at hand are left out, in a config of one's own (see the
# README).
_base_ = [
    '../_base_/datasets/wbcatt_ssl.py',
    '../_base_/models/map.py',
    '../_base_/schedules/adam_100e.py',
]
default_hooks = dict(
    early_stopping=dict(monitor='attr/accuracy'),
    checkpoint=dict(save_best='attr/accuracy'),
)
