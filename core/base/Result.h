// SPDX-License-Identifier: GPL-3.0-or-later
// Errors are values. A function that can fail returns Result<T>; the Error says what is wrong, where, and
// what to do about it, in a sentence for the person at the screen. Exceptions of libraries are caught where
// the library is called, or at the boundaries (Failure.h). Both types are plain values, free to cross
// threads.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace pleat {

// What kind of trouble it is: the command line chooses its exit code by it, the window its title.
enum class ErrorCode {
    Unreadable,  // the file is missing, is not a model, is damaged
    Changed,     // the file changed while it was open
    MissingData, // external data is missing or too short
    Unsupported, // a thing that Pleat cannot do (yet)
    Unwritable,  // the result cannot be written
    Usage,       // the request makes no sense for this model
    Exhausted,   // memory, threads or descriptors are at their limit
    Cancelled,   // somebody asked to stop; everything is as it was
    Internal     // a bug of ours: please report
};

struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message; // a whole sentence or more, with the remedy where there is one
    std::string where;   // the file, node or tensor at fault; may be empty
};

template<class T>
using Result = tl::expected<T, Error>;

// Shorthand for the failing return: `return failure(ErrorCode::Unreadable, "…", path);`
inline tl::unexpected<Error> failure(ErrorCode code, std::string message, std::string where = {})
{
    return tl::make_unexpected(Error{code, std::move(message), std::move(where)});
}

inline tl::unexpected<Error> cancelled()
{
    return failure(ErrorCode::Cancelled, "Cancelled; nothing was changed.");
}

} // namespace pleat
