// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/EditOptions.h"

#include "core/edit/Written.h"

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace pleat::cli {

namespace {

using Made = Result<EditStep>;

struct Halves {
    std::string left, right;
};

// At the first "=".
Result<Halves> halves(const std::string& text, const char* form)
{
    const std::size_t at = text.find('=');
    if (at == std::string::npos || at == 0)
        return failure(ErrorCode::Usage, fmt::format("\"{}\" must be {}.", text, form));
    return Halves{text.substr(0, at), text.substr(at + 1)};
}

// What stands before the last dot and behind it.
Result<Halves> dotted(const std::string& text, const char* form)
{
    const std::size_t at = text.rfind('.');
    if (at == std::string::npos || at == 0 || at + 1 == text.size())
        return failure(ErrorCode::Usage, fmt::format("\"{}\" must be {}.", text, form));
    return Halves{text.substr(0, at), text.substr(at + 1)};
}

template<class Number>
Result<Number> numberIn(const std::string& text)
{
    Number number{};
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc() || read.ptr != end)
        return failure(ErrorCode::Usage, fmt::format("\"{}\" is no number here.", text));
    return number;
}

// A step about the node that is called so.
template<class Make>
Made ofNode(const GraphView& view, const std::string& called, Make make)
{
    auto node = idOfNodeCalled(view, called);
    if (!node)
        return tl::make_unexpected(std::move(node.error()));
    return make(std::move(*node));
}

// A step of the two halves of a text.
template<class Make>
Made ofHalves(const std::string& text, const char* form, Make make)
{
    auto both = halves(text, form);
    if (!both)
        return tl::make_unexpected(std::move(both.error()));
    return make(std::move(both->left), std::move(both->right));
}

template<class Step, class Number>
Made withNumber(const std::string& text, Number Step::*member)
{
    return ofHalves(text, "TENSOR=NUMBER", [&](std::string tensor, const std::string& right) -> Made {
        const auto number = numberIn<Number>(right);
        if (!number)
            return tl::make_unexpected(number.error());
        Step step;
        step.tensor = std::move(tensor);
        step.*member = *number;
        return step;
    });
}

// A tensor, else a node, else a size.
Made rename(const GraphView& view, const std::string& text)
{
    return ofHalves(text, "OLD=NEW", [&](std::string from, std::string to) -> Made {
        if (findTensor(view, from))
            return RenameTensor{std::move(from), std::move(to)};
        if (auto node = idOfNodeCalled(view, from))
            return RenameNode{std::move(*node), std::move(to)};
        return RenameSymbol{std::move(from), std::move(to)};
    });
}

Made renameNode(const GraphView& view, const std::string& text)
{
    return ofHalves(text, "OLD=NEW", [&](const std::string& from, const std::string& to) {
        return ofNode(view, from, [&](std::string node) -> Made { return RenameNode{std::move(node), to}; });
    });
}

Made setAttribute(const GraphView& view, const std::string& text)
{
    constexpr const char* form = "NODE.ATTRIBUTE=VALUE";
    return ofHalves(text, form, [&](const std::string& place, const std::string& value) -> Made {
        const auto both = dotted(place, form);
        if (!both)
            return tl::make_unexpected(both.error());
        return ofNode(view, both->left, [&](std::string id) -> Made {
            const auto node = findNode(view, id);
            auto parsed = node ? parsedAttribute(view, *node, both->right, value)
                               : Result<AttributeValue>(tl::make_unexpected(node.error()));
            if (!parsed)
                return tl::make_unexpected(std::move(parsed.error()));
            return SetAttribute{std::move(id), both->right, std::move(*parsed)};
        });
    });
}

Made setAttributeTensor(const GraphView& view, const std::string& text)
{
    constexpr const char* form = "NODE.ATTRIBUTE=FILE";
    return ofHalves(text, form, [&](const std::string& place, const std::string& file) -> Made {
        const auto both = dotted(place, form);
        if (!both)
            return tl::make_unexpected(both.error());
        return ofNode(view, both->left, [&](std::string node) -> Made {
            return SetAttributeTensor{std::move(node), both->right, file, {}};
        });
    });
}

Made setAttributeNumbers(const GraphView& view, const std::string& text)
{
    constexpr const char* form = "NODE.ATTRIBUTE=TYPE[2x3]: NUMBERS";
    return ofHalves(text, form, [&](const std::string& place, const std::string& numbers) -> Made {
        const auto both = dotted(place, form);
        if (!both)
            return tl::make_unexpected(both.error());
        return ofNode(view, both->left, [&](std::string node) -> Made {
            return SetAttributeNumbers{std::move(node), both->right, numbers};
        });
    });
}

// "w[0,3]=1.5", "w[:,3]=0".
Made setValues(const GraphView&, const std::string& text)
{
    constexpr const char* form = "TENSOR[PLACE]=VALUE";
    const std::size_t end = text.find("]="), start = text.rfind('[', end);
    if (end == std::string::npos || start == std::string::npos || start == 0)
        return failure(ErrorCode::Usage, fmt::format("\"{}\" must be {}.", text, form));
    return SetValues{text.substr(0, start), text.substr(start + 1, end - start - 1), text.substr(end + 2)};
}

Made removeAttribute(const GraphView& view, const std::string& text)
{
    const auto both = dotted(text, "NODE.ATTRIBUTE");
    if (!both)
        return tl::make_unexpected(both.error());
    return ofNode(view, both->left, [&](std::string node) -> Made {
        return RemoveAttribute{std::move(node), both->right};
    });
}

Made replaceOperator(const GraphView& view, const std::string& text)
{
    return ofHalves(text, "NODE=OPERATOR", [&](const std::string& called, const std::string& op) {
        const std::size_t at = op.find("::");
        const std::string domain = at == std::string::npos ? "" : op.substr(0, at);
        return ofNode(view, called, [&](std::string node) -> Made {
            return ReplaceOperator{std::move(node), at == std::string::npos ? op : op.substr(at + 2), domain};
        });
    });
}

Made connect(const GraphView& view, const std::string& text)
{
    constexpr const char* form = "NODE.INPUT=TENSOR, the input counted from 0";
    return ofHalves(text, form, [&](const std::string& place, const std::string& tensor) -> Made {
        const auto both = dotted(place, form);
        const auto slot = both ? numberIn<std::int64_t>(both->right)
                               : Result<std::int64_t>(tl::make_unexpected(both.error()));
        if (!slot)
            return tl::make_unexpected(slot.error());
        return ofNode(view, both->left, [&](std::string node) -> Made {
            return ConnectInput{std::move(node), *slot, tensor};
        });
    });
}

// "TENSOR=Clip:min=0,max=6": numbers, texts and types; lists are for recipes.
Made insert(const GraphView&, const std::string& text)
{
    return ofHalves(text, "TENSOR=OPERATOR[:ATTRIBUTE=VALUE,…]",
                    [&](std::string tensor, std::string op) -> Made {
                        InsertNode step{std::move(tensor), {}, std::move(op), {}};
                        const std::size_t colon = step.op.find(':');
                        std::string rest = colon == std::string::npos ? "" : step.op.substr(colon + 1);
                        step.op = step.op.substr(0, colon);
                        while (!rest.empty()) {
                            const std::size_t comma = std::min(rest.find(','), rest.size());
                            auto both = halves(rest.substr(0, comma), "ATTRIBUTE=VALUE");
                            if (!both)
                                return tl::make_unexpected(std::move(both.error()));
                            rest.erase(0, std::min(comma + 1, rest.size()));
                            NamedAttribute& made =
                                step.attributes.emplace_back(NamedAttribute{std::move(both->left), {}});
                            if (const auto integer = numberIn<std::int64_t>(both->right))
                                made.value = *integer;
                            else if (const auto number = numberIn<double>(both->right))
                                made.value = *number;
                            else if (const auto type = writtenType(both->right); type && made.name == "to")
                                made.value = static_cast<std::int64_t>(*type);
                            else
                                made.value = std::move(both->right);
                        }
                        return step;
                    });
}

Made inputShape(const GraphView&, const std::string& text)
{
    return ofHalves(text, "INPUT=1x3x224x224", [](std::string input, const std::string& shape) -> Made {
        auto sizes = writtenShape(shape);
        if (!sizes)
            return tl::make_unexpected(std::move(sizes.error()));
        return SetInput{std::move(input), std::move(*sizes)};
    });
}

Made outputShape(const GraphView&, const std::string& text)
{
    return ofHalves(text, "OUTPUT=1x1000", [](std::string output, const std::string& shape) -> Made {
        auto sizes = writtenShape(shape);
        if (!sizes)
            return tl::make_unexpected(std::move(sizes.error()));
        return SetOutput{std::move(output), std::move(*sizes)};
    });
}

Made inputType(const GraphView&, const std::string& text)
{
    return ofHalves(text, "INPUT=TYPE", [](std::string input, const std::string& word) -> Made {
        const auto type = writtenType(word);
        if (!type)
            return tl::make_unexpected(type.error());
        return SetInput{std::move(input), {}, *type};
    });
}

Made storeAs(const GraphView&, const std::string& text)
{
    const std::size_t at = text.rfind('=');
    const auto type = writtenType(at == std::string::npos ? text : text.substr(at + 1));
    if (!type)
        return tl::make_unexpected(type.error());
    return StoreTensorAs{at == std::string::npos ? "" : text.substr(0, at), *type};
}

// "float16", "float16:ports,Softmax".
Made computeAs(const GraphView&, const std::string& text)
{
    const std::size_t colon = text.find(':');
    const auto type = writtenType(text.substr(0, colon));
    if (!type)
        return tl::make_unexpected(type.error());
    ComputeAs step{*type, false, {}};
    std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
    while (!rest.empty()) {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        if (rest.substr(0, comma) == "ports")
            step.ports = true;
        else
            step.keep.push_back(rest.substr(0, comma));
        rest.erase(0, std::min(comma + 1, rest.size()));
    }
    return step;
}

Made importSet(const GraphView&, const std::string& text)
{
    return ofHalves(text, "DOMAIN=VERSION", [](std::string domain, const std::string& word) -> Made {
        const auto version = numberIn<std::int64_t>(word);
        if (!word.empty() && !version)
            return tl::make_unexpected(version.error());
        return SetOpset{std::move(domain), word.empty() ? std::nullopt : std::optional(*version)};
    });
}

template<class Step>
Made onNode(const GraphView& view, const std::string& text)
{
    return ofNode(view, text, [](std::string node) -> Made { return Step{std::move(node)}; });
}

template<class Step>
Made onTensor(const GraphView&, const std::string& text)
{
    return Step{text};
}

} // namespace

