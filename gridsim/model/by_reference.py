"""Pass the state to kernels by reference.

Numba passes a tuple of arrays as the words of all its arrays, some three hundred for a run's state, at every call that is
not inlined, and the compiler takes every use of such a tuple apart again. Here a kernel gets the address of those words
instead. What a kernel may write, `state.name` to read a group of columns, stays as it is.
"""

from __future__ import annotations

from typing import Any

from numba import types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

__all__ = ["passed_by_reference"]


class Reference(types.Type):
    """The address of a named tuple that outlives the call."""

    def __init__(self, target: types.NamedTuple) -> None:
        self.target = target
        super().__init__(f"reference({target})")


@register_model(Reference)
class ReferenceModel(models.PointerModel):
    """A pointer to the native form of the tuple."""

    def __init__(self, manager: Any, reference: Reference) -> None:
        models.PrimitiveModel.__init__(
            self, manager, reference, manager[reference.target].get_value_type().as_pointer()
        )


@infer_getattr
class ReferenceFields(AttributeTemplate):
    """The type of `state.name`."""

    key = Reference

    def generic_resolve(self, reference: Any, name: Any) -> Any:  # type: ignore[override]
        """Type of the field, None if there is no such field."""
        target = reference.target
        return target.types[target.fields.index(name)] if name in target.fields else None


@lower_getattr_generic(Reference)
def read_field(context: Any, builder: Any, reference: Reference, address: Any, name: str) -> Any:
    """Load one field of the tuple; code that counts references owns one of what it has loaded."""
    place = reference.target.fields.index(name)
    value = builder.load(cgutils.gep_inbounds(builder, address, 0, place))
    return impl_ret_borrowed(context, builder, reference.target.types[place], value)


@unbox(Reference)
def enter(reference: Reference, value: Any, c: Any) -> NativeValue:
    """Put the words of the tuple where they stay for the call from Python, and pass their address."""
    native = c.unbox(reference.target, value)

    def leave() -> None:
        if native.cleanup is not None:
            native.cleanup()
        if c.context.enable_nrt:  # which gives back a tuple that is passed as one by itself
            c.context.nrt.decref(c.builder, reference.target, native.value)

    return NativeValue(cgutils.alloca_once_value(c.builder, native.value), is_error=native.is_error, cleanup=leave)


def passed_by_reference(cls: type) -> type:
    """Have kernels take named tuples of this class by reference."""
    as_tuple = typeof_impl.dispatch(tuple)

    @typeof_impl.register(cls)
    def _type_of(value: Any, context: Any) -> Reference:
        return Reference(as_tuple(value, context))

    return cls
