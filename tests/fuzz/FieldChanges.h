// SPDX-License-Identifier: GPL-3.0-or-later
// Changes of a message that know nothing of its meaning: any field of any message in it is set, cleared,
// doubled, moved or damaged; fields that the library does not know are added.
#pragma once

#include "tests/fuzz/Dice.h"

#include <google/protobuf/message.h>

namespace pleat::fuzz {

void changeAnyField(google::protobuf::Message& message, Dice& dice);

// Replaces a message in `into` by one of the same kind in `from`, or adds it where there are several.
void exchange(google::protobuf::Message& into, const google::protobuf::Message& from, Dice& dice);

} // namespace pleat::fuzz
