// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/Failure.h"

#include <cassert>
#include <exception>
#include <new>
#include <stdexcept>
#include <system_error>

namespace pleat {

Error caughtError()
{
    assert(std::current_exception());
    const char* const noMemory = "There is not enough memory for this. Close other programs or raise the "
                                 "limit (ulimit -v), and try again.";
    try {
        throw;
    } catch (const std::bad_alloc&) {
        return {ErrorCode::Exhausted, noMemory, {}};
    } catch (const std::length_error&) { // more than a container can ever hold
        return {ErrorCode::Exhausted, noMemory, {}};
    } catch (const std::system_error& error) {
        return {ErrorCode::Exhausted,
                "The system refuses what Pleat needs (" + error.code().message() +
                    "): a limit on threads, processes or files may be reached.",
                {}};
    } catch (const std::exception& error) {
        return {ErrorCode::Internal,
                std::string("This went wrong in a way that Pleat does not know (") + error.what() +
                    "). Please report it.",
                {}};
    } catch (...) {
        return {
            ErrorCode::Internal, "This went wrong in a way that Pleat does not know. Please report it.", {}};
    }
}

} // namespace pleat
