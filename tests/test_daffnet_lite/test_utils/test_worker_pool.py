"""Work in several processes."""

from daffnet_lite.utils.worker_pool import _AHEAD, run_in_pool


class Items(list):
    """Knows how many were taken out."""

    taken = 0

    def __getitem__(self, place):
        found = super().__getitem__(place)
        self.taken += len(found)
        return found


def test_only_a_few_wait():
    items = Items(range(-1000, 0))
    done = run_in_pool(abs, items, num_workers=2, chunk_size=2)
    first = next(done)
    # Each process has so many parcels of two ahead; all of them may have been
    # done, and replaced, before the first is given.
    assert items.taken <= 2 * (2 * _AHEAD * 2)
    assert sorted([first, *done]) == list(range(1, 1001))
    assert items.taken == 1000
