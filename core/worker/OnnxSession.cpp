// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/OnnxSession.h"

#include "core/model/Assemble.h"

#if __has_include(<onnxruntime_c_api.h>)
#include <onnxruntime_c_api.h>
#define PLEAT_HAS_ONNXRUNTIME 1
#else
#define PLEAT_HAS_ONNXRUNTIME 0
#endif

namespace pleat {

#if PLEAT_HAS_ONNXRUNTIME

namespace {

// What ONNX Runtime makes is released by it.
template<class Object>
using Owned = std::unique_ptr<Object, void (*)(Object*)>;

template<class Object>
Owned<Object> owned(Object* object, void (*release)(Object*))
{
    return {object, release};
}

// Its words, or nothing when all went well.
std::optional<std::string> problemOf(const OrtApi& api, OrtStatus* status)
{
    if (!status)
        return std::nullopt;
    std::string words = api.GetErrorMessage(status);
    api.ReleaseStatus(status);
    return words;
}

Error saidBy(std::string words)
{
    return {ErrorCode::Unsupported, "ONNX Runtime says: " + std::move(words), {}};
}

} // namespace

struct OnnxSession::State {
    const OrtApi& api;
    std::shared_ptr<OrtEnv> environment;
    Owned<OrtSession> session;
    Owned<OrtMemoryInfo> memory;

    using Opener = std::function<OrtStatus*(const OrtApi&, OrtEnv*, OrtSessionOptions*, OrtSession**)>;
    static Result<OnnxSession> open(const LoadedOnnxRuntime& runtime, SessionRules rules,
                                    const Opener& opener);
    // What it makes, and how long that took.
    struct Results {
        std::vector<Owned<OrtValue>> values;
        std::chrono::nanoseconds time{};
    };
    Result<Results> run(std::span<const onnx::TensorProto> inputs,
                        std::span<const std::string> outputs) const;
    // The bytes of the tensor are kept in `kept`, which lives as long as the value.
    Result<Owned<OrtValue>> valueOf(const onnx::TensorProto& tensor, std::string& kept) const;
    Result<onnx::TensorProto> tensorOf(const std::string& name, OrtValue& value, std::uint64_t largest) const;
    Result<void> takeStrings(const OrtValue& value, std::size_t count, std::uint64_t largest,
                             onnx::TensorProto& into) const;
    Result<void> check(OrtStatus* status) const
    {
        if (auto problem = problemOf(api, status))
            return tl::make_unexpected(saidBy(std::move(*problem)));
        return {};
    }
};

Result<OnnxSession> OnnxSession::State::open(const LoadedOnnxRuntime& runtime, SessionRules rules,
                                             const Opener& opener)
{
    const OrtApi& api = *runtime.api;
    auto state = std::make_unique<State>(State{api, runtime.environment,
                                               owned<OrtSession>(nullptr, api.ReleaseSession),
                                               owned<OrtMemoryInfo>(nullptr, api.ReleaseMemoryInfo)});
    std::optional<Error> wrong;
    const auto succeeds = [&](OrtStatus* status) {
        if (auto problem = problemOf(api, status); problem && !wrong)
            wrong = saidBy(std::move(*problem));
        return !wrong;
    };
    OrtSessionOptions* made = nullptr;
    succeeds(api.CreateSessionOptions(&made));
    const auto options = owned<OrtSessionOptions>(made, api.ReleaseSessionOptions);
    OrtSession* session = nullptr;
    OrtMemoryInfo* memory = nullptr;
    const auto level = rules.optimised ? ORT_ENABLE_ALL : ORT_DISABLE_ALL;
    if (!wrong && succeeds(api.SetSessionGraphOptimizationLevel(made, level)) &&
        succeeds(api.SetIntraOpNumThreads(made, 1)) && succeeds(api.SetInterOpNumThreads(made, 1)) &&
        (rules.arena || succeeds(api.DisableCpuMemArena(made))) &&
        succeeds(api.SetSessionLogSeverityLevel(made, 4)) &&
        succeeds(opener(api, runtime.environment.get(), made, &session)))
        state->session.reset(session);
    if (!wrong && succeeds(api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &memory)))
        state->memory.reset(memory);
    if (wrong)
        return tl::make_unexpected(std::move(*wrong));
    return OnnxSession(std::move(state));
}

Result<OnnxSession> OnnxSession::open(const LoadedOnnxRuntime& runtime, std::string_view model,
                                      SessionRules rules)
{
    return State::open(
        runtime, rules, [&](const OrtApi& api, OrtEnv* environment, OrtSessionOptions* options, auto** made) {
            return api.CreateSessionFromArray(environment, model.data(), model.size(), options, made);
        });
}

Result<OnnxSession> OnnxSession::open(const LoadedOnnxRuntime& runtime, const std::filesystem::path& model,
                                      SessionRules rules)
{
    return State::open(runtime, rules,
                       [&](const OrtApi& api, OrtEnv* environment, OrtSessionOptions* options, auto** made) {
                           return api.CreateSession(environment, model.c_str(), options, made);
                       });
}

