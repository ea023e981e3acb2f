// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/verify/InputFiles.h"

#include "core/base/Text.h"
#include "core/io/Digest.h"
#include "core/verify/InputParts.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <span>

namespace pleat {

namespace {

constexpr std::uint64_t longestText = std::uint64_t{1} << 30;

tl::unexpected<Error> unfitting(const InputPort& port, DataType type, const std::vector<std::int64_t>& dims,
                                const std::string& where)
{
    return failure(ErrorCode::Usage,
                   fmt::format("The input {} takes {}, and {} has {}.", port.name, portText(port), where,
                               arrayText(type, dims)),
                   port.name);
}

bool isOneOf(const std::filesystem::path& path, std::initializer_list<const char*> extensions)
{
    std::string extension = path.extension().string();
    std::ranges::transform(extension, extension.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return std::ranges::count(extensions, extension) > 0;
}

Result<void> readLabels(const OwnInputs& own, const std::vector<std::string>& names, Inputs& inputs)
{
    const auto lines = linesOf(own.labels);
    if (!lines)
        return tl::make_unexpected(lines.error());
    const std::string file = own.labels.string();
    std::vector<std::int64_t> inOrder;
    std::map<std::string, std::int64_t> byName;
    for (std::size_t n = 0; n < lines->size(); ++n) {
        const std::vector<std::string> fields = fieldsOf((*lines)[n]);
        const auto label = fields.empty() ? std::nullopt : labelIn(fields.back());
        if (!label && n == 0)
            continue; // names of columns
        if (!label)
            return failure(ErrorCode::Usage,
                           fmt::format("{}: line {} ends with no class number.", file, n + 1), file);
        inOrder.push_back(*label);
        byName[fields.front()] = *label;
    }
    const bool areNamed =
        !names.empty() && std::ranges::all_of(names, [&](const auto& name) { return byName.contains(name); });
    if (areNamed) {
        inOrder.clear();
        inOrder.reserve(names.size());
        for (const std::string& name : names)
            inOrder.push_back(byName.at(name));
    }
    if (inOrder.size() < inputs.samples)
        return failure(ErrorCode::Usage,
                       fmt::format("{} has classes for {} of {}.", file, grouped(inOrder.size()),
                                   counted(inputs.samples, "sample")),
                       file);
    inOrder.resize(static_cast<std::size_t>(inputs.samples));
    inputs.labels = std::move(inOrder);
    return {};
}

} // namespace

std::string portText(const InputPort& port)
{
    const std::string shape = port.type.text();
    return (port.type.hasShape ? shape.empty() ? "one number of " : shape + " " : "any shape of ") +
           name(port.type.type);
}

std::string arrayText(DataType type, const std::vector<std::int64_t>& dims)
{
    return dims.empty() ? "one number of " + name(type)
                        : fmt::format("{} {}", fmt::join(dims, "×"), name(type));
}

Result<Cut> Cutter::cut(const InputPort& port, DataType type, const std::vector<std::int64_t>& dims,
                        const std::string& where)
{
    if (type != port.type.type)
        return unfitting(port, type, dims, where);
    Cut cut{.dims = dims};
    if (!port.type.hasShape || (dims.empty() && port.type.shape.empty()))
        return cut;
    if (dims.size() != port.type.shape.size())
        return unfitting(port, type, dims, where);
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        const Dimension& declared = port.type.shape[axis];
        std::int64_t size = declared.value;
        if (size < 0 && m_sizes.contains(declared.symbol))
            size = m_sizes.at(declared.symbol);
        else if (size < 0) {
            size = axis == 0 ? 1 : dims[axis];
            if (axis == 0 && dims[0] > 1)
                m_notes.push_back(
                    fmt::format("The model gets one sample of {} at a time.", port.name) +
                    (declared.symbol.empty() ? "" : fmt::format(" --dim {}=N gives it N.", declared.symbol)));
            if (!declared.symbol.empty())
                m_sizes.emplace(declared.symbol, size);
        }
        const bool fits = axis == 0 ? dims[0] >= size && size > 0 : dims[axis] == size;
        if (!fits)
            return unfitting(port, type, dims, where);
        if (axis == 0) {
            cut.dims[0] = size;
            cut.atOnce = static_cast<std::uint64_t>(size);
            cut.batches = static_cast<std::uint64_t>(dims[0] / size);
            cut.rest = static_cast<std::uint64_t>(dims[0] % size);
        }
    }
    return cut;
}

Result<InputFile> describedFile(const std::filesystem::path& path, Progress& progress,
                                const std::stop_token& stop)
{
    const auto file = File::open(path);
    if (!file)
        return tl::make_unexpected(file.error());
    auto digest = sha256(**file, progress, stop);
    if (!digest)
        return tl::make_unexpected(std::move(digest.error()));
    return InputFile{path.string(), (*file)->size(), std::move(*digest)};
}

Result<Inputs> withFile(Inputs inputs, const std::filesystem::path& path, Progress& progress,
                        const std::stop_token& stop)
{
    auto described = describedFile(path, progress, stop);
    if (!described)
        return tl::make_unexpected(std::move(described.error()));
    inputs.files.push_back(std::move(*described));
    return inputs;
}

Result<std::vector<std::string>> linesOf(const std::filesystem::path& path)
{
    const auto file = File::open(path);
    if (!file)
        return tl::make_unexpected(file.error());
    if ((*file)->size() > longestText)
        return failure(ErrorCode::Unsupported, path.string() + " is larger than 1 GiB.", path.string());
    std::string text(static_cast<std::size_t>((*file)->size()), '\0');
    if (auto read = (*file)->read(0, std::as_writable_bytes(std::span(text))); !read)
        return tl::make_unexpected(std::move(read.error()));
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        if (!line.empty() && line.back() == '\r')
            line.pop_back();
        if (!line.empty())
            lines.push_back(std::move(line));
        at = end + 1;
    }
    return lines;
}

