#pragma once
// The window of the lab's filters.
#include <cmath>

namespace trunkline::lab {

/// Modified Bessel function of the first kind, order 0.
inline double bessel_i0(double x) {
    double sum = 1, term = 1;
    for (int k = 1; k < 40; ++k) {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

/// Kaiser's window: 1 in the middle (r = 0), its foot at r = ±1, 0 beyond.
inline double kaiser(double r, double beta) {
    return std::abs(r) >= 1 ? 0 : bessel_i0(beta * std::sqrt(1 - r * r)) / bessel_i0(beta);
}

}  // namespace trunkline::lab
