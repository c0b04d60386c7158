"""Keyed random numbers: a draw is a pure function of (seed, purpose, month, key).

There is no stream to keep in step. Switching a mechanism off, adding an agent or changing the number of threads leaves
every other draw as it was, so two scenarios that share a seed share their luck (common random numbers). The generator
is Philox4x32-10, a counter-based generator (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as
1, 2, 3", SC'11): the seed is its key; the agent's key, the month and the purpose are its counter. No intermediate value
exceeds 64 bits, so the uncompiled functions give the same bits without an overflow.

Compiled code may pass keys of any integer type. Python code wraps a key in ``np.uint64(...)``: Numba hands `subkey`'s
result over as a Python int, and takes a bare Python int for an int64, where half of all keys do not fit.
"""

from hashlib import blake2b
from typing import Any

import numpy as np
from numba.extending import overload

from gridsim.model.compiling import rule
from gridsim.model.elementary import normal_quantile

# What a number is drawn for. Two draws of one agent in one month are independent if and only if these differ.
NEED_NOISE = 1
TRAIT_FEAR = 3
TRAIT_SUPPLY_LINE = 4
TRAIT_OVERREACT = 5
TRAIT_EXPOSURE = 6
SIZE = 7
PROJECT_COUNT = 8
PROJECT_SIZE = 9
PROJECT_QUALITY = 10
SITE_TASTE = 11
STUDY = 12
UPGRADE = 13
PATIENCE = 14
CONSTRUCTION = 15
CANCEL = 16
EXPANSION = 17
SIGHT = 18
ENTRY = 19
AREA_SIZE = 20
COUNTING = 21
FILING_ORDER = 22
PIPELINE = 23
REVIEW = 24
DEADLINE = 25
TRAIT_MFU = 26
LAUNCH = 27
RENT = 28
TEAM_TRAIT = 29
TEAM_BURST = 30
TOP_USER = 31
NEOCLOUD = 32
TRAIT_STRATEGY = 33
TRAIT_LEVEL = 34
CHOICE = 35

_SUBKEY = 0xFFFFFFFF  # the purpose word of `subkey`, out of reach of the purposes above

_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_LOW_WORD = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_12 = np.uint64(12)
_27 = np.uint64(27)
_30 = np.uint64(30)
_31 = np.uint64(31)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TWO_TO_MINUS_52 = 2.0**-52


def _unsigned(number: Any) -> np.uint64:
    """Return an integer of any type modulo 2**64. In compiled code it is a plain cast (below)."""
    return np.uint64(int(number) & 0xFFFFFFFFFFFFFFFF)


@overload(_unsigned)
def _compiled_unsigned(number: Any) -> Any:  # pragma: no cover - runs inside Numba's compiler only
    def cast(number: Any) -> np.uint64:
        return np.uint64(number)

    return cast


def _wrapped_product(a: np.uint64, b: np.uint64) -> np.uint64:
    """Return a * b modulo 2**64. In compiled code it is a plain product (below)."""
    return np.uint64((int(a) * int(b)) & 0xFFFFFFFFFFFFFFFF)


@overload(_wrapped_product)
def _compiled_wrapped_product(a: Any, b: Any) -> Any:  # pragma: no cover - runs inside Numba's compiler only
    def product(a: Any, b: Any) -> Any:
        return a * b

    return product


