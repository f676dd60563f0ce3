# Batch normalisation whose statistics stand still in the last six epochs: the
# network learns with those that it is tested with.
_base_ = './flips-tiny_pbc5.py'
custom_hooks = [dict(type='FreezeBatchNormHook', begin=12)]
