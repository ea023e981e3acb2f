// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/SourceWatch.h"

#include "core/model/DataFiles.h"
#include "ui/document/Convert.h"

#include <QFileInfo>
#include <QSet>
#include <algorithm>

namespace pleat::ui {

namespace {

constexpr int pause = 300;            // ms without a word before a file counts as written
constexpr qint64 longestWait = 2'000; // ms until a look is taken all the same
constexpr std::size_t rememberedWrites = 64;

} // namespace

void OwnWrites::begin()
{
    const std::lock_guard lock(m_mutex);
    ++m_writing;
}

void OwnWrites::end(const std::vector<FileStamp>& written)
{
    const std::lock_guard lock(m_mutex);
    --m_writing;
    m_written.insert(m_written.end(), written.begin(), written.end());
    if (m_written.size() > rememberedWrites)
        m_written.erase(m_written.begin(), m_written.end() - rememberedWrites);
}

bool OwnWrites::isWriting() const
{
    const std::lock_guard lock(m_mutex);
    return m_writing > 0;
}

bool OwnWrites::contains(const FileStamp& stamp) const
{
    const std::lock_guard lock(m_mutex);
    return std::find(m_written.begin(), m_written.end(), stamp) != m_written.end();
}

std::vector<FilePointer> filesOf(const Model& model)
{
    std::vector<FilePointer> files = dataFilesOf(model);
    files.insert(files.begin(), model.otherSources.begin(), model.otherSources.end());
    if (model.source)
        files.insert(files.begin(), model.source);
    return files;
}

SourceWatch::SourceWatch(QObject* parent) : QObject(parent)
{
    m_pause.setSingleShot(true);
    m_pause.setInterval(pause);
    connect(&m_pause, &QTimer::timeout, this, &SourceWatch::look);
    connect(&m_watcher, &QFileSystemWatcher::fileChanged, this, &SourceWatch::noticed);
    connect(&m_watcher, &QFileSystemWatcher::directoryChanged, this, &SourceWatch::noticed);
}

void SourceWatch::watch(std::vector<FilePointer> files)
{
    if (const QStringList watched = m_watcher.files() + m_watcher.directories(); !watched.isEmpty())
        m_watcher.removePaths(watched);
    m_pause.stop();
    m_files = std::move(files);
    m_sights.assign(m_files.size(), {});
    m_state = {};
    watchPaths();
    look(); // it may have changed between opening and now
}

void SourceWatch::watchPaths()
{
    // A watch ends when its file is renamed or deleted, so it is renewed. The folders tell of what comes
    // back; a link is watched at both its ends.
    QSet<QString> wanted;
    for (const FilePointer& file : m_files) {
        const QFileInfo info(fromPath(file->path()));
        wanted.insert(info.absolutePath());
        if (!info.exists())
            continue;
        wanted.insert(info.absoluteFilePath());
        wanted.insert(QFileInfo(info.canonicalFilePath()).absolutePath());
    }
    for (const QString& watched : m_watcher.files() + m_watcher.directories())
        wanted.remove(watched);
    if (!wanted.isEmpty())
        m_watcher.addPaths(wanted.values()); // where this fails, the other occasions to look remain
}

// A watch stays with the file it was set on, also when another one takes its path.
void SourceWatch::followPaths(const std::vector<Sight>& sights)
{
    for (std::size_t i = 0; i < m_files.size(); ++i) {
        const auto& before = m_sights[i].atPath;
        const auto& now = sights[i].atPath;
        if (before && now && !now->isSameFile(*before))
            m_watcher.removePath(fromPath(m_files[i]->path()));
    }
    watchPaths();
}

void SourceWatch::noticed()
{
    const auto isRewritten = [](const FilePointer& file) { return !file->unchanged(); };
    if (m_state.isReadable() && std::any_of(m_files.begin(), m_files.end(), isRewritten)) {
        look(); // what is on the screen is no longer in the file
        return;
    }
    if (!m_pause.isActive())
        m_impatient.start();
    if (m_impatient.elapsed() < longestWait)
        m_pause.start();
}

SourceWatch::Sight SourceWatch::see(std::size_t file) const
{
    using Kind = SourceState::Kind;
    const File& opened = *m_files[file];
    Sight sight{Kind::Intact, FileStamp::of(opened.path()), opened.stampNow()};
    // Bytes that were written over do not come back by setting the clock back.
    if (!opened.unchanged() || m_sights[file].kind == Kind::Rewritten)
        sight.kind = Kind::Rewritten;
    else if (!sight.atPath)
        sight.kind = Kind::Deleted;
    else if (!sight.atPath->isSameFile(opened.stamp()) && !m_ownWrites->contains(*sight.atPath))
        sight.kind = Kind::Replaced;
    return sight;
}

void SourceWatch::look()
{
    m_pause.stop();
    std::vector<Sight> sights;
    sights.reserve(m_files.size());
    for (std::size_t i = 0; i < m_files.size(); ++i)
        sights.push_back(see(i));
    followPaths(sights);
    const auto isRewritten = [](const Sight& sight) { return sight.kind == SourceState::Kind::Rewritten; };
    if (m_ownWrites->isWriting() && std::none_of(sights.begin(), sights.end(), isRewritten)) {
        m_pause.start(); // until it is known whether that was us
        return;
    }
    if (sights == m_sights)
        return;
    m_sights = std::move(sights);
    const SourceState before = std::exchange(m_state, worst());
    if (m_state != before || !m_state.isIntact())
        Q_EMIT changed();
}

SourceState SourceWatch::worst() const
{
    SourceState state;
    for (const Sight& sight : m_sights)
        state.kind = std::max(state.kind, sight.kind);
    for (std::size_t i = 0; i < m_files.size() && !state.isIntact(); ++i) {
        const Sight& sight = m_sights[i];
        if (sight.kind != state.kind)
            continue;
        state.files += fromPath(m_files[i]->path().filename());
        state.model = state.model || i == 0;
        state.truncated = state.truncated || (sight.kind == SourceState::Kind::Rewritten && sight.opened &&
                                              sight.opened->size < m_files[i]->size());
    }
    return state;
}

} // namespace pleat::ui
