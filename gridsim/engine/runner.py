"""Many runs of one scenario in the same columns: no memory is taken or cleared anew between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gridsim.engine.columns import allocate_columns, first_rows, grow, open_columns
from gridsim.engine.prepare import Prepared
from gridsim.engine.simulate import check_conservation, check_strategies, run_to_end
from gridsim.model.state import State
