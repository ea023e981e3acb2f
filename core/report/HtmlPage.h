// SPDX-License-Identifier: GPL-3.0-or-later
// The frame of a page that needs nothing but itself: one file, no address of anything outside, its style and
// a few lines of script inside. Light or dark as the reader's system is, and a form for paper. Tables with
// class "sortable" sort by a click on the head of a column, or by "#sort=KEY" (downwards: "#sort=-KEY") in
// the address; each of their rows is a <tbody>, which may hold a second line. Without scripts it only does
// not sort.
#pragma once

#include "core/recipe/Recipe.h"
#include "core/report/TextSink.h"

#include <string>
#include <vector>

namespace pleat {

// Plots are drawn for so many rows of a page, the worst ones; for the others there are figures.
inline constexpr std::size_t mostPlots = 500;

// Up to the heading and a line below it.
std::string pageBegin(std::string_view title, std::string_view below);
std::string pageEnd(std::string_view date); // with Pleat's version

// A figure at the top: "52" "pairs folded".
struct Figure {
    std::string number;
    std::string words;
    bool alarming = false;
};
std::string figures(const std::vector<Figure>& all);

// A row of a table of facts; `value` is HTML.
struct Fact {
    std::string name;
    std::string value;
};
std::string facts(const std::vector<Fact>& all);
// A file with its size and SHA-256.
std::string fileText(const RecipeSource& file);

// A line that opens to plots, or to the sentence why there are none; both lines are HTML.
std::string unfolding(std::string_view line, const Result<std::string>& plots);

} // namespace pleat
