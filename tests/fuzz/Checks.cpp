// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/Checks.h"

#include "core/fold/Fold.h"
#include "core/graph/Describe.h"
#include "core/graph/StoredTensors.h"
#include "core/model/Assemble.h"
#include "core/model/DataFiles.h"
#include "core/model/TensorWalk.h"
#include "core/model/Validator.h"
#include "core/report/Json.h"
#include "core/tensor/SparseBytes.h"
#include "core/tensor/Statistics.h"
#include "tests/fuzz/Target.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace pleat::fuzz {

namespace fs = std::filesystem;

namespace {

template<class Numbers>
std::string bytesOf(const Numbers& numbers)
{
    return {reinterpret_cast<const char*>(numbers.data()),
            static_cast<std::size_t>(numbers.size()) * sizeof(*numbers.data())};
}

void makeRaw(onnx::TensorProto& tensor)
{
    if (tensor.float_data_size() > 0 && tensor.raw_data().empty()) {
        tensor.set_raw_data(bytesOf(tensor.float_data()));
        tensor.clear_float_data();
    }
    if (tensor.double_data_size() > 0 && tensor.raw_data().empty()) {
        tensor.set_raw_data(bytesOf(tensor.double_data()));
        tensor.clear_double_data();
    }
}

void makeRaw(google::protobuf::Message& message)
{
    if (auto* tensor = dynamic_cast<onnx::TensorProto*>(&message))
        return makeRaw(*tensor);
    const auto* reflection = message.GetReflection();
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    for (const auto* field : fields) {
        if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE)
            continue;
        if (!field->is_repeated())
            makeRaw(*reflection->MutableMessage(&message, field));
        for (int at = 0; field->is_repeated() && at < reflection->FieldSize(message, field); ++at)
            makeRaw(*reflection->MutableRepeatedMessage(&message, field, at));
    }
}

} // namespace

void broken(const std::string& promise)
{
    std::fprintf(stderr, "BROKEN PROMISE: %s\n", promise.c_str());
    std::abort();
}

Scratch::Scratch()
{
    std::string name = (fs::temp_directory_path() / "pleat-fuzz-XXXXXX").string();
    require(::mkdtemp(name.data()) != nullptr, "there is a folder for temporary files");
    m_path = fs::canonical(name);
}

Scratch::~Scratch()
{
    std::error_code error;
    fs::remove_all(m_path, error);
}

void Scratch::clear() const
{
    for (const auto& entry : fs::directory_iterator(m_path))
        fs::remove_all(entry.path());
}

std::string contents(const fs::path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void write(const fs::path& file, std::string_view contents)
{
    std::ofstream(file, std::ios::binary)
        .write(contents.data(), static_cast<std::streamsize>(contents.size()));
}

std::optional<Model> modelOf(std::span<const std::byte> input)
{
    auto opened =
        openModel(std::make_shared<const std::vector<std::byte>>(input.begin(), input.end()), "fuzz.onnx");
    return opened ? std::optional(std::move(opened->model)) : std::nullopt;
}

void requireValid(const Model& model, const std::string& when)
{
    const auto valid = validate(model);
    require(valid.has_value(), "the model is valid " + when + (valid ? "" : ": " + valid.error().message));
}

void requireSentence(const Error& error)
{
    require(error.code != ErrorCode::Internal, "no bug of ours: " + error.message);
    require(error.message.size() > 15 && error.message.ends_with('.'),
            "an error is a sentence: \"" + error.message + "\"");
}

TensorView viewOf(const onnx::TensorProto& tensor, const Payload* payload)
{
    return tensorView(tensor, payload);
}

TensorView viewOf(const TensorMessage& tensor, const Payload*)
{
    return tensorView(tensor);
}

std::vector<std::string> readTensors(const Model& model)
{
    std::vector<std::string> all;
    NoProgress progress;
    forEachTensor(model, [&](const auto& tensor, const Payload* payload) {
        const TensorView view = viewOf(tensor, payload);
        std::string& bytes = all.emplace_back(static_cast<std::size_t>(view.payload().size()), '\0');
        if (auto got = readWhole(view, std::as_writable_bytes(std::span(bytes.data(), bytes.size()))); !got) {
            requireSentence(got.error());
            bytes = "no bytes";
            require(!view.doubles(), "there are no numbers where there are no bytes");
            return;
        }
        const auto numbers = view.doubles();
        if (!numbers)
            requireSentence(numbers.error());
        else
            require(numbers->size() == view.elements(), "each element is a number");
        if (auto sums = statistics(view, WeightLayout::plain(view.elements()), progress, {}); !sums)
            requireSentence(sums.error());
    });
    return all;
}

bool hasExternalData(const Model& model)
{
    return std::ranges::any_of(payloadsOf(model),
                               [](const Payload* payload) { return payload->isExternal(); });
}

onnx::ModelProto whole(const Model& model)
{
    auto made = assemble(model, LeftOut::Whole);
    require(made.has_value(), "a model without external data can be put together");
    makeRaw(*made);
    return *std::move(made);
}

void makeRaw(onnx::ModelProto& model)
{
    makeRaw(static_cast<google::protobuf::Message&>(model));
}

void describeEverything(const Model& model)
{
    const auto view = GraphView::of(model);
    const ValueTypes types = declaredTypes(model);
    require(nlohmann::json::accept(infoJson(describe(*view, types))), "info is JSON");
    for (std::size_t at = 0; at < view->nodeCount(); ++at) {
        const auto node = static_cast<NodeIndex>(at);
        static_cast<void>(describe(*view, node, types));
        const auto weights = layerWeights(*view, node);
        if (!weights)
            continue;
        NoProgress progress;
        if (auto sums = statistics(weights->weight, weights->layout, progress, {}); !sums)
            requireSentence(sums.error());
    }
    for (const ValueIndex value : storedValues(*view)) {
        const auto tensor = storedTensor(*view, value);
        if (!tensor || !sparseBytes(tensor->payload()))
            continue;
        std::vector<double> numbers(std::min<std::uint64_t>(tensor->elements(), 4096));
        for (const std::uint64_t first : {std::uint64_t{0}, tensor->elements() - numbers.size()})
            if (auto read = tensor->readDoubles(first, numbers); !read)
                requireSentence(read.error());
    }
    std::size_t nodes = 0;
    for (std::size_t at = 0; at < view->scopes().size(); ++at)
        nodes += view->topological(static_cast<ScopeIndex>(at)).size();
    require(nodes == view->nodeCount(), "every node has its place in the order");
}

} // namespace pleat::fuzz
