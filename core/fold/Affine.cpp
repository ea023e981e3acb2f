// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/fold/Affine.h"

#include <algorithm>
#include <cmath>

namespace pleat {

namespace {

bool allEqual(const std::vector<double>& values)
{
    return std::ranges::all_of(values, [&](double value) { return value == values.front(); });
}

} // namespace

bool Affine::isUniform() const
{
    return !s.empty() && allEqual(s) && allEqual(t);
}

bool Affine::isIdentity() const
{
    return !shifts() && std::ranges::all_of(s, [](double scale) { return scale == 1; });
}

bool Affine::shifts() const
{
    return std::ranges::any_of(t, [](double shift) { return shift != 0; });
}

Affine Affine::repeated(std::size_t channels) const
{
    return {axis, std::vector<double>(channels, s.front()), std::vector<double>(channels, t.front())};
}

std::optional<Affine> compose(const Affine& first, const Affine& second)
{
    if (first.axis && !second.axis)
        return compose(first, Affine{first.axis, std::vector<double>(first.channels(), second.s.front()),
                                     std::vector<double>(first.channels(), second.t.front())});
    if (!first.axis && second.axis)
        return compose(Affine{second.axis, std::vector<double>(second.channels(), first.s.front()),
                              std::vector<double>(second.channels(), first.t.front())},
                       second);
    if (first.axis != second.axis || first.channels() != second.channels())
        return std::nullopt;
    Affine both = first;
    for (std::size_t c = 0; c < both.channels(); ++c) {
        both.s[c] = first.s[c] * second.s[c];
        both.t[c] = first.t[c] * second.s[c] + second.t[c];
        if (!std::isfinite(both.s[c]) || !std::isfinite(both.t[c]))
            return std::nullopt;
    }
    return both;
}

} // namespace pleat
