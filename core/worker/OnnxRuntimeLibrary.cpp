// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/worker/OnnxRuntimeLibrary.h"

#include "core/worker/Worker.h"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <fmt/format.h>
#include <link.h>
#if __has_include(<onnxruntime_c_api.h>)
#include <onnxruntime_c_api.h>
#define PLEAT_HAS_ONNXRUNTIME 1
#else
#define PLEAT_HAS_ONNXRUNTIME 0
#endif

namespace pleat {

namespace {

namespace fs = std::filesystem;

constexpr const char* variable = "PLEAT_ONNXRUNTIME";

fs::path fromEnvironment(const char* name)
{
    const char* const value = std::getenv(name);
    return value ? fs::path(value) : fs::path();
}

// Those in it whose names begin so, sorted.
std::vector<fs::path> entries(const fs::path& folder, std::string_view beginning)
{
    std::vector<fs::path> found;
    std::error_code problem;
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end;
         entry.increment(problem)) {
        if (entry->path().filename().string().starts_with(beginning))
            found.push_back(entry->path());
    }
    std::ranges::sort(found);
    return found;
}

// The libraries in a folder as packages lay it out: its own, one with lib/, a Python environment, what pip
// --target makes.
void addFrom(const fs::path& folder, std::vector<fs::path>& into)
{
    std::vector<fs::path> places{folder, folder / "lib", folder / "capi", folder / "onnxruntime" / "capi"};
    for (const fs::path& python : entries(folder / "lib", "python3")) {
        for (const char* packages : {"site-packages", "dist-packages"})
            places.push_back(python / packages / "onnxruntime" / "capi");
    }
    for (const fs::path& place : places) {
        for (fs::path& library : entries(place, "libonnxruntime.so"))
            into.push_back(std::move(library));
    }
}

void addPythons(const fs::path& folder, std::vector<fs::path>& into)
{
    for (const fs::path& python : entries(folder, "python3")) {
        addFrom(python / "site-packages", into);
        addFrom(python / "dist-packages", into);
    }
}

// The folder of all builds, where the program is in one of them.
fs::path buildFolder(const fs::path& program)
{
    std::error_code problem;
    for (fs::path folder = program.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
        if (fs::exists(folder / "CMakeCache.txt", problem))
            return folder.parent_path();
    }
    return {};
}

fs::path dataFolder()
{
    const fs::path data = fromEnvironment("XDG_DATA_HOME");
    return data.is_absolute() ? data : fromEnvironment("HOME") / ".local" / "share";
}

tl::unexpected<Error> unusable(std::string why)
{
    return failure(ErrorCode::Unsupported, std::move(why));
}

#if PLEAT_HAS_ONNXRUNTIME

// All functions that are called are in the API of this version and of any later one.
constexpr std::uint32_t oldestApi = 11; // of ONNX Runtime 1.11
static_assert(ORT_API_VERSION >= oldestApi);

fs::path pathOf(void* library, const fs::path& asked)
{
    const link_map* map = nullptr;
    return ::dlinfo(library, RTLD_DI_LINKMAP, static_cast<void*>(&map)) == 0 && map ? fs::path(map->l_name)
                                                                                    : asked;
}

Result<LoadedOnnxRuntime> load(const fs::path& candidate)
{
    std::error_code problem;
    if (candidate.has_parent_path() && fs::is_directory(candidate, problem))
        return unusable(fmt::format("There is no libonnxruntime.so in {}.", candidate.string()));
    // A pipe or a device would be waited for.
    if (candidate.has_parent_path() && fs::exists(candidate, problem) &&
        !fs::is_regular_file(candidate, problem))
        return unusable(fmt::format("{} is no library.", candidate.string()));
    void* const library = ::dlopen(candidate.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return unusable(fmt::format("It cannot be loaded: {}.", ::dlerror()));
    using Entry = const OrtApiBase* (*)();
    const auto entry = reinterpret_cast<Entry>(::dlsym(library, "OrtGetApiBase"));
    const OrtApiBase* const base = entry ? entry() : nullptr;
    if (!base) {
        ::dlclose(library);
        return unusable(fmt::format("{} is a library, but not ONNX Runtime.", candidate.string()));
    }
    LoadedOnnxRuntime loaded{
        {pathOf(library, candidate), base->GetVersionString()}, base->GetApi(oldestApi), {}};
    if (!loaded.api)
        return unusable(fmt::format("{} is ONNX Runtime {}, which is too old: it takes 1.{} or a later one.",
                                    candidate.string(), loaded.library.version, oldestApi));
    OrtEnv* environment = nullptr;
    if (OrtStatus* const status = loaded.api->CreateEnv(ORT_LOGGING_LEVEL_FATAL, "pleat", &environment)) {
        const std::string words = loaded.api->GetErrorMessage(status);
        loaded.api->ReleaseStatus(status);
        return unusable("ONNX Runtime says: " + words);
    }
    loaded.environment = {environment, loaded.api->ReleaseEnv};
    return loaded;
}

#endif

} // namespace

std::vector<fs::path> onnxRuntimeCandidates(const fs::path& given, const fs::path& program)
{
    std::vector<fs::path> all;
    std::error_code problem;
    for (const fs::path& only : {given, fromEnvironment(variable)}) {
        if (only.empty())
            continue;
        const fs::path place = fs::absolute(only, problem);
        if (fs::is_directory(place, problem))
            addFrom(place, all);
        if (all.empty())
            all.push_back(place);
        return all;
    }
    all.emplace_back("libonnxruntime.so.1");
    all.emplace_back("libonnxruntime.so");
    if (const fs::path builds = buildFolder(program); !builds.empty()) {
        addFrom(builds / "onnxruntime", all);
        addFrom(builds / "venv", all);
    }
    if (const fs::path environment = fromEnvironment("VIRTUAL_ENV"); environment.is_absolute())
        addFrom(environment, all);
    if (const fs::path data = dataFolder(); data.is_absolute())
        addFrom(data / "pleat", all);
    if (const fs::path home = fromEnvironment("HOME"); home.is_absolute())
        addPythons(home / ".local" / "lib", all);
    for (const char* system : {"/usr/local/lib", "/usr/lib"})
        addPythons(system, all);
    return all;
}

Result<LoadedOnnxRuntime> loadOnnxRuntime(const fs::path& given)
{
#if PLEAT_HAS_ONNXRUNTIME
    std::error_code problem;
    const bool named = !given.empty() || !fromEnvironment(variable).empty();
    std::string why;
    for (const fs::path& candidate :
         onnxRuntimeCandidates(given, fs::read_symlink("/proc/self/exe", problem))) {
        auto loaded = load(candidate);
        if (loaded)
            return loaded;
        // That the system has none of such a name is nothing to tell.
        if (why.empty() && candidate.has_parent_path())
            why = std::move(loaded.error().message);
    }
    if (named)
        return unusable("ONNX Runtime is not where it is said to be. " + why);
    return unusable(fmt::format("ONNX Runtime was not found{} This gets it: {}",
                                why.empty() ? "." : ": " + why, onnxRuntimeCommand));
#else
    static_cast<void>(given);
    return unusable("This build of Pleat cannot use ONNX Runtime: it was made without its headers.");
#endif
}

Result<void> tellOnnxRuntime(TaskChannel& channel)
{
    const auto loaded = loadOnnxRuntime(channel.parameters);
    if (!loaded)
        return tl::make_unexpected(loaded.error());
    channel.give(loaded->library.path.string());
    channel.give(loaded->library.version);
    return {};
}

Result<OnnxRuntimeLibrary> findOnnxRuntime(const WorkerPlace& place, const std::stop_token& stop)
{
    std::vector<std::string> pieces;
    const auto take = [&pieces](std::string piece) -> Result<void> {
        pieces.push_back(std::move(piece));
        return {};
    };
    NoProgress quiet;
    const auto done = runTask(place.program, onnxRuntimeTask, {.parameters = place.onnxRuntime.string()},
                              take, quiet, stop);
    if (!done && done.error().end == WorkerEnd::Stopped)
        return cancelled();
    if (!done)
        return unusable(sentenceOf(done.error(), "ONNX Runtime", onnxRuntimeTask.limits.time));
    if (pieces.size() != 2)
        return unusable("ONNX Runtime gave no answer that can be used.");
    return OnnxRuntimeLibrary{std::move(pieces[0]), std::move(pieces[1])};
}

} // namespace pleat
