"""Call a user's request strategy: a compiled function outside this package, known by its address.

Its address is a value like any other, so that the kernels need not be compiled again for it, and a call costs what a call
through a pointer costs. The function takes seven numbers and returns two.
"""

from __future__ import annotations

import ctypes
from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

SIGHTS = 7
"""Numbers that a strategy sees."""
PROTOTYPE = ctypes.CFUNCTYPE(None, *[ctypes.c_double] * SIGHTS, ctypes.POINTER(ctypes.c_double))
NOT_A_NUMBER = float("nan")


make_pair: Any = types.UniTuple
codegen: Any = cgutils


@intrinsic
def _call(context: Any, address: Any, a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any) -> Any:
    """Call what is at an address: `ask_user` in compiled code."""
    signature = make_pair(types.float64, 2)(types.int64, *[types.float64] * SIGHTS)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        """The call itself: seven numbers by value, and the address at which the two answers are to be put."""
        number = codegen.ir.DoubleType()
        kind = codegen.ir.FunctionType(codegen.ir.VoidType(), [*[number] * SIGHTS, number.as_pointer()])
        function = builder.inttoptr(args[0], kind.as_pointer())
        answer = codegen.alloca_once(builder, number, size=2)
        places = [codegen.gep_inbounds(builder, answer, k) for k in range(2)]
        for place in places:
            builder.store(codegen.ir.Constant(number, NOT_A_NUMBER), place)  # what is left if the function raises
        builder.call(function, [*args[1:], answer])
        return context.make_tuple(builder, signature.return_type, [builder.load(place) for place in places])

    return signature, generate


def ask_user(
    address: int,
    gap_mw: float,
    scarcity: float,
    wait: float,
    approval: float,
    copies: float,
    fear: float,
    luck: float,
) -> tuple[float, float]:
    """What the strategy at an address answers: multiplier and copies, NaN where it raised."""
    answer = (ctypes.c_double * 2)(NOT_A_NUMBER, NOT_A_NUMBER)
    PROTOTYPE(int(address))(gap_mw, scarcity, wait, approval, copies, fear, luck, answer)
    return answer[0], answer[1]


@overload(ask_user)
def _compiled_ask_user(
    address: Any, gap_mw: Any, scarcity: Any, wait: Any, approval: Any, copies: Any, fear: Any, luck: Any
) -> Any:  # pragma: no cover - runs inside Numba's compiler only
    def call(
        address: Any, gap_mw: Any, scarcity: Any, wait: Any, approval: Any, copies: Any, fear: Any, luck: Any
    ) -> Any:
        return _call(address, gap_mw, scarcity, wait, approval, copies, fear, luck)  # type: ignore[call-arg]

    return call
