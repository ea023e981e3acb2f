// SPDX-License-Identifier: GPL-3.0-or-later
// Between std and Qt, and from numbers to words: the one place for both. Pure functions.
#pragma once

#include <QString>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pleat::ui {

QString toQt(std::string_view text); // bytes that are not UTF-8 become U+FFFD
std::string toStd(const QString& text);
QString fromPath(const std::filesystem::path& path);
std::filesystem::path toPath(const QString& path);

QString number(double value); // a weight, three significant digits, a real minus: "−0.41"
// A ratio in dB: "45.7", "exact" where it is infinite, "–" where there is none.
QString ratioText(const std::optional<double>& decibels);
QString compactCount(std::uint64_t count);                                        // "864", "3.5 M"
QString byteCount(std::uint64_t bytes);                                           // "3.4 kB"
QString dimensions(std::span<const std::int64_t> dims, const QString& separator); // "32 × 3 × 3 × 3"

} // namespace pleat::ui
