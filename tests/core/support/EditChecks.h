// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of edits share: the models that are edited, and the way of a step through a recipe's text,
// to a model whose bytes are read again.
#pragma once

#include "core/recipe/Recipe.h"
#include "tests/core/support/ModelBuilder.h"
#include "tests/core/support/OrtRunner.h"

#include <functional>
#include <onnx/onnx_pb.h>
#include <source_location>

namespace pleat::test {

struct Edited {
    std::string after; // bytes of the file
    onnx::ModelProto model;
    std::vector<ReplayedStep> steps;
    std::vector<std::string> codes() const; // of what was found
};

// Through a recipe's text. What went wrong, or why a step was refused.
tl::expected<Edited, std::string> edited(const std::string& bytes, const std::vector<EditStep>& steps);

// Edited, and the checker is content.
Edited assertEdits(const std::string& bytes, const std::vector<EditStep>& steps,
                   std::source_location where = std::source_location::current());
Edited assertEdits(const ModelBuilder& model, const std::vector<EditStep>& steps,
                   std::source_location where = std::source_location::current());

std::string refusalOf(const std::string& bytes, const std::vector<EditStep>& steps);

// Of random inputs, in ONNX Runtime.
Arrays outputsOf(const std::string& model, std::uint32_t seed = 1,
                 const std::map<std::string, std::int64_t>& symbols = {});

bool has(const std::vector<std::string>& all, const std::string& one);

// x → Conv c1 → Identity id → If, whose bodies read id_out from outside and have names of their own; it makes
// `either`.
ModelBuilder choosingModel(const Shape& shape);

// A small network that all of ONNX Runtime can run, with whatever stands in the middle.
ModelBuilder network(const std::function<void(ModelBuilder&)>& middle = {},
                     const Shape& shape = {1, 3, 8, 8});

} // namespace pleat::test
