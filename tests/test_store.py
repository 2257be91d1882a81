import threading
import time

import numpy as np
import pytest

from lib_inpaint.store import Store, content_id


def item(size: int) -> np.ndarray:
    return np.zeros(size, np.uint8)


def test_the_id_is_of_the_pixels_and_the_shape() -> None:
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    assert content_id(image) == content_id(image.copy()) == content_id(np.asfortranarray(image))
    assert content_id(image) != content_id(image.reshape(4, 2, 3))
    changed = image.copy()
    changed[1, 3, 2] ^= 1
    assert content_id(image) != content_id(changed)


def test_the_least_recently_used_goes_first() -> None:
    store: Store[np.ndarray] = Store(30)
    for key in "abc":
        store.put(key, item(10))
    store.get("a")
    store.put("d", item(10))
    assert store.get("b") is None
    assert all(store.get(key) is not None for key in "acd")
    assert store.nbytes == 30


def test_it_never_weighs_more_than_its_limit() -> None:
    store: Store[np.ndarray] = Store(100)
    sizes = np.random.default_rng(0).integers(0, 130, 200)
    for key, size in enumerate(sizes):
        store.put(key % 17, item(size))
        assert store.nbytes <= 100
    store.clear()
    assert (store.nbytes, len(store)) == (0, 0)


def test_replacing_an_item_counts_it_once() -> None:
    store: Store[np.ndarray] = Store(100)
    store.put("a", item(60))
    store.put("a", item(50))
    assert store.nbytes == 50


def test_what_is_too_heavy_is_given_back_but_not_kept() -> None:
    store: Store[np.ndarray] = Store(10)
    assert len(store.get_or_make("a", lambda: item(11))) == 11
    assert len(store) == 0


def test_threads_that_ask_at_once_share_one_making() -> None:
    store: Store[np.ndarray] = Store(100)
    made, got = [], []

    def make() -> np.ndarray:
        made.append(1)
        time.sleep(0.05)
        return item(5)

    threads = [threading.Thread(target=lambda: got.append(store.get_or_make("a", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert all(one is got[0] for one in got)


def test_a_making_that_fails_leaves_nothing_and_the_next_one_tries() -> None:
    store: Store[np.ndarray] = Store(100)
    started, go = threading.Event(), threading.Event()
    errors, got = [], []

    def fail() -> np.ndarray:
        started.set()
        go.wait(5)
        raise ValueError("stopped")

    def first() -> None:
        try:
            store.get_or_make("a", fail)
        except ValueError as error:
            errors.append(error)

    one = threading.Thread(target=first)
    one.start()
    started.wait(5)
    two = threading.Thread(target=lambda: got.append(store.get_or_make("a", lambda: item(7))))
    two.start()
    go.set()
    one.join(5)
    two.join(5)
    assert len(errors) == 1
    assert len(got[0]) == 7
    with pytest.raises(ValueError, match="stopped"):
        store.get_or_make("b", fail)
    assert store.get("b") is None
