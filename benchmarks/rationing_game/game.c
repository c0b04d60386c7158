/* The rationing game of DECLARATION.md in C. Sums run in row order; no fast-math.

   The loops are those of gridsim's kernel, except that allocation and learning are one. With -DARRANGED the normal quantile
   is arranged by hand, with the same results: its central branch for all rows, which vectorises, then the other rows. */

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 7, NEED_NOISE = 1 }; /* purposes of gridsim.model.draws */

typedef struct { double sigma, alpha, beta, gamma, floor, tightness; } Game;

/* Columns of n rows each. */
typedef struct {
    double *restrict base, *restrict luck, *restrict demand, *restrict forecast, *restrict believed_fill,
        *restrict order, *restrict shortfall;
} Labs;

/* Philox4x32-10 with counter (key, month, purpose) and the seed as its key; the first 52 bits as a midpoint in (0, 1). */
static inline double uniform(uint64_t seed, uint32_t purpose, uint32_t month, uint64_t key)
{
    uint32_t c0 = (uint32_t)key, c1 = (uint32_t)(key >> 32), c2 = month, c3 = purpose;
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t product_0 = (uint64_t)0xD2511F53u * c0, product_1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(product_1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)product_1;
        c2 = (uint32_t)(product_0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)product_0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    uint64_t word = (uint64_t)c0 << 32 | c1;
    return ((double)(int64_t)(word >> 12) + 0.5) * 0x1p-52;
}

/* fdlibm's logarithm for positive normal numbers, as in gridsim.model.elementary. */
static inline double natural_log(double x)
{
    int64_t bits;
    memcpy(&bits, &x, 8);
    int64_t k = (bits >> 52) - 1023;
    bits = (bits & ((1LL << 52) - 1)) | 1023LL << 52;
    double m;
    memcpy(&m, &bits, 8);
    if (m > 1.4142135623730951) {
        m *= 0.5;
        k += 1;
    }
    double f = m - 1.0, e = (double)k;
    const double high = 6.93147180369123816490e-01, low = 1.90821492927058770002e-10;
    if (f == 0.0)
        return e * high + e * low;
    double s = f / (2.0 + f), z = s * s, w = z * z;
    double odd = 6.666666666666735130e-01
        + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 0.14798198605116586));
    double even = 3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01);
    double half = 0.5 * f * f;
    return e * high - ((half - (s * (half + (z * odd + w * even)) + e * low)) - f);
}

/* The ratio of two polynomials of degree 7, highest coefficient first. */
static inline double ratio(double scale, double r, const double top[8], const double bottom[8])
{
    double a = top[0], b = bottom[0];
#pragma GCC unroll 8
    for (int j = 1; j < 8; j++) {
        a = a * r + top[j];
        b = b * r + bottom[j];
    }
    return scale * a / b;
}

static const double CENTRAL_TOP[8] = {
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
    1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0};
static const double CENTRAL_BOTTOM[8] = {
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
    5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0};
static const double MIDDLE_TOP[8] = {
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
    3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0};
static const double MIDDLE_BOTTOM[8] = {
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
    6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0};
static const double TAIL_TOP[8] = {
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
    2.96560571828504891230e-1, 1.78482653991729133580e0, 5.46378491116411436990e0, 6.65790464350110377720e0};
static const double TAIL_BOTTOM[8] = {
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0};

static inline double central_quantile(double q) { return ratio(q, 0.180625 - q * q, CENTRAL_TOP, CENTRAL_BOTTOM); }

/* AS 241 (Wichura 1988) for p inside (0, 1). */
static inline double normal_quantile(double p)
{
    double q = p - 0.5;
    if (fabs(q) <= 0.425)
        return central_quantile(q);
    double r = sqrt(-natural_log(q < 0.0 ? p : 1.0 - p));
    double z = r <= 5.0 ? ratio(1.0, r - 1.6, MIDDLE_TOP, MIDDLE_BOTTOM) : ratio(1.0, r - 5.0, TAIL_TOP, TAIL_BOTTOM);
    return q < 0.0 ? -z : z;
}

#ifdef ARRANGED
#define NOISE(i) labs.demand[i]
/* z = normal quantiles of p; `others` is scratch for the rows outside the central branch. */
static void normal_quantiles(int64_t n, const double *restrict p, double *restrict z, int32_t *restrict others)
{
    int64_t count = 0;
    for (int64_t i = 0; i < n; i++)
        z[i] = central_quantile(p[i] - 0.5);
    for (int64_t i = 0; i < n; i++) {
        others[count] = (int32_t)i;
        count += fabs(p[i] - 0.5) > 0.425;
    }
    for (int64_t k = 0; k < count; k++)
        z[others[k]] = normal_quantile(p[others[k]]);
}
#else
#define NOISE(i) normal_quantile(labs.luck[i])
#endif

/* Play all periods; log has a row per period: orders, demand, granted, shortfall. */
void play(uint64_t seed, const Game *given, int64_t n, const Labs *columns, int64_t periods, double *restrict log)
{
    const Game game = *given;
    const Labs labs = *columns;
#ifdef ARRANGED
    int32_t *others = malloc((size_t)n * sizeof *others);
#endif
    const double capacity = game.tightness * (double)n;
    for (int64_t i = 0; i < n; i++) {
        labs.base[i] = 0.5 + uniform(seed, SIZE, 0, (uint64_t)i);
        labs.forecast[i] = labs.base[i];
        labs.believed_fill[i] = 1.0;
        labs.shortfall[i] = 0.0;
    }
    for (int64_t t = 0; t < periods; t++) {
        double orders = 0.0, demands = 0.0, granted = 0.0, shortfall = 0.0;
        for (int64_t i = 0; i < n; i++)
            labs.luck[i] = uniform(seed, NEED_NOISE, (uint32_t)t, (uint64_t)i);
#ifdef ARRANGED
        normal_quantiles(n, labs.luck, labs.demand, others);
#endif
        for (int64_t i = 0; i < n; i++) {
            double factor = 1.0 + game.sigma * NOISE(i);
            double demand = labs.base[i] * (factor > 0.0 ? factor : 0.0);
            double forecast = labs.forecast[i] + game.alpha * (demand - labs.forecast[i]);
            double order = forecast * (1.0 + game.gamma * (1.0 / labs.believed_fill[i] - 1.0));
            labs.demand[i] = demand;
            labs.forecast[i] = forecast;
            labs.order[i] = order;
            orders += order;
            demands += demand;
        }
        const double fill = orders <= capacity ? 1.0 : capacity / orders;
        for (int64_t i = 0; i < n; i++) {
            double given_to = labs.order[i] * fill;
            double believed = labs.believed_fill[i];
            believed += game.beta * (given_to / labs.order[i] - believed);
            labs.believed_fill[i] = believed > game.floor ? believed : game.floor;
            double missing = labs.demand[i] - given_to;
            labs.shortfall[i] += missing > 0.0 ? missing : 0.0;
            granted += given_to;
            shortfall += labs.shortfall[i];
        }
        log[4 * t] = orders;
        log[4 * t + 1] = demands;
        log[4 * t + 2] = granted;
        log[4 * t + 3] = shortfall;
    }
#ifdef ARRANGED
    free(others);
#endif
}
