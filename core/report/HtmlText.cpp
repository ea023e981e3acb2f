// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/report/HtmlText.h"

#include "core/base/Visible.h"

#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace pleat {

std::string html(std::string_view text)
{
    const std::string shown = visible(text);
    std::string result;
    result.reserve(shown.size());
    for (const char c : shown) {
        switch (c) {
        case '&':
            result += "&amp;";
            break;
        case '<':
            result += "&lt;";
            break;
        case '>':
            result += "&gt;";
            break;
        case '"':
            result += "&quot;";
            break;
        case '\'':
            result += "&#39;";
            break;
        default:
            result += c;
        }
    }
    return result;
}

std::string shortNumber(double value, int digits)
{
    const std::string text = fmt::format("{:.{}g}", std::fabs(value), digits);
    return std::signbit(value) && value != 0 ? "−" + text : text;
}

std::string rangeText(const Range& range)
{
    return shortNumber(range.min) + " … " + shortNumber(range.max);
}

std::string ratioText(double decibels)
{
    if (std::isnan(decibels))
        return "–";
    if (std::isinf(decibels))
        return decibels > 0 ? "exact" : "none";
    return (decibels < 0 ? "−" : "") + fmt::format("{:.1f}", std::fabs(decibels));
}

std::string shapeText(const std::vector<std::int64_t>& dims, std::string_view type)
{
    return dims.empty() ? std::string(type) : fmt::format("{} {}", fmt::join(dims, "×"), type);
}

std::string numberCell(std::optional<double> key, std::string_view content)
{
    if (!key || std::isnan(*key))
        return fmt::format("<td class=\"n\">{}</td>", content);
    const std::string value =
        std::isinf(*key) ? (*key > 0 ? "Infinity" : "-Infinity") : fmt::format("{}", *key);
    return fmt::format("<td class=\"n\" data-v=\"{}\">{}</td>", value, content);
}

std::string changeCell(std::optional<double> before, std::optional<double> after)
{
    if (!after)
        return numberCell(after, "–");
    std::string content = ratioText(*after);
    if (before)
        content = "<span class=\"q\">" + ratioText(*before) + " →</span> " + content;
    return numberCell(after, content);
}

std::string columnHead(std::string_view key, std::string_view title, std::string_view explanation,
                       bool isNumber)
{
    return fmt::format("<th scope=\"col\" data-key=\"{}\"{} title=\"{}\"><button>{}</button></th>", key,
                       isNumber ? " class=\"n\"" : "", html(explanation), title);
}

} // namespace pleat