Result<Owned<OrtValue>> OnnxSession::State::valueOf(const onnx::TensorProto& tensor, std::string& kept) const
{
    const std::vector<std::int64_t> dims(tensor.dims().begin(), tensor.dims().end());
    const auto type = static_cast<ONNXTensorElementDataType>(tensor.data_type());
    OrtValue* value = nullptr;
    if (tensor.data_type() == onnx::TensorProto::STRING) {
        OrtAllocator* allocator = nullptr;
        std::vector<const char*> strings;
        strings.reserve(static_cast<std::size_t>(tensor.string_data_size()));
        for (const std::string& text : tensor.string_data()) {
            if (text.find('\0') != std::string::npos)
                return failure(ErrorCode::Unsupported,
                               "A string with a zero byte in it cannot be handed to ONNX Runtime.");
            strings.push_back(text.c_str());
        }
        if (auto done = check(api.GetAllocatorWithDefaultOptions(&allocator)); !done)
            return tl::make_unexpected(std::move(done.error()));
        if (auto done = check(api.CreateTensorAsOrtValue(allocator, dims.data(), dims.size(), type, &value));
            !done)
            return tl::make_unexpected(std::move(done.error()));
        auto made = owned<OrtValue>(value, api.ReleaseValue);
        if (auto done = check(api.FillStringTensor(value, strings.data(), strings.size())); !done)
            return tl::make_unexpected(std::move(done.error()));
        return made;
    }
    const TensorView view = tensorView(tensor, nullptr);
    kept.resize(static_cast<std::size_t>(view.payload().size()));
    if (auto done = readWhole(view, std::as_writable_bytes(std::span(kept))); !done)
        return tl::make_unexpected(std::move(done.error()));
    if (auto done = check(api.CreateTensorWithDataAsOrtValue(memory.get(), kept.data(), kept.size(),
                                                             dims.data(), dims.size(), type, &value));
        !done)
        return tl::make_unexpected(std::move(done.error()));
    return owned<OrtValue>(value, api.ReleaseValue);
}

Result<void> OnnxSession::State::takeStrings(const OrtValue& value, std::size_t count, std::uint64_t largest,
                                             onnx::TensorProto& into) const
{
    std::size_t bytes = 0;
    if (auto done = check(api.GetStringTensorDataLength(&value, &bytes)); !done)
        return done;
    if (bytes > largest)
        return {};
    std::string all(bytes, '\0');
    std::vector<std::size_t> begins(count);
    if (count > 0) {
        if (auto done = check(api.GetStringTensorContent(&value, all.data(), bytes, begins.data(), count));
            !done)
            return done;
    }
    for (std::size_t n = 0; n < count; ++n) {
        const std::size_t end = n + 1 < count ? begins[n + 1] : bytes;
        into.add_string_data(all.substr(begins[n], end - begins[n]));
    }
    return {};
}

Result<onnx::TensorProto> OnnxSession::State::tensorOf(const std::string& name, OrtValue& value,
                                                       std::uint64_t largest) const
{
    onnx::TensorProto tensor;
    tensor.set_name(name);
    int isTensor = 0;
    if (auto done = check(api.IsTensor(&value, &isTensor)); !done)
        return tl::make_unexpected(std::move(done.error()));
    if (!isTensor)
        return failure(ErrorCode::Unsupported, "What ONNX Runtime makes of it is no tensor.");
    OrtTensorTypeAndShapeInfo* info = nullptr;
    if (auto done = check(api.GetTensorTypeAndShape(&value, &info)); !done)
        return tl::make_unexpected(std::move(done.error()));
    const auto description = owned<OrtTensorTypeAndShapeInfo>(info, api.ReleaseTensorTypeAndShapeInfo);
    auto type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
    std::size_t rank = 0, count = 0;
    for (OrtStatus* const status :
         {api.GetTensorElementType(info, &type), api.GetDimensionsCount(info, &rank),
          api.GetTensorShapeElementCount(info, &count)}) {
        if (auto done = check(status); !done)
            return tl::make_unexpected(std::move(done.error()));
    }
    std::vector<std::int64_t> dims(rank);
    if (auto done = check(api.GetDimensions(info, dims.data(), rank)); !done)
        return tl::make_unexpected(std::move(done.error()));
    tensor.mutable_dims()->Add(dims.begin(), dims.end());
    tensor.set_data_type(static_cast<std::int32_t>(type)); // the numbers are ONNX's own
    if (type == ONNX_TENSOR_ELEMENT_DATA_TYPE_STRING) {
        if (auto done = takeStrings(value, count, largest, tensor); !done)
            return tl::make_unexpected(std::move(done.error()));
        return tensor;
    }
    const std::uint64_t bytes = storedBytes(static_cast<DataType>(type), count);
    void* data = nullptr;
    if (elementBits(static_cast<DataType>(type)) == 0)
        return failure(ErrorCode::Unsupported,
                       "What ONNX Runtime makes of it has an element type that is not known here.");
    if (auto done = check(api.GetTensorMutableData(&value, &data)); !done)
        return tl::make_unexpected(std::move(done.error()));
    if (bytes <= largest)
        tensor.set_raw_data(data, static_cast<std::size_t>(bytes));
    return tensor;
}