@rule
def philox(
    c0: np.uint64, c1: np.uint64, c2: np.uint64, c3: np.uint64, k0: np.uint64, k1: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Philox4x32-10: four random 32-bit words from a counter of four and a key of two words.

    All words are uint64 below 2**32. Ten times, with hi and lo the two words of a product:
    (c0, c1, c2, c3) <- (hi(M1 c2) ^ c1 ^ k0, lo(M1 c2), hi(M0 c0) ^ c3 ^ k1, lo(M0 c0)), then k0 += W0, k1 += W1.
    """
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * c0
        product_1 = _MULTIPLIER_1 * c2
        c0 = (product_1 >> _32) ^ c1 ^ k0
        c1 = product_1 & _LOW_WORD
        c2 = (product_0 >> _32) ^ c3 ^ k1
        c3 = product_0 & _LOW_WORD
        k0 = (k0 + _WEYL_0) & _LOW_WORD
        k1 = (k1 + _WEYL_1) & _LOW_WORD
    return c0, c1, c2, c3


@rule
def _words(seed: int, purpose: int, month: int, key: int) -> tuple[np.uint64, np.uint64]:
    """Two random 64-bit words of (seed, purpose, month, key)."""
    s = _unsigned(seed)
    k = _unsigned(key)
    m = _unsigned(month) & _LOW_WORD
    p = _unsigned(purpose) & _LOW_WORD
    a, b, c, d = philox(k & _LOW_WORD, k >> _32, m, p, s & _LOW_WORD, s >> _32)
    return (a << _32) | b, (c << _32) | d


@rule
def _open_unit(word: np.uint64) -> float:
    """Map 64 random bits to the open interval (0, 1): the midpoints of 2**52 equal cells, symmetric about 1/2."""
    return (float(np.int64(word >> _12)) + 0.5) * _TWO_TO_MINUS_52


@rule
def uniform(seed: int, purpose: int, month: int, key: int) -> float:
    """Return a uniform number in the open interval (0, 1).

    ``seed`` and ``key`` are 64-bit integers, signed or not (taken modulo 2**64); ``purpose`` is one of this module's
    constants; ``month`` counts from the start of the run and may be negative (both taken modulo 2**32).
    """
    first, _ = _words(seed, purpose, month, key)
    return _open_unit(first)


@rule
def word(seed: int, purpose: int, month: int, key: int) -> int:
    """Return 64 random bits; `uniform` of the same arguments is made of them."""
    first, _ = _words(seed, purpose, month, key)
    return first  # type: ignore[return-value]  # an integer to every caller


@rule
def uniforms(seed: int, purpose: int, month: int, key: int) -> tuple[float, float]:
    """Return two independent uniform numbers for the price of one; the first equals `uniform` of the same arguments."""
    first, second = _words(seed, purpose, month, key)
    return _open_unit(first), _open_unit(second)


@rule
def normal(seed: int, purpose: int, month: int, key: int) -> float:
    """Return a standard normal number: the normal quantile of `uniform` of the same arguments."""
    return normal_quantile(uniform(seed, purpose, month, key))


@rule
def _mix(z: np.uint64) -> np.uint64:
    """The SplitMix64 finaliser (Steele, Lea & Flood 2014, Stafford's variant 13): a bijection that scatters every bit."""
    z = _wrapped_product(z ^ (z >> _30), _MIX_1)
    z = _wrapped_product(z ^ (z >> _27), _MIX_2)
    return z ^ (z >> _31)


@rule
def pair_uniform(key: int, other: int) -> float:
    """Return a uniform number in (0, 1) for a pair of keys, at a fraction of the cost of `uniform`.

    The SplitMix64 finaliser of key xor other. `key` must be a `word`: it carries the randomness of seed and purpose.
    """
    return _open_unit(_mix(_unsigned(key) ^ _unsigned(other)))


@rule
def pair_key(key: int, n: int) -> int:
    """Return a stable key of the ``n``-th copy of the thing with ``key``, at a fraction of the cost of `subkey`.

    The SplitMix64 finaliser of key xor (n + 1) x golden ratio; `key` is itself a `subkey`, random in every bit.
    """
    return _mix(_unsigned(key) ^ _wrapped_product(_GOLDEN, _unsigned(n + 1)))  # type: ignore[return-value]  # an integer to every caller


@rule
def subkey(key: int, n: int) -> int:
    """Return the stable key of the ``n``-th thing (project, request) of the agent with ``key``.

    64 bits of Philox with the agent's key as its key and n as its counter: things of one agent and of different
    agents get unrelated keys, and the key of a thing does not depend on how many others exist.
    """
    k = _unsigned(key)
    i = _unsigned(n)
    a, b, _, _ = philox(i & _LOW_WORD, i >> _32, np.uint64(0), np.uint64(_SUBKEY), k & _LOW_WORD, k >> _32)
    return (a << _32) | b  # type: ignore[return-value]  # an integer to every caller


def name_key(name: str) -> np.uint64:
    """Return the stable key of an agent's name: the first 64 bits of BLAKE2b, the same on every machine."""
    return np.uint64(int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little"))
