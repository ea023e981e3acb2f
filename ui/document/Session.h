// SPDX-License-Identifier: GPL-3.0-or-later
// What was done to the open model and is in no exported file, as a small file on the disk: the path of the
// model and the recipe so far. It is written soon after every change and goes when there is nothing in it
// that is not elsewhere, so what is found there later was left by a program that was killed. UI thread only.
#pragma once

#include "core/recipe/Recipe.h"

#include <QDateTime>
#include <QObject>
#include <QTimer>
#include <memory>

class QLockFile;

namespace pleat::ui {

class Document;
class JobRunner;

// A session whose program is gone. It is locked for as long as this value lives: nobody else offers it.
struct LostSession {
    QString file;                   // of the session
    QString model;                  // path of the model
    std::optional<FileStamp> stamp; // of the model, as it was opened
    QDateTime written;
    Recipe recipe;
    std::shared_ptr<QLockFile> lock;

    // The model is not what it was: changed or gone. By the stamp; where only that differs, by the SHA-256.
    bool isSourceGone() const;
    bool isSourceChanged() const; // reads the file where it must
};

class Session final : public QObject {
    Q_OBJECT
public:
    static constexpr int longestDelay = 3000; // ms from a change to the file

    // `folder` is made when there is something to write.
    Session(Document& document, JobRunner& jobs, QString folder, QObject* parent = nullptr);
    ~Session() override;

    const QString& folder() const { return m_folder; }
    void setDelay(int milliseconds) { m_timer.setInterval(milliseconds); }
    void writeNow(); // what has changed since the last time
    // A clean exit: nothing is left.
    void end();

    // What was left in the folder, the latest first. Files that cannot be read are left alone.
    static std::vector<LostSession> lost(const QString& folder);
    static void discard(const LostSession& session);
    static QString standardFolder();

Q_SIGNALS:
    void written(int steps);             // the file says so many steps; 0: it is gone
    void failed(const QString& problem); // once, until a write succeeds

private:
    void changed();
    void remove();
    void learnSource();

    Document& m_document;
    JobRunner& m_jobs;
    QString m_folder;
    QString m_name; // of the file, without an ending; empty until the first is written
    std::unique_ptr<QLockFile> m_lock;
    QTimer m_timer;
    FilePointer m_source; // whose digest is known or being computed
    std::optional<RecipeSource> m_recipeSource;
    bool m_failing = false;
    bool m_ended = false;
};

} // namespace pleat::ui
