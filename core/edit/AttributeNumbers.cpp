// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/edit/AttributeNumbers.h"

#include "core/edit/Attributes.h"
#include "core/edit/Written.h"
#include "core/graph/Attributes.h"
#include "core/tensor/ElementParsing.h"
#include "core/tensor/Elements.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>

namespace pleat {

namespace {

constexpr std::uint64_t mostNumbers = 256; // more are read from a file

struct WrittenTensor {
    DataType type = DataType::Undefined;
    std::vector<std::int64_t> dims;
    std::vector<std::string> numbers;
};

// "int64[2x3]", "float[]".
Result<WrittenTensor> writtenHead(std::string head)
{
    const std::size_t first = head.find_first_not_of(' '), open = head.find('['),
                      last = head.find_last_not_of(' ');
    if (first == std::string::npos || open == std::string::npos || head[last] != ']' || open < first)
        return failure(ErrorCode::Usage,
                       fmt::format("\"{}\" must be a type and a shape, as float[2x3].", head));
    const auto type = writtenType(head.substr(first, open - first));
    if (!type)
        return tl::make_unexpected(type.error());
    const auto shape = writtenShape(head.substr(open + 1, last - open - 1));
    if (!shape)
        return tl::make_unexpected(shape.error());
    WrittenTensor written{*type, {}, {}};
    for (const Dimension& size : *shape) {
        if (size.value < 0)
            return failure(ErrorCode::Usage, "The sizes of a tensor are numbers.");
        written.dims.push_back(size.value);
    }
    return written;
}

// Between commas or spaces.
std::vector<std::string> writtenNumbers(std::string_view text)
{
    constexpr std::string_view between = ", \t\n";
    std::vector<std::string> numbers;
    for (std::size_t at = text.find_first_not_of(between); at != std::string_view::npos;
         at = text.find_first_not_of(between, at)) {
        const std::size_t end = std::min(text.find_first_of(between, at), text.size());
        numbers.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return numbers;
}

Result<TensorView> tensorOf(const WrittenTensor& written)
{
    const auto refused = [](std::string why) { return failure(ErrorCode::Usage, std::move(why)); };
    if (written.type == DataType::String)
        return refused("Strings are not written as numbers.");
    std::uint64_t count = 1;
    for (const std::int64_t size : written.dims) {
        if (count > 0 && static_cast<std::uint64_t>(size) > mostNumbers / count)
            return refused(fmt::format("More than {} numbers are read from a file.", mostNumbers));
        count *= static_cast<std::uint64_t>(size);
    }
    if (written.numbers.size() != count && written.numbers.size() != 1)
        return refused(fmt::format("These are {} numbers, and {} has {}.", written.numbers.size(),
                                   fmt::format("[{}]", fmt::join(written.dims, "x")), count));
    auto bytes = std::make_shared<std::vector<std::byte>>();
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string& number = written.numbers[written.numbers.size() == 1 ? 0 : i];
        const auto element = parsedElement(written.type, number);
        if (!element || storedBytes(written.type, count) != count * element->size())
            return refused(element ? fmt::format("Numbers of {} are read from a file.", name(written.type))
                                   : fmt::format("\"{}\" is no value of {}.", number, name(written.type)));
        bytes->insert(bytes->end(), element->begin(), element->end());
    }
    return TensorView({}, written.type, written.dims, Payload{Bytes(std::move(bytes))});
}

} // namespace

std::optional<std::string> numbersText(const TensorView& tensor)
{
    const std::uint64_t count = tensor.elements();
    if (tensor.type() == DataType::String || count > mostNumbers ||
        storedBytes(tensor.type(), 2) != 2 * storedBytes(tensor.type(), 1)) // they share bytes
        return std::nullopt;
    std::vector<Element> elements(static_cast<std::size_t>(count));
    if (!Elements(tensor).read(0, elements))
        return std::nullopt;
    std::vector<std::string> words;
    std::ranges::transform(elements, std::back_inserter(words),
                           [&](const Element& element) { return text(tensor.type(), element); });
    return fmt::format("{}[{}]: {}", name(tensor.type()), fmt::join(tensor.dims(), "x"),
                       fmt::join(words, ", "));
}

Sentence describe(const SetAttributeNumbers& step)
{
    return sentence("Set attribute {} of the node that makes {} to {}", step.name, step.node, step.numbers);
}

Result<PlannedEdit> plan(const SetAttributeNumbers& step, const ViewPointer& of)
{
    const GraphView& view = *of;
    const auto node = findNode(view, step.node);
    if (!node)
        return tl::make_unexpected(node.error());
    const std::size_t colon = step.numbers.find(':');
    WrittenTensor written;
    if (colon != std::string::npos) {
        auto head = writtenHead(step.numbers.substr(0, colon));
        if (!head)
            return tl::make_unexpected(std::move(head.error()));
        written = std::move(*head);
    } else if (const auto* const now = attribute(*view.entry(*node).proto, step.name); now && now->has_t()) {
        const TensorView tensor = tensorView(view.entry(*node).payloads(), now->t());
        written.type = tensor.type();
        written.dims = tensor.dims();
    } else {
        return failure(ErrorCode::Usage,
                       "The type and the shape come first, as in float[2x3]: 1, 2, 3, 4, 5, 6.");
    }
    written.numbers =
        writtenNumbers(std::string_view(step.numbers).substr(colon == std::string::npos ? 0 : colon + 1));
    const auto tensor = tensorOf(written);
    if (!tensor)
        return tl::make_unexpected(tensor.error());
    return settingTensor(
        view, *node, step.name, *tensor,
        sentence("set attribute {} of {} to {}", step.name, operation(view, *node), step.numbers));
}

} // namespace pleat
