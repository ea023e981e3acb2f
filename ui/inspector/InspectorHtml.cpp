// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/inspector/InspectorHtml.h"

#include "ui/widgets/Icons.h"
#include "ui/widgets/PlainText.h"
#include "ui/widgets/Theme.h"
#include "ui/widgets/Translate.h"

#include <QPainter>
#include <QPixmapCache>
#include <QTextBlock>
#include <QTextCursor>
#include <QTextDocument>
#include <QTextDocumentFragment>

using namespace Qt::StringLiterals;

namespace pleat::ui {

namespace {

constexpr int pencilSize = 12;

QString escaped(const QString& text)
{
    constexpr qsizetype longest = 8000; // more than anybody reads here
    const QString cut = text.size() <= longest ? text : text.first(longest - 1) + u'…';
    QString html = manyLines(cut).toHtmlEscaped();
    return html.replace(u'\n', u"<br/>"_s);
}

// Writes the document, and remembers what can be changed in it.
class Writer final {
public:
    explicit Writer(const Theme& theme) : m_theme(theme) {}

    void addHead(const InspectorContent& content)
    {
        m_result.html += u"<p style='font-size:12pt; font-weight:600; margin:0;'>%1%2</p>"_s.arg(
            escaped(oneLine(content.title)), pencil(content.titleEdit, content.kind));
        if (!content.subtitle.isEmpty())
            m_result.html += u"<p style='color:%1; margin:3px 0 0 0;'>%2%3</p>"_s.arg(
                m_theme.quiet.name(), escaped(content.subtitle),
                pencil(content.subtitleEdit, tr("name of the node")));
        if (!content.summary.isEmpty())
            m_result.html += u"<p style='color:%1; margin:3px 0 0 0;'>%2</p>"_s.arg(m_theme.quiet.name(),
                                                                                    escaped(content.summary));
    }

    void add(const InspectorSection& section)
    {
        addCaption(section.caption);
        m_result.html += u"<table width='100%' cellspacing='0' cellpadding='0' style='margin-top:6px;'>"_s;
        for (const InspectorRow& row : section.rows)
            addRow(row, section.wideNames);
        m_result.html += u"</table>"_s;
        if (!section.addition.key.isEmpty())
            m_result.html += u"<p style='margin:4px 0 0 0;'>%1</p>"_s.arg(link(
                editLink(section.addition), section.adds, readable(m_theme.accent, m_theme.panel).name()));
    }

    void addCaption(const QString& caption)
    {
        m_result.html += u"<p style='color:%1; font-size:8pt; font-weight:600; letter-spacing:1px; "
                         "margin:18px 0 7px 0;'>%2</p>"_s.arg(m_theme.quiet.name(), escaped(caption));
    }

    InspectorHtml take() { return std::move(m_result); }

private:
    static QString link(const QString& to, const QString& words, const QString& colour)
    {
        return u"<a href='%1' style='color:%2; text-decoration:none;'>%3</a>"_s.arg(to, colour,
                                                                                    escaped(oneLine(words)));
    }

    QString editLink(const Editable& edit)
    {
        m_result.edits.push_back(edit);
        return u"edit:%1"_s.arg(m_result.edits.size() - 1);
    }

    QString pencil(const Editable& edit, const QString& what)
    {
        if (edit.key.isEmpty())
            return {};
        return u"&nbsp; <a href='%1' title='%2'><img src='pencil' width='%3' height='%3'></a>"_s.arg(
            editLink(edit), escaped(oneLine(tr("Change %1").arg(what))), QString::number(pencilSize));
    }

    void addRow(const InspectorRow& row, bool wideName)
    {
        const QString quiet = m_theme.quiet.name();
        QString value;
        const QString words = escaped(oneLine(row.value));
        if (!row.value.isEmpty())
            value = row.isQuiet ? u"<span style='color:%1;'>%2</span>"_s.arg(quiet, words)
                                : u"<span style='font-weight:600;'>%1</span>"_s.arg(words);
        if (!row.link.isEmpty() && !value.isEmpty())
            value = u"<a href='%1' style='color:%2; text-decoration:none;'>%3</a>"_s.arg(
                row.link, m_theme.text.name(), value);
        const auto addLine = [&value](const QString& line) {
            if (!value.isEmpty())
                value += u"<br/>"_s;
            value += line;
        };
        if (!row.detail.isEmpty())
            addLine(u"<span style='color:%1;'>%2</span>"_s.arg(quiet, escaped(oneLine(row.detail))));
        for (const InspectorLink& way : row.ways)
            addLine(link(way.link, way.words, readable(m_theme.accent, m_theme.panel).name()));
        m_result.html += u"<tr><td width='%1' style='color:%2; padding:2px 8px 3px 0;'>%3</td>"
                         "<td style='padding:2px 0 3px 0;'>%4</td>"_s.arg(
                             wideName ? u"68%"_s : u"36%"_s, quiet, escaped(oneLine(row.name)), value);
        m_result.html += u"<td width='22' align='right' style='padding:2px 0 3px 0;'>%1</td></tr>"_s.arg(
            row.edit.key.isEmpty() ? u"&nbsp;"_s
                                   : pencil(row.edit, row.name)); // empty: no space below the table
    }

    const Theme& m_theme;
    InspectorHtml m_result;
};

} // namespace

InspectorHtml htmlOf(const InspectorContent& content, const Theme& theme)
{
    Writer writer(theme);
    writer.addHead(content);
    for (const InspectorSection& section : content.sections)
        writer.add(section);
    if (!content.documentation.isEmpty())
        writer.addCaption(tr("DOCUMENTATION"));
    return writer.take();
}

void addResources(QTextDocument& document, const Theme& theme, qreal pixelRatio)
{
    Theme quiet = theme;
    quiet.text = theme.quiet;
    const QString key = u"pencil %1 %2"_s.arg(theme.quiet.name()).arg(pixelRatio);
    QPixmap pencil;
    if (!QPixmapCache::find(key, &pencil)) { // drawn anew after each edit otherwise
        pencil = themedIcon(u"edit"_s, quiet).pixmap(QSize(pencilSize, pencilSize), pixelRatio);
        QPixmapCache::insert(key, pencil);
    }
    document.addResource(QTextDocument::ImageResource, QUrl(u"pencil"_s), pencil);
}

void addDocumentation(QTextDocument& document, const QString& markdown, const Theme& theme)
{
    if (markdown.isEmpty())
        return;
    QTextDocument text;
    text.setDefaultFont(document.defaultFont());
    QTextDocument::MarkdownFeatures features = QTextDocument::MarkdownDialectGitHub;
    features |= QTextDocument::MarkdownNoHTML;
    text.setMarkdown(manyLines(markdown), features);
    // Code in the document's own size, everything in its colours; what it links to is on ONNX's pages only.
    QTextCursor all(&text);
    all.select(QTextCursor::Document);
    QTextCharFormat colour;
    colour.setForeground(theme.text);
    colour.setAnchor(false);
    colour.setAnchorHref({});
    colour.setFontUnderline(false);
    all.mergeCharFormat(colour);
    QTextCursor end(&document);
    end.movePosition(QTextCursor::End);
    end.insertBlock({}, {});
    end.insertFragment(QTextDocumentFragment(&text));
}

} // namespace pleat::ui
