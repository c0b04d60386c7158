"""Keyed draws: the generator's published answers, its statistics, and the same bits wherever it runs."""

import hashlib
import math
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridsim.model import draws
from gridsim.model.draws import name_key, normal, pair_key, pair_uniform, philox, subkey, uniform, uniforms
from gridsim.model.elementary import exp, log

ARGUMENTS = ("seed", "purpose", "month", "key")
START = {"seed": 7, "purpose": draws.SIZE, "month": 0, "key": 12345}
N = 20_000
ALL_ONES = 2**32 - 1
DIGEST = "74d18b408174efd6a5f38ffcf9679462b0e8b26748ed26c4d66bc3eb55e8261e"


def sample(varied: str, n: int = N) -> np.ndarray:
    """n pairs of uniforms along one argument."""
    return np.array([uniforms(**{**START, varied: START[varied] + i}) for i in range(n)])


def bits(seed: int, purpose: int, month: int, key: int) -> int:
    """The 104 bits behind a pair of uniforms."""
    first, second = uniforms(np.uint64(seed), purpose, month, np.uint64(key))
    return int(first * 2**52) << 52 | int(second * 2**52)


@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((ALL_ONES,) * 4, (ALL_ONES,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_philox_gives_the_published_answers(counter, key, answer):
    """Random123 1.14, tests/kat_vectors, philox4x32 with 10 rounds (Salmon et al. 2011)."""
    assert philox(*(np.uint64(word) for word in counter + key)) == answer


def test_uniform_is_philox_of_the_words_of_its_arguments():
    a, b, c, d = philox(*(np.uint64(word) for word in (0x55667788, 0x11223344, 2**32 - 3, 5, 0xDDEEFF00, 0x99AABBCC)))
    first, second = uniforms(np.uint64(0x99AABBCCDDEEFF00), 5, -3, np.uint64(0x1122334455667788))
    assert first == (((int(a) << 32 | int(b)) >> 12) + 0.5) / 2**52
    assert second == (((int(c) << 32 | int(d)) >> 12) + 0.5) / 2**52


def test_uniform_never_reaches_its_ends():
    assert draws._open_unit(np.uint64(0)) == 2.0**-53
    assert draws._open_unit(np.uint64(2**64 - 1)) == 1.0 - 2.0**-53


@settings(deadline=None)
@given(st.integers(-(2**63), 2**63 - 1), st.integers(1, 100), st.integers(-600, 600), st.integers(-(2**63), 2**63 - 1))
def test_signed_and_unsigned_arguments_give_the_same_draw(seed, purpose, month, key):
    signed = uniforms(np.int64(seed), purpose, month, np.int64(key))
    unsigned = uniforms(np.uint64(seed % 2**64), np.int32(purpose), np.int16(month), np.uint64(key % 2**64))
    assert signed == unsigned
    assert 0.0 < min(signed) <= max(signed) < 1.0
    assert uniform(np.int64(seed), purpose, month, np.int64(key)) == signed[0]


@pytest.mark.parametrize("varied", ARGUMENTS)
def test_draws_are_uniform_along_every_argument(varied):
    for column in sample(varied).T:
        counts = np.bincount((column * 100).astype(int), minlength=100)
        chi_square = ((counts - N / 100) ** 2 / (N / 100)).sum()
        assert 50.0 < chi_square < 160.0  # 99 degrees of freedom: outside with probability 1e-4


@pytest.mark.parametrize("varied", ARGUMENTS)
def test_draws_are_uncorrelated_along_every_argument(varied):
    first, second = sample(varied).T
    pairs = [(first, second)] + [(first[:-lag], first[lag:]) for lag in (1, 2, 12)]
    for x, y in pairs:
        for transform in (np.asarray, lambda u: (u - 0.5) ** 2):
            assert abs(np.corrcoef(transform(x), transform(y))[0, 1]) < 4.0 / math.sqrt(N)


@pytest.mark.parametrize("width", [64, 32])
def test_one_flipped_bit_of_any_argument_flips_half_of_the_draw(width):
    base = (0x0123456789ABCDEF, 3, 17, 0xFEDCBA9876543210)
    flips = []
    for position in (0, 3) if width == 64 else (1, 2):
        for bit in range(width if width == 64 else 31):
            changed = list(base)
            changed[position] ^= 1 << bit
            flips.append((bits(*base) ^ bits(*changed)).bit_count())
    assert min(flips) > 30  # of 104; 52 expected, standard deviation 5.1
    assert max(flips) < 74
    assert np.mean(flips) == pytest.approx(52.0, abs=4.0 * 5.1 / math.sqrt(len(flips)))


def test_every_bit_is_set_half_of_the_time():
    words = [bits(1, draws.SIZE, 0, key) for key in range(4000)]
    shares = np.array([sum(word >> bit & 1 for word in words) for bit in range(104)]) / 4000
    assert (abs(shares - 0.5) < 4.5 * 0.5 / math.sqrt(4000)).all()


def test_normal_draws_have_the_moments_of_the_normal_distribution():
    z = np.array([normal(1, draws.NEED_NOISE, month, 5) for month in range(N)])
    assert abs(z.mean()) < 4.0 / math.sqrt(N)
    assert abs((z**2).mean() - 1.0) < 4.0 * math.sqrt(2.0 / N)
    assert abs((z**3).mean()) < 4.0 * math.sqrt(15.0 / N)
    assert abs((z**4).mean() - 3.0) < 4.0 * math.sqrt(96.0 / N)
    assert 3.2 < abs(z).max() < 6.0


def test_normal_rises_with_the_uniform_of_the_same_key():
    u = [uniform(1, draws.SIZE, 0, key) for key in range(200)]
    z = [normal(1, draws.SIZE, 0, key) for key in range(200)]
    assert (np.argsort(u) == np.argsort(z)).all()


def test_purposes_differ():
    purposes = [value for name, value in vars(draws).items() if name.isupper() and not name.startswith("_")]
    assert len(purposes) == len(set(purposes)) >= 22
    assert all(0 < purpose < 2**31 for purpose in purposes)


def test_subkey_is_the_first_half_of_philox_of_its_arguments():
    words = (7, 0, 0, 2**32 - 1, 0x55667788, 0x11223344)
    a, b, _, _ = philox(*(np.uint64(word) for word in words))
    assert subkey(np.uint64(0x1122334455667788), 7) == int(a) << 32 | int(b)


def test_subkeys_of_many_agents_never_meet():
    keys = {int(name_key(f"agent {i}")) for i in range(200)}
    subkeys = {int(subkey(np.uint64(key), n)) for key in keys for n in range(200)}
    assert len(subkeys | keys) == 200 * 200 + 200


def test_keys_of_copies_never_meet_and_draws_with_them_are_independent():
    projects = [np.uint64(subkey(name_key("agent"), n)) for n in range(2000)]
    keys = [pair_key(project, copy) for project in projects for copy in range(10)]
    assert len({*keys, *(int(project) for project in projects)}) == 22_000
    luck = np.uint64(draws.word(1, draws.PATIENCE, 3, 0))
    u = np.array([pair_uniform(luck, np.uint64(key)) for key in keys])
    assert abs(u.mean() - 0.5) < 4.0 * math.sqrt(1.0 / 12.0 / u.size)
    by_copy = u.reshape(-1, 10)
    assert np.abs(np.corrcoef(by_copy.T) - np.eye(10)).max() < 4.5 / math.sqrt(len(projects))


def test_draws_of_the_things_of_one_agent_are_independent():
    key = name_key("lab")
    u = np.array([uniform(1, draws.SIZE, 0, np.uint64(subkey(key, n))) for n in range(N)])
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4.0 / math.sqrt(N)
    assert abs(u.mean() - 0.5) < 4.0 * math.sqrt(1.0 / 12.0 / N)


def test_name_key_is_the_blake2b_of_the_name():
    assert name_key("abc") == int.from_bytes(hashlib.blake2b(b"abc", digest_size=8).digest(), "little")
    assert name_key("Zürich") != name_key("Zurich")
    assert isinstance(name_key(""), np.uint64)


def digest() -> str:
    """The bits of some thousand draws and elementary functions."""
    collected = hashlib.sha256()
    for i in range(1000):
        first, second = uniforms(11 * i, 1 + i % 30, i - 500, np.uint64(subkey(name_key("agent"), i)))
        x = (first - 0.5) * 1480.0
        values = (first, second, normal(3, 2, -i, i), exp(x), exp(x / 1000.0), log(second), log(exp(x)))
        collected.update(struct.pack("<7d", *values))
    return collected.hexdigest()


@pytest.mark.parametrize(
    "environment",
    [{}, {"NUMBA_DISABLE_JIT": "1"}, {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}],
    ids=["compiled", "uncompiled", "generic processor"],
)
def test_the_bits_are_the_same_everywhere(environment, tmp_path):
    """One pinned digest: it does not depend on compilation, processor, library or interpreter, and never changes."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from tests.model.test_draws import digest; print(digest())"],
        cwd=Path(__file__).parents[2],
        env={**inherited, "NUMBA_CACHE_DIR": str(tmp_path), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout.strip(), run.stderr) == (DIGEST, "")
