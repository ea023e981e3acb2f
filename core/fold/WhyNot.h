// SPDX-License-Identifier: GPL-3.0-or-later
// What keeps an operator from letting a scale and shift pass, in a few words for a sentence: what the
// operator is, as its page in ONNX's documentation defines it.
#pragma once

#include "core/base/Sentence.h"

namespace pleat {

// "it is not linear", "it sums along an axis", …; of operators that have no rule (PropagationTable.cpp).
Sentence whyNot(std::string_view op);

// Whether the operator normalises with statistics that it takes from its input.
bool readsItsStatistics(std::string_view op);

} // namespace pleat
