// SPDX-License-Identifier: GPL-3.0-or-later
// Random choices from a seed, for changes that libFuzzer must be able to make again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <random>

namespace pleat::fuzz {

class Dice final {
public:
    explicit Dice(std::uint32_t seed) : m_random(seed) {}

    std::size_t below(std::size_t end) { return end ? m_random() % end : 0; }
    int below(int end) { return static_cast<int>(below(static_cast<std::size_t>(end))); }
    bool oneIn(int chances) { return below(chances) == 0; }

    template<class Container>
    const auto& of(const Container& container)
    {
        return *std::next(container.begin(), static_cast<std::ptrdiff_t>(below(container.size())));
    }

    // Small ones mostly, and those that overflow something.
    std::int64_t number()
    {
        constexpr std::int64_t extremes[] = {-1,
                                             255,
                                             4096,
                                             65536,
                                             std::numeric_limits<std::int32_t>::max(),
                                             std::numeric_limits<std::int32_t>::min(),
                                             std::int64_t{1} << 32,
                                             std::int64_t{1} << 40,
                                             std::int64_t{1} << 62,
                                             std::numeric_limits<std::int64_t>::max(),
                                             std::numeric_limits<std::int64_t>::min()};
        return oneIn(4) ? extremes[below(std::size(extremes))] : below(12) - 2;
    }

    double real()
    {
        constexpr double odd[] = {0,
                                  -0.0,
                                  1e-45,
                                  1e-300,
                                  65504,
                                  1e5,
                                  3e38,
                                  1e39,
                                  1e300,
                                  -1,
                                  1e-7,
                                  std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN()};
        return oneIn(4) ? odd[below(std::size(odd))] : static_cast<double>(below(400) - 100) / 100;
    }

private:
    std::minstd_rand m_random;
};

} // namespace pleat::fuzz
