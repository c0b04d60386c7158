"""exp, log and the normal quantile from the four operations: the same bits on every processor.

IEEE 754 fixes the results of +, -, *, / and sqrt to the last bit; it does not fix exp or log, and the C libraries of
two machines do differ (with or without fused multiply-add, for one). So the model never calls theirs. The algorithms
are those of fdlibm (Sun Microsystems 1993, ``e_exp.c`` and ``e_log.c``; error below 1 ulp): the argument is reduced to
a short interval by exact moves of its exponent, where a polynomial is enough. They cost what the library's cost. Never
compile them with ``fastmath``: it may reorder the operations.

The functions compute with Python floats when they run uncompiled (``NUMBA_DISABLE_JIT=1``), with the same bits.
"""

import math

import numpy as np

from gridsim.model.compiling import rule

# ln 2 in two parts: HIGH has trailing zeros, so that k * HIGH is exact for every exponent k.
_LN2_HIGH = 6.93147180369123816490e-01
_LN2_LOW = 1.90821492927058770002e-10
_LOG2_E = 1.44269504088896338700
_HALF_LN2 = 0.34657359027997264

_EXP_OVERFLOW = 709.782712893383973096
_EXP_UNDERFLOW = -745.133219101941108420
_TWO_TO_54 = 18014398509481984.0
_SMALLEST_NORMAL = 2.2250738585072014e-308
_MANTISSA = (1 << 52) - 1
_BIAS = 1023


@rule
def _float_of_bits(bits: int) -> float:
    """The float whose IEEE 754 bit pattern is ``bits``."""
    return float(np.int64(bits).view(np.float64))


@rule
def _bits_of_float(x: float) -> int:
    """The IEEE 754 bit pattern of ``x`` as a signed integer."""
    return int(np.float64(x).view(np.int64))


@rule
def exp(x: float) -> float:
    """Return e**x, to within 1 ulp; 0 below -745.13, infinity above 709.78, NaN for NaN.

    With x = k ln 2 + r and abs(r) <= ln 2 / 2: e**x = 2**k e**r, and e**r = 1 + r + r c / (2 - c) where c is a Remez
    polynomial in r**2 (fdlibm ``e_exp.c``).
    """
    x = float(x)
    if x != x:
        return x
    if x > _EXP_OVERFLOW:
        return math.inf
    if x < _EXP_UNDERFLOW:
        return 0.0
    k = 0
    high = x
    low = 0.0
    if abs(x) > _HALF_LN2:
        k = int(_LOG2_E * x + (0.5 if x >= 0.0 else -0.5))
        high = x - k * _LN2_HIGH
        low = k * _LN2_LOW
    r = high - low
    t = r * r
    c = 4.13813679705723846039e-08
    c = -1.65339022054652515390e-06 + t * c
    c = 6.61375632143793436117e-05 + t * c
    c = -2.77777777770155933842e-03 + t * c
    c = 1.66666666666666019037e-01 + t * c
    c = r - t * c
    y = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    if k == 0:
        return y
    if k > _BIAS:  # 2**1024 is no float: two steps
        return y * 2.0 * _float_of_bits((k - 1 + _BIAS) << 52)
    if k < 1 - _BIAS:  # subnormal result: scale down last
        return y * _float_of_bits((k + 54 + _BIAS) << 52) / _TWO_TO_54
    return y * _float_of_bits((k + _BIAS) << 52)


@rule
def log(x: float) -> float:
    """Return the natural logarithm of ``x``, to within 1 ulp; -infinity at 0, NaN below 0 and for NaN.

    With x = 2**k (1 + f) and 1 + f within [sqrt(2)/2, sqrt(2)]: ln x = k ln 2 + ln(1 + f), where ln(1 + f) =
    2s + s R(s**2), s = f / (2 + f) and R is a Remez polynomial (fdlibm ``e_log.c``).
    """
    x = float(x)
    if x != x or x < 0.0:
        return math.nan
    if x == 0.0:
        return -math.inf
    if x == math.inf:
        return x
    k = 0
    if x < _SMALLEST_NORMAL:
        x *= _TWO_TO_54
        k = -54
    bits = _bits_of_float(x)
    k += (bits >> 52) - _BIAS
    mantissa = _float_of_bits((bits & _MANTISSA) | (_BIAS << 52))
    if mantissa > 1.4142135623730951:
        mantissa *= 0.5
        k += 1
    f = mantissa - 1.0
    if f == 0.0:
        return k * _LN2_HIGH + k * _LN2_LOW
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd = 6.666666666666735130e-01 + w * (
        2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 0.14798198605116586)
    )
    even = 3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01)
    half_square = 0.5 * f * f
    return k * _LN2_HIGH - ((half_square - (s * (half_square + (z * odd + w * even)) + k * _LN2_LOW)) - f)


