// SPDX-License-Identifier: GPL-3.0-or-later
// The host's side: a task in a process of its own, for a library that may crash. Whatever becomes of the
// worker, this process goes on, never waits longer than the task's limits say, and leaves no process behind.
// Nothing is waited for without looking at the clock and the stop token: the program that is started may be
// none of ours.
#pragma once

#include "core/io/Descriptor.h"
#include "core/worker/Task.h"

#include <filesystem>
#include <optional>
#include <vector>

namespace pleat {

inline constexpr std::string_view workerArgument = "--pleat-worker";

// What is asked of a worker.
struct Ask {
    std::string parameters; // at most largestFrame bytes
    int input = -1;         // a descriptor that it gets as its standard input; -1: nothing to read
    std::optional<std::chrono::seconds> time{}; // in place of that of the task's limits
};

enum class WorkerEnd {
    NotStarted,
    Crashed,  // by a signal, or with an exit code
    Silent,   // it ended well and without an answer: it is no worker
    Nonsense, // what it answered is no answer
    TooMuch,  // more than the task may answer
    TimedOut,
    Stopped, // as was asked
    Failed,  // the task says so
    Refused  // whoever takes the pieces says so
};

struct WorkerFailure {
    WorkerEnd end = WorkerEnd::NotStarted;
    // A clause for most ends ("signal 11: Segmentation fault"); the task's sentence for Failed, the taker's
    // for Refused.
    std::string why;
};

// Takes a piece of the result as it comes, whole.
using PieceSink = std::function<Result<void>(std::string piece)>;

// Starts `program` in the private mode for this task and waits for its end.
tl::expected<void, WorkerFailure> runTask(const std::filesystem::path& program, const Task& task,
                                          const Ask& ask, const PieceSink& take, Progress& progress,
                                          const std::stop_token& stop);

// The failure as a sentence about `what` ("ONNX Runtime", "ONNX's shape inference").
std::string sentenceOf(const WorkerFailure& failure, const std::string& what, std::chrono::seconds time);

// What a task answers to a question, as pieces, where nothing else than its answer is of interest. `what` is
// called in messages. Errors: Cancelled; Unsupported with the sentence why there is no answer, also where it
// is not of so many pieces.
Result<std::vector<std::string>> answerOf(const std::filesystem::path& program, const Task& task,
                                          std::string parameters, const std::string& question,
                                          std::size_t pieces, const std::string& what, Progress& progress,
                                          const std::stop_token& stop);

// An anonymous file for Ask::input; written to by whoever made it, then rewound and sealed, so that both
// sides see the same bytes for as long as they like.
Result<Descriptor> workerInput(const std::function<Result<void>(int descriptor)>& write);

} // namespace pleat
