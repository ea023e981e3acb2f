// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/fuzz/ExternalInput.h"

#include "tests/fuzz/Checks.h"

#include <algorithm>
#include <string>

namespace pleat::fuzz {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view modelName = "model.onnx";

// The input names its files, but does not choose where they are written.
bool isPlain(std::string_view name)
{
    return !name.empty() && name.size() < 100 && name != "." && name != ".." && name != modelName &&
           name.find_first_of(std::string_view("/\0", 2)) == std::string_view::npos;
}

bool place(const std::string& key, const std::string& value, const fs::path& folder)
{
    const std::size_t colon = key.find(':');
    if (colon == std::string::npos || !isPlain(std::string_view(key).substr(colon + 1)))
        return false;
    const std::string kind = key.substr(0, colon);
    const fs::path path = folder / key.substr(colon + 1);
    std::error_code error;
    if (fs::exists(fs::symlink_status(path, error)))
        return kind == "file" || kind == "link" || kind == "folder";
    if (kind == "file")
        write(path, value);
    else if (kind == "link" && value.find('\0') == std::string::npos && !value.empty())
        fs::create_symlink(value, path, error);
    else if (kind == "folder")
        fs::create_directory(path, error);
    else
        return false;
    return true;
}

} // namespace

fs::path unpack(std::span<const std::byte> input, const fs::path& folder)
{
    const fs::path file = folder / modelName;
    std::string text(reinterpret_cast<const char*>(input.data()), input.size());
    onnx::ModelProto model;
    if (model.ParseFromString(text)) {
        auto& properties = *model.mutable_metadata_props();
        const int before = properties.size();
        for (int at = properties.size() - 1; at >= 0; --at) {
            if (place(properties[at].key(), properties[at].value(), folder))
                properties.DeleteSubrange(at, 1);
        }
        if (properties.size() < before)
            text = model.SerializeAsString();
    }
    write(file, text);
    return file;
}

void packFile(onnx::ModelProto& model, const std::string& name, const std::string& contents)
{
    auto& entry = *model.add_metadata_props();
    entry.set_key("file:" + name);
    entry.set_value(contents);
}

void packLink(onnx::ModelProto& model, const std::string& name, const std::string& target)
{
    auto& entry = *model.add_metadata_props();
    entry.set_key("link:" + name);
    entry.set_value(target);
}

} // namespace pleat::fuzz
