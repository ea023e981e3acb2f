// SPDX-License-Identifier: GPL-3.0-or-later
// Knows what becomes of the files of the open model, its own and those with its external data, while they are
// open: replaced or deleted by their path (what is open stays readable), or written in place (it does not).
// It looks when the system tells of a change, once the writer has paused, and whenever it is asked to. What
// Pleat itself wrote is no change. UI thread only, but for OwnWrite.
#pragma once

#include "core/model/Model.h"

#include <QElapsedTimer>
#include <QFileSystemWatcher>
#include <QObject>
#include <QStringList>
#include <QTimer>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace pleat::ui {

// What has become of the files, as one value: the worst of it.
struct SourceState {
    enum class Kind {
        Intact,
        Replaced,  // another file lies at the path
        Deleted,   // nothing lies at the path
        Rewritten, // the bytes that were opened are gone: truncated, overwritten or touched
    };
    Kind kind = Kind::Intact;
    QStringList files;      // names of those that it happened to, the model first
    bool model = false;     // the model file is one of them
    bool truncated = false; // and shorter than it was

    bool isIntact() const { return kind == Kind::Intact; }
    bool isReadable() const { return kind != Kind::Rewritten; }
    bool operator==(const SourceState&) const = default;
};

// What Pleat wrote, as the jobs that write tell it. Any thread.
class OwnWrites final {
public:
    void begin();
    void end(const std::vector<FileStamp>& written);
    bool isWriting() const;
    bool contains(const FileStamp& stamp) const;

private:
    mutable std::mutex m_mutex;
    std::vector<FileStamp> m_written;
    int m_writing = 0;
};

class SourceWatch final : public QObject {
    Q_OBJECT
public:
    explicit SourceWatch(QObject* parent = nullptr);

    // From now on these, the model file first; everything is as it was when they were opened.
    void watch(std::vector<FilePointer> files);
    const SourceState& state() const { return m_state; }

    void look(); // now
    // For the jobs that write; while one does, nothing is said about paths.
    const std::shared_ptr<OwnWrites>& ownWrites() const { return m_ownWrites; }

Q_SIGNALS:
    void changed(); // state() is another, or the same happened once more

private:
    // What was seen of one file.
    struct Sight {
        SourceState::Kind kind = SourceState::Kind::Intact;
        std::optional<FileStamp> atPath; // what lies there
        std::optional<FileStamp> opened; // what became of the open one
        bool operator==(const Sight&) const = default;
    };
    Sight see(std::size_t file) const;
    SourceState worst() const;
    void noticed();
    void watchPaths();
    void followPaths(const std::vector<Sight>& sights);

    std::vector<FilePointer> m_files;
    std::vector<Sight> m_sights; // one a file
    SourceState m_state;
    std::shared_ptr<OwnWrites> m_ownWrites = std::make_shared<OwnWrites>();
    QFileSystemWatcher m_watcher;
    QTimer m_pause;            // of the writer
    QElapsedTimer m_impatient; // with one that does not pause
};

// The open files behind a model: its own first, then those with external data.
std::vector<FilePointer> filesOf(const Model& model);

} // namespace pleat::ui