Result<OnnxSession::State::Results> OnnxSession::State::run(std::span<const onnx::TensorProto> inputs,
                                                            std::span<const std::string> outputs) const
{
    std::vector<std::string> kept(inputs.size());
    std::vector<Owned<OrtValue>> values;
    std::vector<const OrtValue*> given;
    std::vector<const char*> inputNames, outputNames;
    values.reserve(inputs.size());
    given.reserve(inputs.size());
    inputNames.reserve(inputs.size());
    for (std::size_t n = 0; n < inputs.size(); ++n) {
        auto value = valueOf(inputs[n], kept[n]);
        if (!value)
            return tl::make_unexpected(std::move(value.error()));
        values.push_back(std::move(*value));
        given.push_back(values.back().get());
        inputNames.push_back(inputs[n].name().c_str());
    }
    outputNames.reserve(outputs.size());
    for (const std::string& name : outputs)
        outputNames.push_back(name.c_str());
    std::vector<OrtValue*> made(outputs.size());
    Results results;
    results.values.reserve(made.size());
    const auto start = std::chrono::steady_clock::now();
    const auto ran = check(api.Run(session.get(), nullptr, inputNames.data(), given.data(), given.size(),
                                   outputNames.data(), outputNames.size(), made.data()));
    results.time = std::chrono::steady_clock::now() - start;
    for (OrtValue* const value : made)
        results.values.push_back(owned<OrtValue>(value, api.ReleaseValue));
    if (!ran)
        return tl::make_unexpected(ran.error());
    return results;
}

Result<void> OnnxSession::run(std::span<const onnx::TensorProto> inputs, std::span<const std::string> outputs,
                              std::uint64_t largest, const TensorSink& take) const
{
    auto results = m_state->run(inputs, outputs);
    if (!results)
        return tl::make_unexpected(std::move(results.error()));
    for (std::size_t n = 0; n < outputs.size(); ++n) {
        auto tensor = m_state->tensorOf(outputs[n], *results->values[n], largest);
        if (!tensor)
            return tl::make_unexpected(std::move(tensor.error()));
        results->values[n].reset();
        if (auto taken = take(std::move(*tensor)); !taken)
            return taken;
    }
    return {};
}

Result<std::chrono::nanoseconds> OnnxSession::time(std::span<const onnx::TensorProto> inputs,
                                                   std::span<const std::string> outputs) const
{
    const auto results = m_state->run(inputs, outputs);
    if (!results)
        return tl::make_unexpected(results.error());
    return results->time;
}

#else

namespace {

tl::unexpected<Error> builtWithout()
{
    return failure(ErrorCode::Unsupported, "This build of Pleat cannot use ONNX Runtime.");
}

} // namespace

struct OnnxSession::State {};

Result<OnnxSession> OnnxSession::open(const LoadedOnnxRuntime&, std::string_view, SessionRules)
{
    return builtWithout();
}

Result<OnnxSession> OnnxSession::open(const LoadedOnnxRuntime&, const std::filesystem::path&, SessionRules)
{
    return builtWithout();
}

Result<void> OnnxSession::run(std::span<const onnx::TensorProto>, std::span<const std::string>, std::uint64_t,
                              const TensorSink&) const
{
    return builtWithout();
}

Result<std::chrono::nanoseconds> OnnxSession::time(std::span<const onnx::TensorProto>,
                                                   std::span<const std::string>) const
{
    return builtWithout();
}

#endif

OnnxSession::OnnxSession(std::unique_ptr<State> state) : m_state(std::move(state)) {}
OnnxSession::OnnxSession(OnnxSession&&) noexcept = default;
OnnxSession& OnnxSession::operator=(OnnxSession&&) noexcept = default;
OnnxSession::~OnnxSession() = default;

Result<std::vector<onnx::TensorProto>> OnnxSession::run(std::span<const onnx::TensorProto> inputs,
                                                        std::span<const std::string> outputs,
                                                        std::uint64_t largest) const
{
    std::vector<onnx::TensorProto> tensors;
    tensors.reserve(outputs.size());
    auto ran = run(inputs, outputs, largest, [&tensors](onnx::TensorProto tensor) -> Result<void> {
        tensors.push_back(std::move(tensor));
        return {};
    });
    if (!ran)
        return tl::make_unexpected(std::move(ran.error()));
    return tensors;
}

} // namespace pleat
