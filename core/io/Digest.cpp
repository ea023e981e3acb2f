// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/io/Digest.h"

#include "core/base/Blocks.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <openssl/evp.h>
#include <vector>

namespace pleat {

namespace {

tl::unexpected<Error> broken(const std::string& where)
{
    return failure(ErrorCode::Internal, "The SHA-256 cannot be computed.", where);
}

std::string hexadecimal(std::span<const unsigned char> digest)
{
    std::string digits;
    for (const unsigned char byte : digest)
        digits += fmt::format("{:02x}", byte);
    return digits;
}

} // namespace

Result<std::string> sha256(std::span<const std::byte> bytes)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
        return broken({});
    return hexadecimal(std::span(digest).first(length));
}

Result<std::string> sha256(const File& file, Progress& progress, const std::stop_token& stop)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    if (!context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1)
        return broken(file.path().string());
    std::vector<std::byte> block(std::min(file.size(), blockBytes));
    for (std::uint64_t at = 0; at < file.size(); at += block.size()) {
        if (stop.stop_requested())
            return cancelled();
        block.resize(std::min(file.size() - at, blockBytes));
        if (auto read = file.read(at, block); !read)
            return tl::make_unexpected(read.error());
        if (EVP_DigestUpdate(context.get(), block.data(), block.size()) != 1)
            return broken(file.path().string());
        progress.advance(at + block.size(), file.size());
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (EVP_DigestFinal_ex(context.get(), digest.data(), &length) != 1)
        return broken(file.path().string());
    return hexadecimal(std::span(digest).first(length));
}

} // namespace pleat