std::vector<std::string> fieldsOf(std::string_view line)
{
    const char* const between = line.find(',') != line.npos ? "," : line.find(';') != line.npos ? ";" : "\t ";
    std::vector<std::string> fields;
    for (std::size_t at = 0; at <= line.size();) {
        const std::size_t end = std::min(line.find_first_of(between, at), line.size());
        std::string_view field = line.substr(at, end - at);
        const std::size_t first = field.find_first_not_of(" \t\""), last = field.find_last_not_of(" \t\"");
        field = first == field.npos ? "" : field.substr(first, last - first + 1);
        if (*between != '\t' || !field.empty())
            fields.emplace_back(field);
        at = end + 1;
    }
    return fields;
}

std::optional<double> numberIn(std::string_view field)
{
    double value = 0;
    const std::span<const char> text(field);
    const char* const end = text.data() + text.size();
    const auto [read, problem] = std::from_chars(text.data(), end, value);
    return problem == std::errc() && read == end && !field.empty() ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> labelIn(std::string_view field)
{
    const auto number = numberIn(field);
    const bool isClass = number && *number >= 0 && *number < 0x1p53 &&
                         *number == static_cast<double>(static_cast<std::int64_t>(*number));
    return isClass ? std::optional(static_cast<std::int64_t>(*number)) : std::nullopt;
}

Result<Inputs> ownInputs(const GraphView& view, const OwnInputs& own,
                         const std::map<std::string, std::int64_t>& sizes, Progress& progress,
                         const std::stop_token& stop)
{
    if (own.files.empty())
        return failure(ErrorCode::Usage, "There is no file of inputs.");
    const std::filesystem::path& first = own.files.front();
    const bool isArray = isOneOf(first, {".npz", ".npy"}), isTable = isOneOf(first, {".csv", ".tsv", ".txt"});
    if ((isArray || isTable) && own.files.size() > 1)
        return failure(ErrorCode::Usage, "Inputs come from one .npz, .npy or .csv file, or from images.");
    Cutter cutter(sizes);
    std::vector<std::string> names;
    auto inputs = isArray   ? arrayInputs(view, first, cutter, progress, stop)
                  : isTable ? tableInputs(view, own, cutter, progress, stop)
                            : imageInputs(view, own, sizes, names, progress, stop);
    if (!inputs)
        return inputs;
    for (const std::string& note : cutter.notes())
        inputs->notes.push_back(note);
    if (!own.labels.empty())
        if (auto read = readLabels(own, names, *inputs); !read)
            return tl::make_unexpected(std::move(read.error()));
    return inputs;
}

} // namespace pleat
