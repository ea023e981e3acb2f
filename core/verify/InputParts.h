// SPDX-License-Identifier: GPL-3.0-or-later
// What the readers of InputFiles.h share, one a kind of file. Private to core/verify.
#pragma once

#include "core/verify/InputFiles.h"

namespace pleat {

// "1×3×224×224 float", as a model declares it or an array has it.
std::string portText(const InputPort& port);
std::string arrayText(DataType type, const std::vector<std::int64_t>& dims);

// How an array is cut for an input.
struct Cut {
    std::vector<std::int64_t> dims;      // of one batch
    std::uint64_t batches = 1, rest = 0; // samples that fill no batch
    std::uint64_t atOnce = 1;            // samples of a batch
};

// Knows which sizes the symbols of a model have got so far. `where`: what messages call the array.
class Cutter final {
public:
    explicit Cutter(const std::map<std::string, std::int64_t>& sizes) : m_sizes(sizes) {}

    // Errors: Usage with what the input takes and what was given.
    Result<Cut> cut(const InputPort& port, DataType type, const std::vector<std::int64_t>& dims,
                    const std::string& where);
    const std::vector<std::string>& notes() const { return m_notes; }

private:
    std::map<std::string, std::int64_t> m_sizes;
    std::vector<std::string> m_notes;
};

Result<InputFile> describedFile(const std::filesystem::path& path, Progress& progress,
                                const std::stop_token& stop);

// With the description of the file that they come from.
Result<Inputs> withFile(Inputs inputs, const std::filesystem::path& path, Progress& progress,
                        const std::stop_token& stop);

// The whole of a text file of at most 1 GiB, line by line. Errors: those of File; Unsupported above.
Result<std::vector<std::string>> linesOf(const std::filesystem::path& path);
// The fields of a line of a table: between commas, else semicolons, else tabs or blanks; without quotes.
std::vector<std::string> fieldsOf(std::string_view line);
std::optional<double> numberIn(std::string_view field);
std::optional<std::int64_t> labelIn(std::string_view field);

Result<Inputs> arrayInputs(const GraphView& view, const std::filesystem::path& path, Cutter& cutter,
                           Progress& progress, const std::stop_token& stop);
Result<Inputs> tableInputs(const GraphView& view, const OwnInputs& own, Cutter& cutter, Progress& progress,
                           const std::stop_token& stop);
// With what each image is called in `names`.
Result<Inputs> imageInputs(const GraphView& view, const OwnInputs& own,
                           const std::map<std::string, std::int64_t>& sizes, std::vector<std::string>& names,
                           Progress& progress, const std::stop_token& stop);

} // namespace pleat
