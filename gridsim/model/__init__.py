"""The science: one file per process of the month, compiled kernels over columns. Imports NumPy, Numba and itself only.

Importing this package decides where compiled kernels are kept (`jit_cache`), before any of them is defined.
"""

from gridsim.model import jit_cache

CACHE_DIR = jit_cache.use()
