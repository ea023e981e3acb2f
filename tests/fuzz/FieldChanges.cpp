// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/FieldChanges.h"

#include <google/protobuf/descriptor.h>
#include <string>
#include <vector>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

namespace pleat::fuzz {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void collect(Message& message, std::vector<Message*>& all)
{
    all.push_back(&message);
    const Reflection* reflection = message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
        if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE)
            continue;
        if (!field->is_repeated())
            collect(*reflection->MutableMessage(&message, field), all);
        for (int at = 0; field->is_repeated() && at < reflection->FieldSize(message, field); ++at)
            collect(*reflection->MutableRepeatedMessage(&message, field, at), all);
    }
}

std::string mutated(std::string text)
{
    const std::size_t size = text.size();
    text.resize(size + 16);
    text.resize(LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(text.data()), size, text.size()));
    return text;
}

// Sets a field that is single, or the element `at` of a repeated one; -1 adds one.
void setScalar(Message& message, const FieldDescriptor* field, int at, Dice& dice)
{
    const Reflection* reflection = message.GetReflection();
    const auto put = [&](auto value, auto set, auto setOne, auto add) {
        if (!field->is_repeated())
            (reflection->*set)(&message, field, value);
        else if (at >= 0)
            (reflection->*setOne)(&message, field, at, value);
        else
            (reflection->*add)(&message, field, value);
    };
    switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
        return put(static_cast<std::int32_t>(dice.number()), &Reflection::SetInt32,
                   &Reflection::SetRepeatedInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64:
        return put(dice.number(), &Reflection::SetInt64, &Reflection::SetRepeatedInt64,
                   &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT64:
        return put(static_cast<std::uint64_t>(dice.number()), &Reflection::SetUInt64,
                   &Reflection::SetRepeatedUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_FLOAT:
        return put(static_cast<float>(dice.real()), &Reflection::SetFloat, &Reflection::SetRepeatedFloat,
                   &Reflection::AddFloat);
    case FieldDescriptor::CPPTYPE_DOUBLE:
        return put(dice.real(), &Reflection::SetDouble, &Reflection::SetRepeatedDouble,
                   &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_ENUM:
        return put(field->enum_type()->value(dice.below(field->enum_type()->value_count())),
                   &Reflection::SetEnum, &Reflection::SetRepeatedEnum, &Reflection::AddEnum);
    case FieldDescriptor::CPPTYPE_STRING: {
        const std::string old = !field->is_repeated() ? reflection->GetString(message, field)
                                : at >= 0             ? reflection->GetRepeatedString(message, field, at)
                                                      : std::string();
        return put(mutated(old), &Reflection::SetString, &Reflection::SetRepeatedString,
                   &Reflection::AddString);
    }
    default:
        return; // ONNX has no others
    }
}

void changeField(Message& message, const FieldDescriptor* field, Dice& dice)
{
    const Reflection* reflection = message.GetReflection();
    const bool isMessage = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (!field->is_repeated()) {
        if (reflection->HasField(message, field) && dice.oneIn(3))
            reflection->ClearField(&message, field);
        else if (isMessage)
            reflection->MutableMessage(&message, field);
        else
            setScalar(message, field, -1, dice);
        return;
    }
    const int size = reflection->FieldSize(message, field);
    const int at = size ? dice.below(size) : -1;
    switch (size ? dice.below(5) : 0) {
    case 0:
        if (!isMessage)
            setScalar(message, field, -1, dice);
        else if (size == 0)
            reflection->AddMessage(&message, field);
        else
            reflection->AddMessage(&message, field)
                ->CopyFrom(reflection->GetRepeatedMessage(message, field, at));
        return;
    case 1:
        reflection->SwapElements(&message, field, at, size - 1);
        reflection->RemoveLast(&message, field);
        return;
    case 2:
        reflection->SwapElements(&message, field, at, dice.below(size));
        return;
    case 3:
        if (dice.oneIn(4))
            reflection->ClearField(&message, field);
        return;
    default:
        if (!isMessage)
            setScalar(message, field, at, dice);
    }
}

void addUnknown(Message& message, Dice& dice)
{
    auto& fields = *message.GetReflection()->MutableUnknownFields(&message);
    // A number that is in use is unknown, too, where its kind is another one.
    const int number = dice.oneIn(2) ? 1 + dice.below(30) : 1 + dice.below((1 << 29) - 1);
    if (const auto* known = message.GetDescriptor()->FindFieldByNumber(number);
        known && known->cpp_type() != FieldDescriptor::CPPTYPE_FLOAT)
        return fields.AddFixed32(number, static_cast<std::uint32_t>(dice.number()));
    switch (dice.below(4)) {
    case 0:
        return fields.AddVarint(number, static_cast<std::uint64_t>(dice.number()));
    case 1:
        return fields.AddLengthDelimited(number, std::string(static_cast<std::size_t>(dice.below(9)), 'u'));
    case 2:
        return fields.AddFixed64(number, static_cast<std::uint64_t>(dice.number()));
    default:
        fields.AddGroup(number)->AddVarint(1, 7);
    }
}

} // namespace

void changeAnyField(Message& message, Dice& dice)
{
    std::vector<Message*> all;
    collect(message, all);
    Message& chosen = *dice.of(all);
    if (dice.oneIn(12))
        return addUnknown(chosen, dice);
    std::vector<const FieldDescriptor*> present;
    chosen.GetReflection()->ListFields(chosen, &present);
    const auto* descriptor = chosen.GetDescriptor();
    if (!present.empty() && !dice.oneIn(4))
        changeField(chosen, dice.of(present), dice);
    else if (descriptor->field_count() > 0)
        changeField(chosen, descriptor->field(dice.below(descriptor->field_count())), dice);
}

void exchange(Message& into, const Message& from, Dice& dice)
{
    std::vector<Message*> targets;
    std::vector<Message*> sources;
    const std::unique_ptr<Message> copy(from.New());
    copy->CopyFrom(from);
    collect(into, targets);
    collect(*copy, sources);
    Message& target = *targets[dice.below(targets.size())];
    std::vector<Message*> alike;
    for (Message* source : sources) {
        if (source->GetDescriptor() == target.GetDescriptor())
            alike.push_back(source);
    }
    if (!alike.empty())
        target.CopyFrom(*dice.of(alike));
}

} // namespace pleat::fuzz