std::span<const EditOption> editOptions()
{
    static constexpr std::array all{
        EditOption{"--rename", "OLD=NEW: a tensor, input or output, else a node, else a size", rename},
        EditOption{"--rename-node", "OLD=NEW: a node", renameNode},
        EditOption{"--remove", "NODE goes, which nobody else reads", onNode<RemoveNode>},
        EditOption{"--remove-with-feeders", "NODE goes, with all that only feeds it",
                   [](const GraphView& view, const std::string& text) {
                       return ofNode(view, text, [](std::string node) -> Made {
                           return RemoveNode{std::move(node), true};
                       });
                   }},
        EditOption{"--bypass", "NODE goes; what read its result reads its input", onNode<BypassNode>},
        EditOption{"--duplicate", "A copy of NODE, which nobody reads yet", onNode<DuplicateNode>},
        EditOption{"--connect", "NODE.INPUT=TENSOR: the input, counted from 0, becomes this tensor", connect},
        EditOption{"--insert", "TENSOR=OPERATOR[:ATTRIBUTE=VALUE,…] on the way to all that read it", insert},
        EditOption{"--operator", "NODE=OPERATOR, or DOMAIN::OPERATOR", replaceOperator},
        EditOption{"--set-tensor",
                   "NODE.ATTRIBUTE=FILE: an attribute that holds a tensor gets an array of a .npy, .npz or "
                   ".safetensors",
                   setAttributeTensor},
        EditOption{
            "--set-numbers",
            "NODE.ATTRIBUTE=float[2x3]: 1, 2, 3, 4, 5, 6: the same, written out; one number is for all",
            setAttributeNumbers},
        EditOption{"--set", "NODE.ATTRIBUTE=VALUE", setAttribute},
        EditOption{"--unset", "NODE.ATTRIBUTE: back to its default", removeAttribute},
        EditOption{"--output", "TENSOR becomes an output", onTensor<AddOutput>},
        EditOption{"--remove-output", "TENSOR is no output any more", onTensor<RemoveOutput>},
        EditOption{"--input-shape",
                   "INPUT=1x3x224x224; a name for a size leaves it open, and with an x in it takes commas "
                   "between them",
                   inputShape},
        EditOption{"--output-shape", "OUTPUT=1x1000, as of an input", outputShape},
        EditOption{"--input-type", "INPUT=TYPE", inputType},
        EditOption{"--batch", "N or a name: the first size of all inputs",
                   [](const GraphView&, const std::string& text) -> Made {
                       return writtenDimension(text).map(
                           [](const Dimension& size) { return EditStep(SetBatch{size}); });
                   }},
        EditOption{"--replace", "TENSOR=FILE: an array of a .npy, .npz or .safetensors",
                   [](const GraphView&, const std::string& text) {
                       return ofHalves(text, "TENSOR=FILE", [](std::string tensor, std::string file) -> Made {
                           return ReplaceTensor{std::move(tensor), std::move(file), {}, true};
                       });
                   }},
        EditOption{"--set-value",
                   "TENSOR[0,3]=VALUE, TENSOR[:,3]=VALUE: one element or a slice, as numpy writes it",
                   setValues},
        EditOption{
            "--fill", "TENSOR=NUMBER: all its elements become this",
            [](const GraphView&, const std::string& text) { return withNumber(text, &FillTensor::value); }},
        EditOption{
            "--scale", "TENSOR=NUMBER: times this",
            [](const GraphView&, const std::string& text) { return withNumber(text, &ScaleTensor::factor); }},
        EditOption{"--prune", "TENSOR=NUMBER: elements of a smaller magnitude become 0",
                   [](const GraphView&, const std::string& text) {
                       return withNumber(text, &PruneTensor::threshold);
                   }},
        EditOption{"--store-as",
                   "TENSOR=TYPE, or TYPE for all weights: stored so, and cast where they are read", storeAs},
        EditOption{
            "--compute-as",
            "float16 or bfloat16[:ports][,OPERATOR…]: all of the network; with ports, inputs and outputs "
            "become of it, too; operators that are named, or do not take it, compute in float",
            computeAs},
        EditOption{"--metadata", "KEY=VALUE",
                   [](const GraphView&, const std::string& text) {
                       return ofHalves(text, "KEY=VALUE", [](std::string key, std::string value) -> Made {
                           return SetMetadata{std::move(key), std::move(value)};
                       });
                   }},
        EditOption{"--remove-metadata", "KEY goes",
                   [](const GraphView&, const std::string& text) -> Made {
                       return SetMetadata{text, {}};
                   }},
        EditOption{"--doc", "TEXT: what the model says about itself",
                   [](const GraphView&, const std::string& text) -> Made {
                       return SetModelText{ModelText::Doc, text};
                   }},
        EditOption{"--producer", "TEXT: who made it",
                   [](const GraphView&, const std::string& text) -> Made {
                       return SetModelText{ModelText::ProducerName, text};
                   }},
        EditOption{"--import", "DOMAIN=VERSION: an operator set; without a version it goes", importSet},
    };
    return all;
}

} // namespace pleat::cli
