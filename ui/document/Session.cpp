// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document/Session.h"

#include "ui/document/Convert.h"
#include "ui/document/Document.h"
#include "ui/jobs/Job.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLockFile>
#include <QSaveFile>
#include <QStandardPaths>
#include <QUuid>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

const auto sourceLane = u"session-source"_s;
constexpr int version = 1;
constexpr qint64 largest = 1 << 28; // bytes of a session that is believed

std::unique_ptr<QLockFile> lockOf(const QString& file)
{
    auto lock = std::make_unique<QLockFile>(file + u".lock"_s);
    lock->setStaleLockTime(0); // never by age, only when its program is gone
    return lock;
}

// Numbers of 64 bits are strings: JSON's numbers are doubles.
QJsonObject stampJson(const FileStamp& stamp)
{
    return {{u"device"_s, QString::number(stamp.device)},
            {u"inode"_s, QString::number(stamp.inode)},
            {u"size"_s, QString::number(stamp.size)},
            {u"seconds"_s, QString::number(stamp.mtimeSeconds)},
            {u"nanoseconds"_s, QString::number(stamp.mtimeNanoseconds)}};
}

std::optional<FileStamp> readStamp(const QJsonObject& json)
{
    bool all = true;
    const auto number = [&](const QString& key) {
        bool fits = false;
        const qlonglong value = json[key].toString().toLongLong(&fits);
        all &= fits;
        return value;
    };
    FileStamp stamp;
    stamp.device = static_cast<std::uint64_t>(number(u"device"_s));
    stamp.inode = static_cast<std::uint64_t>(number(u"inode"_s));
    stamp.size = static_cast<std::uint64_t>(number(u"size"_s));
    stamp.mtimeSeconds = number(u"seconds"_s);
    stamp.mtimeNanoseconds = number(u"nanoseconds"_s);
    return all ? std::optional(stamp) : std::nullopt;
}

QByteArray sessionText(const QString& model, const std::optional<FileStamp>& stamp, const Recipe& recipe)
{
    QJsonObject json{
        {u"version"_s, version},
        {u"model"_s, model},
        {u"recipe"_s, QJsonDocument::fromJson(QByteArray::fromStdString(recipeText(recipe))).object()}};
    if (stamp)
        json[u"stamp"_s] = stampJson(*stamp);
    return QJsonDocument(json).toJson();
}

std::optional<LostSession> readSession(const QString& path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly) || file.size() > largest)
        return std::nullopt;
    const QJsonObject json = QJsonDocument::fromJson(file.readAll()).object();
    auto recipe =
        parseRecipe(QJsonDocument(json[u"recipe"_s].toObject()).toJson().toStdString(), toStd(path));
    const QString model = json[u"model"_s].toString();
    if (json[u"version"_s].toInt() != version || model.isEmpty() || !recipe)
        return std::nullopt;
    return LostSession{path,
                       model,
                       readStamp(json[u"stamp"_s].toObject()),
                       QFileInfo(file).lastModified(),
                       std::move(*recipe),
                       {}};
}

} // namespace

bool LostSession::isSourceGone() const
{
    return !FileStamp::of(toPath(model));
}

bool LostSession::isSourceChanged() const
{
    const auto now = FileStamp::of(toPath(model));
    if (!now)
        return true;
    if (stamp && *now == *stamp)
        return false;
    // Copied back, or only touched.
    const auto file = File::open(toPath(model));
    if (!recipe.source || !file || (*file)->size() != recipe.source->bytes)
        return true;
    NoProgress quiet;
    const auto source = recipeSource(**file, quiet, {});
    return !source || source->sha256 != recipe.source->sha256;
}

Session::Session(Document& document, JobRunner& jobs, QString folder, QObject* parent)
    : QObject(parent),
      m_document(document),
      m_jobs(jobs),
      m_folder(std::move(folder))
{
    m_timer.setSingleShot(true);
    m_timer.setInterval(1000);
    connect(&m_timer, &QTimer::timeout, this, &Session::writeNow);
    connect(&m_document.undoStack(), &QUndoStack::indexChanged, this, &Session::changed);
    connect(&m_document.undoStack(), &QUndoStack::cleanChanged, this, &Session::changed);
}

Session::~Session() = default;

QString Session::standardFolder()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppLocalDataLocation) + u"/sessions"_s;
}

// A timer that runs already is not begun again: many changes in a row must not put the file off.
void Session::changed()
{
    if (!m_ended && !m_timer.isActive())
        m_timer.start();
}

void Session::writeNow()
{
    if (m_ended)
        return;
    if (m_document.isEmpty() || !m_document.hasUnsavedChanges() || m_document.steps().empty()) {
        remove();
        return;
    }
    learnSource();
    if (m_name.isEmpty())
        m_name = QUuid::createUuid().toString(QUuid::WithoutBraces);
    const QString path = m_folder + u'/' + m_name + u".json"_s;
    QString problem;
    if (!QDir().mkpath(m_folder))
        problem = tr("%1 cannot be made.").arg(m_folder);
    if (problem.isEmpty() && !m_lock) {
        m_lock = lockOf(path);
        m_lock->tryLock(0); // a name of its own: without the lock it would only be offered too early
    }
    const Recipe recipe{m_recipeSource, m_document.steps()};
    QSaveFile file(path);
    if (problem.isEmpty()) {
        const QByteArray text = sessionText(
            m_document.path(), m_source ? std::optional(m_source->stamp()) : std::nullopt, recipe);
        if (!file.open(QIODevice::WriteOnly) || file.write(text) != text.size() || !file.commit())
            problem = file.errorString();
    }
    if (problem.isEmpty()) {
        m_failing = false;
        Q_EMIT written(static_cast<int>(recipe.steps.size()));
    } else if (!m_failing) {
        m_failing = true;
        Q_EMIT failed(problem);
    }
}

// What tells a changed file from one that was only touched; for a large one it comes later than the first
// session.
void Session::learnSource()
{
    const FilePointer source = m_document.current()->view->model().source;
    if (source == m_source)
        return;
    m_source = source;
    m_recipeSource.reset();
    if (!source)
        return;
    m_jobs.start(
        sourceLane, tr("Reading…"), this,
        [source](Progress& progress, std::stop_token stop) { return recipeSource(*source, progress, stop); },
        [this, source](Result<RecipeSource> known) {
            if (!known || source != m_source)
                return;
            m_recipeSource = std::move(*known);
            changed();
        },
        JobDisplay::Quiet, JobPriority::Background);
}

void Session::remove()
{
    if (m_name.isEmpty())
        return;
    QFile::remove(m_folder + u'/' + m_name + u".json"_s);
    m_name.clear();
    m_lock.reset();
    Q_EMIT written(0);
}

void Session::end()
{
    m_ended = true;
    m_timer.stop();
    remove();
}

std::vector<LostSession> Session::lost(const QString& folder)
{
    std::vector<LostSession> lost;
    const QFileInfoList files = QDir(folder).entryInfoList({u"*.json"_s}, QDir::Files, QDir::Time);
    for (const QFileInfo& file : files) {
        std::shared_ptr<QLockFile> lock = lockOf(file.filePath());
        if (!lock->tryLock(0))
            continue; // its program is alive
        if (auto session = readSession(file.filePath())) {
            session->lock = std::move(lock);
            lost.push_back(std::move(*session));
        }
    }
    return lost;
}

void Session::discard(const LostSession& session)
{
    QFile::remove(session.file);
}

} // namespace pleat::ui
