"""Call one compiled kernel from another through its address, so that its code is not compiled into the other once more."""

from __future__ import annotations

from typing import Any

from numba import typeof, types
from numba.core import cgutils
from numba.extending import intrinsic


def address_of(kernel: Any, *arguments: Any) -> int:
    """Address of what an `entry` was compiled to for arguments like these; it stays valid as long as the process lives."""
    kinds = tuple(map(typeof, arguments))
    kernel.compile(kinds)  # or load, or nothing where that has been done
    found = kernel.overloads[kinds]
    return int(found.library.get_pointer_to_function(found.fndesc.llvm_func_name))


codegen: Any = cgutils
unliteral: Any = types.unliteral


@intrinsic
def call_at(context: Any, address: Any, arguments: Any, like: Any) -> Any:
    """Call the kernel at an address with a tuple of arguments; it returns what is of the type of `like`."""
    returned, taken = unliteral(like), tuple(map(unliteral, arguments))
    kind_of_call = returned(address, arguments, like)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        """The call by Numba's own convention; an error in the kernel is an error of the caller."""
        kind = context.call_conv.get_function_type(returned, taken)
        function = builder.inttoptr(args[0], kind.as_pointer())
        given = codegen.unpack_tuple(builder, args[1], len(taken))
        given = [context.cast(builder, v, a, b) for v, a, b in zip(given, arguments, taken, strict=True)]
        status, answer = context.call_conv.call_function(builder, function, returned, taken, given)
        with codegen.if_unlikely(builder, status.is_error):
            context.call_conv.return_status_propagate(builder, status)
        return answer

    return kind_of_call, generate
