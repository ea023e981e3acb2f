// SPDX-License-Identifier: GPL-3.0-or-later
// Text, numbers and cells of a table as HTML. What comes from a model goes through html(): a name may hold
// anything.
#pragma once

#include "core/tensor/Statistics.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pleat {

// Text between tags or in the quotes of an attribute: & < > " ' as references, and what would steer or is no
// UTF-8 written out as visible() does.
std::string html(std::string_view text);

// "0.3694", "−1.2e-09"; a minus sign for a hyphen, so that columns of digits line up.
std::string shortNumber(double value, int digits = 4);
std::string rangeText(const Range& range); // "−0.3694 … 0.3458"
std::string ratioText(double decibels);    // "40.1", "exact" where nothing is lost, "–" where there is none
std::string shapeText(const std::vector<std::int64_t>& dims, std::string_view type); // "16×1×3×3 float"

// A cell that sorts by a number; by none, it comes last. `content` is HTML.
std::string numberCell(std::optional<double> key, std::string_view content);

// "32.1" behind a quiet "40.0 →", sorted by the latter of the two.
std::string changeCell(std::optional<double> before, std::optional<double> after);

// The head of a column; `key` is what "#sort=KEY" in the address calls it.
std::string columnHead(std::string_view key, std::string_view title, std::string_view explanation,
                       bool isNumber = true);

} // namespace pleat
