// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/rewrite/Remarks.h"

#include "core/model/OnnxFields.h"

#include <google/protobuf/unknown_field_set.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// 0: messages of this kind have no such field.
int numberOf(const Message& message, Remark remark)
{
    if (remark == Remark::Doc) {
        const auto* const known = message.GetDescriptor()->FindFieldByName("doc_string");
        return known ? known->number() : 0;
    }
    const std::string& kind = message.GetDescriptor()->name();
    const std::uint32_t number = kind == "ModelProto"       ? field::model::metadata
                                 : kind == "GraphProto"     ? field::graph::metadata
                                 : kind == "FunctionProto"  ? field::function::metadata
                                 : kind == "NodeProto"      ? field::node::metadata
                                 : kind == "TensorProto"    ? field::tensor::metadata
                                 : kind == "ValueInfoProto" ? field::valueInfo::metadata
                                                            : 0;
    return static_cast<int>(number);
}

bool hasOwn(const Message& message, int number)
{
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    if (const auto* const known = message.GetDescriptor()->FindFieldByNumber(number))
        return known->is_repeated() ? reflection.FieldSize(message, known) > 0
                                    : !reflection.GetString(message, known).empty();
    const auto& unknown = reflection.GetUnknownFields(message);
    for (int f = 0; f < unknown.field_count(); ++f) {
        if (unknown.field(f).number() == number)
            return true;
    }
    return false;
}

// The fields with messages in them, of those that are set.
std::vector<const FieldDescriptor*> partsOf(const Message& message)
{
    std::vector<const FieldDescriptor*> set;
    message.GetReflection()->ListFields(message, &set);
    std::erase_if(set, [](const FieldDescriptor* each) {
        return each->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE;
    });
    return set;
}

} // namespace

bool hasRemarks(const Message& message, Remark remark)
{
    if (const int number = numberOf(message, remark); number > 0 && hasOwn(message, number))
        return true;
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    for (const FieldDescriptor* const part : partsOf(message)) {
        if (!part->is_repeated()) {
            if (hasRemarks(reflection.GetMessage(message, part), remark))
                return true;
            continue;
        }
        for (int i = 0; i < reflection.FieldSize(message, part); ++i) {
            if (hasRemarks(reflection.GetRepeatedMessage(message, part, i), remark))
                return true;
        }
    }
    return false;
}

void clearRemarks(Message& message, Remark remark)
{
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    if (const int number = numberOf(message, remark); number > 0) {
        if (const auto* const known = message.GetDescriptor()->FindFieldByNumber(number))
            reflection.ClearField(&message, known);
        else if (hasOwn(message, number))
            reflection.MutableUnknownFields(&message)->DeleteByNumber(number);
    }
    for (const FieldDescriptor* const part : partsOf(message)) {
        if (!part->is_repeated()) {
            clearRemarks(*reflection.MutableMessage(&message, part), remark);
            continue;
        }
        for (int i = 0; i < reflection.FieldSize(message, part); ++i)
            clearRemarks(*reflection.MutableRepeatedMessage(&message, part, i), remark);
    }
}

} // namespace pleat