@rule
def _central_quantile(q: float) -> float:
    """Normal quantile of 0.5 + q for abs(q) <= 0.425: q times a rational function of 0.425**2 - q**2."""
    r = 0.180625 - q * q
    top = 2.5090809287301226727e3
    top = top * r + 3.3430575583588128105e4
    top = top * r + 6.7265770927008700853e4
    top = top * r + 4.5921953931549871457e4
    top = top * r + 1.3731693765509461125e4
    top = top * r + 1.9715909503065514427e3
    top = top * r + 1.3314166789178437745e2
    top = top * r + 3.3871328727963666080e0
    bottom = 5.2264952788528545610e3
    bottom = bottom * r + 2.8729085735721942674e4
    bottom = bottom * r + 3.9307895800092710610e4
    bottom = bottom * r + 2.1213794301586595867e4
    bottom = bottom * r + 5.3941960214247511077e3
    bottom = bottom * r + 6.8718700749205790830e2
    bottom = bottom * r + 4.2313330701600911252e1
    bottom = bottom * r + 1.0
    return q * top / bottom


@rule
def _middle_quantile(r: float) -> float:
    """Absolute normal quantile for r = sqrt(-ln tail) between about 1.6 and 5."""
    r -= 1.6
    top = 7.74545014278341407640e-4
    top = top * r + 2.27238449892691845833e-2
    top = top * r + 2.41780725177450611770e-1
    top = top * r + 1.27045825245236838258e0
    top = top * r + 3.64784832476320460504e0
    top = top * r + 5.76949722146069140550e0
    top = top * r + 4.63033784615654529590e0
    top = top * r + 1.42343711074968357734e0
    bottom = 1.05075007164441684324e-9
    bottom = bottom * r + 5.47593808499534494600e-4
    bottom = bottom * r + 1.51986665636164571966e-2
    bottom = bottom * r + 1.48103976427480074590e-1
    bottom = bottom * r + 6.89767334985100004550e-1
    bottom = bottom * r + 1.67638483018380384940e0
    bottom = bottom * r + 2.05319162663775882187e0
    bottom = bottom * r + 1.0
    return top / bottom


@rule
def _tail_quantile(r: float) -> float:
    """Absolute normal quantile for r = sqrt(-ln tail) above 5: tails below 1.4e-11."""
    r -= 5.0
    top = 2.01033439929228813265e-7
    top = top * r + 2.71155556874348757815e-5
    top = top * r + 1.24266094738807843860e-3
    top = top * r + 2.65321895265761230930e-2
    top = top * r + 2.96560571828504891230e-1
    top = top * r + 1.78482653991729133580e0
    top = top * r + 5.46378491116411436990e0
    top = top * r + 6.65790464350110377720e0
    bottom = 2.04426310338993978564e-15
    bottom = bottom * r + 1.42151175831644588870e-7
    bottom = bottom * r + 1.84631831751005468180e-5
    bottom = bottom * r + 7.86869131145613259100e-4
    bottom = bottom * r + 1.48753612908506148525e-2
    bottom = bottom * r + 1.36929880922735805310e-1
    bottom = bottom * r + 5.99832206555887937690e-1
    bottom = bottom * r + 1.0
    return top / bottom


@rule
def normal_quantile(p: float) -> float:
    """Return z with Phi(z) = p, relative error about 1e-16; -infinity at 0, infinity at 1, NaN outside [0, 1].

    Algorithm AS 241, PPND16 (Wichura 1988, Applied Statistics 37(3):477-484): three rational functions, in
    q = p - 1/2 near the centre and in sqrt(-ln min(p, 1 - p)) outside. Odd about 1/2 wherever 1 - p is exact.
    """
    p = float(p)
    if not 0.0 <= p <= 1.0:
        return math.nan
    if p == 0.0:
        return -math.inf
    if p == 1.0:
        return math.inf
    q = p - 0.5
    if abs(q) <= 0.425:
        return _central_quantile(q)
    r = math.sqrt(-log(p if q < 0.0 else 1.0 - p))
    z = _middle_quantile(r) if r <= 5.0 else _tail_quantile(r)
    return -z if q < 0.0 else z
