// SPDX-License-Identifier: GPL-3.0-or-later
// What the window says when the files of the open model changed under it, and what there is to do. Pure
// functions of the state.
#pragma once

#include "ui/document/SourceWatch.h"

namespace pleat::ui {

enum class SourceRemedy { None, Reload, Export };

QString sourceSentence(const SourceState& state); // empty when nothing happened
// The same of a model that is only compared with, and not exported.
QString comparedSourceSentence(const SourceState& state);
SourceRemedy sourceRemedy(const SourceState& state);
QString sourceMark(const SourceState& state); // for the title: " (deleted)"; empty when nothing happened

} // namespace pleat::ui
